"""What do countries' own statistics say? Mirror gaps, surges, diverted shares, unit values."""

from chipflow.flows.read import read_flows
from chipflow.flows.results import Result
from chipflow.flows.series import Flows

__all__ = ["Flows", "Result", "read_flows"]
