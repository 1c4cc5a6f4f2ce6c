"""The score of detection on the labelled workbooks, where they are at hand (never copied)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from chipflow.records.schema import CONTENT_COLUMNS, Sheet

ROOT = Path(__file__).resolve().parents[2]


def _script():
    """Import the script that scores, so that it is written once."""
    path = ROOT / "scripts" / "score_detection.py"
    spec = importlib.util.spec_from_file_location("score_detection", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


score_detection = _script()


@pytest.mark.skipif(
    not score_detection.FOLDER.is_dir(),
    reason="the sample workbooks (../shared/data/customs) are not here",
)
def test_the_bar_on_the_labelled_workbooks(capsys):
    labels = score_detection.read_labels(score_detection.LABELS)
    scores = score_detection.score_folder(score_detection.FOLDER, labels)
    with capsys.disabled():
        print("\n" + score_detection.table(scores))
    whole = score_detection.total(scores)
    assert len(scores) == len(labels) == 94
    assert whole.share >= score_detection.LEAST_RIGHT, whole.notes
    assert whole.wrong <= score_detection.MOST_WRONG, whole.notes


def test_labels_name_fields_that_exist():
    labels = score_detection.read_labels(score_detection.LABELS)
    for sheet, wanted in labels.items():
        assert set(wanted) <= set(CONTENT_COLUMNS), sheet
        assert {"date", "hs_code"} <= set(wanted), sheet


def test_the_score_tells_right_missed_wrong_and_unsure_apart():
    labels = {
        "date": ("DAY", "MONTH"), "shipper": ("SENDER",), "consignee": ("BUYER",),
        "value": ("SUM", "-"), "quantity": (), "hs_code": ("HS",),
    }  # fmt: skip
    found = {
        "date": ("MONTH", 0.9), "shipper": ("AGENT", 0.8), "value": ("TAX", 0.7),
        "quantity": ("ITEMS", 0.6), "hs_code": ("CODE", 0.4), "weight_kg": ("KG", 0.9),
    }  # fmt: skip
    score = score_detection.score_sheet(Sheet("x", columns=found), labels)
    counted = (score.labelled, score.right, score.missed, score.wrong, score.unsure)
    assert counted == (4, 1, 1, 4, 1)
    assert not score.passed and len(score.notes) == 6
