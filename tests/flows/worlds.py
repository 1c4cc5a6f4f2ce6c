"""Made-up statistics with a known answer, small enough to be read in a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

PARTNERS = [
    "AR", "AU", "BR", "CA", "CH", "CL", "CN", "CO", "EG", "HK", "ID", "IL", "IN", "JP", "KE",
    "KR", "MX", "MY", "NZ", "PH", "SG", "TH", "TR", "US", "ZA",
]  # fmt: skip


def yearly_exports(
    seed: int = 0,
    *,
    diverted: float = 0.5,
    fall: float = 0.7,
    first: int = 2010,
    last: int = 2023,
    reporter: str = "DE",
) -> pd.DataFrame:
    """One exporter: from 2022 on trade with RU falls, and a share of the fall goes to KZ."""
    random = np.random.default_rng(seed)
    years = np.arange(first, last + 1)
    partners = [*PARTNERS, "KZ", "RU"]
    level = {code: 1e8 * (1 + at % 7) for at, code in enumerate(partners)} | {"RU": 2e9, "KZ": 2e8}
    growth = 1.03 ** (years - first)
    value = np.array([level[code] * growth for code in partners])
    value = value * np.exp(random.normal(0, 0.05, value.shape))
    after = years >= 2022
    lost = value[-1] * fall * after
    value[-1] -= lost
    value[-2] += diverted * lost
    rows = [
        (reporter, code, "X", int(year), "8542", value[at, when])
        for at, code in enumerate(partners)
        for when, year in enumerate(years)
    ]
    columns = ["reporterISO", "partnerISO", "flowCode", "period", "cmdCode", "primaryValue"]
    return pd.DataFrame(rows, columns=columns)


def written(frame: pd.DataFrame, path: Path) -> Path:
    """Write rows as a CSV file."""
    frame.to_csv(path, index=False)
    return path
