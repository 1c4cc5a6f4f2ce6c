"""Which routes stand out, and why."""

from chipflow.leads.anomaly import Anomalies, anomalies
from chipflow.leads.case import Case
from chipflow.leads.dossier import Lead, Leads
from chipflow.leads.evidence import PARTS, Finding, Part
from chipflow.leads.flags import FLAGS, Flag
from chipflow.leads.rank import find_leads

__all__ = [
    "FLAGS",
    "PARTS",
    "Anomalies",
    "Case",
    "Finding",
    "Flag",
    "Lead",
    "Leads",
    "Part",
    "anomalies",
    "find_leads",
]
