"""Tell what was shipped, and what rules asked for it on its way there that day.

``classify`` reads descriptions, ``density`` weighs value and weight, ``controls`` reads the dated
rules and ``watchlist`` other lists of goods; all only interpret the tables in ``goods/tables``.
Names are loaded when they are first used, so that importing the
package loads neither Ibis nor pandas. The expression over a whole table is
``chipflow.goods.classify.classify``: here the name ``classify`` means that module.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chipflow.goods.catalogue import Catalogue, load_catalogue
    from chipflow.goods.classify import Goods, classify_text
    from chipflow.goods.controls import Status, expand_destination, status, timeline
    from chipflow.goods.watchlist import load_watchlist

_HOMES = {
    "Catalogue": "catalogue",
    "Goods": "classify",
    "Status": "controls",
    "classify_text": "classify",
    "expand_destination": "controls",
    "load_catalogue": "catalogue",
    "load_watchlist": "watchlist",
    "status": "controls",
    "timeline": "controls",
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
