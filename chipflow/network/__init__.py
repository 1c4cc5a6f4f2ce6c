"""Who handed what to whom? Companies, shipments between them, the graph of them."""

from chipflow.network.build import Network, build_network
from chipflow.network.centrality import centrality
from chipflow.network.company import Company
from chipflow.network.export import from_networkx, to_networkx

__all__ = [
    "Company",
    "Network",
    "build_network",
    "centrality",
    "from_networkx",
    "to_networkx",
]
