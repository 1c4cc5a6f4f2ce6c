"""Packed files: gzip, and ZIP archives with record files inside. Nothing is written to disk."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO

from chipflow.errors import InputError

# Nothing honest that fits in the memory of a laptop once read is larger than this.
MAX_UNPACKED_BYTES = 4_000_000_000
# A few kilobytes can hold gigabytes of zeros. Tables shrink to a tenth, workbooks of repeated
# cells to a hundredth; more than this is a bomb, and is given up long before the limit above.
MAX_RATIO = 400
# Up to here the ratio is not asked: so much is unpacked in a moment.
_HARMLESS_BYTES = 100_000_000
# Listing and opening each member costs time; a folder of this many tables is no input by hand.
MAX_MEMBERS = 10_000
_CHUNK = 1 << 20
_ENCRYPTED = 0x1  # bit of the general purpose flags (APPNOTE 4.4.4)
_AGAIN = "copy or download it again"
# What the standard library raises on bytes that are not what they claim to be.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, struct.error, ValueError,
    OverflowError, KeyError, IndexError,
)  # fmt: skip


class Budget:
    """How much a packed file may still unpack to, counted as the bytes come out.

    Parameters
    ----------
    name
        The file, for the message.
    packed
        Its size in bytes.
    """

    def __init__(self, name: str, packed: int) -> None:
        self.name, self.packed, self.unpacked = name, packed, 0

    def take(self, size: int) -> None:
        """Count bytes that came out.

        Raises
        ------
        InputError
            They are more than the limit.
        """
        self.unpacked += size
        if self.unpacked > MAX_UNPACKED_BYTES:
            raise InputError(
                f"unpacks to more than {MAX_UNPACKED_BYTES / 1e9:g} GB",
                file=self.name,
                hint="split the file",
            )
        if self.unpacked > max(_HARMLESS_BYTES, MAX_RATIO * self.packed):
            raise InputError(
                f"unpacks to more than {MAX_RATIO} times its size, as no table does",
                file=self.name,
                hint="unpack it yourself if you trust it",
            )


def gunzip(raw: bytes, name: str, budget: Budget) -> bytes:
    """Return the content of a gzip file.

    Raises
    ------
    InputError
        Cut off, damaged, or too large once unpacked.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            return b"".join(_chunks(packed, budget))
    except _DAMAGE as error:
        raise InputError(
            "a gzip file that is cut off or damaged", file=name, hint=_AGAIN
        ) from error


def _chunks(packed: IO[bytes] | gzip.GzipFile, budget: Budget) -> Iterator[bytes]:
    while chunk := packed.read(_CHUNK):
        budget.take(len(chunk))
        yield chunk


class Archive:
    """A ZIP archive in memory.

    Parameters
    ----------
    raw
        The bytes of the archive.
    name
        What the user calls it.

    Raises
    ------
    InputError
        Cut off or damaged, or with too many members.
    """

    def __init__(self, raw: bytes, name: str) -> None:
        self.name = name
        self.budget = Budget(name, len(raw))
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
            self.members = [info for info in self._zip.infolist() if not info.is_dir()]
        except (*_DAMAGE, NotImplementedError) as error:
            raise InputError(
                "a ZIP archive or workbook that is cut off or damaged", file=name, hint=_AGAIN
            ) from error
        if len(self.members) > MAX_MEMBERS:
            raise InputError(
                f"an archive of {len(self.members):,} files (at most {MAX_MEMBERS:,})",
                file=name,
                hint="unpack it and give the folders one by one",
            )

    @property
    def names(self) -> list[str]:
        """The paths of the members, with slashes."""
        return [info.filename.replace("\\", "/") for info in self.members]

    def read(self, number: int) -> bytes:
        """Return the content of one member.

        Raises
        ------
        InputError
            Encrypted, damaged, packed in an unknown way, or too large once unpacked.
        """
        return b"".join(self.chunks(number))

    def chunks(self, number: int) -> Iterator[bytes]:
        """Give the content of one member piece by piece; raises as :meth:`read`."""
        info = self.members[number]
        place = f"{self.name}/{self.names[number]}"
        if info.flag_bits & _ENCRYPTED:
            raise InputError(
                "encrypted", file=place, hint="unpack the archive with its password first"
            )
        try:
            with self._zip.open(info) as packed:
                yield from _chunks(packed, self.budget)
        except (NotImplementedError, RuntimeError) as error:
            raise InputError(
                "packed in a way that is not known here",
                file=place,
                hint="unpack the archive and give the files inside",
            ) from error
        except _DAMAGE as error:
            raise InputError(
                "a member of an archive that is cut off or damaged", file=place, hint=_AGAIN
            ) from error

    def reader(self, number: int) -> Callable[[], bytes]:
        """Return a function that unpacks one member when it is its turn."""
        return lambda: self.read(number)
