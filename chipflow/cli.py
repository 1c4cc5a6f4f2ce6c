"""The command line: a thin shell over the public functions."""

from __future__ import annotations

import gc
import io
import signal
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chipflow._version import __version__
from chipflow.cli_config import Config, from_config
from chipflow.cli_controls import add_controls_commands
from chipflow.cli_diff import add_diff_command
from chipflow.cli_estimate import add_estimate_command
from chipflow.cli_export import add_export_command
from chipflow.cli_flows import add_flows_command
from chipflow.cli_options import Quiet
from chipflow.cli_paths import add_paths_command
from chipflow.cli_progress import progress_on
from chipflow.cli_report import add_report_command
from chipflow.errors import ChipflowError, ParameterError

if TYPE_CHECKING:
    from rich.console import Console

    from chipflow.progress import Progress
    from chipflow.records import Records
    from chipflow.run import Run

app = typer.Typer(
    name="chipflow",
    help="Follow export-controlled GPUs through trade records.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

# What the counts of rows are called; cells that were not read stand beside them.
ROW_LABELS = {
    "rows_in": "rows in",
    "used": "used",
    "rejected": "rows rejected",
    "duplicate": "duplicate",
}
# Warnings shown on a terminal; run.json and `read --explain` have all.
MOST_WARNINGS = 40
LONGEST_WARNING = 1_000  # characters
COLLECT_EVERY = (100_000, 20, 20)  # new objects, and rounds of the two older generations


@cache
def _console(*, stderr: bool) -> Console:
    # Rich takes as long to load as a question about a chip takes to answer. Lines are left whole:
    # a path that is broken in two cannot be copied or searched for.
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def _say(text: str, style: str | None = None) -> None:
    from rich.text import Text

    _console(stderr=False).print(Text(text), style=style)


def _warn(text: str, style: str | None = None) -> None:
    """Write a line on the error stream, so that the standard stream can be piped."""
    from rich.text import Text

    _console(stderr=True).print(Text(text), style=style)


def _progress(quiet: bool, log_json: bool = False) -> Progress:
    return progress_on(_console(stderr=True), quiet=quiet, log_json=log_json)


Out = Annotated[Path, typer.Option("--out", help="Folder for the results.")]
Layout = Annotated[
    str | None, typer.Option("--layout", help="Name or TOML file of a layout.", metavar="NAME|FILE")
]
Destination = Annotated[
    str, typer.Option("--destination", help="Countries that the rules guard.", metavar="CN,HK,MO")
]
Same = Annotated[
    str | None, typer.Option("--same", help="CSV of names that are one company.", metavar="FILE")
]
Different = Annotated[
    str | None, typer.Option("--different", help="CSV of names that are not.", metavar="FILE")
]
Lists = Annotated[
    list[str] | None,
    typer.Option("--list", help="Restricted parties to look companies up in; repeatable."),
]
Chips = Annotated[
    str | None, typer.Option("--chips", help="CSV of chips of your own.", metavar="FILE")
]
Rules = Annotated[
    str | None, typer.Option("--rules", help="CSV of rules of your own.", metavar="FILE")
]
Watch = Annotated[
    list[str] | None,
    typer.Option(
        "--watch",
        help="Other goods to follow: chpl_russia, or a CSV with item, hs and words; repeatable.",
        metavar="NAME|FILE",
    ),
]
Since = Annotated[str | None, typer.Option("--since", help="First day.", metavar="YYYY-MM-DD")]
Until = Annotated[str | None, typer.Option("--until", help="Last day.", metavar="YYYY-MM-DD")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Stop at an unreadable file or any other warning.")
]
Seed = Annotated[int, typer.Option("--seed", help="Random seed: same seed, same result.")]
NullDraws = Annotated[
    int | None,
    typer.Option(
        "--null-draws",
        help="How many random company pairs to compare with when estimating p-values; 200 by "
        "default.",
        min=1,
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        help="Numbers of the method that differ from the shipped ones, or the run.json of a run.",
        metavar="TOML",
    ),
]
Window = Annotated[
    int | None,
    typer.Option("--window", help="Most days that goods lie between two shipments.", min=1),
]
MostHops = Annotated[int | None, typer.Option("--max-hops", help="Most shipments in a row.", min=2)]
Force = Annotated[
    bool, typer.Option("--force", help="Replace results of other records in the folder.")
]
LogJson = Annotated[
    bool, typer.Option("--log-json", help="Write progress as JSON lines on the error stream.")
]


@app.command("read")
def read_command(
    records: Annotated[list[str], typer.Argument(help="Files, folders or globs.")],
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what was understood of each sheet.")
    ] = False,
    output: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    save_layout: Annotated[
        Path | None,
        typer.Option("--save-layout", help="Write the mapping, to be corrected.", metavar="TOML"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Write the records (.parquet, .csv or .xlsx), and what was rejected beside them.",
            metavar="FILE",
        ),
    ] = None,
    excel: Annotated[
        bool, typer.Option("--excel", help="Write CSV files that Excel opens right.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that holds something else.")
    ] = False,
    layout: Layout = None,
    strict: Strict = False,
    quiet: Quiet = False,
    log_json: LogJson = False,
) -> None:
    """Say what record files hold and how they are understood; write the records as one table."""
    import json

    from chipflow.records import read_records

    _one_of("--format", output, ("text", "json"))
    if out is not None and out.suffix.lower() not in (".parquet", ".csv", ".xlsx"):
        raise ParameterError(f"--out: {str(out)!r}: give a name in .parquet, .csv or .xlsx")
    read = read_records(*records, layout=layout, strict=strict, progress=_progress(quiet, log_json))
    if save_layout is not None:
        read.save_layout(save_layout)
    if out is not None:
        with _progress(quiet).stage("writing the records"):
            replaced = read.save(out, excel=excel, replace=force)
        for path in [path for path in replaced if path != out]:
            _warn(f"! {path.name} of other records was replaced", style="yellow")
    if output == "json":
        # As bytes: JSON is UTF-8 whatever the terminal.
        typer.echo(json.dumps(read.explanation(), ensure_ascii=False, indent=2).encode())
    elif explain or (save_layout is None and out is None):
        _say(read.explain())
    else:
        if not quiet:
            _print_read(read)
        _print_warnings(read)


def _print_read(read: Records) -> None:
    from chipflow.records.cleaning.unread import needs_sentence

    counts = read.counts
    rows = ", ".join(f"{counts[name]:,} {name.removeprefix('rows_')}" for name in counts)
    sheets = f"{len(read.sheets):,} {'sheet' if len(read.sheets) == 1 else 'sheets'}"
    _say(f"Rows: {rows} ({sheets}). Cells not read: {read.cells_unread:,}")
    if len(read):
        _say(needs_sentence(read.needs).capitalize())


def _print_warnings(read: Records) -> None:
    """Say on the error stream what was not read and what is odd, however quiet the rest is."""
    from chipflow.records.schema import one_line

    said = [*read.warnings, *read.doubts]
    for warning in said[:MOST_WARNINGS]:
        _warn(f"! {one_line(warning, LONGEST_WARNING)}", style="yellow")
    if len(said) > MOST_WARNINGS:
        more = f"! and {len(said) - MOST_WARNINGS:,} more warnings (chipflow read --explain)"
        _warn(more, style="yellow")


@app.command("analyze")
def analyze_command(
    context: typer.Context,
    records: Annotated[
        list[str] | None, typer.Argument(help="Files, folders or globs.", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the results.")] = None,
    config: Config = None,
    layout: Layout = None,
    same: Same = None,
    different: Different = None,
    lists: Lists = None,
    chips: Chips = None,
    rules: Rules = None,
    watch: Watch = None,
    destination: Destination = "CN,HK,MO",
    since: Since = None,
    until: Until = None,
    window: Window = None,
    max_hops: MostHops = None,
    strict: Strict = False,
    seed: Seed = 0,
    null_draws: NullDraws = None,
    settings: SettingsFile = None,
    force: Force = False,
    output: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    quiet: Quiet = False,
    log_json: LogJson = False,
) -> None:
    """Find leads in record files; write tables, map, network and report."""
    from chipflow.run import analyze

    given = from_config(context, config, {
        "layout": layout, "same": same, "different": different, "lists": lists or (),
        "watch": watch or (), "chips": chips, "rules": rules,
        "destination": destination, "since": since, "until": until,
        "window": window, "max_hops": max_hops, "strict": strict,
        "log_json": log_json, "seed": seed, "null_draws": null_draws, "settings": settings,
        "force": force, "records": records, "out": out, "output": output, "quiet": quiet,
    })  # fmt: skip
    _one_of("--format", given["output"], ("text", "json"))
    if not given["records"]:
        raise ParameterError("RECORDS: name files, folders or globs, or records in --config")
    if given["out"] is None:
        raise ParameterError("--out: name the folder for the results, or out in --config")
    quiet, as_text = given.pop("quiet"), given.pop("output") == "text"
    run = analyze(
        given.pop("records"), given.pop("out"), most_hops=given.pop("max_hops"),
        progress=_progress(quiet, given.pop("log_json")), **given,
    )  # fmt: skip
    if not as_text:
        import json

        typer.echo(json.dumps(run.outline(), ensure_ascii=False, indent=2).encode())
    _print_run(run, quiet or not as_text)


add_report_command(app, _progress)
add_controls_commands(app)
add_flows_command(app, _progress)
add_estimate_command(app, _progress)
add_diff_command(app)
add_paths_command(app)
add_export_command(app)


@app.command("demo")
def demo_command(
    out: Out = Path("chipflow-demo"),
    seed: Seed = 0,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Run the main job on the bundled sample of simulated records."""
    from chipflow.run import analyze, copy_sample

    run = analyze(copy_sample(out), out, seed=seed, force=force, progress=_progress(quiet))
    _print_run(run, quiet)


simulate_app = typer.Typer(
    help="Write simulated records with known schemes and known innocents, or score leads on them.",
    # An option of the world is never taken for a subcommand, nor the other way round.
    invoke_without_command=True,
)
app.add_typer(simulate_app, name="simulate")


@simulate_app.callback()
def simulate_command(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for records, truth and a README.")
    ] = None,
    seed: Seed = 1,
    records: Annotated[int, typer.Option("--records", help="About how many records.")] = 5000,
    schemes: Annotated[
        str,
        typer.Option(
            "--schemes", help="all (the usual), every, documented, none, or kinds with commas."
        ),
    ] = "all",
    lookalikes: Annotated[
        str, typer.Option("--lookalikes", help="As --schemes, of innocent look-alikes.")
    ] = "all",
    missing: Annotated[
        float, typer.Option("--missing", help="Share of the records that are taken away.")
    ] = 0.0,
    noise: Annotated[
        float, typer.Option("--noise", help="Share of the records with a lost or wrong field.")
    ] = 0.0,
    layouts: Annotated[
        str, typer.Option("--layouts", help="bill_of_lading, customs_declaration or both.")
    ] = "bill_of_lading,customs_declaration",
    hard: Annotated[bool, typer.Option("--hard", help="Schemes hide as well as they can.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write simulated records with known schemes and known innocents, or score leads on them."""
    if context.invoked_subcommand is not None:
        return
    if out is None:
        raise ParameterError("--out: give the folder for the records")
    from chipflow.simulate import simulate

    world = simulate(
        records=records,
        seed=seed,
        schemes=schemes,
        lookalikes=lookalikes,
        layouts=layouts,
        missing=missing,
        noise=noise,
        out=out,
        hard=hard,
        progress=_progress(quiet),
    )
    if not quiet:
        from chipflow.records.schema import one_line

        _say(f"SIMULATED RECORDS: {len(world.records):,} in {one_line(str(out))}")


@simulate_app.command("score")
def score_command(
    truth: Annotated[Path, typer.Argument(help="Folder truth/ of a simulated world.")],
    leads: Annotated[Path, typer.Argument(help="leads.csv as chipflow analyze writes it.")],
    output: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Say how well leads find the schemes that are known to be there."""
    import json

    from chipflow.simulate import score

    _one_of("--format", output, ("text", "json"))
    result = score(truth, leads)
    if output == "json":
        typer.echo(json.dumps(result.as_dict(), ensure_ascii=False, indent=2, default=float))
        return
    _say(str(result))


def _one_of(option: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise ParameterError(f"{option}: {given!r} is not known; choose {' or '.join(allowed)}")


def _print_run(run: Run, quiet: bool) -> None:
    from chipflow.records.schema import one_line

    if not quiet:
        _print_summary(run)
    _print_warnings(run.records)
    for name in run.leads.parameters.get("watch_without_rule_there", ()):
        there = ", ".join(run.leads.destination)
        _warn(f"! watch list {name}: no rule of it is for {there}; not followed")
    for name in run.leads.searched.unknown_names:
        _warn(f"! no record names {one_line(name)!r} of the lists of names")
    if run.leads.verdict.kind == "no verdict":
        _warn(f"! {run.leads.verdict.text}", style="bold yellow")


def _print_summary(run: Run) -> None:
    from rich.table import Table

    from chipflow.records.cleaning.unread import needs_sentence

    counts = run.summary["counts"]
    if run.records.simulated:
        _say("SIMULATED RECORDS: no real company is meant", style="bold yellow")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    for label, name in (
        *((label, name) for name, label in ROW_LABELS.items()),
        ("cells not read", "cells_unread"),
        ("companies", "companies"),
        ("routes set aside", "set_aside"),
        ("leads", "leads"),
        ("unnamed lots, weaker than leads", "unnamed"),
        ("direct shipments of controlled chips", "controlled_off_route"),
        ("licences were being granted", "licences_granted"),
    ):
        table.add_row(label, f"{counts[name]:,}")
    _console(stderr=False).print(table)
    _say(needs_sentence(run.records.needs).capitalize())
    if elsewhere := counts["denied_elsewhere"]:
        said = "record names a chip" if elsewhere == 1 else "records name a chip"
        _say(
            f"{elsewhere:,} {said} that was presumed to be denied where it went, outside of "
            f"{', '.join(run.leads.destination)} (see direct.csv)"
        )
    if "screening" in run.summary:
        said = f"possible matches on a list: {len(run.leads.screening):,} (see screening.csv)"
        _say(said)
    _print_where_to_look(run)


def _print_where_to_look(run: Run) -> None:
    from chipflow.leads.coincidence import NOT_SHOWN, in_steps
    from chipflow.run import first_places_to_look

    said = run.leads.verdict
    if said.kind == "no verdict":
        _say("No verdict: see the warning")
    elif said.kind == "no lead":
        _say(said.sentence)
    else:
        _say(said.sentence)
        _say(f"{run.leads.chance}. {NOT_SHOWN}")
        _say("Where to look first (a lead is a question, not a finding):")
        for row in first_places_to_look(run.leads).to_dict("records"):
            units = _number(row["units"])
            share = in_steps(row["no_coincidence"])
            like_it = "" if share is None else f" ({share} leads like it are no coincidence)"
            _say(f"  {row['rank']}. {row['countries']}: {units} {row['chips']}{like_it}")
    from chipflow.records.schema import one_line

    place = one_line(str(run.folder), LONGEST_WARNING)
    _say(f"Open {place}/report.html and {place}/map.html")


def _number(value: Any) -> str:
    return "an unknown number of" if value != value else f"{value:,.0f}"


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(f"chipflow {__version__}")
        raise typer.Exit


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


def main() -> None:
    """Run the command line; errors of chipflow become one line and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that does not know a letter of a company's name shows its number instead.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Records and names are millions of objects that live to the end: looking through them for
    # circles again and again takes a tenth of a run, and finds none.
    gc.set_threshold(*COLLECT_EVERY)
    # Ended from outside, a run puts its unfinished results away as one that fails does.
    with suppress(ValueError):
        signal.signal(signal.SIGTERM, _end)
    try:
        app()
    except ChipflowError as error:
        _warn(f"chipflow: {error}")
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        _warn("chipflow: stopped; nothing was written")
        sys.exit(130)
