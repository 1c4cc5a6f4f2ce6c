"""Which files are meant, what they are, and what cannot be one."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from chipflow.errors import InputError
from chipflow.given_files import given_text, is_regular
from chipflow.records.io.unpack import MAX_UNPACKED_BYTES, Archive, Budget, gunzip

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".psv")
BOOK_SUFFIXES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
JSON_SUFFIXES = (".json", ".jsonl", ".ndjson")
SUFFIXES = (*TEXT_SUFFIXES, *BOOK_SUFFIXES, ".parquet", *JSON_SUFFIXES, ".gz", ".zip")
_GZIP, _ZIP, _COMPOUND = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Members that only a workbook has, by the beginning of their names.
_OF_WORKBOOKS = ("xl/", "content.xml")
# What every folder of results holds.
RUN = "run.json"
# What macOS puts beside each file of an archive.
_OF_MACOS = "__MACOSX"
_MOST_NAMED = 5
_BEGINNINGS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"{\\rtf", "an RTF document"),
)
# Anything but blanks, zeros and the mark of UTF-8; a search copies nothing.
_SAYS_SOMETHING = re.compile(rb"[^ \t\r\n\0\xef\xbb\xbf]")
# An object, or an array of objects.
_JSON = re.compile(rb'(\[\s*)?\{\s*"')
# Zero bytes that a text may hold by accident.
_FEW = 4
_TABLE_HINT = "give a CSV, Excel, ODS, Parquet or JSON file"


@dataclass(frozen=True)
class Found:
    """A file to read: as the user gave it, and if it was named or found in a folder."""

    path: Path
    name: str


@dataclass(frozen=True)
class Part:
    """One table file: the file itself, or a member of an archive.

    Attributes
    ----------
    name
        As results call it: the path as given, ``ARCHIVE.zip/MEMBER`` for a member.
    read
        Gives its bytes, unpacked.
    """

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Opened:
    """A file's bytes after decompression, and what they are.

    ``kind`` is ``text``, ``book`` (also any other ZIP archive), ``parquet`` or ``json``.
    """

    kind: str
    data: bytes
    sha256: str
    size: int


@dataclass(frozen=True)
class Unpacked:
    """A file and the table files in it: one, or as many as an archive holds.

    ``ignored`` are members that are left out because of their extension.
    """

    sha256: str
    size: int
    parts: list[Part]
    ignored: list[str] = field(default_factory=list)


def find_files(paths: tuple[str | Path, ...]) -> tuple[list[Found], list[InputError], list[str]]:
    """Return the files that paths, folders and globs stand for.

    Returns
    -------
    tuple
        Files sorted by name, each once; errors for paths that stand for nothing; names of
        files in folders that are left out because of their extension.
    """
    found: dict[Path, Found] = {}
    errors: list[InputError] = []
    ignored: list[str] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            found_in, results = _inside(path)
            inside = sorted(p for p in found_in if not _hidden(p, path))
            errors += [
                InputError(
                    "results of chipflow, which are no records",
                    file=place.as_posix(),
                    hint="write results outside the folder of records",
                )
                for place in results
            ]
            usable = [p for p in inside if p.suffix.lower() in SUFFIXES]
            ignored += [p.as_posix() for p in inside if p.suffix.lower() not in SUFFIXES]
            if not usable and not results:
                errors.append(
                    InputError(
                        f"a folder without record files ({len(inside)} other files)",
                        file=given,
                        hint=_TABLE_HINT,
                    )
                )
            matches = usable
        elif path.is_file():
            matches = [path]
        else:
            matches = [Path(p) for p in sorted(glob.glob(str(given), recursive=True))]  # noqa: PTH207
            matches = [p for p in matches if p.is_file()]
            if not matches:
                what = "no file matches" if glob.has_magic(str(given)) else "no such file or folder"
                errors.append(InputError(what, file=given, hint="check the path"))
        for match in matches:
            found.setdefault(match.resolve(), Found(match, match.as_posix()))
    return sorted(found.values(), key=lambda f: f.name), errors, ignored


def _inside(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the files of a folder, and the folders in it that hold results of a run.

    What chipflow wrote is no input: read again, its shipments would stand twice.
    """
    found: list[Path] = []
    results: list[Path] = []
    for place, folders, names in os.walk(folder):
        here = Path(place)
        if RUN in names and _wrote(here / RUN):
            results.append(here)
            folders.clear()
            continue
        folders.sort()
        found += [path for name in names if (path := here / name).is_file()]
    return found, results


def _wrote(run: Path) -> bool:
    try:
        said = json.loads(given_text(run, RUN))
    except (InputError, ValueError, RecursionError):
        return False
    return isinstance(said, dict) and "chipflow" in said


def _hidden(path: Path, folder: Path) -> bool:
    return _is_hidden(path.relative_to(folder).parts)


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith((".", "~$")) and part not in {".", ".."} for part in parts)


def open_file(found: Found) -> Opened:
    """Read a file's bytes and tell what kind of table they are; the name decides nothing.

    Raises
    ------
    InputError
        Empty, unreadable, damaged gzip, too large once unpacked, or not a table at all.
    """
    raw, digest, size = _read(found)
    return Opened(kind_of(raw, found.name), raw, digest, size)


def open_parts(found: Found) -> Unpacked:
    """Read a file and find the table files in it; the name decides nothing.

    Raises
    ------
    InputError
        As :func:`open_file`, or an archive without record files.
    """
    raw, digest, size = _read(found)
    if raw.startswith(_ZIP):
        archive = Archive(raw, found.name)
        if not _is_workbook(archive.names):
            return Unpacked(digest, size, *_members(archive))
    return Unpacked(digest, size, [Part(found.name, lambda: raw)])


def _read(found: Found) -> tuple[bytes, str, int]:
    """Return the bytes of a file, unpacked if it is a gzip file, with digest and size."""
    try:
        if not is_regular(found.path):
            raise InputError("no regular file", file=found.name, hint="give a file on a disk")
        if found.path.stat().st_size > MAX_UNPACKED_BYTES:
            raise InputError(
                f"larger than {MAX_UNPACKED_BYTES / 1e9:g} GB",
                file=found.name,
                hint="split the file",
            )
        raw = found.path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})", file=found.name, hint="check the path"
        ) from error
    digest, size = hashlib.sha256(raw).hexdigest(), len(raw)
    if raw.startswith(_GZIP):
        raw = gunzip(raw, found.name, Budget(found.name, size))
    return _not_empty(raw, found.name), digest, size


def _not_empty(raw: bytes, name: str) -> bytes:
    if not _SAYS_SOMETHING.search(raw):
        raise InputError("an empty file", file=name, hint="give a file with a table")
    return raw


def _is_workbook(names: list[str]) -> bool:
    return any(name.startswith(_OF_WORKBOOKS) for name in names)


def _members(archive: Archive) -> tuple[list[Part], list[str]]:
    """Return the record files of an archive, sorted by name, and the names of the others."""
    parts: list[Part] = []
    ignored: list[str] = []
    seen: dict[str, int] = {}
    for number, member in sorted(enumerate(archive.names), key=lambda item: (item[1], item[0])):
        path = PurePosixPath(member)
        if _is_hidden(path.parts) or _OF_MACOS in path.parts:
            continue
        name = f"{archive.name}/{member}"
        if path.suffix.lower() not in SUFFIXES:
            ignored.append(name)
            continue
        # An archive may hold two files of the same name; both are read.
        seen[name] = seen.get(name, 0) + 1
        again = f" ({seen[name]})" if seen[name] > 1 else ""
        parts.append(Part(name + again, _unpacker(archive, number, name + again)))
    if not parts:
        listed = ", ".join(name.rsplit("/", 1)[-1] for name in ignored[:_MOST_NAMED])
        raise InputError(
            f"an archive without record files ({listed or 'it is empty'})",
            file=archive.name,
            hint=_TABLE_HINT,
        )
    return parts, ignored


def _unpacker(archive: Archive, number: int, name: str) -> Callable[[], bytes]:
    def read() -> bytes:
        raw = archive.read(number)
        if raw.startswith(_GZIP):
            raw = gunzip(raw, name, archive.budget)
        if raw.startswith(_ZIP) and not _is_workbook(Archive(raw, name).names):
            raise InputError(
                "an archive inside an archive", file=name, hint="unpack it and give its files"
            )
        return _not_empty(raw, name)

    return read


def kind_of(raw: bytes, name: str) -> str:
    """Return ``text``, ``book``, ``parquet`` or ``json``.

    Raises
    ------
    InputError
        Not a table at all, or a damaged one.
    """
    suffix = PurePosixPath(name.lower().removesuffix(".gz")).suffix
    if raw[:4] == b"PAR1":
        return "parquet"
    if raw.startswith((_ZIP, _COMPOUND)):
        return "book"
    for start, what in _BEGINNINGS:
        # "MZ" and the like may begin a honest text; a program also holds zero bytes.
        if raw.startswith(start) and (len(start) > 2 or b"\0" in raw[:512]):
            raise InputError(f"{what}, not a table", file=name, hint=_TABLE_HINT)
    head = raw[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<table")):
        raise InputError(
            "an HTML or XML page, not a table",
            file=name,
            hint="open it in a spreadsheet program and save it as xlsx or CSV",
        )
    if suffix in BOOK_SUFFIXES:
        if _is_text(raw):
            return "text"
        raise InputError("a workbook that is cut off or damaged", file=name, hint="copy it again")
    if suffix == ".parquet":
        raise InputError(
            "a Parquet file that is cut off or damaged", file=name, hint="copy it again"
        )
    if not _is_text(raw):
        raise InputError("binary data, not a table", file=name, hint=_TABLE_HINT)
    if suffix in JSON_SUFFIXES or _JSON.match(head):
        return "json"
    return "text"


def _is_text(raw: bytes) -> bool:
    head = raw[:65536]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or is_wide(head):
        return True
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character that the cut went through is no fault.
        if error.start < len(head) - 4:
            return b"\0" not in head and _few_controls(head)
    # A stray zero byte in a cell does not make a program of a text.
    return head.count(0) <= max(_FEW, len(head) // 1000)


def is_wide(data: bytes) -> bool:
    """Tell UTF-16 without a byte order mark: zero in nearly every second byte of Latin text."""
    head = data[:4096]
    even, odd, half = head[::2].count(0), head[1::2].count(0), len(head) / 2
    return max(even, odd) > 0.4 * half and min(even, odd) < 0.1 * half


def _few_controls(head: bytes) -> bool:
    control = sum(head.count(bytes([c])) for c in range(32) if c not in (9, 10, 11, 12, 13))
    return control <= len(head) * 0.02
