"""How many chips, with an interval and what it hangs on: named priors, drawn many times."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from chipflow.estimate.estimate import Estimate, estimate
from chipflow.estimate.model import Model, load_model

__all__ = ["Estimate", "Model", "estimate", "load_model"]


class _Called(ModuleType):
    """A package that may be called: ``chipflow.estimate`` names it and its function alike."""

    def __call__(self, *arguments: Any, **options: Any) -> Estimate:
        return estimate(*arguments, **options)


sys.modules[__name__].__class__ = _Called
