"""Drawing a model: every prior and every quantity, in all draws at once."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from chipflow.errors import InputError
from chipflow.estimate.distributions import Floats, random_of
from chipflow.estimate.model import REST, Model, Quantity, Term

# Most that are added up one by one in a draw.
MOST_ALIKE = 10_000
# Most random numbers of one sum over many alike that are in memory at once.
_AT_ONCE = 4_000_000


class Draws:
    """The values of a model by name, computed when first asked for."""

    def __init__(self, model: Model, draws: int, seed: int) -> None:
        self.model, self.draws, self.seed = model, draws, seed
        self.values: dict[str, Floats] = {}

    def __getitem__(self, name: Term) -> Floats:
        if not isinstance(name, str):
            return np.full(self.draws, name)
        if name not in self.values:
            self.values[name] = self._of(name)
        return self.values[name]

    def _of(self, name: str) -> Floats:
        model = self.model
        if name in model.chips:
            return np.full(self.draws, model.chips[name])
        if name in model.priors:
            return model.priors[name].draw(self.draws, self.seed)
        quantity = model.quantities[name]
        if quantity.form == "each":
            return self._many(quantity)
        terms = np.stack([self[one] for one in quantity.terms])
        if quantity.form == "sum":
            return np.asarray(terms.sum(axis=0))
        if quantity.form == "product":
            value = terms.prod(axis=0)
            for one in quantity.divided_by:
                under = self[one]
                if (under <= 0).any():
                    self._bad(quantity, "divided_by", f"{one!r} can be 0; give it a floor")
                value = value / under
            return np.asarray(value)
        weights = self._weights(quantity)
        if quantity.form == "blend":
            return np.asarray((terms * weights).sum(axis=0))
        chance = random_of(name, self.seed).random(self.draws)
        taken = (chance >= weights.cumsum(axis=0)[:-1]).sum(axis=0)
        return np.asarray(np.take_along_axis(terms, taken[None, :], axis=0)[0])

    def _weights(self, quantity: Quantity) -> Floats:
        given = [None if one == REST else self[one] for one in quantity.weights]
        rest = 1.0 - np.sum([one for one in given if one is not None], axis=0)
        if (np.stack([one for one in [*given, rest] if one is not None]) < -1e-9).any():
            self._bad(quantity, "weights", "can be below 0 or above 1; give them a ceiling")
        return np.stack([rest if one is None else one for one in given])

    def _bad(self, quantity: Quantity, key: str, what: str) -> NoReturn:
        raise InputError(f"[quantities.{quantity.name}], {key}: {what}", file=self.model.name)

    def _many(self, quantity: Quantity) -> Floats:
        """Add up so many alike: correlated lognormal values, one factor common to a draw."""
        random = random_of(quantity.name, self.seed)
        middle, spread = self.model.priors[str(quantity.terms[0])].log_parameters()
        many = self[quantity.count]
        if not (many <= MOST_ALIKE).all():
            self._bad(quantity, "count", f"has draws above {MOST_ALIKE:,}; give it a ceiling")
        count = np.maximum(np.rint(many), 1.0).astype(np.int64)
        common = np.sqrt(quantity.correlation) * random.standard_normal(self.draws)
        own = np.sqrt(1.0 - quantity.correlation)
        total = np.empty(self.draws)
        parts = np.searchsorted(count.cumsum(), np.arange(_AT_ONCE, count.sum(), _AT_ONCE))
        for part in np.split(np.arange(self.draws), parts):
            if not len(part):
                continue
            these = count[part]
            normal = np.repeat(common[part], these) + own * random.standard_normal(these.sum())
            starts = np.concatenate([[0], these.cumsum()[:-1]])
            total[part] = np.add.reduceat(np.exp(middle + spread * normal), starts)
        return total
