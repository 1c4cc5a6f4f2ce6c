"""How well names are joined, and how fast: chipflow's way against splink's.

Both get the same simulated names, of seeds that were used for nothing else, once with and once
without addresses; both compare names after the same normalisation (rigour). Pairs of mentions
are scored. Needs ``pip install splink``; without it only chipflow is run::

    python benchmarks/resolution.py [--seeds 901 902 903] [--records 60000] [--large 600000]
"""

from __future__ import annotations

import argparse
import logging
import resource
import sys
import time
from collections.abc import Callable

import pandas as pd

from chipflow.companies import name_key, resolve
from chipflow.companies.names import address_key, read_name
from chipflow.simulate import score_names, simulate

# Bars: precision and recall with addresses, and on names and countries alone.
BARS = {True: (0.998, 0.99), False: (0.99, 0.95)}
LARGE_SECONDS = 90.0  # for about 100,000 distinct names
SPLINK_THRESHOLD = 0.95  # match probability from which splink's pairs are joined


def mentions_of(records: int, seed: int, addresses: bool) -> pd.DataFrame:
    """Return the names of a simulated world, one row a distinct way to be named."""
    named = simulate(records=records, seed=seed).companies.assign(likely_country=None)
    if addresses:
        return named
    named = named.drop(columns="address").groupby(
        ["company", "name", "country", "likely_country"], dropna=False, as_index=False
    )["records"].sum()  # fmt: skip
    return named.assign(address=None)


def with_chipflow(mentions: pd.DataFrame) -> pd.Series:
    """Return the company of each row, as chipflow joins them."""
    found = resolve(mentions.drop(columns="company"))
    of = found.spellings.set_index(["name", "country"])["company_id"]
    return pd.Series(
        of.loc[pd.MultiIndex.from_frame(mentions[["name", "country"]])].to_numpy(),
        index=mentions.index,
    )


def with_splink(mentions: pd.DataFrame) -> pd.Series:
    """Return the company of each row, as splink joins names normalised by rigour."""
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    names = {name: read_name(name) for name in mentions["name"].unique()}
    addresses = {text: address_key(text) for text in mentions["address"].dropna().unique()}
    table = pd.DataFrame(
        {
            "unique_id": range(len(mentions)),
            "key": mentions["name"].map(name_key).to_numpy(),
            "first": [names[name].words[0].text for name in mentions["name"]],
            "country": mentions["country"].to_numpy(),
            "address": mentions["address"].map(addresses).to_numpy(),
        }
    )
    table["squeezed"] = table["key"].str.replace(" ", "")
    table["rest"] = [
        " ".join(word.text for word in names[name].words[1:]) or None for name in mentions["name"]
    ]

    def words(column: str) -> object:
        return cl.CustomComparison(
            output_column_name=column,
            comparison_levels=[
                cll.NullLevel(column),
                cll.ExactMatchLevel(column, term_frequency_adjustments=True),
                cll.DamerauLevenshteinLevel(column, 1),
                cll.JaroWinklerLevel(column, 0.9),
                cll.ElseLevel(),
            ],
        )

    comparisons = [words("first"), words("rest")]
    rules = [
        block_on("country", "key"),
        block_on("country", "substr(squeezed, 1, 8)"),
        block_on("country", "first"),
        block_on("country", "rest", "substr(squeezed, 1, 3)"),
    ]
    if table["address"].notna().any():
        comparisons.append(cl.ExactMatch("address"))
        rules.append(block_on("country", "address"))
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=rules,
    )
    linker = Linker(DuckDBAPI().register(table), settings, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("country", "key")], recall=0.9
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6)
    for rule in (block_on("country", "first"), block_on("country", "rest")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    groups = linker.clustering.cluster_pairwise_predictions_at_threshold(
        pairs, threshold_match_probability=SPLINK_THRESHOLD
    ).as_pandas_dataframe()
    of = groups.set_index("unique_id")["cluster_id"]
    return pd.Series(of.loc[range(len(mentions))].to_numpy(), index=mentions.index)


def main() -> int:
    """Print precision, recall and time; the exit status is 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[901, 902, 903])
    parser.add_argument("--records", type=int, default=60_000)
    parser.add_argument("--large", type=int, default=600_000, help="records for the time; 0: none")
    options = parser.parse_args()
    ways: dict[str, Callable[[pd.DataFrame], pd.Series]] = {"chipflow": with_chipflow}
    try:
        import splink

        ways[f"splink {splink.__version__}"] = with_splink
    except ImportError:
        print("splink is not installed: chipflow alone")
    missed = False
    print("seed  addresses  mentions  method         precision  recall  seconds")
    for seed in options.seeds:
        for addresses, bar in BARS.items():
            mentions = mentions_of(options.records, seed, addresses)
            for name, way in ways.items():
                begin = time.perf_counter()
                given = way(mentions)
                took = time.perf_counter() - begin
                precision, recall = score_names(mentions, given)
                below = name == "chipflow" and (precision < bar[0] or recall < bar[1])
                missed |= below
                print(
                    f"{seed:>4}  {'yes' if addresses else 'no':<9}  {len(mentions):>8,}  {name:<13}"
                    f"  {precision:>9.4f}  {recall:>6.4f}  {took:>7.1f}{'  below' if below else ''}"
                )
    if options.large:
        mentions = mentions_of(options.large, options.seeds[0], True)
        begin = time.perf_counter()
        precision, recall = score_names(mentions, with_chipflow(mentions))
        took = time.perf_counter() - begin
        missed |= took > LARGE_SECONDS
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"\n{mentions['name'].nunique():,} distinct names: {took:.1f} s, precision "
            f"{precision:.4f}, recall {recall:.4f}, peak memory {peak:,.0f} MB"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
