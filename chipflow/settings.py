"""The method as an object: every number that leads depend on, with its unit and its source.

A :class:`Settings` is frozen: change it with :func:`dataclasses.replace`, save it, load it, print
it. Defaults, units, meanings and sources come from the dated table ``tracing/tables/model.toml``.
What only bounds memory, or keeps sums finite, is no number of the method and stands beside the
code.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from chipflow.errors import InputError, ParameterError
from chipflow.given_files import given_text

# 1.4826 makes the median absolute deviation estimate a normal standard deviation.
MAD_TO_SD = 1.4826


@cache
def _model() -> dict[str, Any]:
    table = resources.files("chipflow") / "tracing" / "tables" / "model.toml"
    return tomllib.loads(table.read_text(encoding="utf-8"))


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value


def number(key: str) -> Any:
    """Declare one number of the method: a field whose default and metadata stand in the table.

    Parameters
    ----------
    key
        Part and name, as in ``model.toml``.
    """
    part, name = key.split(".")
    told = dict(_model()[part][name])
    value = _frozen(told.pop("value"))
    return field(default=value, metadata=told)


@dataclass(frozen=True)
class BackgroundSettings:
    """What shipments taken by chance look like (the u distributions of record linkage)."""

    prior_shipments: int = number("background.prior_shipments")
    kg_of_anything: tuple[float, ...] = number("background.kg_of_anything")
    usd_of_anything: tuple[float, ...] = number("background.usd_of_anything")
    usd_kg_of_anything: tuple[float, ...] = number("background.usd_kg_of_anything")
    total_kg_of_anything: tuple[float, ...] = number("background.total_kg_of_anything")
    largest_number: float = number("background.largest_number")
    number_band: float = number("background.number_band")
    price_band: float = number("background.price_band")
    mixture: tuple[float, ...] = number("background.mixture")
    first_words: int = number("background.first_words")
    prior_senders: int = number("background.prior_senders")
    words_of_anything: tuple[float, ...] = number("background.words_of_anything")
    prior_words: int = number("background.prior_words")
    least_spread: float = number("background.least_spread")
    smallest_class: int = number("background.smallest_class")
    heading_digits: int = number("background.heading_digits")


@dataclass(frozen=True)
class ComparisonSettings:
    """How shipments that continue others differ from these (the m distributions)."""

    weight_spreads: tuple[tuple[float, ...], ...] = number("comparisons.weight_spreads")
    value_spread: tuple[float, ...] = number("comparisons.value_spread")
    value_range: tuple[float, ...] = number("comparisons.value_range")
    price_habits: int = number("comparisons.price_habits")
    keeps_price_habit: float = number("comparisons.keeps_price_habit")
    habit_spread: float = number("comparisons.habit_spread")
    chip_spread: float = number("comparisons.chip_spread")
    rebuilt: float = number("comparisons.rebuilt")
    wrong_weight: float = number("comparisons.wrong_weight")
    wrong_value: float = number("comparisons.wrong_value")
    whole: float = number("comparisons.whole")
    equal_number: float = number("comparisons.equal_number")
    equal: float = number("comparisons.equal")
    near_number: float = number("comparisons.near_number")
    waits: tuple[tuple[float, ...], ...] = number("comparisons.waits")
    word_habits: tuple[tuple[float, ...], ...] = number("comparisons.word_habits")
    word_habit_shares: tuple[float, ...] = number("comparisons.word_habit_shares")
    competing_word_shares: tuple[float, ...] = number("comparisons.competing_word_shares")
    keeps_words: float = number("comparisons.keeps_words")

    @cached_property
    def declared_shares(self) -> np.ndarray:
        """Natural log of the share of the price that each habit declares."""
        low, high = self.log_value_range
        return np.linspace(low, high, self.price_habits)

    @cached_property
    def log_value_range(self) -> tuple[float, float]:
        """Natural logs of :attr:`value_range`."""
        low, high = self.value_range
        return float(np.log(low)), float(np.log(high))

    @cached_property
    def habits_of_words(self) -> np.ndarray:
        """:attr:`word_habits` as an array, one row a habit."""
        return np.array(self.word_habits)

    @cached_property
    def shares_of_habits(self) -> np.ndarray:
        """:attr:`word_habit_shares` as an array."""
        return np.array(self.word_habit_shares)

    @cached_property
    def competing_shares(self) -> np.ndarray:
        """:attr:`competing_word_shares` as an array."""
        return np.array(self.competing_word_shares)


@dataclass(frozen=True)
class InventorySettings:
    """One company's purchases against one company's sales."""

    share_nodes: tuple[float, ...] = number("inventory.share_nodes")
    of_strangers: float = number("inventory.of_strangers")
    latest: int = number("inventory.latest")
    pooled: float = number("inventory.pooled")
    most_pooled: int = number("inventory.most_pooled")
    latest_of_run: int = number("inventory.latest_of_run")
    baseline_shipments: int = number("inventory.baseline_shipments")
    baseline_prior: int = number("inventory.baseline_prior")
    screen: float = number("inventory.screen")
    mixing_rounds: int = number("inventory.mixing_rounds")
    chip_prior: float = number("inventory.chip_prior")


@dataclass(frozen=True)
class PriorSettings:
    """Share of groups of sales that continue purchases, before they are looked at."""

    rounds: int = number("prior.rounds")
    guessed_true: float = number("prior.guessed_true")
    guessed: float = number("prior.guessed")
    largest_share: float = number("prior.largest_share")


@dataclass(frozen=True)
class CargoSettings:
    """What is in shipments that do not say it."""

    singles_outside: float = number("cargo.singles_outside")
    too_heavy: float = number("cargo.too_heavy")
    too_dear: float = number("cargo.too_dear")
    undeclared: float = number("cargo.undeclared")
    says_accelerator: float = number("cargo.says_accelerator")
    believed: float = number("cargo.believed")


@dataclass(frozen=True)
class TransferSettings:
    """Goods that change hands without a record."""

    domestic: float = number("transfers.domestic")
    domestic_onward: float = number("transfers.domestic_onward")
    domestic_prior: float = number("transfers.domestic_prior")
    coverage: tuple[float, ...] = number("transfers.coverage")
    related: float = number("transfers.related")
    screen: float = number("transfers.screen")
    latest_of_country: int = number("transfers.latest_of_country")
    most_sold_on: float = number("transfers.most_sold_on")
    source_recorded: tuple[float, ...] = number("transfers.source_recorded")
    named_right: float = number("transfers.named_right")
    same_size: tuple[float, ...] = number("transfers.same_size")
    any_size: float = number("transfers.any_size")
    new_if_diverted: float = number("transfers.new_if_diverted")
    new_for: int = number("transfers.new_for")
    passed_to_related: float = number("transfers.passed_to_related")
    unseen_leg: float = number("transfers.unseen_leg")


@dataclass(frozen=True)
class TracerSettings:
    """Following goods hop by hop."""

    window: int = number("tracer.window")
    most_hops: int = number("tracer.most_hops")
    open_customers: int = number("tracer.open_customers")
    unrecorded_rounds: int = number("tracer.unrecorded_rounds")
    least_share: float = number("tracer.least_share")
    believed: float = number("tracer.believed")
    least_said: float = number("tracer.least_said")


@dataclass(frozen=True)
class AllocationSettings:
    """Units that pass along each continuation."""

    largest_exact: int = number("allocation.largest_exact")
    most_exact: int = number("allocation.most_exact")
    any_continuation: float = number("allocation.any_continuation")


@dataclass(frozen=True)
class RouteSettings:
    """Which traced goods make routes."""

    came_back: float = number("routes.came_back")
    alike_in_worth: float = number("routes.alike_in_worth")
    alike_in_size: float = number("routes.alike_in_size")
    repairs: float = number("routes.repairs")
    return_window: int = number("routes.return_window")
    own_trade: float = number("routes.own_trade")


@dataclass(frozen=True)
class DecoySettings:
    """The null model: pairs of companies that have nothing to do with each other."""

    draws: int = number("decoys.draws")
    enough_listed: int = number("decoys.enough_listed")
    most_draws: int = number("decoys.most_draws")
    clear: float = number("decoys.clear")
    fewest_listed: int = number("decoys.fewest_listed")
    any_sender: float = number("decoys.any_sender")
    fewest_pairs: int = number("decoys.fewest_pairs")


@dataclass(frozen=True)
class EvidenceSettings:
    """What red flags and innocent explanations weigh."""

    single_if_diverted: float = number("evidence.single_if_diverted")
    hidden_if_diverted: float = number("evidence.hidden_if_diverted")
    hidden_if_honest: float = number("evidence.hidden_if_honest")
    goes_on: float = number("evidence.goes_on")
    far_apart: float = number("evidence.far_apart")
    same_address: float = number("evidence.same_address")
    on_a_list: float = number("evidence.on_a_list")
    partners: int = number("evidence.partners")
    share_of_trade: float = number("evidence.share_of_trade")
    established: float = number("evidence.established")
    forwards: float = number("evidence.forwards")
    repairs: float = number("evidence.repairs")
    licensed: float = number("evidence.licensed")
    consumer: float = number("evidence.consumer")
    least_kept: float = number("evidence.least_kept")


@dataclass(frozen=True)
class ExclusionSettings:
    """From where on a route is no lead."""

    most_by_chance: float = number("exclusion.most_by_chance")
    least_score: float = number("exclusion.least_score")
    least_log_odds: float = number("exclusion.least_log_odds")


@dataclass(frozen=True)
class DeadEndSettings:
    """Goods that stop in the open."""

    least_chips: int = number("dead_ends.least_chips")
    other_shipments: int = number("dead_ends.other_shipments")
    sells: float = number("dead_ends.sells")


@dataclass(frozen=True)
class UnnamedSettings:
    """Lots of which no record names a chip, and that could be some."""

    least_declared: float = number("unnamed.least_declared")
    least_pieces: int = number("unnamed.least_pieces")
    same_weight: float = number("unnamed.same_weight")
    window: int = number("unnamed.window")
    like: float = number("unnamed.like")
    least_spread: float = number("unnamed.least_spread")
    named_other: float = number("unnamed.named_other")
    fits: float = number("unnamed.fits")
    hidden: float = number("unnamed.hidden")
    passed_on: float = number("unnamed.passed_on")


@dataclass(frozen=True)
class CompletenessSettings:
    """How many records are missing."""

    most_taken: float = number("completeness.most_taken")
    steps: int = number("completeness.steps")
    times: int = number("completeness.times")
    resamples: int = number("completeness.resamples")
    most_missing: float = number("completeness.most_missing")
    expected_missing: float = number("completeness.expected_missing")
    expected_from: float = number("completeness.expected_from")


@dataclass(frozen=True)
class UnitIntervalSettings:
    """Bounds of the chips that reached the destination."""

    draws: int = number("unit_intervals.draws")
    bounds: tuple[float, ...] = number("unit_intervals.bounds")
    least_probability: float = number("unit_intervals.least_probability")
    counted: float = number("unit_intervals.counted")
    by_weight: float = number("unit_intervals.by_weight")
    by_value: float = number("unit_intervals.by_value")
    by_others: float = number("unit_intervals.by_others")
    unseen_prior: float = number("unit_intervals.unseen_prior")
    least_coverage: float = number("unit_intervals.least_coverage")
    shared: float = number("unit_intervals.shared")


@dataclass(frozen=True)
class RedFlagSettings:
    """Flags of one company that need no route."""

    least_p: float = number("red_flags.least_p")
    told: float = number("red_flags.told")
    degrees: int = number("red_flags.degrees")
    dense: float = number("red_flags.dense")
    prior_shipments: int = number("red_flags.prior_shipments")
    prior_buys: float = number("red_flags.prior_buys")
    steady: float = number("red_flags.steady")
    least_both_ways: int = number("red_flags.least_both_ways")
    prior_ways: float = number("red_flags.prior_ways")
    round_sizes: tuple[float, ...] = number("red_flags.round_sizes")
    near: float = number("red_flags.near")
    least_near: int = number("red_flags.least_near")
    even: float = number("red_flags.even")
    least_score: float = number("red_flags.least_score")
    least_of_shipment: float = number("red_flags.least_of_shipment")


@dataclass(frozen=True)
class Settings:
    """All numbers of the method, by the part of it that uses them.

    Examples
    --------
    >>> from dataclasses import replace
    >>> usual = Settings()
    >>> usual.tracer.window
    210
    >>> longer = replace(usual, tracer=replace(usual.tracer, window=200))
    >>> longer.changed()
    {'tracer.window': 200}
    """

    background: BackgroundSettings = field(default_factory=BackgroundSettings)
    comparisons: ComparisonSettings = field(default_factory=ComparisonSettings)
    inventory: InventorySettings = field(default_factory=InventorySettings)
    prior: PriorSettings = field(default_factory=PriorSettings)
    cargo: CargoSettings = field(default_factory=CargoSettings)
    transfers: TransferSettings = field(default_factory=TransferSettings)
    tracer: TracerSettings = field(default_factory=TracerSettings)
    allocation: AllocationSettings = field(default_factory=AllocationSettings)
    routes: RouteSettings = field(default_factory=RouteSettings)
    decoys: DecoySettings = field(default_factory=DecoySettings)
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    exclusion: ExclusionSettings = field(default_factory=ExclusionSettings)
    dead_ends: DeadEndSettings = field(default_factory=DeadEndSettings)
    unnamed: UnnamedSettings = field(default_factory=UnnamedSettings)
    completeness: CompletenessSettings = field(default_factory=CompletenessSettings)
    unit_intervals: UnitIntervalSettings = field(default_factory=UnitIntervalSettings)
    red_flags: RedFlagSettings = field(default_factory=RedFlagSettings)

    @staticmethod
    def date() -> str:
        """Return the date of the shipped defaults, as ISO text."""
        return str(_model()["date"])

    def table(self) -> list[dict[str, Any]]:
        """Return every number as a row: ``part, name, value, unit, meaning, source``."""
        return [
            {
                "part": part.name,
                "name": one.name,
                "value": getattr(getattr(self, part.name), one.name),
                **one.metadata,
            }
            for part in fields(self)
            for one in fields(getattr(self, part.name))
        ]

    def changed(self) -> dict[str, Any]:
        """Return the numbers that differ from the shipped defaults, by ``part.name``."""
        usual = {(row["part"], row["name"]): row["value"] for row in Settings().table()}
        return {
            f"{row['part']}.{row['name']}": row["value"]
            for row in self.table()
            if row["value"] != usual[row["part"], row["name"]]
        }

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return all numbers as plain tables, as JSON and TOML hold them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, tables: dict[str, Any], source: str | Path = "settings") -> Settings:
        """Make settings of tables as :meth:`as_dict` returns them; what is missing is as shipped.

        Parameters
        ----------
        tables
            Part to name to number.
        source
            Where they are from, for messages.

        Raises
        ------
        ParameterError
            A part or a name is unknown, or a value is of another shape than the shipped one.
        """
        usual = cls()
        parts = {one.name for one in fields(cls)}
        problems = []
        changed: dict[str, Any] = {}
        for part, numbers in tables.items():
            if part == "date":
                continue
            if part not in parts or not isinstance(numbers, dict):
                problems.append(f"[{part}] is no part; there are {', '.join(sorted(parts))}")
                continue
            shipped = getattr(usual, part)
            own: dict[str, Any] = {}
            for name, given in numbers.items():
                if name not in {one.name for one in fields(shipped)}:
                    known = ", ".join(one.name for one in fields(shipped))
                    problems.append(f"{part}.{name} is no setting; there are {known}")
                    continue
                value, like = _frozen(given), getattr(shipped, name)
                if not _alike(value, like):
                    problems.append(f"{part}.{name}: {given!r} is not like {like!r}")
                    continue
                own[name] = float(value) if isinstance(like, float) else value
            changed[part] = replace(shipped, **own)
        if problems:
            raise ParameterError(f"{source}: " + "; ".join(problems))
        return replace(usual, **changed)

    @classmethod
    def load(cls, path: str | Path) -> Settings:
        """Read settings from a TOML file, or from the ``run.json`` of a run.

        Parameters
        ----------
        path
            A TOML file with (some of) the tables of ``model.toml``, or a ``run.json``.

        Raises
        ------
        ParameterError
            The file cannot be read or says what has no meaning.
        """
        file = Path(path)
        try:
            text = given_text(file, "the file of settings")
            if file.suffix == ".json":
                import json

                tables = json.loads(text)["settings"]["numbers"]
            else:
                tables = tomllib.loads(text)
        except (InputError, ValueError, KeyError, TypeError) as error:
            raise ParameterError(
                f"{file}: no settings can be read from it ({error}); write a TOML file as "
                "Settings.save does, or name the run.json of a run"
            ) from error
        return cls.from_dict(tables, file)

    def save(self, path: str | Path) -> None:
        """Write all numbers to a TOML file, each with its unit, meaning and source.

        Parameters
        ----------
        path
            Replaced if it is there.
        """
        lines = [f"date = {self.date()}"]
        for part in fields(self):
            lines.append(f"\n[{part.name}]")
            own = getattr(self, part.name)
            for one in fields(own):
                told = one.metadata
                lines.append(f"# {told['meaning']} ({told['unit']}; {told['source']})")
                lines.append(f"{one.name} = {_toml(getattr(own, one.name))}")
        Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _alike(value: Any, like: Any) -> bool:
    """Whether a value has the shape of the shipped one; a whole number may stand for any."""
    if isinstance(like, tuple):
        return (
            isinstance(value, tuple)
            and len(value) == len(like)
            and all(_alike(one, other) for one, other in zip(value, like, strict=True))
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(like, float) or isinstance(value, int)


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return repr(value)
