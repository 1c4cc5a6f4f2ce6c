"""Which routes stand out, and why."""

from chipflow.leads.anomaly import Anomalies, anomalies
from chipflow.leads.dossier import Lead, Leads
from chipflow.leads.evidence import PARTS, Finding, Part
from chipflow.leads.find import find_leads
from chipflow.leads.lead_context import LeadContext
from chipflow.leads.red_flags import FLAGS, Flag

__all__ = [
    "FLAGS",
    "PARTS",
    "Anomalies",
    "Finding",
    "Flag",
    "Lead",
    "LeadContext",
    "Leads",
    "Part",
    "anomalies",
    "find_leads",
]
