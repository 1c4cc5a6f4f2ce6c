"""The work behind ``chipflow estimate``: priors and evidence become a number with an interval."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipflow.cli_options import ForceInputs, Quiet

if TYPE_CHECKING:
    from chipflow.estimate import Estimate
    from chipflow.progress import Progress

_MOST_INPUTS = 3
_LONGEST_LINE = 1_000  # characters


def add_estimate_command(app: typer.Typer, progress: Callable[[bool], Progress]) -> None:
    """Add ``estimate`` to a command line.

    Parameters
    ----------
    app
        What the command is added to.
    progress
        Gives the one who is told how the work goes on; called with whether to be quiet.
    """

    @app.command("estimate")
    def estimate_command(
        out: Annotated[Path, typer.Option("--out", help="Folder for the results.")],
        priors: Annotated[
            str,
            typer.Option(
                "--priors", help="epoch-2026, cnas-2025 or a TOML file.", metavar="NAME|FILE"
            ),
        ] = "epoch-2026",
        leads: Annotated[
            Path | None,
            typer.Option("--leads", help="Folder that chipflow analyze wrote.", metavar="DIR"),
        ] = None,
        flows: Annotated[
            Path | None,
            typer.Option("--flows", help="Folder that chipflow flows wrote.", metavar="DIR"),
        ] = None,
        cases: Annotated[
            Path | None,
            typer.Option(
                "--cases", help="CSV of cases by source, for capture-recapture.", metavar="FILE"
            ),
        ] = None,
        independent: Annotated[
            str | None,
            typer.Option(
                "--independent", help="Sources that do not follow each other.", metavar="A,B"
            ),
        ] = None,
        entity: Annotated[
            str | None,
            typer.Option("--entity", help="One firm, from its own evidence.", metavar="NAME"),
        ] = None,
        draws: Annotated[int, typer.Option("--draws", help="How many draws.")] = 20_000,
        seed: Annotated[int, typer.Option("--seed", help="Same seed, same result.")] = 0,
        force: ForceInputs = False,
        quiet: Quiet = False,
    ) -> None:
        """Estimate how many chips were diverted, with an interval and what it hangs on."""
        from chipflow.estimate import estimate
        from chipflow.estimate.folder import write_estimate
        from chipflow.records.schema import one_line

        watch = progress(quiet)
        with watch.stage("drawing"):
            made = estimate(
                priors,
                leads=leads,
                flows=flows,
                cases=cases,
                independent=independent or (),
                entity=entity,
                draws=draws,
                seed=seed,
            )
        write_estimate(made, out, force=force, progress=watch)
        for line in () if quiet else summary_lines(made, out):
            typer.echo(line)
        for note in made.notes:
            typer.echo(one_line(f"! {note}", _LONGEST_LINE), err=True)


def summary_lines(made: Estimate, folder: Path) -> list[str]:
    """Return what a terminal shows of an estimate: numbers, what they hang on, what is not said."""
    from chipflow.records.schema import one_line

    title = made.model.title if made.parameters["entity"] is None else "One firm, by leads alone"
    lines = [f"{title} ({made.model.source})" if made.model.source else title]
    for row in made.table[~made.table["quantity"].str.startswith("case: ")].to_dict("records"):
        name, said = str(row["quantity"]), str(row["statement"])
        if row["median"] == row["median"]:
            bounds = f"{row['low']:,.0f} to {row['high']:,.0f}"
            number = f"{row['median']:,.0f} {row['unit']} (90%: {bounds})"
            said = f"{number}{'. ' if said else ''}{said}"
        lines.append(f"{name}: {said}")
    if made.model.published and made.parameters["entity"] is None:
        lines.append(f"published for {made.model.result}: {made.model.published}")
    told = made.inputs.dropna(subset=["rank_correlation"]).head(_MOST_INPUTS)
    if len(told):
        named = ", ".join(
            f"{row.name} {row.rank_correlation:+.2f}" for row in told.itertuples(index=False)
        )
        lines.append(f"hangs most on (rank correlation): {named}")
    lines.append(f"Open {folder / 'estimate.html'}")
    return [one_line(line, _LONGEST_LINE) for line in lines]
