"""Joining names on worlds whose truth is known, and what the user knows better."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chipflow.companies import Judgements, resolve
from chipflow.companies.links import MOST_LINKED, phone
from chipflow.companies.names import read_name
from chipflow.errors import InputError
from chipflow.simulate import score_names, simulate


def mentions(rows, **columns):
    frame = pd.DataFrame(rows, columns=["name", "country", "address", "records"])
    return frame.assign(likely_country=None, **columns)


def company_of(found, name, country="SG"):
    rows = found.spellings[
        (found.spellings["name"] == name) & (found.spellings["country"] == country)
    ]
    return rows["company_id"].iloc[0]


def joined(truth, found):
    of = found.spellings.set_index(["name", "country"])["company_id"]
    return pd.Series(
        of.loc[pd.MultiIndex.from_frame(truth[["name", "country"]])].to_numpy(), index=truth.index
    )


@pytest.fixture(scope="module")
def world():
    return simulate(records=20_000, seed=4711).companies.assign(likely_country=None)


def test_with_addresses_the_bar_is_passed(world):
    precision, recall = score_names(world, joined(world, resolve(world.drop(columns="company"))))
    assert precision >= 0.998
    assert recall >= 0.99


def test_on_names_and_countries_alone_the_bar_is_passed(world):
    alone = world.assign(address=None)
    precision, recall = score_names(alone, joined(alone, resolve(alone.drop(columns="company"))))
    assert precision >= 0.99
    assert recall >= 0.95


def test_row_order_does_not_matter(world):
    some = world.drop(columns="company").head(3000)
    shuffled = some.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(resolve(some).table, resolve(shuffled).table)
    pd.testing.assert_frame_equal(resolve(some).links, resolve(shuffled).links)


def test_more_records_do_not_rename_companies(world):
    rng = np.random.default_rng(3)
    fewer = world[rng.random(len(world)) < 0.7]
    one = joined(fewer, resolve(fewer.drop(columns="company")))
    other = joined(world, resolve(world.drop(columns="company"))).loc[fewer.index]
    assert (one == other).mean() > 0.98


def test_a_slip_is_the_rarer_spelling():
    often = mentions(
        [("Aurelian Metals Ltd", "SG", None, 40), ("Aurelien Metals Ltd", "SG", None, 1)]
    )
    both = mentions(
        [("Aurelian Metals Ltd", "SG", None, 40), ("Aurelien Metals Ltd", "SG", None, 38)]
    )
    assert resolve(often).table["company_id"].nunique() == 1
    assert resolve(both).table["company_id"].nunique() == 2


def test_an_address_tells_namesakes_from_slips():
    where = "12 Jurong Street, Singapore 648310", "12 JURONG ST. SINGAPORE 648310"
    names = "Marwood Trading Pte Ltd", "Marwodd Trading Pte Ltd"
    same = mentions([(names[0], "SG", where[0], 20), (names[1], "SG", where[1], 12)])
    other = mentions([(names[0], "SG", where[0], 20), (names[1], "SG", "9 Tuas Road 1", 12)])
    assert resolve(same).table["company_id"].nunique() == 1
    assert resolve(other).table["company_id"].nunique() == 2


@pytest.mark.parametrize(
    ("name", "words", "agent"),
    [
        ("Kelvotash Trading LLC (Dubai Branch)", "kelvotash trading", ""),
        ("KELVOTASH TRADING LLC DUBAI BRANCH", "kelvotash trading", ""),
        ("Quick Forwarders O/B/O Kelvotash Ltd", "kelvotash", "Quick Forwarders"),
        ("Kelvotash Ltd C/O Quick Forwarders", "kelvotash", "Quick Forwarders"),
        ("Công ty TNHH Kelvotash", "kelvotash", ""),
        ("Kelvotash S A DE C V", "kelvotash", ""),
        ("M/S KELVOTASH TRADERS", "kelvotash traders", ""),
        ("深圳市凯沃科技有限公司", "shenzhen kaiwo tech", ""),
        ("ООО Кельвоташ", "kelvotash", ""),
        ("Co Ltd", "co ltd", ""),
        ("---", "---", ""),
    ],
)
def test_a_name_is_taken_apart(name, words, agent):
    read = read_name(name)
    assert (read.key, read.agent) == (words, agent)


def test_a_chinese_name_and_its_english_form_are_one_company():
    both = mentions(
        [
            ("深圳市凯沃科技有限公司", "CN", None, 3),
            ("Shenzhen Kaiwo Technology Co., Ltd.", "CN", None, 5),
        ]
    )
    assert resolve(both).table["company_id"].nunique() == 1


def csv(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_the_user_can_join_and_part(tmp_path):
    rows = mentions(
        [
            ("Northfield Ltd", "SG", None, 5),
            ("Southgate Holdings", "HK", None, 5),
            ("Marwood Pte Ltd", "SG", None, 5),
            ("Marwood Sdn Bhd", "SG", None, 5),
        ]
    )
    same = csv(tmp_path / "same.csv", "name,other\nNORTHFIELD LTD,Southgate Holdings\n")
    different = csv(tmp_path / "different.csv", "Marwood Pte Ltd,Marwood Sdn Bhd\nNobody,Noone\n")
    before = resolve(rows)
    assert company_of(before, "Marwood Pte Ltd") == company_of(before, "Marwood Sdn Bhd")
    assert len(before.table) == 3
    after = resolve(rows, Judgements.read(same, different))
    assert company_of(after, "Northfield Ltd") == company_of(after, "Southgate Holdings", "HK")
    assert company_of(after, "Marwood Pte Ltd") != company_of(after, "Marwood Sdn Bhd")
    assert "joined by the user's list" in set(after.spellings["reason"])
    assert after.unknown == ("Nobody", "Noone")


def test_a_forbidden_pair_is_not_joined_over_a_third(tmp_path):
    rows = mentions(
        [
            ("Aurelian Metals Ltd", "SG", None, 40),
            ("Aurelien Metals Ltd", "SG", None, 1),
            ("Aurelan Metals Ltd", "SG", None, 1),
        ]
    )
    different = csv(tmp_path / "d.csv", "Aurelien Metals Ltd,Aurelan Metals Ltd\n")
    found = resolve(rows, Judgements.read(different=different))
    assert company_of(found, "Aurelien Metals Ltd") != company_of(found, "Aurelan Metals Ltd")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("", "no names"),
        ("name,other\n", "no names"),
        ("Northfield Ltd\n", "row 1: only one name"),
        ("Northfield,Southgate\n", "as well"),
    ],
)
def test_a_list_that_cannot_be_used_is_one_clear_line(tmp_path, text, said):
    same = csv(tmp_path / "same.csv", "Northfield,Southgate\n")
    path = tmp_path / "different.csv"
    if text is not None:
        csv(path, text)
    with pytest.raises(InputError, match=said) as error:
        Judgements.read(same, path)
    assert "different.csv" in str(error.value)
    assert "\n" not in str(error.value)


def test_what_companies_share_links_them_and_does_not_join_them():
    here = "12 Jurong Street, Singapore 648310 Tel: +65 6123 4567"
    rows = mentions(
        [
            ("Northfield Pte Ltd", "SG", here, 3),
            ("Southgate Pte Ltd", "SG", "12 JURONG ST., SINGAPORE 648310", 2),
            ("Westbrook Pte Ltd", "SG", "9 Tuas Road TEL 65-61234567", 2),
            ("Eastlake Ltd C/O Quick Forwarders Ltd", "SG", None, 1),
            ("Quick Forwarders O/B/O Hillside Ltd", "SG", None, 1),
        ]
    )
    found = resolve(rows)
    assert len(found.table) == 5
    names = found.table.set_index("company_id")["name"]
    shared = {
        (frozenset((names[row.company_id], names[row.other_id])), row.kind)
        for row in found.links.itertuples()
    }
    assert shared == {
        (frozenset(("Northfield Pte Ltd", "Southgate Pte Ltd")), "address"),
        (frozenset(("Northfield Pte Ltd", "Westbrook Pte Ltd")), "phone"),
        (
            frozenset(
                ("Eastlake Ltd C/O Quick Forwarders Ltd", "Quick Forwarders O/B/O Hillside Ltd")
            ),
            "agent",
        ),
    }


def test_a_mailbox_links_nobody():
    rows = mentions(
        [(f"{chr(65 + at % 26)}{at}holm Ventures", "SG", "1 Mail Road 1", 1)
         for at in range(MOST_LINKED + 1)]
    )  # fmt: skip
    assert resolve(rows).links.empty


def test_only_what_is_called_a_telephone_is_one():
    assert phone("12 Road, Tel: +65 6123 4567") == "6561234567"
    assert phone("12 Road 61234567") == ""


def test_an_address_is_one_whether_or_not_the_country_stands_beside_it():
    rows = mentions(
        [
            ("Vulcan Wood Digital Pte Ltd", "SG", "22 Temple Street #04-11", 3),
            ("Larch Optics Pte Ltd", None, "22 TEMPLE ST #04-11", 2),
        ]
    )
    rows.loc[rows["country"].isna(), "likely_country"] = "SG"
    links = resolve(rows).links
    assert links["kind"].tolist() == ["address"]
