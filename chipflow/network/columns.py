"""A few rows of a table as arrays.

Leads are looked at one by one, and pandas takes about a millisecond for each step on however few
rows; arrays take microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


class Columns:
    """Rows of a table, one NumPy array a column; text is Python text, missing text is None."""

    __slots__ = ("_arrays", "_length")

    def __init__(self, arrays: Mapping[str, np.ndarray], length: int) -> None:
        self._arrays, self._length = arrays, length

    @classmethod
    def of(cls, table: pd.DataFrame) -> Columns:
        """Take the columns of a table, row by row in its order."""
        import pandas as pd

        def array(column: pd.Series) -> np.ndarray:
            if pd.api.types.is_string_dtype(column.dtype):
                return column.astype(object).where(column.notna(), None).to_numpy(dtype=object)
            return column.to_numpy()

        return cls({str(name): array(table[name]) for name in table.columns}, len(table))

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def take(self, rows: np.ndarray | slice) -> Columns:
        """Return some rows: a mask, positions or a slice."""
        taken = {name: array[rows] for name, array in self._arrays.items()}
        return Columns(taken, len(next(iter(taken.values()), ())))

    def split(self, name: str) -> dict[object, Columns]:
        """Return the rows of each value of one column, values in order, rows in theirs."""
        order = np.argsort(self._arrays[name], kind="stable")
        ordered = self.take(order)
        values, starts = np.unique(ordered[name], return_index=True)
        ends = [*starts.tolist(), len(ordered)][1:]
        return {
            value: ordered.take(slice(start, end))
            for value, start, end in zip(values.tolist(), starts.tolist(), ends, strict=True)
        }


def total(numbers: np.ndarray) -> float:
    """Return the sum of what is known; missing where nothing is."""
    known = numbers[np.isfinite(numbers)]
    return float(known.sum()) if len(known) else float("nan")
