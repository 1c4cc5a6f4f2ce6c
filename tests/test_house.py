"""The house itself: imports go downhill, the front door is small, nothing heavy loads early."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import chipflow

PACKAGE = Path(chipflow.__file__).parent
ROOT = PACKAGE.parent
STAGES = [
    "records", "goods", "companies", "network", "tracing", "routes", "leads", "flows", "estimate",
    "views", "exchange",
]  # fmt: skip
EVERYBODY_MAY_USE = {
    "errors",
    "given_files",
    "engine",
    "compiled",
    "schemas",
    "settings",
    "tables",
    "progress",
    "threads",
    "_version",
}
# The one place where results reach up to the views, so that they can show themselves.
SHOWS = "_shows"


def imported_names(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names = [node.module]
            if node.module == "chipflow":
                names = [f"chipflow.{alias.name}" for alias in node.names]
        found |= {name for name in names if name.startswith("chipflow.")}
    return found


def imported_stages(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imported_names(path)} - EVERYBODY_MAY_USE


@pytest.mark.parametrize("stage", STAGES)
def test_imports_go_downhill(stage):
    allowed = {*STAGES[: STAGES.index(stage) + 1], SHOWS}
    for path in sorted((PACKAGE / stage).rglob("*.py")):
        assert imported_stages(path) <= allowed, path


# Rooms of a stage, from the lowest; modules beside them put together what they do.
ROOMS = {
    "records": [["vocabulary"], ["io"], ["mapping"], ["cleaning"]],
    "goods": [["catalogue"], ["text"], ["measures", "controls"]],
}


@pytest.mark.parametrize("stage", ROOMS)
def test_rooms_of_a_stage_import_downhill(stage):
    rooms = [room for level in ROOMS[stage] for room in level]
    assert {path.parent.name for path in (PACKAGE / stage).glob("*/__init__.py")} == {*rooms}
    for height, level in enumerate(ROOMS[stage]):
        for room in level:
            allowed = {room, *(below for lower in ROOMS[stage][:height] for below in lower)}
            for path in sorted((PACKAGE / stage / room).rglob("*.py")):
                names = (name.split(".") for name in imported_names(path))
                found = {name[2] for name in names if name[1:2] == [stage]} & {*rooms}
                assert found <= allowed, path


def test_country_statistics_use_records_only():
    for path in sorted((PACKAGE / "flows").rglob("*.py")):
        assert imported_stages(path) <= {"records", "flows", SHOWS}, path


def test_estimates_read_leads_and_flows_as_tables_only():
    for path in sorted((PACKAGE / "estimate").rglob("*.py")):
        assert imported_stages(path) <= {"records", "goods", "estimate", SHOWS}, path


def test_nobody_imports_the_simulator():
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE).parts[0]
        if inside not in {"simulate", "cli.py", "__init__.py"}:
            assert "simulate" not in imported_stages(path), path


def test_root_modules_that_all_may_use_import_no_stage():
    for name in EVERYBODY_MAY_USE:
        assert not imported_stages(PACKAGE / f"{name}.py")


def test_every_exported_name_is_there():
    for name in chipflow.__all__:
        assert getattr(chipflow, name) is not None
    assert sorted(chipflow.__all__) == chipflow.__all__


def test_importing_chipflow_loads_no_heavy_library():
    code = (
        "import sys, chipflow; "
        "print(sorted({'ibis', 'matplotlib', 'pyvis', 'pandas', 'duckdb'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_document_tells_to_install_somebody_elses_chipflow():
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("notebooks/*")]
    for path in documents:
        if path.is_file():
            assert not re.search(r"pip install chipflow(?!-trade)\b", path.read_text("utf-8")), path


def test_readme_begins_with_the_two_commands():
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.S | re.M)
    assert len(blocks) >= 2
    first, second = (block.strip().splitlines() for block in blocks[:2])
    assert len(first) == 1 and "chipflow demo" in first[0]
    assert len(second) == 1 and "pytest" in second[0]
