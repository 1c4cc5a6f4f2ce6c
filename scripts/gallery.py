"""Draw every figure of chipflow from a run, and write the gallery page of the documentation.

::

    chipflow demo --out chipflow-demo
    python scripts/gallery.py chipflow-demo
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import matplotlib

from chipflow.leads import Leads
from chipflow.saved import read_leads
from chipflow.views import (
    plot_countries,
    plot_density,
    plot_flows,
    plot_ledger,
    plot_map,
    plot_timeline,
)

DOCS = Path(__file__).resolve().parents[1] / "docs"
COLOURS = 64  # of a picture's palette: flat colours need no more, and the files stay small
# The second lead of the sample is small enough for its timeline to be read.
SHOWN = 1


def middle(leads: Leads) -> str:
    """Return the company through which most chips passed towards the destination."""
    return str(leads.throughput.astype(float).idxmax())


# file, title, how it is called, what it is for, how it is drawn
FIGURES: tuple[tuple[str, str, str, str, Callable[[Leads], object]], ...] = (
    (
        "timeline", "Timeline of a lead", "leads[1].plot_timeline()",
        "An arrow is a shipment, a line along a row the time that goods stay with a company.",
        lambda leads: plot_timeline(leads[min(SHOWN, len(leads) - 1)]),
    ),
    (
        "ledger", "Goods ledger of a company", 'leads.plot_ledger("a company")',
        "Chips in against chips out; the area between is what should be in stock.",
        lambda leads: plot_ledger(leads, middle(leads)),
    ),
    (
        "density", "Value against weight", "chipflow.views.plot_density(leads)",
        "Goods that name no chip but weigh and cost like one stand apart from what they say.",
        plot_density,
    ),
    (
        "flows", "Flows over time", "leads.plot_flows()",
        "Chips by month, with the days on which a rule changed for them.",
        plot_flows,
    ),
    (
        "countries", "Country to country", "chipflow.views.plot_countries(leads)",
        'Rows send, columns receive; `of="all"` shows all trade in the records.',
        plot_countries,
    ),
    (
        "map", "Map", "leads.plot_map()",
        "The map for print; `leads.map()` is the one to click in.",
        plot_map,
    ),
)  # fmt: skip

HEAD = """# Gallery of figures

<!-- Written by scripts/gallery.py. -->

Every function draws on the axes it is given (`ax=`) or on new ones and returns them. What a figure
shows is kept with it in words: `ax.get_label()` is its alternative text, the same as below. The
look is one matplotlib style sheet, for your own figures too:
`matplotlib.pyplot.style.use("chipflow.views.chipflow")`. `ax.figure.savefig("figure.svg")` writes
a drawing whose text stays text.

The figures are of the bundled sample: simulated records, no real company.
"""


def main() -> int:
    """Write the pictures and the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder that chipflow analyze or demo wrote")
    parser.add_argument("--docs", type=Path, default=DOCS)
    options = parser.parse_args()
    matplotlib.use("agg")
    images = options.docs / "images"
    images.mkdir(parents=True, exist_ok=True)
    leads = read_leads(options.run)
    page = [HEAD]
    for name, title, call, purpose, draw in FIGURES:
        ax = draw(leads)
        target = images / f"plot-{name}.png"
        _save(ax.figure, target)
        print(target)
        words = ax.get_label().replace("[", "(").replace("]", ")")
        page.append(
            f"## {title}\n\n{purpose}\n\n```python\n{call}\n```\n\n"
            f"![{words}](images/plot-{name}.png)\n"
        )
    (options.docs / "gallery.md").write_text("\n".join(page), encoding="utf-8", newline="\n")
    return 0


def _save(figure: matplotlib.figure.Figure, target: Path) -> None:
    from io import BytesIO

    from PIL import Image

    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=130, bbox_inches="tight", facecolor="white")
    picture = Image.open(drawn).convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    picture.save(target, optimize=True)


if __name__ == "__main__":
    raise SystemExit(main())
