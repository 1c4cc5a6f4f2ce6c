"""Write docs/controls.md and its chart from the knowledge tables.

    python scripts/controls_page.py [--check]

With ``--check`` nothing is written: exit status 1 if the page differs from what the tables say.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chipflow.goods.catalogue import LAST_DAY, load_catalogue
from chipflow.goods.watchlist import load_watchlist, shipped_lists

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from chipflow.goods.catalogue import Catalogue, Chip, Clause
    from chipflow.goods.watchlist import Watchlist

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "controls.md"
CHART = DOCS / "images" / "controls.png"

INTRO = """\
# Rules, country groups and chips

Made from `chipflow/goods/tables` by `scripts/controls_page.py`; change the tables, not this page.
It says what the tables say, which is what `chipflow chip` and the leads go by. It is no legal
advice: whether a licence was granted, an exception held or an end user is barred is not looked at.

TPP is total processing performance, performance density is TPP by die area in mm2, both as in
15 CFR part 774, note to ECCN 3A090. A figure marked `~` is an estimate; its note says how it was
made, and an answer that rests on it says so.

![TPP against performance density](images/controls.png)
"""
OUTCOMES = {
    "licence": "licence",
    "presumed_denied": "licence, presumed denied",
    "free": "free",
    "unknown": "not known",
}


def day(value: dt.date | None) -> str:
    """Return a day as text, the far future as nothing."""
    return "" if value is None or value >= LAST_DAY else value.isoformat()


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def asked(clause: Clause) -> str:
    """Say in short what a clause tests."""
    parts = [", ".join(clause.parts)] if clause.parts else []
    for label, least, below in (
        ("TPP", clause.tpp_min, clause.tpp_below),
        ("density", clause.density_min, clause.density_below),
        ("link GB/s", clause.link_min, None),
        ("memory GB/s", clause.memory_min, None),
    ):
        if least is not None or below is not None:
            low = f"{least:g} <= " if least is not None else ""
            high = f" < {below:g}" if below is not None else ""
            parts.append(f"{low}{label}{high}")
    if clause.datacentre is not None:
        parts.append("for data centres" if clause.datacentre else "not for data centres")
    return "; ".join(parts) or "all of the list"


def remark(clause: Clause) -> str:
    """Say which exception may stand in for a licence, and what sources leave open."""
    told = clause.confidence != "high" or clause.outcome == "unknown"
    exception = f"licence exception {clause.exception}" if clause.exception else ""
    return "; ".join(part for part in (exception, clause.note if told else "") if part)


def where(clause: Clause) -> str:
    """Say in short for which places a clause holds."""
    parts = [f"to {' '.join(clause.destinations)}"]
    if clause.headquarters:
        parts.append(f"headquarters {' '.join(clause.headquarters)}")
    if clause.origins:
        parts.append(f"from {' '.join(clause.origins)}")
    return "; ".join(parts)


def rules(clauses: Iterable[Clause]) -> str:
    """Return the clauses, oldest first; those never applied at the end."""
    ordered = sorted(clauses, key=lambda c: (day(c.first_day) or "9", c.rule, c.clause))
    return table(
        ("from", "to", "rule", "paragraph", "places", "test", "outcome", "citation", "remark"),
        (
            (
                day(clause.first_day) or "never applied",
                day(clause.last_day),
                clause.rule,
                clause.paragraph,
                where(clause),
                asked(clause),
                OUTCOMES[clause.outcome],
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


def chips(catalogue: Catalogue) -> str:
    """Return the chips that any rule could reach, by TPP."""
    known = [chip for chip in catalogue.chips if chip.datacentre or chip.tpp is not None]
    ordered = sorted(known, key=lambda chip: (-(chip.tpp or 0.0), chip.chip))
    return table(
        ("chip", "TPP", "density", "link GB/s", "memory GB/s", "data centre", "launch", "source"),
        (
            (
                chip.chip,
                figure(chip, "tpp"),
                figure(chip, "performance_density"),
                figure(chip, "link_gb_s"),
                figure(chip, "memory_gb_s"),
                "yes" if chip.datacentre else "",
                chip.launched,
                chip.source,
            )
            for chip in ordered
        ),
    )


def watched(watchlist: Watchlist) -> str:
    """Return the headings of a watch list, tier by tier, and its rules."""
    tiers: dict[str, list[str]] = {}
    for item in watchlist.items:
        tiers.setdefault(item.tier, []).append(item.item)
    listed = table(
        ("tier", "items"), ((tier, ", ".join(names)) for tier, names in sorted(tiers.items()))
    )
    source = watchlist.items[0].source
    return f"### {watchlist.name}\n\n{source}\n\n{listed}\n{rules(watchlist.rules.clauses)}"


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
            "## Country groups\n",
            groups(catalogue),
            "## Chips\n",
            chips(catalogue),
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
