"""By which way did goods go? Routes from a named purchase to the destination."""

from chipflow.routes.best_paths import best_paths
from chipflow.routes.find import Routes, find_routes

__all__ = ["Routes", "best_paths", "find_routes"]
