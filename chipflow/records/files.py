"""Which files are meant, what they are, and what cannot be one."""

from __future__ import annotations

import glob
import gzip
import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

from chipflow.errors import InputError

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".psv")
BOOK_SUFFIXES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
SUFFIXES = (*TEXT_SUFFIXES, *BOOK_SUFFIXES, ".parquet", ".jsonl", ".ndjson", ".gz")
# A gzip file of a few kilobytes can hold gigabytes of zeros; nothing honest that fits in the
# memory of a laptop once read is larger than this.
MAX_UNPACKED_BYTES = 4_000_000_000
_CHUNK = 1 << 22
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
    (b"{\\rtf", "an RTF document"),
)
# Zero bytes that a text may hold by accident.
_FEW = 4
_TABLE_HINT = "give a CSV, Excel, ODS, Parquet or JSON lines file"


@dataclass(frozen=True)
class Found:
    """A file to read: as the user gave it, and if it was named or found in a folder."""

    path: Path
    name: str


@dataclass(frozen=True)
class Opened:
    """A file's bytes after decompression, and what they are.

    ``kind`` is ``text``, ``book``, ``parquet`` or ``jsonl``.
    """

    kind: str
    data: bytes
    sha256: str
    size: int


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
            inside = sorted(p for p in path.rglob("*") if p.is_file() and not _hidden(p, path))
            usable = [p for p in inside if p.suffix.lower() in SUFFIXES]
            ignored += [p.as_posix() for p in inside if p.suffix.lower() not in SUFFIXES]
            if not usable:
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


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)


def open_file(found: Found) -> Opened:
    """Read a file's bytes and tell what kind of table they are; the name decides nothing.

    Raises
    ------
    InputError
        Empty, unreadable, damaged gzip, too large once unpacked, or not a table at all.
    """
    try:
        raw = found.path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})", file=found.name, hint="check the path"
        ) from error
    digest = hashlib.sha256(raw).hexdigest()
    size = len(raw)
    if raw[:2] == b"\x1f\x8b":
        raw = _unpack(raw, found.name)
    if not raw.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise InputError("an empty file", file=found.name, hint="give a file with a table")
    return Opened(_kind(raw, found), raw, digest, size)


def _unpack(raw: bytes, name: str) -> bytes:
    out = bytearray()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            while chunk := packed.read(_CHUNK):
                out += chunk
                if len(out) > MAX_UNPACKED_BYTES:
                    raise InputError(
                        f"unpacks to more than {MAX_UNPACKED_BYTES / 1e9:g} GB",
                        file=name,
                        hint="split the file",
                    )
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            "a gzip file that is cut off or damaged", file=name, hint="copy or download it again"
        ) from error
    return bytes(out)


def _kind(raw: bytes, found: Found) -> str:
    suffix = Path(found.path.name.lower().removesuffix(".gz")).suffix
    if raw[:4] == b"PAR1":
        return "parquet"
    if raw[:4] == b"PK\x03\x04" or raw[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "book"
    for start, name in _BEGINNINGS:
        # "MZ" and the like may begin a honest text; a program also holds zero bytes.
        if raw.startswith(start) and (len(start) > 2 or b"\0" in raw[:512]):
            raise InputError(f"{name}, not a table", file=found.name, hint=_TABLE_HINT)
    head = raw[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<table")):
        raise InputError(
            "an HTML or XML page, not a table",
            file=found.name,
            hint="open it in a spreadsheet program and save it as xlsx or CSV",
        )
    if suffix in BOOK_SUFFIXES:
        if _is_text(raw):
            return "text"
        raise InputError(
            "a workbook that is cut off or damaged", file=found.name, hint="copy it again"
        )
    if suffix == ".parquet":
        raise InputError(
            "a Parquet file that is cut off or damaged", file=found.name, hint="copy it again"
        )
    if not _is_text(raw):
        raise InputError("binary data, not a table", file=found.name, hint=_TABLE_HINT)
    if suffix in {".jsonl", ".ndjson"} or head.startswith(b'{"'):
        return "jsonl"
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
