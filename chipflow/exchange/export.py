"""One door to every format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chipflow.errors import OutputError, ParameterError

if TYPE_CHECKING:
    import os

    from chipflow.leads import Leads

# Format -> what is written when no place is named: a file, or a folder (without an ending).
FORMATS = {
    "graphml": "network.graphml",
    "gexf": "network.gexf",
    "ftm": "network.ftm.json",
    "geojson": "routes.geojson",
    "neo4j": "neo4j",
    "xlsx": "leads.xlsx",
    "csv": "csv",
}
# Formats of the network, of which the part that the leads are made of can be written alone.
OF_THE_NETWORK = ("graphml", "gexf", "ftm", "neo4j")


def export(
    leads: Leads,
    to: str,
    path: str | os.PathLike[str],
    *,
    only_leads: bool = False,
    force: bool = False,
) -> Path:
    """Write leads and their network in the format of another program.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned, or a folder of results gave back
        (:func:`chipflow.saved.read_leads`).
    to
        ``graphml`` or ``gexf`` (Gephi; GEXF with companies' names as labels and with the days of
        each shipment), ``ftm`` (FollowTheMoney entities, one JSON object a line: OpenAleph),
        ``geojson`` (the routes of the leads: QGIS, kepler.gl), ``neo4j`` (a folder of CSV files
        with ``load.cypher``), ``xlsx`` (workbook), ``csv`` (a folder of tables that Excel opens
        right).
    path
        File or folder to write.
    only_leads
        Whether only companies and shipments of leads are written, where a network is.
    force
        Whether what is there may be replaced.

    Returns
    -------
    pathlib.Path
        What was written. The same leads give the same bytes.

    Raises
    ------
    ParameterError
        No such format.
    OutputError
        It cannot be written, or there is something already.
    """
    if to not in FORMATS:
        raise ParameterError(f"--to: {to!r} is not known; choose {', '.join(FORMATS)}")
    target = Path(path)
    if target.exists() and not force:
        raise OutputError(f"{target}: is there; name another place with --out, or give --force")
    network = leads.network
    if only_leads:
        kept = network.shipments["record_id"].isin(leads.steps["record_id"])
        network = network.having(network.shipments[kept])
    try:
        if to in ("graphml", "gexf"):
            from chipflow.exchange.graphs import write_gexf, write_graphml

            (write_gexf if to == "gexf" else write_graphml)(network, leads, target)
        elif to == "ftm":
            from chipflow.exchange.followthemoney import write_entities

            write_entities(network, leads, target)
        elif to == "geojson":
            from chipflow.exchange.geojson import write_geojson

            write_geojson(leads, target)
        elif to == "neo4j":
            from chipflow.exchange.neo4j import write_neo4j

            write_neo4j(network, leads, target)
        elif to == "xlsx":
            leads.workbook(target)
        else:
            from chipflow.exchange.csv_tables import write_tables

            write_tables(leads, target)
    except OSError as error:
        raise OutputError(
            f"{target}: cannot be written ({error.strerror}); name another place with --out"
        ) from error
    return target
