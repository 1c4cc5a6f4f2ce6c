"""How every figure is dressed: one style sheet, fonts for all scripts, texts made fit.

The style sheet is ``chipflow/views/chipflow.mplstyle``; ``matplotlib.style.use(
"chipflow.views.chipflow")`` gives your own figures the same look.
"""

from __future__ import annotations

import base64
import contextlib
import contextvars
import functools
import io
import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow.views import palette
from chipflow.views.wording import label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE = "chipflow.views.chipflow"
# Fonts tried in turn for the scripts that company names come in; those not installed are skipped.
FONTS = (
    "DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Microsoft YaHei",
    "Arial Unicode MS", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Thai",
    "Noto Sans Devanagari",
)  # fmt: skip
NO_GLYPH = "\u25a1"
PICTURE_DPI = 180  # of the outlines under a map: sharp on paper
# Room around the axes of a figure in a page, in inches, for texts of the sizes of `dress`.
EDGE = 0.07
TITLE = 0.34
LABEL_LINE = 0.2  # name of an axis
TICK_GAP = 0.08
TICK_LINES = 0.36  # days, and below them the year that they have in common
LAST_TICK = 0.25  # half of the label of a day at the end
LEGEND = 0.3  # below the axes
INK, MUTED, LINE = palette.LIGHT["ink"], palette.LIGHT["muted"], palette.LIGHT["line"]

_every_glyph: contextvars.ContextVar[bool] = contextvars.ContextVar("every_glyph", default=False)


@contextlib.contextmanager
def every_glyph() -> Iterator[None]:
    """Keep characters that no installed font has: for SVG, where the reader's fonts count."""
    token = _every_glyph.set(True)
    try:
        yield
    finally:
        _every_glyph.reset(token)


def text(value: Any, most: int) -> str:
    """Return a record's text fit for a figure: one line, cut, no mathematics, glyphs that exist."""
    kept = label(value, most)
    if not _every_glyph.get():
        known = _glyphs()
        kept = "".join(one if ord(one) in known else NO_GLYPH for one in kept)
    return kept.replace("$", r"\$")


@functools.cache
def _families() -> list[str]:
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in FONTS if name in installed] or ["DejaVu Sans"]


@functools.cache
def _glyphs() -> frozenset[int]:
    from matplotlib import font_manager

    paths = [font_manager.findfont(name) for name in _families()]
    return frozenset().union(*(font_manager.get_font(path).get_charmap() for path in paths))


def axes_of(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """Return the axes given, or new ones in the style sheet; ``size`` in inches."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    with plt.style.context(STYLE):
        _, made = plt.subplots(figsize=size, layout="constrained")
    return made


def dress(ax: Axes, title: str, *, y: str = "", note: str = "") -> None:
    """Write title and labels, and give axes that were made elsewhere the same look."""
    ax.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK, pad=8)
    ax.set_ylabel(y, fontsize=9, color=MUTED)
    ax.set_xlabel(note, fontsize=8.5, color=MUTED)
    ax.set_facecolor("none")
    for name, spine in ax.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(LINE)
    ax.tick_params(length=0, labelsize=9, colors=INK)
    ax.grid(visible=True, color=LINE, lw=0.7)
    ax.set_axisbelow(True)
    for one in [*ax.get_xticklabels(), *ax.get_yticklabels(), ax.title]:
        one.set_fontfamily(_families())


def date_axis(ax: Axes, first: pd.Timestamp | None, last: pd.Timestamp | None) -> None:
    """Set the days along the bottom, with room before the first and after the last."""
    import matplotlib.dates

    mdates: Any = matplotlib.dates  # has no types
    if first is None or last is None or pd.isna(first):
        ax.set_xticks([])
        return
    room = max((last - first) * 0.04, pd.Timedelta(days=10))
    ax.xaxis_date()
    ax.set_xlim(mdates.date2num(first - room), mdates.date2num(last + room))
    locator = mdates.AutoDateLocator(minticks=3, maxticks=9)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))


def first_and_last(dates: pd.Series, *others: pd.Index) -> tuple[Any, Any]:
    """Return the first and the last day of all that are given, None twice without any."""
    known = pd.concat([dates, *(other.to_series() for other in others)]).dropna()
    return (known.min(), known.max()) if len(known) else (None, None)


def simulated_mark(ax: Axes, *, above: bool = False) -> None:
    """Write that the records are made up: into the lower corner, or above the upper one."""
    ax.text(
        0.995, 1.015 if above else 0.015, "SIMULATED RECORDS", transform=ax.transAxes,
        ha="right", va="bottom", fontsize=8, color=MUTED, fontweight="bold",
    )  # fmt: skip


def describe(ax: Axes, words: str) -> Axes:
    """Keep with the axes what they show in words: the alternative text, ``ax.get_label()``.

    Parameters
    ----------
    ax
        The axes, with everything drawn.
    words
        A sentence or two that say what the figure shows, for those who cannot see it.

    Returns
    -------
    matplotlib.axes.Axes
        The same axes.
    """
    ax.set_label(words)
    return ax


def _place(figure: Figure, ax: Axes, size: tuple[float, float]) -> None:
    """Put axes into their figure with room for the texts around them, and cut what is left over."""
    left, bottom = _left(ax), _bottom(ax)
    top = TITLE if ax.get_title(loc="left") else EDGE
    right = EDGE + LAST_TICK * bool(len(ax.get_xticks()))
    wide, tall = size[0] - left - right, size[1] - bottom - top
    if ax.get_aspect() != "auto":
        (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
        shape = abs(north - south) / abs(east - west) * float(ax.get_aspect())
        wide, tall = min(wide, tall / shape), min(tall, wide * shape)
    whole, high = left + wide + right, bottom + tall + top
    figure.set_size_inches(whole, high)
    ax.set_position((left / whole, bottom / high, wide / whole, tall / high))


def _left(ax: Axes) -> float:
    """Room for the labels of the rows, in inches."""
    from matplotlib.textpath import text_to_path

    widths = [
        text_to_path.get_text_width_height_descent(
            one.get_text(), one.get_fontproperties(), ismath=False
        )[0]
        for one in ax.get_yticklabels()
    ]
    named = LABEL_LINE if ax.get_ylabel() else 0.0
    return EDGE + named + (max(widths) / 72 + TICK_GAP if widths else 0.0)


def _bottom(ax: Axes) -> float:
    """Room for days, for the name of the axis and for a legend below, in inches."""
    days = TICK_LINES if len(ax.get_xticks()) else 0.0
    named = LABEL_LINE if ax.get_xlabel() else 0.0
    legend = ax.get_legend()
    below = legend is not None and legend.get_bbox_to_anchor().y0 < ax.bbox.y0
    return EDGE + days + named + (LEGEND if below else 0.0)


def svg(draw: Callable[..., Axes], subject: Any, *, size: tuple[float, float]) -> dict[str, str]:
    """Draw a figure as SVG with the text kept as text, the same bytes every time.

    Parameters
    ----------
    draw
        Draws ``subject`` on the axes it is given as ``ax``, and returns them.
    subject
        What is drawn.
    size
        Inches, of which axes whose sides have a scale in common, as of a map, leave some free.

    Returns
    -------
    dict
        ``src``, a data URL, and ``alt``, what the figure shows in words.

    Notes
    -----
    The room for texts is worked out once from what they are. To have matplotlib lay a figure out,
    it has to be drawn three times.
    """
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, facecolor="none")
    target = io.BytesIO()
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "chipflow", "svg.image_inline": True}
    with matplotlib.rc_context(), every_glyph(), warnings.catch_warnings():
        # A page looks the same whatever style a notebook has set.
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(settings)
        # The reader's browser has the fonts; this machine need not.
        warnings.filterwarnings("ignore", message=r".*[Gg]lyph")
        drawn = draw(subject, ax=figure.subplots())
        _place(figure, drawn, size)
        figure.savefig(
            target, format="svg", dpi=PICTURE_DPI, metadata={"Date": None, "Creator": None}
        )
    encoded = base64.b64encode(target.getvalue()).decode("ascii")
    return {"src": f"data:image/svg+xml;base64,{encoded}", "alt": str(drawn.get_label())}
