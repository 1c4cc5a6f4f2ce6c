"""Who handed what to whom? Companies, shipments between them, and goods that move on."""

from chipflow.network.build import Network, build_network
from chipflow.network.centrality import centrality
from chipflow.network.export import from_networkx, to_networkx
from chipflow.network.trace import Tracing, trace

__all__ = [
    "Network",
    "Tracing",
    "build_network",
    "centrality",
    "from_networkx",
    "to_networkx",
    "trace",
]
