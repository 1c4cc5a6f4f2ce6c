"""Saving what was read: the records, and the mapping of columns as a layout to correct."""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipflow.errors import OutputError
from chipflow.records.schema import CONTENT_COLUMNS, HELPER_FIELDS, Sheet, one_line

if TYPE_CHECKING:
    import pandas as pd

# Sources named in a comment of a layout; a folder may hold hundreds with the same header.
_MOST_SOURCES = 3
_LONGEST_SOURCE = 300
# Limits of Excel ("Excel specifications and limits").
MOST_SHEET_ROWS = 1_048_576  # the header counted
MOST_CELL_CHARACTERS = 32_767
_HEAD = """\
# Which column is which, as chipflow understood it. Correct it and use it again with
#   chipflow read FILES --layout THIS_FILE.toml        (or: chipflow analyze ... --layout ...)
# Each line below [fields] is  field = [names of columns]; in each sheet the first that is there
# is taken. A field left out, or commented out, is looked for as if there were no layout.
# The second column of one name is "NAME#2"; a name below a group of columns is "GROUP / NAME".
"""
_HINTS = """\
# [hints]              hold for all files: remove the "#" and set only what is read wrongly
# day_first = true     # 01/02/2024 is the first of February
# decimal = ","        # 1.234,5 is one thousand and a bit
# header_row = 1       # the row of the column names, as a spreadsheet program numbers it
"""


def layout_text(sheets: Iterable[Sheet]) -> str:
    """Return a layout (TOML) that says what was understood of all sheets together.

    Parameters
    ----------
    sheets
        What was read. Sheets that are no table of trade are left out.

    Returns
    -------
    str
        For each field the headers it was read from, with comments that give confidence,
        samples and sources. A header that is one field in one sheet and another in the next
        stands under the one with more rows; the other is said in a comment.
    """
    known = [sheet for sheet in sheets if sheet.columns]
    owner = _owners(known)
    lines = [_HEAD, "[fields]"]
    for name in (*CONTENT_COLUMNS, *HELPER_FIELDS):
        headers = _headers(name, known)
        own = [header for header in headers if owner[header.casefold()] == name]
        lines += [_comment(name, header, known, owner[header.casefold()]) for header in headers]
        listed = ", ".join(_quoted(header) for header in own)
        lines.append(f"{name} = [{listed}]" if own else f"# {name} = []")
    unused = dict.fromkeys(header for sheet in known for header in sheet.unknown)
    left = [header for header in unused if header.casefold() not in owner]
    if left:
        lines += ["", "# Columns that no field was read from:"]
        lines += [f"#   {_quoted(header)}{_examples(header, known)}" for header in left]
    return "\n".join([*lines, "", _HINTS])


def _owners(sheets: list[Sheet]) -> dict[str, str]:
    """Return for each header the field that most rows say it is."""
    votes: dict[str, dict[str, int]] = {}
    for sheet in sheets:
        for name in sheet.columns:
            for header in _of_field(name, sheet):
                fields = votes.setdefault(header.casefold(), {})
                fields[name] = fields.get(name, 0) + 1 + sheet.rows
    return {
        header: max(sorted(fields), key=lambda name: fields[name])
        for header, fields in votes.items()
    }


def _of_field(name: str, sheet: Sheet) -> list[str]:
    # What a column is by the direction of the row is no field that a layout could name.
    if name not in sheet.columns or name in sheet.by_direction:
        return []
    return [h for h in (sheet.columns[name][0], *sheet.also.get(name, [])) if h]


def _headers(name: str, sheets: list[Sheet]) -> list[str]:
    """Return the headers of a field: those first that others stand in for, then the surest."""
    second = {header for sheet in sheets for header in _of_field(name, sheet)[1:]}
    sure: dict[str, float] = {}
    for sheet in sheets:
        for header in _of_field(name, sheet):
            is_first = header == sheet.columns[name][0]
            sure[header] = max(sure.get(header, 0.0), sheet.columns[name][1] if is_first else 0.0)
    return sorted(sure, key=lambda header: (header in second, -sure[header], header))


def _comment(name: str, header: str, sheets: list[Sheet], owner: str) -> str:
    mine = [sheet for sheet in sheets if header in _of_field(name, sheet)]
    sure = [sheet.columns[name][1] for sheet in mine if sheet.columns[name][0] == header]
    confidence = f"{min(sure):.2f}" if sure else "where the others say nothing"
    if sure and min(sure) != max(sure):
        confidence += f" to {max(sure):.2f}"
    sources = ", ".join(one_line(sheet.source, _LONGEST_SOURCE) for sheet in mine[:_MOST_SOURCES])
    more = len(mine) - _MOST_SOURCES
    sources += f" and {more} more" if more > 0 else ""
    moved = "" if owner == name else f"; not used, for more rows it is {owner}"
    return f"# {_quoted(header)}: {confidence}{_examples(header, mine)}; in {sources}{moved}"


def _examples(header: str, sheets: list[Sheet]) -> str:
    values = next((s.samples[header] for s in sheets if s.samples.get(header)), [])
    shown = " | ".join(one_line(value) for value in values)
    return f"; such as {shown}" if shown else ""


def _quoted(text: str) -> str:
    """Return text as a TOML string: JSON's escapes are a part of TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def write_xlsx(frame: pd.DataFrame, path: Path, *, simulated: bool = False) -> None:
    """Write a table as an Excel workbook of one sheet, with days as days and texts inert.

    Parameters
    ----------
    frame
        Texts, numbers, days.
    path
        The file; the same table gives the same bytes.
    simulated
        Whether the sheet is called so.

    Raises
    ------
    OutputError
        There are more rows than a sheet holds.
    """
    import datetime as dt

    import pandas as pd

    if len(frame) >= MOST_SHEET_ROWS:
        raise OutputError(
            f"{path.name}: {len(frame):,} records, and a sheet holds {MOST_SHEET_ROWS - 1:,}; "
            "write them as .csv or .parquet"
        )
    # Text that looks like a formula, a link or a number stays the text that it is.
    texts = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
    with pd.ExcelWriter(
        path, engine="xlsxwriter", date_format="yyyy-mm-dd", datetime_format="yyyy-mm-dd",
        engine_kwargs={"options": dict.fromkeys(texts, False)},
    ) as book:  # fmt: skip
        made = dt.datetime(2020, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
        book.book.set_properties({"title": "chipflow: records", "created": made})
        shown = frame.apply(_fit_for_a_cell, axis=0) if len(frame) else frame
        name = "SIMULATED RECORDS" if simulated else "Records"
        shown.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))


def _fit_for_a_cell(values: pd.Series) -> pd.Series:
    import pandas as pd

    from chipflow.tables import defuse

    if not pd.api.types.is_string_dtype(values.dtype):
        return values
    return defuse(values).str.slice(0, MOST_CELL_CHARACTERS)


def run_json_writer(
    summary: dict[str, Any], tables: Iterable[str], default: Callable[[Any], Any] | None = None
) -> Callable[[Path], None]:
    """Return what writes the ``run.json`` of a run, with the SHA-256 of its tables.

    Parameters
    ----------
    summary
        What it says beside ``tables``, which is added.
    tables
        Names of files that stand beside it by then.
    default
        Turns values into ones that JSON can hold, as in :func:`json.dumps`.
    """

    def write(path: Path) -> None:
        summary["tables"] = {
            name: hashlib.sha256((path.parent / name).read_bytes()).hexdigest()
            for name in sorted(tables)
        }
        text = json.dumps(summary, indent=2, ensure_ascii=False, sort_keys=True, default=default)
        path.write_text(text + "\n", encoding="utf-8")

    return write


# Names of files shown in a message.
_MOST_NAMED = 3


def refuse_other_results(
    folder: Path, run: dict[str, Any], marker: str, same: Callable[[dict[str, Any]], Any]
) -> None:
    """Refuse to replace results that were made from something else.

    Parameters
    ----------
    folder
        Where results are to go; it need not be there.
    run
        What ``run.json`` will say.
    marker
        A file that only this kind of run writes.
    same
        Takes what a ``run.json`` says and returns what has to be equal for it to be the same run,
        such as :func:`input_hashes`.

    Raises
    ------
    OutputError
        The folder holds results of another kind, or of other inputs.
    """
    earlier = folder / "run.json"
    if not earlier.is_file() and not (folder / marker).exists():
        return
    what = f"holds a {marker} and no run.json that says what it was made from"
    if earlier.is_file():
        try:
            said = json.loads(earlier.read_text(encoding="utf-8"))
            if (folder / marker).exists() and same(said) == same(run):
                return
            paths = [one_line(str(one["path"]), _LONGEST_SOURCE) for one in said["inputs"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            paths = []
        more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
        shown = ", ".join(paths[:_MOST_NAMED]) + more
        what = f"holds results of another run ({shown or 'files not known'})"
    raise OutputError(
        f"{folder}: {what}; name another folder with --out, or replace them with --force"
    )


def input_hashes(run: dict[str, Any]) -> list[str]:
    """Return the SHA-256 of the inputs of a run."""
    return sorted({str(one["sha256"]) for one in run["inputs"]})


def write_all(
    writers: dict[Path, Callable[[Path], object]], *, kept: Iterable[Path] = ()
) -> list[Path]:
    """Write files so that all are there complete, or none is changed.

    Parameters
    ----------
    writers
        Path -> function that writes to the path it is given. All paths are in one folder,
        which is made if it is not there.
    kept
        Those that must not be replaced where they hold something else.

    Returns
    -------
    list of pathlib.Path
        The files that held something else and were replaced.

    Raises
    ------
    OutputError
        A path cannot be written, or holds something else and must not be replaced.
    """
    folder = next(iter(writers)).parent
    taken = next((path for path in writers if path.is_dir()), None)
    if taken is not None:
        raise OutputError(f"{taken}: is a folder; name a file")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".chipflow-", dir=folder) as made:
            ready = {path: Path(made) / path.name for path in writers}
            for path, write in writers.items():
                write(ready[path])
            others = [
                path
                for path, file in ready.items()
                if path.exists() and not filecmp.cmp(path, file, shallow=False)
            ]
            refused = next((path for path in others if path in set(kept)), None)
            if refused is not None:
                raise OutputError(
                    f"{refused}: is there and holds something else; name another file with --out, "
                    "or replace it with --force"
                )
            for path, file in ready.items():
                file.replace(path)
            return others
    except OSError as error:
        with suppress(OSError):
            os.rmdir(folder)  # noqa: PTH106  # only if it is empty
        raise OutputError(
            f"{folder}: cannot be written ({error.strerror or error}); name another place"
        ) from error
