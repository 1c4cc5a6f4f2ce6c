"""The page of what is new between two results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chipflow._version import __version__
from chipflow.views.page import Page, assemble, source

if TYPE_CHECKING:
    from typing import Protocol

    class Difference(Protocol):
        """What :func:`chipflow.diff` returns."""

        def to_dict(self) -> dict[str, Any]:
            """Return it as JSON can hold it."""


def difference_page(found: Difference) -> Page:
    """Write the page of what is new between two results.

    Parameters
    ----------
    found
        From :func:`chipflow.diff`.

    Returns
    -------
    Page
        HTML without any script; the same difference gives the same bytes.
    """
    return assemble(
        "difference.html.j2",
        title="chipflow: what is new",
        styles=[source("base.css"), source("report.css")],
        version=__version__,
        **found.to_dict(),
    )
