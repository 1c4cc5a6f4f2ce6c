"""Results in the formats of other programs: Gephi, OpenAleph, QGIS, Neo4j, Excel."""

from chipflow.exchange.export import FORMATS, export

__all__ = ["FORMATS", "export"]
