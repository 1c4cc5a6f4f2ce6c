"""Which routes stand out, and why."""

from chipflow.leads.dossier import Lead, Leads
from chipflow.leads.evidence import PARTS, Case, Finding, Part
from chipflow.leads.rank import find_leads

__all__ = ["PARTS", "Case", "Finding", "Lead", "Leads", "Part", "find_leads"]
