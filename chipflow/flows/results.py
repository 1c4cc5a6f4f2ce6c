"""What a method returns: a table, sentences about it, and a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chipflow import _shows

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# Two-sided level of every interval.
LEVEL = 0.90
# Rows that a notebook shows; the whole table is in ``table``.
ROWS_SHOWN = 20


@dataclass(frozen=True)
class Result:
    """The answer of one method.

    Attributes
    ----------
    method
        Its name, such as ``surge``.
    table
        The answer, one row for each country, route or corridor.
    notes
        What can and cannot be said, one sentence each; read them before the numbers.
    details
        Figures that hold for the whole answer.
    """

    method: str
    table: pd.DataFrame
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the answer.

        Parameters
        ----------
        ax
            Matplotlib axes to draw into; new ones without.

        Returns
        -------
        matplotlib.axes.Axes
        """
        axes: Axes = _shows.view("plot_flow_result", self, ax=ax)
        return axes

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        said = "".join(f"\n- {note}" for note in self.notes)
        return f"<{self.method}: {len(self.table):,} rows>{said}\n{self.table.head(ROWS_SHOWN)}"

    def _repr_html_(self) -> str:
        import html

        said = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        shown = self.table.head(ROWS_SHOWN).to_html(index=False, escape=True, na_rep="")
        return f"<p><b>{html.escape(self.method)}</b></p><ul>{said}</ul>{shown}"
