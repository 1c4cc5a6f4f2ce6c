"""Trade of one side with every partner as an array: partners by periods, gaps told from nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from chipflow.flows.areas import EU, EU_MEMBERS, WORLD
from chipflow.flows.periods import MONTHS, index_of, period_of

if TYPE_CHECKING:
    import pandas as pd

    from chipflow.flows.corridors import Corridors

Floats = npt.NDArray[np.float64]
# A file that has this many partners in a period has all of them: who is not there had no trade.
# Files of one partner each (Eurostat's relational view) say nothing of the others.
_COVERS_MANY = 5
# In a stretch of which more than this share is blank, blank is nothing traded, not a gap.
_ISOLATED = 0.25
_AROUND = {"M": 6, "A": 2}
# Reporters that have to be there, as a share of the usual number, for a last period to count.
_REPORTED = 0.75


@dataclass(frozen=True)
class Panel:
    """Trade by partner and period.

    Attributes
    ----------
    partners
        Codes, sorted; a group of countries asked about as one is joined by ``+``.
    first
        Number of the first period (:func:`chipflow.flows.periods.index_of`).
    frequency
        ``M`` or ``A``.
    values
        Partners x periods in ``currency``; zero for nothing traded, NaN for not reported.
    usd
        US dollars for one unit of ``currency`` in each period, NaN where no rate is known.
    currency
        Currency of the values.
    side
        ``exports`` as the origin reports them, or ``imports`` as its partners do.
    filled
        How many cells were isolated gaps, filled by the mean of their neighbours.
    """

    partners: tuple[str, ...]
    first: int
    frequency: str
    values: Floats
    usd: Floats
    currency: str
    side: str
    filled: int = 0

    @property
    def season(self) -> int:
        """Periods in a year."""
        return MONTHS if self.frequency == "M" else 1

    @property
    def periods(self) -> list[str]:
        """Texts of the periods."""
        count = self.values.shape[1]
        return [period_of(self.first + at, self.frequency) for at in range(count)]

    def at(self, code: str) -> int | None:
        """Return the row of a partner, None without one."""
        return self.partners.index(code) if code in self.partners else None

    def position(self, event: str) -> int:
        """Return the column of the first period that an event falls into or that follows it."""
        return index_of(event, self.frequency) - self.first


def frequency_of(
    corridors: Corridors, origin: tuple[str, ...], wanted: tuple[str, ...]
) -> str | None:
    """Return the frequency to work at: that with more partners to compare with, months first.

    Parameters
    ----------
    corridors
        The trade.
    origin
        Countries on the side that is held fixed.
    wanted
        Partners that have to be there.
    """
    listed = _listed(_with_group(origin))
    found = corridors.connection.execute(
        "SELECT frequency, count(DISTINCT CASE WHEN flow = 'X' THEN partner ELSE reporter END), "
        "count(DISTINCT period) "
        f"FROM {corridors.name} WHERE frequency <> 'part' AND ((flow = 'X' AND reporter IN "
        f"({listed})) OR (flow = 'M' AND partner IN ({listed}))) GROUP BY 1"
    ).fetchall()
    sizes = {frequency: (partners, periods) for frequency, partners, periods in found}
    if not sizes:
        return None
    months = sizes.get("M", (0, 0))
    years = sizes.get("A", (0, 0))
    # Months say more than years, unless only the years have partners to compare with.
    enough = min(years[0], 8)
    return "M" if months[0] and (months[0] >= enough or not years[0]) else "A"


def _with_group(codes: tuple[str, ...]) -> tuple[str, ...]:
    return (*codes, EU) if set(codes) == set(EU_MEMBERS) else codes


def _listed(codes: tuple[str, ...]) -> str:
    return ", ".join(f"'{code}'" for code in codes)


def exports_panel(
    corridors: Corridors,
    origin: tuple[str, ...],
    frequency: str,
    *,
    together: tuple[tuple[str, ...], ...] = (),
    hs: str | None = None,
) -> Panel | None:
    """Return what an origin sold to each partner.

    Parameters
    ----------
    corridors
        The trade.
    origin
        Countries whose exports are added up.
    frequency
        ``M`` or ``A``.
    together
        Groups of partners that are asked about as one (China with Hong Kong and Macao).
    hs
        One of the codes of the corridors; all of them without.

    Returns
    -------
    Panel or None
        By the exporter's own figures; by its partners' import figures where it reports none.
    """
    listed = _listed(_with_group(origin))
    goods = f" AND hs = '{hs}'" if hs else ""
    for side, where, partner, own in (
        ("exports", f"flow = 'X' AND reporter IN ({listed})", "partner", "reporter"),
        ("imports", f"flow = 'M' AND partner IN ({listed})", "reporter", "partner"),
    ):
        frame = corridors.frame(
            f"SELECT {partner} AS partner, period, sum(value) AS value, sum(value_usd) AS usd "
            f"FROM {corridors.name} ANTI JOIN broken USING (reporter, flow, period) "
            f"WHERE {where} AND frequency = '{frequency}'{goods} "
            f"AND {partner} NOT IN ('{WORLD}', '{EU}') AND {partner} NOT IN ({listed}) "
            "GROUP BY ALL ORDER BY ALL"
        )
        if len(frame):
            lost = _unreported(corridors, own, where, frequency) if len(origin) > 1 else None
            return _panel(frame, frequency, corridors.currency, side, together, lost)
    return None


def reporters_panel(corridors: Corridors, frequency: str) -> Panel | None:
    """Return what each reporter sold to all the world, for files that have no other partner."""
    frame = corridors.frame(
        "SELECT reporter AS partner, period, sum(value) AS value, sum(value_usd) AS usd "
        f"FROM {corridors.name} ANTI JOIN broken USING (reporter, flow, period) "
        f"WHERE flow = 'X' AND partner = '{WORLD}' "
        f"AND frequency = '{frequency}' AND reporter <> '{EU}' GROUP BY ALL ORDER BY ALL"
    )
    if not len(frame):
        return None
    reporting = frame.groupby("period")["partner"].nunique().sort_index()
    # Reporters end in different years: a last year that many have not given yet compares others.
    while len(reporting) > 1 and reporting.iloc[-1] < _REPORTED * reporting.median():
        reporting = reporting.iloc[:-1]
    frame = frame[frame["period"] <= reporting.index[-1]]
    return _panel(frame, frequency, corridors.currency, "exports to the world", (), None, own=True)


def _unreported(corridors: Corridors, own: str, where: str, frequency: str) -> pd.DataFrame:
    """Return for each period the share of the origin's trade whose member did not report it."""
    return corridors.frame(
        f"WITH by_member AS (SELECT {own} AS member, period, sum(value) AS value FROM "
        f"{corridors.name} ANTI JOIN broken USING (reporter, flow, period) WHERE {where} "
        f"AND frequency = '{frequency}' GROUP BY ALL), "
        "size AS (SELECT member, avg(value) AS mean, count(*) AS n FROM by_member GROUP BY 1), "
        "all_periods AS (SELECT DISTINCT period FROM by_member) "
        "SELECT p.period AS period, sum(CASE WHEN m.member IS NULL THEN s.mean ELSE 0 END) / "
        "sum(s.mean) AS share FROM all_periods p CROSS JOIN size s LEFT JOIN by_member m "
        "ON m.period = p.period AND m.member = s.member "
        f"WHERE s.member <> '{EU}' AND s.n > 0.5 * (SELECT count(*) FROM all_periods) "
        "GROUP BY 1"
    )


def _panel(
    frame: pd.DataFrame,
    frequency: str,
    currency: str,
    side: str,
    together: tuple[tuple[str, ...], ...],
    lost: pd.DataFrame | None,
    own: bool = False,
) -> Panel:
    joined = {code: "+".join(group) for group in together if len(group) > 1 for code in group}
    frame = frame.assign(partner=frame["partner"].map(lambda code: joined.get(code, code)))
    frame = frame.assign(at=[index_of(text, frequency) for text in frame["period"]])
    partners = tuple(sorted(frame["partner"].unique()))
    first, last = int(frame["at"].min()), int(frame["at"].max())
    row = frame["partner"].map({code: at for at, code in enumerate(partners)}).to_numpy()
    column = frame["at"].to_numpy() - first
    values = np.zeros((len(partners), last - first + 1))
    np.add.at(values, (row, column), frame["value"].to_numpy(dtype=float))
    there = np.zeros(values.shape, dtype=bool)
    there[row, column] = True
    usd = np.full(values.shape[1], np.nan)
    totals = frame.groupby("at")[["value", "usd"]].sum(min_count=1)
    usd[totals.index.to_numpy() - first] = (totals["usd"] / totals["value"]).to_numpy()
    values, filled = _gaps(values, there, frequency, own)
    if lost is not None and len(lost):
        missing = np.zeros(values.shape[1])
        for text, share in zip(lost["period"], lost["share"], strict=True):
            at = index_of(text, frequency) - first
            if 0 <= at < len(missing) and share == share and share < 0.5:
                missing[at] = share
        # A member of the origin that did not report in a period: the others stand for it.
        values = values / (1.0 - missing)
    return Panel(partners, first, frequency, values, usd, currency, side, filled)


def _gaps(
    values: Floats, there: npt.NDArray[np.bool_], frequency: str, own: bool
) -> tuple[Floats, int]:
    """Tell what is blank: an isolated gap (filled), nothing traded (zero), or not known (NaN)."""
    values = np.where(there, values, np.nan)
    in_period = there.sum(axis=0)
    usual = np.median(in_period[in_period > 0]) if in_period.any() else 0
    covers = (in_period >= _COVERS_MANY) & (in_period >= usual / 2) & (not own)
    around = _AROUND[frequency]
    padded = np.pad((~there).astype(float), ((0, 0), (around, around)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * around + 1, axis=1)
    isolated = (windows.mean(axis=2) <= _ISOLATED) & ~there
    before = np.pad(values, ((0, 0), (1, 0)), constant_values=np.nan)[:, :-1]
    after = np.pad(values, ((0, 0), (0, 1)), constant_values=np.nan)[:, 1:]
    with np.errstate(invalid="ignore"):
        between = np.sqrt(np.maximum(before, 0) * np.maximum(after, 0))
    fill = isolated & np.isfinite(between) & covers[None, :]
    values = np.where(fill, between, values)
    nothing = ~there & ~isolated & covers[None, :]
    return np.where(nothing, 0.0, values), int(fill.sum())
