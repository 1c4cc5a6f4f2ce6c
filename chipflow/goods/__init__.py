"""Tell what was shipped, and what rules asked for it on its way there that day.

``catalogue`` holds the tables in ``goods/tables``, which all else only interprets: ``text`` reads
descriptions, ``measures`` knows what goods weigh and cost, ``controls`` reads the dated rules and
``watchlist`` other lists of goods. Names are loaded when they are first used, so that importing
the package loads neither Ibis nor pandas.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chipflow.goods.catalogue.load import Catalogue, load_catalogue
    from chipflow.goods.controls.status import Status, expand_destination, status, timeline
    from chipflow.goods.text.classify import Goods, classify_text
    from chipflow.goods.watchlist import load_watchlist

_HOMES = {
    "Catalogue": "catalogue.load",
    "Goods": "text.classify",
    "Status": "controls.status",
    "classify_text": "text.classify",
    "expand_destination": "controls.status",
    "load_catalogue": "catalogue.load",
    "load_watchlist": "watchlist",
    "status": "controls.status",
    "timeline": "controls.status",
}

__all__ = [
    "Catalogue",
    "Goods",
    "Status",
    "classify_text",
    "expand_destination",
    "load_catalogue",
    "load_watchlist",
    "status",
    "timeline",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
