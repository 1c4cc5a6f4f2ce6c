"""One company behind many spellings, and no strangers joined."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflow.companies import address_key, name_key, resolve


def mentions(names, country="SG", records=1):
    frame = pd.DataFrame({"name": names})
    return frame.assign(country=country, likely_country=None, address=None, records=records).astype(
        {"country": "str", "likely_country": "str", "address": "str"}
    )


def groups(frame):
    spelled = resolve(frame).spellings
    return {frozenset(rows["name"]) for _, rows in spelled.groupby("company_id")}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straits Bright Pte. Ltd.", "STRAITS BRIGHT PTE LTD"),
        ("Straits Bright Pte Ltd", "Straits Bright Private Limited"),
        ("Hanlo Technology Co., Ltd.", "HANLO TECHNOLOGY COMPANY LIMITED"),
        ("Selangor Peak Sdn Bhd", "SELANGOR PEAK SDN. BHD."),
        ("ООО Ромашка", "OOO Romashka"),
        ("Bright Harbour Technology Ltd", "Bright Harbour Technolgy Ltd"),
        ("Bright Harbour Technology Ltd", "Bright Harbour Tehcnology Ltd"),
        ("Bright Harbour Ltd c/o Quick Forwarders", "Bright Harbour Ltd"),
        ("Quick Forwarders on behalf of Bright Harbour Ltd", "Bright Harbour Ltd"),
        ("Wan Sheng Ceramic", "Wansheng Ceramic"),
        ("Bright Harbour (P) Ltd", "Bright Harbour Private Limited"),
        ("Bright Harbour (M) Sdn. Bhd.", "Bright Harbour Sdn.Bhd."),
        ("Orient Boonchin Technologies Pte Ltd", "Orient Bonochin Tech Pte.Ltd"),
        ("Anchor Apex Solutions Pte Ltd", "Anchorapex Soln Pte Ltd"),
        ("Verelle Kand Systems Inc", "Verellekand System Incorporated"),
    ],
)
def test_one_company(one, other):
    assert groups(mentions([one, other])) == {frozenset({one, other})}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Maju Jaya Trading", "Maju Raya Trading"),
        ("Harbour 1 Logistics", "Harbour 2 Logistics"),
        ("Sunrise Import Ltd", "Sunrise Export Ltd"),
        ("Bright Harbour Electronics", "Bright Harbour Ceramics"),
        ("ABC Ltd", "ABD Ltd"),
        ("S & M Ltd", "S & P Ltd"),
        ("Orient Boonchin Technologies Pte Ltd", "Orient Boonchin Textiles Pte Ltd"),
    ],
)
def test_two_companies(one, other):
    assert len(groups(mentions([one, other]))) == 2


@pytest.mark.parametrize(
    ("country", "usual", "seldom"),
    [
        ("CN", "Shenzhen Kelvotan Components Co., Ltd.", "Kelvotan Components Co., Ltd."),
        ("CN", "Shenzhen Kelvotan Components Co., Ltd.", "Kelvotan Components Shenzhen Co Ltd"),
        ("DE", "Kelvotan Foods GmbH", "KELVOTAAN FOODS GMBH"),
        ("VN", "CTCP Kelvotan Computer Semiconductor", "CTCP Kelvotan Computer Semiconducto"),
        ("KR", "Kelvotan Data Co., Ltd.", "Kelvotan Data Co., Ltd., 254 Changi North"),
    ],
)
def test_what_clerks_leave_out_move_or_add(country, usual, seldom):
    names = mentions([usual, seldom], country).assign(records=[9, 1])
    assert len(groups(names)) == 1


def test_sisters_in_two_cities_are_two_companies():
    names = ["Shenzhen Kelvotan Components Co., Ltd.", "Ningbo Kelvotan Components Co., Ltd."]
    assert len(groups(mentions(names, "CN"))) == 2


def test_the_same_name_in_two_countries_is_two_companies():
    both = pd.concat(
        [mentions(["Bright Harbour Ltd"], "SG"), mentions(["Bright Harbour Ltd"], "MY")]
    )
    assert len(resolve(both).table) == 2


def test_without_a_country_a_name_joins_its_only_namesake():
    both = pd.concat([mentions(["Bright Harbour Ltd"], "SG"), mentions(["BRIGHT HARBOUR"], None)])
    assert len(resolve(both).table) == 1


def test_slips_join_a_centre_and_do_not_chain():
    names = ["Aurorax Metals", "Aurorxa Metals", "Aurxora Metals"]
    frame = mentions(names).assign(records=[9, 1, 1])
    centre = next(one for one in groups(frame) if "Aurorax Metals" in one)
    assert "Aurorxa Metals" in centre
    assert "Aurxora Metals" not in centre, "two slips away from the centre"


def test_names_are_shown_as_most_often_spelled_and_the_rest_are_aliases():
    frame = mentions(["Straits Bright Pte. Ltd.", "STRAITS BRIGHT PTE LTD"]).assign(records=[3, 1])
    row = resolve(frame).table.iloc[0]
    assert row["name"] == "Straits Bright Pte. Ltd."
    assert row["aliases"] == "STRAITS BRIGHT PTE LTD"


def test_every_join_has_a_reason():
    frame = mentions(["Bright Harbour Technology", "Bright Harbour Technolgy"])
    reasons = resolve(frame).spellings.set_index("name")["reason"]
    assert "legal form" in reasons.min() or "legal form" in reasons.max()
    assert any("slip of the keyboard" in one for one in reasons)


def test_addresses_compare_over_habits():
    assert address_key("12 Jurong Street, #03-01") == address_key("12 JURONG ST. #03-01")


names = st.lists(
    st.text(alphabet="abcdeé .,&株式会社Ромлtd<>=", min_size=1, max_size=20).filter(str.strip),
    min_size=1,
    max_size=12,
    unique=True,
)


@given(names, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_order_does_not_matter_and_nobody_is_lost(given_names, random):
    shuffled = random.sample(given_names, len(given_names))
    one, other = resolve(mentions(given_names)), resolve(mentions(shuffled))
    pd.testing.assert_frame_equal(one.table, other.table)
    assert set(one.spellings["name"]) == set(given_names)
    assert all(name_key(name) for name in given_names)
