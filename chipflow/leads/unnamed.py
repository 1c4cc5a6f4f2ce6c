"""Lots of which no record names a chip, that weigh and cost what accelerators do and went on whole.

A company receives some pieces and sends as many of the same weight on. That they were passed on is
likely; what they were is not said. Their weight and their value both fit an accelerator of the
catalogue at the prices of that year, and the question is whether goods under such words usually do:
test boards and processors do, adapters do not. That is asked of all other senders of the same words
(:class:`Usual`). What is left is weaker than a lead and ranked apart, one row a company that sends
them to the destination.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit

from chipflow.goods.controls.status import FREE, status, timeline
from chipflow.goods.measures.forms import SLACK, price_range
from chipflow.leads.tail_probabilities import above_normal, between_normal
from chipflow.schemas import UNNAMED
from chipflow.settings import MAD_TO_SD
from chipflow.tracing.comparisons import value_density

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.goods.catalogue.load import Catalogue
    from chipflow.network.arrays import Floats, Ints
    from chipflow.network.build import Network
    from chipflow.settings import Settings
    from chipflow.tracing.shipments import TracedShipments
    from chipflow.tracing.trace import Tracing

DECIMALS = 3  # of scores
ALL_TRADE = 3  # the widest level on which usual goods are known
UNKNOWN = 0.5  # share of goods of which nothing is known that are as dear and as heavy
MOST_TOLD = 6  # forms, and wordings of other goods, that a row names


def unnamed_lots(
    network: Network,
    shipments: pd.DataFrame,
    tracing: Tracing,
    on_leads: Iterable[str] = (),
) -> pd.DataFrame:
    """Find lots without a name that went on whole and that weigh and cost what accelerators do.

    Parameters
    ----------
    network
        What :func:`chipflow.build_network` returned.
    shipments
        Its shipments that are looked at, by record id.
    tracing
        What :func:`chipflow.tracing.trace.trace` found in them.
    on_leads
        Ids of the records of leads; these are left out.

    Returns
    -------
    pandas.DataFrame
        One row a company that sent such lots to the destination, the likeliest first; see
        :data:`chipflow.schemas.UNNAMED`.
    """
    traced = tracing.traced
    years = np.unique(traced.arrays.years)
    form = accelerator_forms(traced.catalogue, tracing.destination, years.tolist())
    open_too = (traced.family < 0) & ~traced.names_chip
    open_too &= ~pd.Index(traced.arrays.record).isin(list(on_leads))
    fits = form.fit(traced, open_too)
    pairs = _passed_on(traced, np.flatnonzero(fits), traced.settings.unnamed.window)
    pairs = _to_the_destination(traced, pairs, form)
    if pairs.empty:
        return UNNAMED.empty()
    usual = Usual.of(traced, shipments["hs_code"], fits, np.unique(pairs[["e", "f"]].to_numpy()))
    rows = _rows(traced, pairs, usual, form)
    by_chance = _by_chance(traced, fits, rows, traced.settings.unnamed.window)
    return _table(network, shipments, traced, form, usual, rows, by_chance)


# ---------------------------------------------------------------- what accelerators weigh and cost


@dataclass(frozen=True)
class AcceleratorForms:
    """Forms in which chips travel that needed a licence for the destination on some day.

    Attributes
    ----------
    forms
        One row a form and year: ``of, form, chips, year, kg_low, kg_high, usd_low, usd_high``
        (of one piece, packed or not; at the prices of the year), and ``asked``: whether it is for
        data centres and needed a licence on some day.
    rules
        What :func:`chipflow.goods.controls.status.timeline` says of the chips of which the tables
        hold forms; others are few and asked one by one.
    catalogue
        Tables of chips, forms, prices and rules.
    """

    forms: pd.DataFrame
    rules: pd.DataFrame
    catalogue: Catalogue

    def fit(self, traced: TracedShipments, which: np.ndarray) -> np.ndarray:
        """Say of some shipments whether a piece weighs and costs what one of the forms does."""
        least = traced.settings.unnamed.least_declared
        arrays = traced.arrays
        at = np.flatnonzero(which & np.isfinite(arrays.kg) & np.isfinite(arrays.usd))
        found = np.zeros(len(traced), dtype=bool)
        years = arrays.years[at]
        for year, forms in self.forms[self.forms["asked"]].groupby("year"):
            own = at[years == year]
            kg, usd = arrays.kg[own], arrays.usd[own]
            bands = np.log(forms[["kg_low", "kg_high", "usd_low", "usd_high"]].to_numpy(float))
            for kg_low, kg_high, usd_low, usd_high in bands:
                in_price = (usd >= usd_low + np.log(least)) & (usd <= usd_high)
                found[own] |= (kg >= kg_low) & (kg <= kg_high) & in_price
        return found

    def of_piece(
        self, kg: float, usd: float, day: pd.Timestamp, place: str, least: float
    ) -> list[str]:
        """Name the forms that a piece can be and that needed a licence there on that day."""
        asked = self._fitting(kg, usd, day, least)
        asked = asked[asked["asked"] & asked["of"].isin(self._needing(day, place))]
        # The nearest price first.
        middle = np.log(asked["usd_low"].to_numpy() * asked["usd_high"].to_numpy()) / 2
        asked = asked.assign(far=np.abs(np.log(usd) - middle)).sort_values(["far", "of", "form"])
        told = zip(asked["of"], asked["form"], asked["chips"], strict=True)
        return [
            f"{of} {form}" if chips == 1 else f"{of} {form} with {chips}"
            for of, form, chips in told
        ]

    def share_needing_licence(
        self, kg: float, usd: float, day: pd.Timestamp, place: str, settings: Settings
    ) -> float:
        """Share of the chips that a piece can be that needed a licence there on that day.

        Each counts as far as its price fits the declared value, in the form that fits best. A card
        on free sale of that weight and value is no less likely than a barred one.
        """
        fitting = self._fitting(kg, usd, day, settings.unnamed.least_declared)
        middle = np.log(fitting["usd_low"].to_numpy() * fitting["usd_high"].to_numpy()) / 2
        like = value_density(np.log(usd) - middle, settings.comparisons)
        best = fitting.assign(like=like).groupby("of")["like"].max()
        ruled = set(self.rules["chip"])
        others = {
            name
            for name in best.index
            if name not in ruled
            and status(name, day.date(), place, catalogue=self.catalogue).status != FREE
        }
        needing = best.index.isin({*self._needing(day, place), *others})
        return float(best[needing].sum() / best.sum()) if best.sum() > 0 else 0.0

    def _fitting(self, kg: float, usd: float, day: pd.Timestamp, least: float) -> pd.DataFrame:
        forms = self.forms
        return forms[
            (forms["year"] == day.year)
            & (forms["kg_low"] <= kg)
            & (kg <= forms["kg_high"])
            & (forms["usd_low"] * least <= usd)
            & (usd <= forms["usd_high"])
        ]

    def _needing(self, day: pd.Timestamp, place: str) -> pd.Series:
        rules = self.rules
        then = (rules["first_day"] <= day) & (day <= rules["last_day"])
        return rules.loc[then & (rules["destination"] == place) & (rules["status"] != FREE), "chip"]


def accelerator_forms(
    catalogue: Catalogue, destination: tuple[str, ...], years: Iterable[int]
) -> AcceleratorForms:
    """Lay out the forms of all chips, and say which needed a licence for a destination.

    Parameters
    ----------
    catalogue
        Tables of chips, forms, prices and rules.
    destination
        ISO 3166 alpha-2 codes.
    years
        For which prices are wanted.
    """
    known = {chip.family for form in catalogue.forms for chip in catalogue.variants(form.of)}
    cards = [one for one in catalogue.chips if one.family not in known and one.launched]
    names = sorted({one.of for one in catalogue.forms})
    rules = timeline(names, sorted(destination), catalogue=catalogue)
    controlled = set(rules.loc[rules["status"] != FREE, "chip"])
    rows = []
    for form in catalogue.forms:
        variants = catalogue.variants(form.of)
        launched = [int(chip.launched[:4]) for chip in variants if chip.launched]
        asked = form.of in controlled and any(chip.datacentre for chip in variants)
        for year in (one for one in years if launched and one >= min(launched)):
            prices = price_range(form.of, form.form, form.chips, year, catalogue=catalogue)
            if prices is not None:
                low, high = form.kg[0] / SLACK, form.packed[1] * SLACK
                usd = prices[0] / SLACK, prices[1] * SLACK
                rows.append((form.of, form.form, form.chips, year, low, high, *usd, asked))
    # Cards of which the tables hold no form are cards too, and most of them on free sale.
    for card in cards:
        for year in (one for one in years if one >= int(card.launched[:4])):
            prices = price_range(card.chip, "card", 1, year, catalogue=catalogue)
            if prices is not None and card.kg_low and card.kg_high:
                kg_usd = card.kg_low, card.kg_high * SLACK, *prices
                rows.append((card.chip, "card", 1, year, *kg_usd, False))
    columns = ["of", "form", "chips", "year", "kg_low", "kg_high", "usd_low", "usd_high"]
    columns.append("asked")
    forms = pd.DataFrame(rows, columns=columns).astype({"asked": bool})
    return AcceleratorForms(forms, rules, catalogue)


# ---------------------------------------------------------------- what went on whole


def _matches(traced: TracedShipments, e: Ints, f: Ints, window: int) -> np.ndarray:
    """Whether pairs of shipments hold as many pieces of one weight, the later one in time."""
    arrays, settings = traced.arrays, traced.settings.unnamed
    waited = arrays.last[f] - arrays.first[e]
    near = np.abs(arrays.kg[e] - arrays.kg[f]) <= np.log(settings.same_weight)
    found: np.ndarray = near & (waited >= 0) & (arrays.first[f] - arrays.last[e] <= window)
    return found


def _lots(traced: TracedShipments, at: Ints, company: Ints) -> pd.DataFrame:
    return pd.DataFrame(
        {"at": at, "company": company[at], "items": traced.arrays.items[at].astype("int64")}
    )


def _passed_on(traced: TracedShipments, at: Ints, window: int) -> pd.DataFrame:
    """Pairs of lots ``e, f`` of which one company received the one and sent the other."""
    arrays = traced.arrays
    at = at[arrays.items[at] >= traced.settings.unnamed.least_pieces]
    crosses = arrays.from_country[at] != arrays.to_country[at]
    strangers = arrays.shipper[at] != arrays.consignee[at]
    bought = at[arrays.named_consignee[at] & ~traced.arrives[at] & crosses & strangers]
    sold = at[arrays.named_shipper[at] & crosses & strangers]
    pairs = _lots(traced, bought, arrays.consignee).merge(
        _lots(traced, sold, arrays.shipper), on=["company", "items"], suffixes=("_e", "_f")
    )
    e, f = pairs["at_e"].to_numpy(), pairs["at_f"].to_numpy()
    kept = _matches(traced, e, f, window) & (arrays.shipper[e] != arrays.consignee[f])
    # What had come from the destination goes home.
    home = np.isin(arrays.from_country[e], np.unique(arrays.to_country[traced.arrives]))
    e, f = e[kept & ~home], f[kept & ~home]
    far = np.abs(arrays.kg[e] - arrays.kg[f]).round(DECIMALS)
    table = pd.DataFrame({"e": e, "f": f, "far": far, "wait": arrays.first[f] - arrays.first[e]})
    return _one_to_one(table.sort_values(["far", "wait", "e", "f"], ignore_index=True))


def _one_to_one(pairs: pd.DataFrame) -> pd.DataFrame:
    """Of pairs, the nearest first, each lot once on each side."""
    left: set[int] = set()
    right: set[int] = set()
    kept = []
    for row, (e, f) in enumerate(zip(pairs["e"].tolist(), pairs["f"].tolist(), strict=True)):
        if e not in left and f not in right:
            left.add(e)
            right.add(f)
            kept.append(row)
    return pairs.iloc[kept][["e", "f"]].reset_index(drop=True)


def _to_the_destination(
    traced: TracedShipments, pairs: pd.DataFrame, form: AcceleratorForms
) -> pd.DataFrame:
    """Pairs whose goods reached the destination when a licence was needed, with ``final``."""
    arrays = traced.arrays
    least = traced.settings.unnamed.least_declared
    came = dict(zip(pairs["f"].tolist(), pairs["e"].tolist(), strict=True))
    rows = []
    for final in sorted(one for one in came if traced.arrives[one]):
        day = pd.Timestamp(int(arrays.last[final] + arrays.epoch), unit="D")
        kg, usd = float(np.exp(arrays.kg[final])), float(np.exp(arrays.usd[final]))
        if not form.of_piece(kg, usd, day, str(traced.arrival[final]), least):
            continue
        at, seen = final, {final}
        while (source := came.get(at)) is not None and source not in seen:
            rows.append((source, at, final))
            seen.add(source)
            at = source
    return pd.DataFrame(rows, columns=["e", "f", "final"], dtype="int64")


# ---------------------------------------------------------------- what such words usually are


@dataclass(frozen=True)
class Usual:
    """What other senders send under the same words: how often pieces as dear and as heavy.

    Each sender counts once, by the mean of its shipments. Weight and value of a piece are taken to
    be log-normal around the median of the senders, with the spread of their median absolute
    deviation, so that hidden goods of a few do not make themselves usual. The words under their
    heading are drawn to the words under any, these to the heading, and this to all trade.

    Attributes
    ----------
    keys
        Code of the words by heading, of the words, of the heading, and zero for all trade, by
        shipment: four rows.
    senders
        For each of these levels the senders of each key: ``shipper, kg, usd`` (means of logs)
        and ``fits`` (share of shipments that fit an accelerator).
    vague
        Whether the words of each shipment could cover an accelerator.
    settings
        The numbers of the method.
    """

    keys: np.ndarray
    senders: tuple[dict[int, pd.DataFrame], ...]
    vague: np.ndarray
    settings: Settings

    @classmethod
    def of(cls, traced: TracedShipments, hs_code: pd.Series, fits: np.ndarray, at: Ints) -> Usual:
        """Measure all shipments that state pieces, weight and value.

        Parameters
        ----------
        traced, hs_code
            All shipments, and their codes.
        fits
            Whether each fits an accelerator.
        at
            Positions of the shipments that are asked about later.
        """
        arrays = traced.arrays
        digits = traced.settings.background.heading_digits
        heading = pd.factorize(hs_code.fillna("").astype("str").str[:digits])[0].astype("int64")
        words = traced.background.wording.astype("int64")
        joined = words * (1 + heading.max(initial=0)) + heading
        keys = np.stack([joined, words, heading, np.zeros(len(words), dtype="int64")])
        known = np.isfinite(arrays.kg) & np.isfinite(arrays.usd) & arrays.named_shipper
        levels = []
        for key in keys:
            own = np.flatnonzero(known & np.isin(key, key[at]))
            table = pd.DataFrame(
                {
                    "key": key[own],
                    "shipper": arrays.shipper[own],
                    "kg": arrays.kg[own],
                    "usd": arrays.usd[own],
                    "fits": fits[own].astype(float),
                }
            )
            means = table.groupby(["key", "shipper"]).mean().reset_index()
            levels.append({int(str(one)): rows for one, rows in means.groupby("key")})
        return cls(keys, tuple(levels), arrays.vague, traced.settings)

    def share(self, at: int, kg: float, usd: float, without: set[int]) -> tuple[float, float, int]:
        """Share of pieces as dear as one, and about as heavy, under the words of a shipment.

        Parameters
        ----------
        at
            The shipment.
        kg, usd
            Logs of weight and value of the piece.
        without
            Companies that are not counted: those of the route.

        Returns
        -------
        tuple of float, float and int
            The share; how many other senders of the same words send what fits an accelerator, as a
            sum of shares; how many others there are.
        """
        prior = self.settings.background.prior_senders
        found, told = 1.0, (0.0, 0)
        levels = range(len(self.keys))
        if not self.vague[at]:
            # Words that name goods say what they are, and no other goods tell what these weigh.
            found, levels = UNKNOWN, range(2)
        for level in reversed(levels):
            senders = self.senders[level].get(int(self.keys[level, at]))
            if senders is None:
                continue
            others = senders[~senders["shipper"].isin(without)]
            if level == 1:
                told = (float(others["fits"].sum()), len(others))
            if len(others):
                own = self._as_dear_and_heavy(others, kg, usd)
                trust = len(others) / (len(others) + prior)
                # All trade is drawn to nothing wider.
                found = own if level == ALL_TRADE else trust * own + (1 - trust) * found
        return float(found), *told

    def _as_dear_and_heavy(self, others: pd.DataFrame, kg: float, usd: float) -> float:
        """Share of usual goods of some senders that are as dear and about as heavy."""
        near = float(np.log(self.settings.unnamed.like))
        least = self.settings.unnamed.least_spread
        told = []
        for values in (others["usd"], others["kg"]):
            middle = float(values.median())
            # Of two senders no spread can be read.
            spread = (
                MAD_TO_SD * float((values - middle).abs().median())
                if len(values) > 2
                else 2 * least
            )
            told.append((middle, max(spread, least)))
        (of_usd, usd_spread), (of_kg, kg_spread) = told
        dear = above_normal(usd - near, of_usd, usd_spread)
        heavy = between_normal(kg - near, kg + near, of_kg, kg_spread)
        # One sender more might send such goods, whatever the curve says.
        return max(dear * heavy, 1 / (1 + len(others)) ** 2)


# ---------------------------------------------------------------- rows


@dataclass(frozen=True)
class _Row:
    """What one company passed on to the destination."""

    company: int
    pairs: pd.DataFrame
    share: float
    told: tuple[float, int]
    leg: int
    log_lr: float
    score: float


def _strength(traced: TracedShipments, e: Ints, f: Ints) -> Floats:
    """Log-likelihood ratio of pairs: that the one goes on as the other, against chance."""
    settings = traced.settings.comparisons
    number = settings.whole * settings.equal_number / traced.background.number_share[f]
    apart = traced.arrays.kg[f] - traced.arrays.kg[e]
    same = sum(
        share * np.exp(-((apart / spread) ** 2) / 2) / (spread * np.sqrt(2 * np.pi))
        for share, spread in settings.weight_spreads
    )
    weight = same * traced.background.inverse_density["kg"][f]
    return np.asarray(np.log(np.maximum(number, 1e-9)) + np.log(np.maximum(weight, 1e-9)))


def _rows(
    traced: TracedShipments, pairs: pd.DataFrame, usual: Usual, form: AcceleratorForms
) -> list[_Row]:
    arrays, settings = traced.arrays, traced.settings.unnamed
    sender = arrays.shipper[pairs["final"].to_numpy()]
    rows = []
    for company, own in pairs.groupby(sender):
        e, f = own["e"].to_numpy(), own["f"].to_numpy()
        legs = np.unique(np.concatenate([e, f]))
        parties = {*arrays.shipper[legs].tolist(), *arrays.consignee[legs].tolist()}
        # A leg under whose words such goods are usual explains them.
        shares = [
            usual.share(one, float(arrays.kg[one]), float(arrays.usd[one]), parties)
            for one in legs.tolist()
        ]
        most = int(np.argmax([one[0] for one in shares]))
        share, senders, others = shares[most]
        log_lr = float(_strength(traced, e, f).sum())
        innocent = share * (1 + np.exp(-log_lr) / settings.passed_on)
        odds = settings.hidden * settings.fits / innocent
        odds *= _share_needing_licence(traced, np.unique(own["final"].to_numpy()), form)
        # Hidden goods are called by vague words, others hardly ever on all legs.
        lax, named = traced.settings.evidence.hidden_if_honest, settings.named_other
        vague = bool(arrays.vague[legs].all())
        odds *= (1 - named) / lax if vague else named / (1 - lax)
        rows.append(
            _Row(
                int(str(company)), own, share, (senders, others), int(legs[most]), log_lr,
                float(np.log(odds)),
            )
        )  # fmt: skip
    return [row for row in rows if row.score > 0]


def _share_needing_licence(traced: TracedShipments, finals: Ints, form: AcceleratorForms) -> float:
    """Mean over arrivals of the share of chips that fit and needed a licence."""
    arrays = traced.arrays
    shares = [
        form.share_needing_licence(
            float(np.exp(arrays.kg[one])),
            float(np.exp(arrays.usd[one])),
            pd.Timestamp(int(arrays.last[one] + arrays.epoch), unit="D"),
            str(traced.arrival[one]),
            traced.settings,
        )
        for one in finals.tolist()
    ]
    return float(np.mean(shares))


def _by_chance(
    traced: TracedShipments, fits: np.ndarray, rows: list[_Row], window: int
) -> list[float]:
    """Expected number of rows of each one's strength, if strangers' lots are set side by side.

    What one company bought is compared with what another one sold to the destination.
    """
    arrays = traced.arrays
    at = np.flatnonzero(fits)
    at = at[arrays.items[at] >= traced.settings.unnamed.least_pieces]
    bought = at[arrays.named_consignee[at] & ~traced.arrives[at]]
    sold = at[arrays.named_shipper[at] & traced.arrives[at]]
    table = _lots(traced, bought, arrays.consignee).merge(
        _lots(traced, sold, arrays.shipper), on="items", suffixes=("_e", "_f")
    )
    table = table[table["company_e"] != table["company_f"]]
    e, f = table["at_e"].to_numpy(), table["at_f"].to_numpy()
    kept = _matches(traced, e, f, window)
    table = table[kept].assign(log_lr=_strength(traced, e[kept], f[kept]))
    decoys = table.groupby(["company_e", "company_f"])["log_lr"].sum().to_numpy()
    buyers, senders = np.unique(arrays.consignee[bought]), np.unique(arrays.shipper[sold])
    both = len(np.intersect1d(buyers, senders))
    others = max(len(buyers) * len(senders) - both, 1)
    return [float((decoys >= row.log_lr).sum()) * both / others for row in rows]


def _table(
    network: Network,
    shipments: pd.DataFrame,
    traced: TracedShipments,
    form: AcceleratorForms,
    usual: Usual,
    rows: list[_Row],
    by_chance: list[float],
) -> pd.DataFrame:
    arrays = traced.arrays
    names = network.directory.set_index("company_id")["name"]
    known = []
    for row, chance in zip(rows, by_chance, strict=True):
        at = np.unique(row.pairs[["e", "f"]].to_numpy())
        own = shipments.iloc[at].sort_values(["date", "record_id"])
        finals = np.unique(row.pairs["final"])
        kg, usd = (float(np.exp(np.median(one[finals]))) for one in (arrays.kg, arrays.usd))
        last = int(finals[np.argmax(arrays.last[finals])])
        could = form.of_piece(
            float(np.exp(arrays.kg[last])),
            float(np.exp(arrays.usd[last])),
            pd.Timestamp(int(arrays.last[last] + arrays.epoch), unit="D"),
            str(traced.arrival[last]),
            traced.settings.unnamed.least_declared,
        )
        company = str(arrays.ids[row.company])
        places = [*own["from_country"].dropna(), *own["to_country"].dropna().iloc[-1:]]
        known.append(
            {
                "company_id": company,
                "company": names.get(company),
                "countries": " > ".join(dict.fromkeys(str(one) for one in places)),
                "score": round(row.score, DECIMALS),
                "probability": round(float(expit(row.score)), DECIMALS),
                "by_chance": round(chance, DECIMALS),
                "pieces": float(arrays.items[finals].sum()),
                "kg_piece": round(kg, DECIMALS),
                "usd_piece": round(usd, 2),
                "words": " | ".join(dict.fromkeys(own["description"].fillna("(none)"))),
                "could_be": " | ".join(could[:MOST_TOLD]),
                "fits_as_well": " | ".join(_alike(shipments, traced, usual, row, kg, usd)),
                "first_date": own["date"].min().strftime("%Y-%m-%d"),
                "last_date": own["date"].max().strftime("%Y-%m-%d"),
                "record_ids": ";".join(sorted(own["record_id"])),
            }
        )
        known[-1]["reasons"] = _reasons(known[-1], row)
        known[-1]["innocent_explanations"] = _innocent(known[-1], row, shipments)
    table = pd.DataFrame(known, columns=[one for one in UNNAMED.names if one != "rank"])
    table = table.sort_values(["score", "company_id"], ascending=[False, True], ignore_index=True)
    return UNNAMED.conform(table.assign(rank=np.arange(1, len(table) + 1)))


def _alike(
    shipments: pd.DataFrame, traced: TracedShipments, usual: Usual, row: _Row, kg: float, usd: float
) -> list[str]:
    """Words of other senders' goods that weigh and cost about as much a piece."""
    arrays = traced.arrays
    near = np.log(traced.settings.unnamed.like)
    parties = np.unique(arrays.shipper[np.unique(row.pairs[["e", "f"]].to_numpy())])
    like = (np.abs(arrays.kg - np.log(kg)) <= near) & (np.abs(arrays.usd - np.log(usd)) <= near)
    at = np.flatnonzero(like & ~np.isin(arrays.shipper, parties))
    words = pd.DataFrame(
        {"words": usual.keys[1, at], "sender": arrays.shipper[at], "at": at}
    ).drop_duplicates(["words", "sender"])
    counted = words.groupby("words").agg(senders=("sender", "size"), at=("at", "min"))
    counted = counted.sort_values(["senders", "at"], ascending=[False, True]).head(MOST_TOLD)
    texts = shipments["description"].iloc[counted["at"]].fillna("(no description)")
    return [str(one) for one in texts]


def _reasons(told: dict[str, object], row: _Row) -> str:
    lots = len(np.unique(row.pairs["final"]))
    senders, others = row.told
    same = (
        "lot left with as many pieces as came"
        if lots == 1
        else "lots left with as many pieces as came"
    )
    return " | ".join(
        [
            f"{lots:,} {same} and of the same weight a piece: {told['kg_piece']:,.2g} kg, "
            f"{told['usd_piece']:,.0f} USD",
            "No record names a chip: by weight and value a piece can be "
            + str(told["could_be"]).replace(" | ", ", ")
            + ", each of which needed a licence there on that day",
            f"{senders:.2g} of {others:,} other senders of these words send what fits an "
            "accelerator; going by the usual goods of these, and by what goes under the same "
            f"heading, {_percent(row.share)} of pieces are as dear and about as heavy",
        ]
    )


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "fewer than 0.1%"


def _innocent(told: dict[str, object], row: _Row, shipments: pd.DataFrame) -> str:
    alike = str(told["fits_as_well"]).replace(" | ", ", ")
    said = [
        f"Other goods in these records weigh and cost as much: {alike}"
        if alike
        else "Goods that these records do not hold may weigh and cost as much",
        "Weight and value are all that speaks for chips, and a stockist passes goods on whole",
        "A licence or a licence exception may have covered it: trade records do not show licences",
    ]
    if pd.isna(shipments["description"].iloc[row.leg]):
        said.append("A record says nothing of what the goods are")
    return " | ".join(said)
