"""Names against part numbers."""

import pytest

from chipflow.goods.text.conflicts import conflicts, unusual_codes


@pytest.mark.parametrize(
    ("text", "by_part", "by_name"),
    [
        ("900-5G144-2200-000 RTX 6000 ADA", "RTX PRO 6000", "RTX 6000 Ada"),
        ("NVIDIA A100 80GB PCIE P/N 900-21010-0000-000", "H100 PCIe", "A100"),
        ("GEFORCE RTX 3060 GRAPHICS CARD 900-2G133-0080-000", "L40S", "RTX 3060"),
        ("nvidia a100 pcie 900 21010 0000 000", "H100 PCIe", "A100"),
    ],
)
def test_both_readings_are_said(text: str, by_part: str, by_name: str) -> None:
    (found,) = conflicts([text])
    assert found is not None
    assert (found.by_part, found.by_name) == (by_part, by_name)
    assert by_part in found.sentence() and by_name in found.sentence()


@pytest.mark.parametrize(
    "text",
    [
        "900-21010-0000-000 NVIDIA H100 PCIE 80G",
        "900-21010-0000-000",
        "NVIDIA A100 80GB PCIE",
        "HGX H100 8-GPU BASEBOARD 80GB HBM3 P/N 935-24287-0000-000",
        "900-21010-0000-000 H100",
        "",
        None,
    ],
)
def test_where_both_agree_or_one_is_silent_nothing_is_said(text: str | None) -> None:
    assert conflicts([text]) == [None]


def test_texts_keep_their_order() -> None:
    clash, fine = "900-21010-0000-000 A100 PCIE GPU", "H100 PCIE 900-21010-0000-000"
    assert [one is None for one in conflicts([fine, clash, fine])] == [True, False, True]
    assert conflicts([]) == []


def test_codes_under_which_chips_do_not_go() -> None:
    codes = ["8471.80", "847330", "85423190", "853690", "903090", "610910", None, ""]
    assert unusual_codes(codes) == [False, False, False, True, True, True, False, False]
