"""The work behind ``chipflow paths``: all ways from one company to another, in time order."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chipflow.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("text", "json", "csv")
LONGEST_NAME = 80  # characters of a company on a terminal


def add_paths_command(app: typer.Typer) -> None:
    """Add ``paths`` to a command line.

    Parameters
    ----------
    app
        What the command is added to.
    """

    @app.command("paths")
    def paths_command(
        folder: Annotated[Path, typer.Argument(help="Folder that chipflow analyze wrote.")],
        start: Annotated[
            str, typer.Option("--from", help="Company, by any of its names.", metavar="NAME")
        ],
        end: Annotated[
            str, typer.Option("--to", help="Company, by any of its names.", metavar="NAME")
        ],
        max_hops: Annotated[
            int, typer.Option("--max-hops", help="Most shipments in a row.", min=1)
        ] = 4,
        chip: Annotated[
            list[str] | None,
            typer.Option("--chip", help="Only shipments that may carry it; repeatable."),
        ] = None,
        since: Annotated[
            str | None, typer.Option("--since", help="First day.", metavar="YYYY-MM-DD")
        ] = None,
        until: Annotated[
            str | None, typer.Option("--until", help="Last day.", metavar="YYYY-MM-DD")
        ] = None,
        most: Annotated[
            int, typer.Option("--most", help="Most ways that are listed.", min=1)
        ] = 1_000,
        output: Annotated[str, typer.Option("--format", help="text, json or csv.")] = "text",
    ) -> None:
        """List all ways from one company to another along which time never runs backwards."""
        from chipflow.saved import read_leads

        if output not in FORMATS:
            raise ParameterError(f"--format: {output!r} is not known; choose {', '.join(FORMATS)}")
        network = read_leads(folder).network
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always")
            found = network.paths(
                start,
                end,
                max_hops=max_hops,
                chip=chip or None,
                since=since,
                until=until,
                most=most,
            )
        text = {"text": as_text, "json": as_json_text, "csv": as_csv}[output](found)
        if output == "text" and not len(found):
            text = f"No way of up to {max_hops} shipments in time order"
        typer.echo(text if output == "text" and sys.stdout.isatty() else text.encode())
        if not found.attrs["complete"]:
            typer.echo(
                f"! more than {most:,} ways: the shortest are listed; ask for fewer hops, a chip "
                "or fewer days, or for more with --most",
                err=True,
            )


def as_text(found: pd.DataFrame) -> str:
    """Return ways for a terminal, two lines each."""
    from chipflow.records.schema import one_line

    said = []
    for row in found.to_dict("records"):
        way = " > ".join(one_line(name, LONGEST_NAME) for name in row["companies"])
        shipments = " + ".join(f"{number:,}" for number in row["shipments"])
        units = "" if row["units"] != row["units"] else f", at most {row['units']:,.0f} chips"
        chips = f" ({', '.join(row['chips'])})" if row["chips"] else ""
        said.append(f"{row['rank']}. {way}")
        said.append(
            f"   {' > '.join(row['countries'])}; {row['first_date']:%Y-%m-%d} to "
            f"{row['last_date']:%Y-%m-%d}; shipments {shipments}{units}{chips}"
        )
    return "\n".join(said)


def as_json_text(found: pd.DataFrame) -> str:
    """Return ways as JSON: ``complete`` (whether all are listed) and ``paths``."""
    import json

    from chipflow.tables import as_json

    said = {"complete": bool(found.attrs["complete"]), "paths": as_json(found)}
    return json.dumps(said, ensure_ascii=False, indent=2, allow_nan=False)


def as_csv(found: pd.DataFrame) -> str:
    """Return ways as CSV: companies joined by `` > ``, hops of records by `` > ``."""
    from chipflow.tables import csv_text

    def joined(lists: Any, between: str) -> list[str]:
        return [between.join(map(str, one)) for one in lists]

    return csv_text(
        found.assign(
            companies=joined(found["companies"], " > "),
            company_ids=joined(found["company_ids"], " > "),
            countries=joined(found["countries"], " > "),
            shipments=joined(found["shipments"], " > "),
            chips=joined(found["chips"], " | "),
            record_ids=[" > ".join(";".join(hop) for hop in hops) for hops in found["record_ids"]],
        )
    )
