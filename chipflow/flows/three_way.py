"""Both legs of a route: whether they look like rerouting, and how much it can be.

Freund, Mattoo, Mulabdic and Ruta's three-way test as Freund and others use it (2025): origin to
destination down, origin to third up, third to destination up, the origin gains in the rest of the
world more than the third country does, and what the third country bought from the origin is at
least three quarters of what it sold on. Iyoha, Malesky, Wen and Wu (2024): of each good no more can
have passed through than the least of what came in and what went out; the finer the code, the
smaller the sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chipflow.flows.areas import members
from chipflow.flows.panel import Floats, Panel, exports_panel
from chipflow.flows.windows import expected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.flows.series import Flows
    from chipflow.flows.surge import Comparison

# What a third country bought must be at least this share of what it sold on (Freund 2025).
_COVERED = 0.75
_MOST_LAG = 6  # months that goods may stay in the third country


def three_way(
    flows: Flows,
    found: Comparison,
    goal: int,
    rows: list[int],
    origin: Any,
    destination: Any,
    event: str,
    hs: Iterable[str],
) -> dict[str, dict[str, Any]]:
    """Look at the second leg of each route, where the files have it.

    Parameters
    ----------
    flows, found, origin, destination, event, hs
        As in :func:`chipflow.flows.divert.divert`.
    goal, rows
        Rows of the destination and of the third countries in the first leg's panel.

    Returns
    -------
    dict
        Third country -> ``three_way, onward_usd, minimum_usd, lag_months``; notes under ``""``.
    """
    corridors = flows.corridors(hs)
    home, end = members(origin, "--origin"), members(destination, "--destination")
    first = found.panel
    result: dict[str, dict[str, Any]] = {}
    unknown = []
    for at in rows:
        code = first.partners[at]
        leg = exports_panel(
            corridors, (code,), first.frequency, together=(end,) if len(end) > 1 else ()
        )
        to = leg.at("+".join(end)) if leg is not None else None
        if leg is None or to is None:
            unknown.append(code)
            continue
        aligned = _aligned(leg, first)
        before, after = _change(aligned, found, to)
        if not np.isfinite(before) or not np.isfinite(after):
            unknown.append(code)
            continue
        onward = after - before
        past, present = expected(first, found.plan.event, found.plan.before, found.plan.after)
        bought = present[at] - past[at]
        own_rest = _rest(first, found, {goal, at})
        third_rest = _rest(aligned, found, {to})
        passed = bool(
            present[goal] < past[goal]
            and bought > 0
            and onward > 0
            and present[at] >= _COVERED * after
            and (not np.isfinite(third_rest) or own_rest >= third_rest)
        )
        usd = float(np.nanmean(first.usd[found.plan.event : found.plan.event + found.plan.after]))
        result[code] = {
            "three_way": passed,
            "onward_usd": onward * usd,
            "minimum_usd": _minimum(flows, found, home, end, code, hs, usd),
            "lag_months": _lag(first, aligned, at, to) if first.frequency == "M" else None,
        }
    if unknown:
        result[""] = {
            "notes": [
                f"what {', '.join(unknown)} sold on to {'+'.join(end)} is not in the files: only "
                "the first leg is seen, and growth there may as well be for use there"
            ]
        }
    return result


def _aligned(panel: Panel, like: Panel) -> Panel:
    """Return a panel over the periods of another; blank where it has none."""
    length = like.values.shape[1]
    values = np.full((len(panel.partners), length), np.nan)
    usd = np.full(length, np.nan)
    shift = panel.first - like.first
    start, end = max(0, shift), min(length, shift + panel.values.shape[1])
    if start < end:
        values[:, start:end] = panel.values[:, start - shift : end - shift]
        usd[start:end] = panel.usd[start - shift : end - shift]
    return Panel(
        panel.partners, like.first, like.frequency, values, usd, panel.currency, panel.side
    )


def _change(panel: Panel, found: Comparison, at: int) -> tuple[float, float]:
    plan = found.plan
    past, present = expected(panel, plan.event, plan.before, plan.after)
    return float(past[at]), float(present[at])


def _rest(panel: Panel, found: Comparison, without: set[int]) -> float:
    """Return the growth of trade with all other partners, after over before."""
    plan = found.plan
    past, present = expected(panel, plan.event, plan.before, plan.after)
    keep = [at for at in range(len(past)) if at not in without and np.isfinite(past[at])]
    if not keep or not past[keep].sum():
        return float("nan")
    return float(np.nansum(present[keep]) / past[keep].sum())


def _minimum(
    flows: Flows,
    found: Comparison,
    home: tuple[str, ...],
    end: tuple[str, ...],
    third: str,
    hs: Iterable[str],
    usd: float,
) -> float | None:
    """Return the sum over goods and periods of the least growth of both legs, US dollars."""
    corridors = flows.corridors(hs)
    plan, panel = found.plan, found.panel
    texts = panel.periods[plan.event : plan.event + plan.after]
    early = panel.periods[plan.event - plan.before : plan.event]
    goods = " OR ".join(f"starts_with(hs, '{one}')" for one in corridors.hs) or "true"
    listed = {name: ", ".join(f"'{code}'" for code in codes) for name, codes in
              (("home", home), ("end", end), ("after", texts), ("before", early))}  # fmt: skip
    leg = (
        "SELECT left(hs, 6) AS hs, period, sum(value_usd) AS value FROM series WHERE "
        f"({goods}) AND digits >= 4 AND {{}} AND period IN ({{}}) GROUP BY ALL"
    )
    inward = f"flow = 'X' AND reporter IN ({listed['home']}) AND partner = '{third}'"
    onward = f"((flow = 'X' AND reporter = '{third}' AND partner IN ({listed['end']})))"
    row = flows.connection.execute(
        "WITH i AS (" + leg.format(inward, listed["after"]) + "), "
        "o AS (" + leg.format(onward, listed["after"]) + "), "
        "ib AS (SELECT hs, sum(value) / "
        + str(plan.before)
        + " AS value FROM ("
        + leg.format(inward, listed["before"])
        + ") GROUP BY 1), "
        "ob AS (SELECT hs, sum(value) / "
        + str(plan.before)
        + " AS value FROM ("
        + leg.format(onward, listed["before"])
        + ") GROUP BY 1), "
        "both_legs AS (SELECT i.hs, i.value - coalesce(ib.value, 0) AS a, "
        "o.value - coalesce(ob.value, 0) AS b FROM i JOIN o USING (hs, period) "
        "LEFT JOIN ib USING (hs) LEFT JOIN ob USING (hs)) "
        "SELECT count(*), sum(greatest(least(a, b), 0)) FROM both_legs"
    ).fetchall()[0]
    return float(row[1]) if row[0] else None


def _lag(first: Panel, second: Panel, at: int, to: int) -> int | None:
    """Return after how many months the second leg follows the first most closely."""
    incoming, outgoing = _steps(first.values[at]), _steps(second.values[to])
    best: tuple[float, int] | None = None
    for lag in range(_MOST_LAG + 1):
        a, b = incoming[: len(incoming) - lag], outgoing[lag:]
        known = np.isfinite(a) & np.isfinite(b)
        if known.sum() < 12 or a[known].std() == 0 or b[known].std() == 0:
            continue
        together = float(np.corrcoef(a[known], b[known])[0, 1])
        if best is None or together > best[0]:
            best = (together, lag)
    # A correlation within two standard errors of none says nothing of a lag.
    if best is None or best[0] < 2 / np.sqrt(np.isfinite(incoming).sum()):
        return None
    return best[1]


def _steps(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(values > 0, values, np.nan))
    return np.asarray(np.diff(logs))
