"""The work behind ``chipflow export``: results in the format of another program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_export_command(app: typer.Typer) -> None:
    """Add ``export`` to a command line.

    Parameters
    ----------
    app
        What the command is added to.
    """

    @app.command("export")
    def export_command(
        folder: Annotated[Path, typer.Argument(help="Folder that chipflow analyze wrote.")],
        to: Annotated[
            str, typer.Option("--to", help="graphml, gexf, ftm, geojson, neo4j, xlsx or csv.")
        ],
        out: Annotated[
            Path | None,
            typer.Option("--out", help="File or folder; in the folder of results without it."),
        ] = None,
        only_leads: Annotated[
            bool, typer.Option("--only-leads", help="Companies and shipments of leads only.")
        ] = False,
        force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    ) -> None:
        """Write leads and network for Gephi, OpenAleph, QGIS, Neo4j or Excel."""
        from chipflow.errors import ParameterError
        from chipflow.exchange import FORMATS, export
        from chipflow.saved import read_leads

        if to not in FORMATS:
            raise ParameterError(f"--to: {to!r} is not known; choose {', '.join(FORMATS)}")
        target = folder / FORMATS[to] if out is None else out
        typer.echo(export(read_leads(folder), to, target, only_leads=only_leads, force=force))
