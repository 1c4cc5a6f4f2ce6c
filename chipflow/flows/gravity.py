"""Hubs after an event by a gravity equation: Poisson pseudo-maximum likelihood.

Value of exporter i to importer j at time t = exp(pair effect + exporter-time effect + sum over hubs
of b_h [j = h and t after the event]). What all partners of an exporter share is in the
exporter-time effect, what a pair always was in the pair effect (Santos Silva and Tenreyro 2006, doi
10.1162/rest.88.4.641; Yotov et al. 2016, WTO advanced guide). Estimated by ``pyfixest``.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from chipflow.errors import MissingDependencyError
from chipflow.flows.areas import EU, WORLD, members
from chipflow.flows.panel import frequency_of
from chipflow.flows.results import LEVEL, Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.flows.series import Flows

COLUMNS = ["country", "role", "change", "low", "high", "p_value", "q_value", "exporters"]
# Standard errors are clustered by pair: with fewer exporters a hub has too few clusters.
_FEWEST_EXPORTERS = 5
_FEWEST_PARTNERS = 8
NOT_INSTALLED = (
    "gravity needs pyfixest; run: pip install 'chipflow-trade[flows]' (the other methods do "
    "without)"
)


def gravity(
    flows: Flows,
    origin: Any,
    event: str,
    *,
    destination: Any = None,
    third: Any = None,
    hs: Iterable[str] = (),
) -> Result:
    """Estimate how trade with a few countries changed after an event, in a gravity equation.

    Parameters
    ----------
    flows
        Country statistics with several exporters.
    origin
        Countries whose exports are explained (``"EU"``: its 27 members, one by one).
    event
        Day of the event.
    destination, third
        The countries whose change is estimated; all others are what they are compared with.
    hs
        Beginnings of HS codes.

    Returns
    -------
    Result
        ``country, role, change`` (share), ``low, high`` (90%, clustered by pair), ``p_value,
        q_value, exporters``.

    Raises
    ------
    MissingDependencyError
        ``pyfixest`` is not installed.
    """
    from chipflow.flows.surge import event_month, families

    empty = pd.DataFrame(columns=COLUMNS)
    day = event_month(event)
    home = members(origin, "--origin")
    goal = () if destination is None else members(destination, "--destination")
    between = () if third is None or not len(third) else members(third, "--third")
    hubs = tuple(dict.fromkeys((*goal, *between)))
    if not hubs:
        return Result(
            "gravity",
            empty,
            ("no country was named (--destination, --third): nothing to estimate",),
        )
    corridors = flows.corridors(hs)
    flows.coverage  # noqa: B018  # makes the table of broken periods
    frequency = frequency_of(corridors, home, hubs)
    listed = ", ".join(f"'{code}'" for code in home)
    frame = corridors.frame(
        "SELECT reporter AS exporter, partner AS importer, period, sum(value) AS value "
        f"FROM {corridors.name} ANTI JOIN broken USING (reporter, flow, period) WHERE flow = 'X' "
        f"AND reporter IN ({listed}) AND partner NOT IN ('{WORLD}', '{EU}', {listed}) "
        f"AND frequency = '{frequency or 'A'}' GROUP BY ALL ORDER BY ALL"
    )
    exporters, partners = frame["exporter"].nunique(), frame["importer"].nunique()
    if exporters < _FEWEST_EXPORTERS or partners < _FEWEST_PARTNERS:
        return Result(
            "gravity",
            empty,
            (
                f"a gravity equation needs {_FEWEST_EXPORTERS} exporters and {_FEWEST_PARTNERS} "
                f"partners; the files have {exporters} and {partners}, of exports that each member "
                "of the origin reports",
            ),
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pyfixest
    except ImportError as error:
        raise MissingDependencyError(NOT_INSTALLED) from error
    frame = _filled(frame)
    after = frame["period"] >= (day[:4] if frequency == "A" else day)
    there = [code for code in hubs if (frame["importer"] == code).any()]
    for code in there:
        frame[f"hub_{code}"] = ((frame["importer"] == code) & after).astype(float)
    frame["pair"] = frame["exporter"] + ">" + frame["importer"]
    frame["exporter_time"] = frame["exporter"] + "@" + frame["period"]
    if not there or not after.any() or after.all():
        return Result(
            "gravity", empty, ("no period before or after the event for these countries",)
        )
    with warnings.catch_warnings():
        # It warns of separated observations, which it leaves out as it should.
        warnings.simplefilter("ignore")
        fit = pyfixest.fepois(
            f"value ~ {' + '.join(f'hub_{code}' for code in there)} | pair + exporter_time",
            data=frame,
            vcov={"CRV1": "pair"},
        )
    estimates, errors = fit.coef(), fit.se()
    table = pd.DataFrame(
        [
            {
                "country": code,
                "role": "destination" if code in goal else "third",
                "change": float(np.expm1(estimates[f"hub_{code}"])),
                "b": float(estimates[f"hub_{code}"]),
                "se": float(errors[f"hub_{code}"]),
                "exporters": frame.loc[frame["importer"] == code, "exporter"].nunique(),
            }
            for code in there
            if f"hub_{code}" in estimates.index
        ]
    )
    reach = stats.norm.ppf(0.5 + LEVEL / 2) * table["se"]
    table["low"], table["high"] = np.expm1(table["b"] - reach), np.expm1(table["b"] + reach)
    table["p_value"] = 2 * stats.norm.sf(np.abs(table["b"] / table["se"]))
    table["q_value"] = families(table["p_value"].to_numpy(), list(table["role"]))
    return Result(
        "gravity",
        table[COLUMNS],
        ("changes are against all other partners of the same exporters in the same periods",),
        {"observations": len(frame), "exporters": int(exporters), "partners": int(partners)},
    )


def _filled(frame: pd.DataFrame) -> pd.DataFrame:
    """Add zeros where a pair traded at another time: Poisson takes them, and they tell."""
    periods = frame.groupby("exporter")["period"].unique().to_dict()
    pairs = frame[["exporter", "importer"]].drop_duplicates()
    full = pairs.assign(period=pairs["exporter"].map(periods))
    full = full.explode("period").astype({"period": "str"})
    # Eurostat's files of one partner each: a period without that partner's file is no zero.
    seen = frame.groupby("importer")["period"].agg(["min", "max"])
    merged = full.merge(frame, on=["exporter", "importer", "period"], how="left")
    inside = merged["period"].to_numpy() >= merged["importer"].map(seen["min"]).to_numpy()
    inside &= merged["period"].to_numpy() <= merged["importer"].map(seen["max"]).to_numpy()
    merged = merged[inside]
    merged["value"] = merged["value"].fillna(0.0)
    return merged.reset_index(drop=True)
