"""An estimate in, a folder of tables and one page out."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipflow._version import __version__
from chipflow.progress import silent
from chipflow.records.save import (
    input_hashes,
    refuse_other_results,
    run_json_writer,
    write_all,
)
from chipflow.tables import write_csv, write_parquet

if TYPE_CHECKING:
    from chipflow.estimate.estimate import Estimate
    from chipflow.progress import Progress

LIBRARIES = ("jinja2", "matplotlib", "numpy", "pandas", "pyarrow", "scipy")


def write_estimate(
    made: Estimate, out: str | Path, *, force: bool = False, progress: Progress = silent
) -> Path:
    """Write ``estimate.csv, inputs.csv, draws.parquet, estimate.html, run.json`` into a folder.

    Parameters
    ----------
    made
        From :func:`chipflow.estimate.estimate`.
    out
        The folder; files of the same names are replaced when all are complete.
    force
        Whether results of other inputs or another model may be replaced.
    progress
        Who is told how the work goes on.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    OutputError
        The folder cannot be written, or holds results that must not be replaced.
    """
    folder = Path(out)
    summary = _summary(made)
    if not force:
        refuse_other_results(
            folder, summary, "estimate.csv",
            lambda run: [input_hashes(run), run["model"]["name"], run["parameters"]["entity"]],
        )  # fmt: skip
    with progress.stage("drawing the page"):
        page = made.report()
    tables: dict[str, Callable[[Path], object]] = {
        "estimate.csv": lambda path: write_csv(made.table, path),
        "inputs.csv": lambda path: write_csv(made.inputs, path),
        "draws.parquet": lambda path: write_parquet(made.draws, path),
    }
    write_all(
        {
            **{folder / name: write for name, write in tables.items()},
            folder / "estimate.html": page.save,
            folder / "run.json": run_json_writer(summary, tables),
        }
    )
    return folder


def _summary(made: Estimate) -> dict[str, Any]:
    model = made.model
    return {
        "chipflow": __version__,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "parameters": made.parameters,
        "inputs": made.inputs_read,
        "model": {
            "name": model.name, "title": model.title, "date": model.date, "source": model.source,
            "unit": model.unit, "result": model.result, "published": model.published,
        },
        "identified": made.identified,
        "notes": list(made.notes),
    }  # fmt: skip
