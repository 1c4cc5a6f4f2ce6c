"""The work behind ``chipflow flows``: country statistics become tables, a map and a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipflow.cli_options import ForceInputs, Quiet

if TYPE_CHECKING:
    from chipflow.flows.folder import FlowRun
    from chipflow.progress import Progress

_MOST_SHOWN = 8


def add_flows_command(app: typer.Typer, progress: Callable[[bool], Progress]) -> None:
    """Add ``flows`` to a command line.

    Parameters
    ----------
    app
        What the command is added to.
    progress
        Gives the one who is told how the work goes on; called with whether to be quiet.
    """

    @app.command("flows")
    def flows_command(
        files: Annotated[
            list[str], typer.Argument(help="Files of country statistics, folders or globs.")
        ],
        destination: Annotated[
            str, typer.Option("--destination", help="Where direct trade fell.", metavar="RU")
        ],
        event: Annotated[
            str, typer.Option("--event", help="Day from which on to compare.", metavar="YYYY-MM-DD")
        ],
        out: Annotated[Path, typer.Option("--out", help="Folder for the results.")],
        origin: Annotated[
            str | None,
            typer.Option("--origin", help="Whose exports; EU for its 27 members.", metavar="EU"),
        ] = None,
        third: Annotated[
            str | None,
            typer.Option("--third", help="Countries it may go through.", metavar="KZ,AM"),
        ] = None,
        hs: Annotated[
            str | None,
            typer.Option("--hs", help="Beginnings of HS codes.", metavar="8471,8473,8542"),
        ] = None,
        layout: Annotated[
            Path | None,
            typer.Option("--layout", help="TOML file that names columns.", metavar="FILE"),
        ] = None,
        distances: Annotated[
            Path | None,
            typer.Option("--distances", help="CEPII GeoDist, Stata or CSV.", metavar="FILE"),
        ] = None,
        strict: Annotated[
            bool, typer.Option("--strict", help="Stop at the first unreadable file.")
        ] = False,
        seed: Annotated[int, typer.Option("--seed", help="Same seed, same result.")] = 0,
        force: ForceInputs = False,
        quiet: Quiet = False,
    ) -> None:
        """Say what countries' own statistics show of trade that moved to other routes."""
        from chipflow.flows import read_flows
        from chipflow.flows.corridors import hs_codes
        from chipflow.flows.folder import write_flows

        codes = hs_codes(hs)
        watch = progress(quiet)
        read = read_flows(*files, layout=layout, strict=strict, distances=distances, progress=watch)
        run = write_flows(
            read, out, origin=origin, destination=destination, event=event, third=third, hs=codes,
            seed=seed, force=force, progress=watch,
        )  # fmt: skip
        for line in () if quiet else summary_lines(run):
            typer.echo(line)
        for line in warning_lines(run):
            typer.echo(line, err=True)


def summary_lines(run: FlowRun) -> list[str]:
    """Return what a terminal shows of a run."""
    counts = run.summary["counts"]
    lines = [
        f"{counts['rows_in']:,} rows in, {counts['used']:,} used, {counts['rejected']:,} rejected, "
        f"{counts['repeated']:,} repeated, {counts['aggregates']:,} groups of countries, "
        f"{counts['parts_of_totals']:,} parts of totals"
    ]
    surge = run.results["surge"].table
    asked = surge[surge["role"].isin(["destination", "third"])]
    shown = asked if len(asked) else surge.head(_MOST_SHOWN)
    for row in shown.dropna(subset=["change"]).head(_MOST_SHOWN).to_dict("records"):
        change = f"{row['change']:+.0%} against the counterfactual"
        lines.append(f"{row['country']!s} ({row['role']!s}): {change}")
    total = run.results["divert"].details.get("total", {})
    for method, found in total.items():
        if found.get("share") is None:
            continue
        between = f" (90%: {found['low']:.1%} to {found['high']:.1%})" if "low" in found else ""
        lines.append(
            f"share of the fall that reappears, by {method}: {found['share']:.1%}{between}"
        )
    lines.append(
        "Growth is no proof of diversion: innocent explanations stand beside each country in "
        f"{run.folder / 'countries.csv'}"
    )
    lines.append(f"Open {run.folder / 'report.html'} and {run.folder / 'map.html'}")
    return lines


def warning_lines(run: FlowRun) -> list[str]:
    """Return what is odd about the files, and what cannot be said of them, a line each."""
    lines = [f"! {warning}" for warning in run.summary["warnings"]]
    for name, result in run.results.items():
        lines += [f"! {name}: {note}" for note in result.notes]
    return lines
