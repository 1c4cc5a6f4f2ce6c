"""chipflow: follow export-controlled GPUs through trade records.

>>> import chipflow as cf
>>> records = cf.read_records("bills_of_lading.csv")          # doctest: +SKIP
>>> network = cf.build_network(records)                       # doctest: +SKIP
>>> leads = cf.find_leads(network, destination="CN HK MO")    # doctest: +SKIP
>>> leads.map()                                               # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chipflow._version import __version__
from chipflow.errors import (
    ChipflowError,
    InputError,
    LayoutError,
    MissingDependencyError,
    OutputError,
    ParameterError,
    TableError,
)

if TYPE_CHECKING:
    from chipflow.comparison import Difference, diff
    from chipflow.estimate import Estimate, estimate  # type: ignore[no-redef]
    from chipflow.flows import Flows, read_flows
    from chipflow.goods.controls.status import status
    from chipflow.leads import Lead, Leads, find_leads
    from chipflow.network import Network, build_network
    from chipflow.records import Records, read_records
    from chipflow.run import Run, analyze
    from chipflow.simulate import simulate

# Loaded when first asked for: `import chipflow` stays fast and loads no plotting or SQL library.
_WHERE = {
    "Difference": "chipflow.comparison",
    "Estimate": "chipflow.estimate",
    "Flows": "chipflow.flows",
    "Lead": "chipflow.leads",
    "Leads": "chipflow.leads",
    "Network": "chipflow.network",
    "Records": "chipflow.records",
    "Run": "chipflow.run",
    "analyze": "chipflow.run",
    "build_network": "chipflow.network",
    "diff": "chipflow.comparison",
    "estimate": "chipflow.estimate",
    "find_leads": "chipflow.leads",
    "read_flows": "chipflow.flows",
    "read_records": "chipflow.records",
    "simulate": "chipflow.simulate",
    "status": "chipflow.goods.controls.status",
}

# Stages by their own names, so that `cf.goods.chip_name` is found with the Tab key. `estimate` and
# `simulate` are the functions of these names.
_STAGES = (
    "companies",
    "errors",
    "flows",
    "goods",
    "leads",
    "network",
    "records",
    "routes",
    "schemas",
    "settings",
    "tracing",
    "views",
)

__all__ = [
    "ChipflowError",
    "Difference",
    "Estimate",
    "Flows",
    "InputError",
    "LayoutError",
    "Lead",
    "Leads",
    "MissingDependencyError",
    "Network",
    "OutputError",
    "ParameterError",
    "Records",
    "Run",
    "TableError",
    "__version__",
    "analyze",
    "build_network",
    "diff",
    "estimate",
    "find_leads",
    "read_flows",
    "read_records",
    "simulate",
    "status",
]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    if name in _STAGES:
        return import_module(f"chipflow.{name}")
    raise AttributeError(f"module 'chipflow' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_STAGES})
