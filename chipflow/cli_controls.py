"""The work behind ``chipflow chip`` and ``chipflow rules``: what rules asked for on a day."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chipflow.errors import ParameterError

FORMATS = ("text", "json")
# What ``chipflow chip --format json`` prints of an answer.
ANSWER = (
    "chip", "status", "outcome", "rule", "citation", "sentence", "exceptions", "looked_at",
    "not_looked_at",
)  # fmt: skip

Day = Annotated[str, typer.Option("--on", help="Day.", metavar="YYYY-MM-DD")]
To = Annotated[str, typer.Option("--to", help="Country of destination.", metavar="COUNTRY")]
From = Annotated[
    str | None,
    typer.Option("--from", help="Country from which the goods leave.", metavar="COUNTRY"),
]
Headquarters = Annotated[
    str | None,
    typer.Option(
        "--buyer-headquarters",
        "--headquarters",
        help="Country in which the buyer, or its ultimate parent, has its headquarters.",
        metavar="COUNTRY",
    ),
]
Chips = Annotated[
    str | None, typer.Option("--chips", help="CSV of chips of your own.", metavar="FILE")
]
Rules = Annotated[
    str | None, typer.Option("--rules", help="CSV of rules of your own.", metavar="FILE")
]
Format = Annotated[str, typer.Option("--format", help="text or json.")]


def add_controls_commands(app: typer.Typer) -> None:
    """Add ``chip`` and ``rules`` to a command line.

    Parameters
    ----------
    app
        What the commands are added to.
    """

    @app.command("chip")
    def chip_command(
        name: Annotated[str, typer.Argument(help="Chip, as the catalogue or a trader names it.")],
        on: Day,
        to: To,
        origin: From = None,
        headquarters: Headquarters = None,
        maker: Annotated[
            str | None,
            typer.Option("--maker", help="Maker of the chip: letters are addressed to makers."),
        ] = None,
        end_use: Annotated[
            str | None,
            typer.Option("--end-use", help="Use on which rules turn: supercomputer, military ..."),
        ] = None,
        party: Annotated[
            str | None,
            typer.Option("--party", help="What lists say of the buyer: listed, footnote 4 ..."),
        ] = None,
        chips: Chips = None,
        rules: Rules = None,
        output: Format = "text",
    ) -> None:
        """Say what rules asked for a chip to a country on a day, and what was not looked at."""
        import json

        from chipflow.goods.catalogue.load import load_controls
        from chipflow.goods.controls.status import status

        _check(output)
        tables = load_controls(chips=chips, rules=rules)
        answer = status(
            name, on, to, headquarters, origin=origin, maker=maker, end_use=end_use, party=party,
            catalogue=tables,
        )  # fmt: skip
        if output == "json":
            shown = {key: getattr(answer, key) for key in ANSWER}
            typer.echo(json.dumps(shown, ensure_ascii=False))
            return
        typer.echo(f"{answer.status} ({answer.outcome}): {answer.sentence}")
        if answer.citation:
            typer.echo(answer.citation)

    @app.command("rules")
    def rules_command(
        on: Day,
        to: To,
        origin: From = None,
        headquarters: Headquarters = None,
        rules: Rules = None,
        output: Format = "text",
    ) -> None:
        """List the rules that were in force for a country on a day, with their citations."""
        import json

        from chipflow.goods.catalogue.load import load_controls
        from chipflow.goods.controls.status import rules_in_force, scope

        _check(output)
        tables = load_controls(rules=rules)
        found = rules_in_force(on, to, headquarters, origin=origin, catalogue=tables)
        looked = scope(on, to, headquarters, origin=origin, catalogue=tables)
        if output == "json":
            shown = {
                "rules": found,
                "looked_at": looked.looked_at,
                "not_looked_at": looked.not_looked_at,
            }
            typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
            return
        if not found:
            typer.echo("No rule in these tables was in force.")
        for rule in found:
            for line in _lines(rule):
                typer.echo(line)
        typer.echo(looked.sentence().strip())


def _check(output: str) -> None:
    if output not in FORMATS:
        raise ParameterError(f"--format: {output!r} is not known; choose {' or '.join(FORMATS)}")


def _lines(rule: dict[str, str]) -> list[str]:
    """Return the lines in which a rule is printed: what it asks, then what stands behind it."""
    until = f" to {rule['last_day']}" if rule["last_day"] else ""
    head = f"{rule['rule']}, {rule['paragraph']} (from {rule['first_day']}{until})"
    details: list[tuple[str, Any]] = [
        ("goods", rule["test"]),
        ("turns on", rule["turns_on"]),
        ("in doubt", "" if rule["certain"] == "yes" else rule["certain"]),
        ("exceptions", rule["exceptions"]),
        ("remark", rule["note"]),
        ("citation", rule["citation"]),
    ]
    return [
        f"{rule['outcome']}: {head}",
        *(f"  {label}: {value}" for label, value in details if value),
    ]
