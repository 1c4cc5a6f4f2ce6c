"""Taint and reach over all shipments, against pairs that are written down and searched."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflow.errors import ParameterError
from chipflow.network.lots import Lots
from chipflow.network.sweep import Moves, candidate_ranges, sweep

# Days and months of a quarter, at few companies, so that dates tie and ways cross and close.
rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d", "unknown:SG"]),
        st.sampled_from(["a", "b", "c", "d", "unknown:SG"]),
        st.integers(0, 90),
        st.sampled_from(["day", "day", "day", "month", "year", "none"]),
        st.sampled_from([None, 1.0, 2.0, 5.0, 8.0]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=14,
)


def world(rows):
    """Rows as (shipper, consignee, day of 2024, precision, units, source, target)."""
    table = pd.DataFrame(
        rows,
        columns=[
            "shipper_id",
            "consignee_id",
            "day",
            "date_precision",
            "units",
            "source",
            "target",
        ],
    )
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(table["day"].astype("int64"), unit="D")
    # Records give a month or a year by its first day.
    for precision, unit in (("month", "M"), ("year", "Y")):
        begins = pd.Series(day.to_numpy().astype(f"datetime64[{unit}]").astype("datetime64[s]"))
        day = day.mask(table["date_precision"] == precision, begins)
    table["date"] = day.astype("datetime64[s]").mask(table["date_precision"] == "none")
    table["record_id"] = [f"R{n}" for n in range(len(table))]
    return table.astype(
        {
            "units": "float64",
            "source": "bool",
            "target": "bool",
            **dict.fromkeys(("shipper_id", "consignee_id", "date_precision", "record_id"), "str"),
        }
    )


def run(table, **options):
    return sweep(table, table["source"].to_numpy(), table["target"].to_numpy(), **options)


def days_of(table):
    """First and last day of each date, one row at a time; a missing one is any day of them."""
    spans = []
    for date, precision in zip(table["date"], table["date_precision"], strict=True):
        if pd.isna(date):
            spans.append(None)
        else:
            period = date.to_period({"day": "D", "month": "M", "year": "Y"}[precision])
            spans.append((period.start_time.toordinal(), period.end_time.toordinal()))
    known = [span for span in spans if span]
    every = (min(a for a, _ in known), max(b for _, b in known)) if known else (0, 0)
    return [span or every for span in spans]


def pairs_of(table, window):
    """All pairs of days of all pairs of shipments: the reference."""
    spans, found = days_of(table), set()
    shipper, consignee = table["shipper_id"].tolist(), table["consignee_id"].tolist()
    for e in range(len(table)):
        for f in range(len(table)):
            company = consignee[e]
            if e == f or company != shipper[f] or company.startswith("unknown:"):
                continue
            (a, b), (c, d) = spans[e], spans[f]
            shortest, longest = max(c - b, 0), d - a
            if longest >= 0 and shortest <= window:
                found.add((e, f))
    return found


def reference(table, window, most):
    pairs, n = pairs_of(table, window), len(table)
    source, target = table["source"].tolist(), table["target"].tolist()
    tainted = [0 if one else None for one in source]
    reaches = [0 if one else None for one in target]
    for hop in range(1, most + 1):
        after = {f for e, f in pairs if tainted[e] is not None and tainted[e] < hop}
        ahead = {e for e, f in pairs if reaches[f] is not None and reaches[f] < hop}
        tainted = [hop if had is None and at in after else had for at, had in enumerate(tainted)]
        reaches = [hop if had is None and at in ahead else had for at, had in enumerate(reaches)]
    room = [np.inf if np.isnan(one) else one for one in table["units"]]
    spans = days_of(table)
    sent = [
        sum(room[e] for e in range(n) if source[e] and spans[e][0] <= spans[f][1]) for f in range(n)
    ]
    bound = [room[at] if source[at] else 0.0 for at in range(n)]
    for _ in range(most):
        came = [sum(bound[e] for e, to in pairs if to == f) for f in range(n)]
        bound = [room[f] if source[f] else min(room[f], came[f], sent[f]) for f in range(n)]
    bound = [np.nan if had is None else one for had, one in zip(tainted, bound, strict=True)]
    return tainted, reaches, bound


def plain(column):
    return [None if pd.isna(one) else int(one) for one in column]


@given(rows, st.sampled_from([0, 10, 60]), st.integers(0, 4))
@settings(max_examples=80, deadline=None)
def test_equal_to_all_pairs(rows, window, most):
    table = world(rows)
    tainted, reaches, bound = reference(table, window, most)
    found = run(table, window=window, most_hops=most)
    assert plain(found["tainted"]) == tainted
    assert plain(found["reaches"]) == reaches
    np.testing.assert_allclose(found["units_at_most"], np.array(bound, dtype=float))


@given(rows, st.sampled_from([0, 10, 60]))
@settings(max_examples=80, deadline=None)
def test_ranges_hold_just_the_pairs(rows, window):
    table = world(rows)
    ranges = candidate_ranges(Moves.of(table), window)
    told = [pair for e, f in ranges.pairs(5) for pair in zip(e.tolist(), f.tolist(), strict=True)]
    expected = pairs_of(table, window)
    assert len(told) == len(set(told)) == ranges.total
    assert set(told) == expected
    assert ranges.counts.tolist() == [sum(e == at for e, _ in expected) for at in range(len(table))]


@given(rows, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_order_of_rows_says_nothing(rows, random):
    table = world(rows)
    order = list(range(len(table)))
    random.shuffle(order)
    found = run(table.iloc[order]).set_index("record_id").loc[table["record_id"]]
    pd.testing.assert_frame_equal(found, run(table).set_index("record_id"))


def chain(*steps):
    return world(
        [(a, b, day, "day", units, n == 0, b == "cn") for n, (a, b, day, units) in enumerate(steps)]
    )


def test_a_lot_is_split():
    found = run(chain(("us", "x", 0, 10.0), ("x", "cn", 5, 4.0), ("x", "cn", 9, None)))
    assert plain(found["tainted"]) == [0, 1, 1]
    assert plain(found["reaches"]) == [1, 0, 0]
    assert found["units_at_most"].tolist() == [10.0, 4.0, 10.0]


def test_lots_are_merged_and_part_is_something_else():
    table = chain(
        ("us", "x", 0, 3.0), ("us", "x", 1, 4.0), ("de", "x", 2, 50.0), ("x", "cn", 9, 30.0)
    )
    table.loc[1, "source"] = True
    found = run(table)
    assert plain(found["tainted"]) == [0, 0, None, 1]
    assert found["units_at_most"].iloc[3] == 7.0


def test_the_window_closes():
    table = chain(("us", "x", 0, 10.0), ("x", "y", 60, 10.0), ("y", "cn", 121, 10.0))
    assert plain(run(table)["tainted"]) == [0, 1, None]
    assert plain(run(table, window=61)["tainted"]) == [0, 1, 2]
    assert plain(run(table, window=61, most_hops=1)["tainted"]) == [0, 1, None]
    assert plain(run(table)["reaches"]) == [None, None, 0]


def test_goods_do_not_leave_before_they_came():
    found = run(chain(("us", "x", 10, 10.0), ("x", "cn", 9, 10.0)))
    assert plain(found["tainted"]) == [0, None] and plain(found["reaches"]) == [None, 0]


def test_the_same_day_and_the_same_month_may_be_either_way_round():
    table = chain(("us", "x", 10, 10.0), ("x", "cn", 10, 10.0))
    assert plain(run(table)["tainted"]) == [0, 1]
    table = chain(("us", "x", 20, 10.0), ("x", "cn", 2, 10.0))
    table["date_precision"] = "month"
    assert plain(run(table)["tainted"]) == [0, 1]


def test_cycles_end_and_make_no_goods():
    table = chain(
        ("us", "x", 0, 10.0), ("x", "y", 1, 90.0), ("y", "x", 1, 90.0), ("x", "cn", 2, 90.0)
    )
    found = run(table)
    assert plain(found["tainted"]) == [0, 1, 2, 1]
    assert (found["units_at_most"] <= 10).all()


def test_a_shipment_to_oneself_does_not_continue_itself():
    table = chain(("x", "x", 0, 10.0))
    assert candidate_ranges(Moves.of(table)).total == 0
    assert plain(run(table.assign(source=False))["tainted"]) == [None]
    assert plain(run(chain(("us", "x", 0, 9.0), ("x", "x", 1, 9.0)))["tainted"]) == [0, 1]


def test_what_a_shipment_can_hold_may_be_given():
    table = chain(("us", "x", 0, 10.0), ("x", "cn", 5, None))
    assert run(table, holds=np.array([10.0, 3.0]))["units_at_most"].tolist() == [10.0, 3.0]
    assert run(table, holds=np.array([np.nan, np.nan]))["units_at_most"].tolist() == [np.inf] * 2


def test_nothing_and_one_row():
    found = run(world([]))
    assert found.empty
    assert list(found.columns) == ["record_id", "tainted", "reaches", "units_at_most"]
    assert candidate_ranges(Moves.of(world([]))).total == 0
    assert list(candidate_ranges(Moves.of(world([]))).pairs()) == []
    one = run(chain(("us", "cn", 0, 7.0)))
    assert plain(one["tainted"]) == plain(one["reaches"]) == [0]
    assert one["units_at_most"].tolist() == [7.0]


def test_wrong_parameters_are_named():
    table = chain(("us", "x", 0, 1.0))
    with pytest.raises(ParameterError, match="window"):
        run(table, window=-1)
    with pytest.raises(ParameterError, match="most_hops"):
        run(table, most_hops=-1)
    with pytest.raises(ParameterError, match="truth values"):
        sweep(table, np.array([True, False]), np.array([True]))
    with pytest.raises(ParameterError, match="holds"):
        run(table, holds=np.array([1.0, 2.0]))


@pytest.mark.parametrize("loops", [False, True], ids=["in and out", "to itself"])
def test_ten_thousand_shipments_at_one_company_stay_small(loops):
    n = 10_000
    day = np.arange(n) % 60
    table = world([("us", "hub", 0, "day", 1.0, True, False)] * n * 2)
    into = np.arange(2 * n) < n
    table["date"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.tile(day, 2), unit="D")
    table["date"] = table["date"].astype("datetime64[s]")
    table["shipper_id"] = np.where(into & ~np.array(loops), "us", "hub")
    table["consignee_id"] = np.where(into | loops, "hub", "cn")
    table["source"], table["target"] = into, ~into
    tracemalloc.start()
    ranges, found = candidate_ranges(Moves.of(table)), run(table)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ranges.total > 50_000_000, "the pairs that nobody writes down"
    assert plain(found["tainted"][~into].unique()) == [1]
    assert peak < 50e6


def test_lots_give_the_same_ranges():
    table = chain(("us", "x", 0, 10.0), ("x", "y", 60, 10.0), ("y", "cn", 100, 10.0))
    for name in ("shipper", "consignee"):
        table[name] = table[f"{name}_id"]
    for name in ("chip", "from_country", "to_country", "destination_country", "import_country",
                 "goods", "hs_code", "description"):  # fmt: skip
        table[name] = pd.Series(pd.NA, index=table.index, dtype="str")
    for name in ("items", "chips_per_item", "weight_kg", "value_usd"):
        table[name] = np.nan
    table["vague"] = pd.array([True] * 3, dtype="boolean")
    lots = Lots.of(table, ("CN",))
    assert candidate_ranges(lots).total == candidate_ranges(Moves.of(table)).total == 2
