"""The work behind ``chipflow report``: a folder of results becomes report, PDF and workbook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipflow.errors import OutputError
from chipflow.progress import silent

if TYPE_CHECKING:
    from chipflow.progress import Progress

REPORT = "report.html"
MAP = "map.html"


def report_folder(
    folder: str | Path,
    *,
    out: str | Path | None = None,
    pdf: str | Path | None = None,
    xlsx: str | Path | None = None,
    template: str | Path | None = None,
    notes: str | Path | Sequence[str | Path] | None = None,
    progress: Progress = silent,
) -> list[Path]:
    """Write the report of a folder of results again, as HTML and if asked as PDF and workbook.

    Parameters
    ----------
    folder
        What ``chipflow analyze --out`` wrote.
    out
        The HTML file; ``report.html`` in the folder without it.
    pdf, xlsx
        Files for the report as PDF and for the results as an Excel workbook; neither without them.
    template
        A Jinja template in place of chipflow's own; see ``docs/reports.md``.
    notes
        A Markdown file that is put in front, a ``.csv`` file of marks, or several of them. With
        marks the map of the folder is written again too.
    progress
        Who is told how the work goes on.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    InputError
        The folder holds no results, or template or notes cannot be used.
    MissingDependencyError
        A PDF was asked for and WeasyPrint is not installed.
    OutputError
        A file cannot be written.
    """
    from chipflow.saved import read_leads
    from chipflow.views import report, route_map, workbook, write_pdf
    from chipflow.views.marks import is_marks

    targets = [Path(one) for one in (out, pdf, xlsx) if one is not None]
    for target in targets:
        if not target.absolute().parent.is_dir():
            raise OutputError(f"{target}: there is no folder {target.parent}; make it first")
    given = [notes] if isinstance(notes, (str, Path)) else list(notes or ())
    leads = read_leads(folder)
    with progress.stage("writing the report"):
        page = report(leads, template=template, notes=given)
        written = [page.save(Path(folder) / REPORT if out is None else out)]
    marks = [one for one in given if is_marks(one)]
    if marks:
        with progress.stage("writing the map"):
            written.append(route_map(leads, marks=marks[-1]).save(Path(folder) / MAP))
    if pdf is not None:
        with progress.stage("laying out the PDF"):
            written.append(write_pdf(page, pdf))
    if xlsx is not None:
        with progress.stage("writing the workbook"):
            written.append(workbook(leads, xlsx))
    return written


def add_report_command(app: typer.Typer, progress: Callable[[bool], Progress]) -> None:
    """Add ``report`` to a command line.

    Parameters
    ----------
    app
        What the command is added to.
    progress
        Gives the one who is told how the work goes on; called with whether to be quiet.
    """

    @app.command("report")
    def report_command(
        folder: Annotated[Path, typer.Argument(help="Folder that chipflow analyze wrote.")],
        out: Annotated[
            Path | None, typer.Option("--out", help="HTML file; report.html there without it.")
        ] = None,
        pdf: Annotated[
            Path | None, typer.Option("--pdf", help="Write it as PDF too.", metavar="FILE")
        ] = None,
        xlsx: Annotated[
            Path | None, typer.Option("--xlsx", help="Write an Excel workbook.", metavar="FILE")
        ] = None,
        template: Annotated[
            Path | None, typer.Option("--template", help="Jinja template.", metavar="FILE")
        ] = None,
        notes: Annotated[
            list[Path] | None,
            typer.Option(
                "--notes",
                help="Markdown to put in front, or marks that the map saved (.csv); repeatable.",
                metavar="FILE",
            ),
        ] = None,
        quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
    ) -> None:
        """Write the report of a folder of results again; as PDF and workbook too."""
        written = report_folder(
            folder, out=out, pdf=pdf, xlsx=xlsx, template=template, notes=notes,
            progress=progress(quiet),
        )  # fmt: skip
        if not quiet:
            for path in written:
                typer.echo(path)
