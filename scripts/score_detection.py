"""Score how columns are detected: what was found against what a reader found by hand.

The labels are a CSV file of ``workbook, sheet, field, header``, one row for each field that a
sheet has. ``A | B``: either column is right. ``A | -``: the column says nothing, or may mean the
field, so that using it is right and leaving it out is no fault. An empty header: the sheet has
no such field, although a column looks like it.

Exit status 0: the bar is reached. 1: it is not, or the labels fit no file of the folder.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from chipflow.records import read_records
from chipflow.records.mapping.detect import MINIMUM_CONFIDENCE
from chipflow.records.schema import HELPER_FIELDS

if TYPE_CHECKING:
    from chipflow.records.schema import Sheet

ROOT = Path(__file__).resolve().parents[1]
LABELS = ROOT / "tests" / "records" / "labels.csv"
# Where labelled workbooks are kept beside the repository, if at all.
FOLDER = ROOT.parent / "shared" / "data" / "customs"
# The bar for workbooks that detection was made with; others may do a little worse.
LEAST_RIGHT, MOST_WRONG = 0.97, 0
BETWEEN, NEITHER = " | ", "-"

Labels = dict[tuple[str, str], dict[str, tuple[str, ...]]]


@dataclass
class Score:
    """How the fields of one sheet, or of many, were mapped.

    Attributes
    ----------
    labelled
        Fields that the sheet has.
    right, missed
        Of these, how many were read from a right column, and how many from none.
    wrong
        Fields read from another column, or that the sheet does not have, with enough
        confidence to be used.
    unsure
        The same below that confidence.
    notes
        What was not right, one line each.
    """

    labelled: int = 0
    right: int = 0
    missed: int = 0
    wrong: int = 0
    unsure: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Count another score in."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def share(self) -> float:
        """Share of the labelled fields that are right; 1 without any."""
        return self.right / self.labelled if self.labelled else 1.0

    @property
    def passed(self) -> bool:
        """Tell if the bar is reached."""
        return self.share >= LEAST_RIGHT and self.wrong <= MOST_WRONG


def read_labels(path: Path) -> Labels:
    """Return (workbook, sheet) -> field -> headers that are right; none for a trap."""
    labels: Labels = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            right = tuple(h.strip() for h in row["header"].split(BETWEEN) if h.strip())
            labels.setdefault((row["workbook"], row["sheet"]), {})[row["field"]] = right
    return labels


def score_sheet(sheet: Sheet, labels: dict[str, tuple[str, ...]]) -> Score:
    """Compare one sheet's mapping with its labels."""
    score = Score()
    for name in dict.fromkeys([*labels, *sheet.columns]):
        if name in HELPER_FIELDS:
            continue
        wanted = labels.get(name, ())
        needed = bool(wanted) and NEITHER not in wanted
        score.labelled += needed
        header, confidence = sheet.columns.get(name, (None, 0.0))
        if header is None:
            score.missed += needed
            if needed:
                score.notes.append(f"{name}: missed {BETWEEN.join(wanted)!r}")
        elif header in wanted:
            score.right += needed
        else:
            sure = confidence >= MINIMUM_CONFIDENCE
            score.wrong += sure
            score.unsure += not sure
            right = repr(BETWEEN.join(wanted)) if wanted else "nothing"
            score.notes.append(f"{name}: {header!r} ({confidence:.2f}) instead of {right}")
    return score


def score_folder(folder: Path, labels: Labels) -> dict[str, Score]:
    """Return the score of each labelled sheet that lies in a folder, by ``workbook#sheet``."""
    scores: dict[str, Score] = {}
    for sheet in read_records(folder).sheets:
        path, _, title = sheet.source.rpartition("#")
        key = (Path(path).name, title)
        if key in labels:
            scores["#".join(key)] = score_sheet(sheet, labels[key])
    return scores


def total(scores: dict[str, Score]) -> Score:
    """Return the sum of all scores."""
    whole = Score()
    for score in scores.values():
        whole.add(score)
    return whole


def table(scores: dict[str, Score], only_faults: bool = False) -> str:
    """Return the scores as text: a line for each sheet, what was not right, the total."""
    size = max((len(name) for name in scores), default=5)
    lines = [f"{'sheet':{size}}  fields  right  missed  wrong  unsure"]
    for name, score in [*sorted(scores.items()), ("total", total(scores))]:
        if only_faults and not score.notes:
            continue
        lines.append(
            f"{name:{size}}  {score.labelled:6}  {score.right:5}  {score.missed:6}"
            f"  {score.wrong:5}  {score.unsure:6}"
        )
        if name != "total":
            lines += [f"    {note}" for note in score.notes]
    whole = total(scores)
    lines.append(
        f"{len(scores)} sheets: {whole.share:.1%} right (bar {LEAST_RIGHT:.0%}), "
        f"{whole.wrong} wrong with confidence of {MINIMUM_CONFIDENCE} or more (bar {MOST_WRONG})"
    )
    return "\n".join(lines)


def main() -> int:
    """Print the table and return the exit status."""
    parser = argparse.ArgumentParser(description="Score the detection of columns.")
    parser.add_argument("folder", type=Path, help="workbooks that the labels name")
    parser.add_argument("--labels", type=Path, default=LABELS, help="CSV file of labels")
    told = parser.parse_args()
    scores = score_folder(told.folder, read_labels(told.labels))
    if not scores:
        print(f"no file in {told.folder} is named by {told.labels}", file=sys.stderr)
        return 1
    print(table(scores))
    return 0 if total(scores).passed else 1


if __name__ == "__main__":
    sys.exit(main())
