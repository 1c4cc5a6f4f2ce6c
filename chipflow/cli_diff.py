"""The work behind ``chipflow diff``: what is new between two folders of results."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from chipflow.errors import ChipflowError, OutputError, ParameterError

FORMATS = ("text", "json", "csv", "html")
NO_NEWS, NEWS, FAILED = 0, 1, 2  # exit statuses, as those of diff(1)


def add_diff_command(app: typer.Typer) -> None:
    """Add ``diff`` to a command line.

    Parameters
    ----------
    app
        What the command is added to.
    """

    @app.command("diff")
    def diff_command(
        old: Annotated[Path, typer.Argument(help="Folder of the older results.")],
        new: Annotated[Path, typer.Argument(help="Folder of the newer results.")],
        output: Annotated[str, typer.Option("--format", help="text, json, csv or html.")] = "text",
        out: Annotated[
            Path | None,
            typer.Option("--out", help="Write it there, not to the screen.", metavar="FILE"),
        ] = None,
    ) -> None:
        """Say which leads are new, grown, changed or gone.

        The exit status is 0 if there is no news, 1 if there is, 2 if the two cannot be compared.
        """
        try:
            news = _compare(old, new, output, out)
        except ChipflowError as error:
            # 1 would say that there is news.
            error.exit_status = FAILED
            raise
        raise typer.Exit(NEWS if news else NO_NEWS)


def _compare(old: Path, new: Path, output: str, out: Path | None) -> bool:
    from chipflow.comparison import diff

    if output not in FORMATS:
        raise ParameterError(f"--format: {output!r} is not known; choose {', '.join(FORMATS)}")
    found = diff(old, new)
    if output == "html":
        text = found.to_html().html
    else:
        text = {"text": found.to_text, "json": found.to_json, "csv": found.to_csv}[output]()
    if out is None:
        # As bytes: UTF-8 whatever the terminal, but for text to be read there.
        typer.echo(text if output == "text" and sys.stdout.isatty() else text.encode())
        return bool(found)
    try:
        out.write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(
            f"{out}: cannot be written ({error.strerror}); name another file"
        ) from error
    return bool(found)
