"""Write docs/controls.md and its chart from the knowledge tables.

    python scripts/controls_page.py [--check]

With ``--check`` nothing is written: exit status 1 if the page differs from what the tables say.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chipflow.goods.catalogue.load import LAST_DAY, load_catalogue
from chipflow.goods.controls.sentences import tested
from chipflow.goods.watchlist import load_watchlist, shipped_lists

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from chipflow.goods.catalogue.load import Catalogue, Chip, Clause
    from chipflow.goods.controls.sentences import tested
from chipflow.goods.watchlist import Watchlist

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "controls.md"
# Before it, only embargoes are in the tables.
FIRST_YEAR = 2021
CHART = DOCS / "images" / "controls.png"

INTRO = """\
# Rules, country groups and chips

Made from `chipflow/goods/tables` by `scripts/controls_page.py`; change the tables, not this page.
It says what the tables say, which is what `chipflow chip`, `chipflow rules` and the leads go by.
It is no legal advice. That no rule in these tables asked for a licence does not say that a shipment
was allowed: see [what is covered](#what-is-covered) and [what is not](#what-is-not-covered).

TPP is total processing performance, performance density is TPP by die area in mm2, both as in
15 CFR part 774, note to ECCN 3A090. A figure marked `~` is an estimate; its note says how it was
made, and an answer that rests on it says so.

![TPP against performance density](images/controls.png)
"""


def day(value: dt.date | None) -> str:
    """Return a day as text, the far future as nothing."""
    return "" if value is None or value >= LAST_DAY else value.isoformat()


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def remark(clause: Clause) -> str:
    """Say what sources leave open."""
    told = clause.confidence != "high" or clause.outcome in ("open", "not enforced")
    return clause.note if told else ""


def where(clause: Clause) -> str:
    """Say in short for which places a clause holds."""
    parts = [f"to {' '.join(clause.destinations)}"]
    if clause.headquarters:
        parts.append(f"headquarters {' '.join(clause.headquarters)}")
    if clause.origins:
        parts.append(f"from {' '.join(clause.origins)}")
    if clause.end_uses:
        parts.append(f"for {', '.join(clause.end_uses)}")
    if clause.parties:
        parts.append(f"buyer {', '.join(clause.parties)}")
    return "; ".join(parts)


def rules(clauses: Iterable[Clause]) -> str:
    """Return the clauses, oldest first; with the days on which they held."""
    ordered = sorted(clauses, key=lambda c: (day(c.first_day) or "9", c.rule, c.clause))
    return table(
        ("from", "to", "rule", "paragraph", "places", "test", "outcome", "citation", "remark"),
        (
            (
                day(clause.first_day),
                day(clause.last_day),
                clause.rule,
                clause.paragraph,
                where(clause),
                tested(clause),
                clause.outcome,
                clause.citation,
                remark(clause),
            )
            for clause in ordered
        ),
    )


def groups(catalogue: Catalogue) -> str:
    """Return who was in which country group, and when."""
    spans: dict[tuple[str, str, str, bool], list[str]] = {}
    for member in catalogue.memberships:
        key = (member.group, day(member.first_day), day(member.last_day), member.certain)
        spans.setdefault(key, []).append(member.country)
    return table(
        ("group", "from", "to", "members", ""),
        (
            (group, first, last, " ".join(sorted(names)), "" if certain else "sources differ")
            for (group, first, last, certain), names in sorted(spans.items())
        ),
    )


def figure(chip: Chip, name: str) -> str:
    """Return a figure of a chip, marked if it is an estimate."""
    value = getattr(chip, name)
    if value is None:
        return ""
    return ("~" if name in chip.estimate else "") + f"{value:g}"


def coverage(catalogue: Catalogue) -> str:
    """Return how many clauses of each regime held in each year."""
    held = [regime for regime in catalogue.regimes if regime.state == "rules"]
    # Clauses on a use or a buyer count, too: they are asked when a question names one.
    years = range(FIRST_YEAR, max(one.first_day.year for one in _dated(catalogue)) + 1)
    rows = []
    for regime in held:
        own = [clause for clause in _dated(catalogue) if clause.regime == regime.regime]
        counts = [
            sum(clause.first_day.year <= year <= clause.last_day.year for clause in own)
            for year in years
        ]
        rows.append((regime.title, *(str(count or "") for count in counts), regime.about))
    return table(("regime", *(str(year) for year in years), "what is held"), rows)


def _dated(catalogue: Catalogue) -> list[Clause]:
    return [clause for clause in catalogue.clauses if clause.first_day is not None]


def gaps(catalogue: Catalogue) -> str:
    """Return what the tables do not hold, and where nothing was found."""
    return table(
        ("what", "state", "from", "to", "why", "source"),
        (
            (
                regime.title,
                regime.state,
                day(regime.first_day),
                day(regime.last_day),
                regime.about,
                regime.citation or regime.source,
            )
            for regime in catalogue.regimes
            if regime.state != "rules"
        ),
    )


def exceptions(catalogue: Catalogue) -> str:
    """Return what may stand in for a licence, by destination and buyer."""
    return table(
        ("exception", "of rules", "places", "from", "to", "condition", "citation", "source"),
        (
            (
                one.exception,
                ", ".join(one.rules),
                f"to {' '.join(one.destinations)}"
                + (f"; headquarters {' '.join(one.headquarters)}" if one.headquarters else ""),
                day(one.first_day),
                day(one.last_day),
                one.condition,
                one.citation,
                one.source,
            )
            for one in sorted(catalogue.exceptions, key=lambda one: (one.exception, one.first_day))
        ),
    )


def bound(chip: Chip) -> str:
    """Return the least density that a chip can have, where its area is not known."""
    least = chip.least.get("performance_density")
    return "" if least is None else f">= {least:.2f}"


def chips(catalogue: Catalogue) -> str:
    """Return the chips that any rule could reach, by TPP."""
    known = [chip for chip in catalogue.chips if chip.datacentre or chip.tpp is not None]
    ordered = sorted(known, key=lambda chip: (-(chip.tpp or 0.0), chip.chip))
    return table(
        (
            "chip",
            "maker",
            "TPP",
            "dense rate x bits",
            "how sure",
            "density",
            "link GB/s",
            "memory GB/s",
            "data centre",
            "maker's class",
            "launch",
            "source",
        ),
        (
            (
                chip.chip,
                chip.vendor,
                figure(chip, "tpp"),
                f"{chip.tops:g} x {chip.bits:g}" if chip.tops and chip.bits else "",
                chip.basis,
                figure(chip, "performance_density") or bound(chip),
                figure(chip, "link_gb_s"),
                figure(chip, "memory_gb_s"),
                "yes" if chip.datacentre else "",
                chip.maker_class,
                chip.launched,
                chip.source,
            )
            for chip in ordered
        ),
    )


def forms(catalogue: Catalogue) -> str:
    """Return the forms in which chips travel: weight, price of the last year known, source."""
    rows = []
    for form in catalogue.forms:
        prices = [
            f"{price.first_year}-{price.last_year} {price.kind} {price.place}: "
            f"{price.usd[0]:,.0f} to {price.usd[1]:,.0f}"
            for price in catalogue.prices
            if (price.of, price.form, price.chips) == (form.of, form.form, form.chips)
        ]
        rows.append(
            (
                form.of,
                form.form,
                str(form.chips),
                f"{form.kg[0]:g} to {form.kg[1]:g}",
                f"{form.packed[0]:g} to {form.packed[1]:g}",
                form.basis,
                "; ".join(prices),
            )
        )
    return table(("of", "form", "chips", "kg net", "kg packed", "weight is", "US dollars"), rows)


def watched(watchlist: Watchlist) -> str:
    """Return the headings of a watch list, tier by tier, and its rules."""
    tiers: dict[str, list[str]] = {}
    for item in watchlist.items:
        tiers.setdefault(item.tier, []).append(item.item)
    listed = table(
        ("tier", "items"), ((tier, ", ".join(names)) for tier, names in sorted(tiers.items()))
    )
    days = sorted({item.listed for item in watchlist.items if item.listed is not None})
    versions = table(
        ("version of", "codes"), ((day(one), str(len(watchlist.on(one)))) for one in days)
    )
    source = watchlist.items[0].source
    told = rules(watchlist.rules.clauses)
    return f"### {watchlist.name}\n\n{source}\n\n{listed}\n{versions}\n{told}"


def page(catalogue: Catalogue) -> str:
    """Return the whole page."""
    lists = "\n".join(watched(load_watchlist(name)) for name in shipped_lists())
    counts = (
        f"{len(catalogue.chips)} chips, {len(catalogue.systems)} systems, "
        f"{len(catalogue.parts)} part numbers, {len(catalogue.clauses)} clauses of rules."
    )
    return "\n".join(
        (
            INTRO,
            f"{counts}\n",
            "## Rules\n",
            "`-X` takes X out of the places before it; `*` is any place.\n",
            rules(catalogue.clauses),
            "## Exceptions\n",
            "What may have stood in for a licence: an innocent explanation, not a finding.\n",
            exceptions(catalogue),
            "## What is covered\n",
            "Clauses in force in each year.\n",
            coverage(catalogue),
            "## What is not covered\n",
            gaps(catalogue),
            "## Country groups\n",
            groups(catalogue),
            "## Chips\n",
            chips(catalogue),
            "## Forms and prices\n",
            "Where a form has no price here, it is its chips times the price of one "
            "(`chipflow/goods/measures/forms.py`).\n",
            forms(catalogue),
            "## Other watch lists\n",
            lists,
        )
    )


def main() -> int:
    """Write the page and the chart, or compare the page with what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    catalogue = load_catalogue()
    text = page(catalogue)
    if parser.parse_args().check:
        if PAGE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{PAGE.name} differs from the tables; run scripts/controls_page.py", file=sys.stderr)
        return 1
    from controls_chart import draw

    CHART.parent.mkdir(parents=True, exist_ok=True)
    draw(catalogue, CHART)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
