"""``chipflow chip`` and ``chipflow rules``: what rules asked for, and what was looked at."""

import json
import subprocess
import sys

import pytest


def answer(run, *arguments):
    status, said, error = run(*arguments, "--format", "json")
    assert status == 0, error
    return json.loads(said)


def test_no_licence_asked_names_what_was_not_looked_at(run):
    found = answer(run, "chip", "H800", "--on", "2023-06-15", "--to", "CN")
    assert (found["status"], found["outcome"]) == ("free", "no licence asked")
    assert any("entity lists" in text for text in found["not_looked_at"])
    status, said, _ = run("chip", "H800", "--on", "2023-06-15", "--to", "CN")
    assert status == 0 and "lawful" not in said and "Not looked at:" in said


def test_the_origin_decides(run):
    asked = ("chip", "H200", "--on", "2026-02-01", "--to", "CN")
    assert answer(run, *asked)["outcome"] == "case by case"
    assert answer(run, *asked, "--from", "SG")["outcome"] == "presumed denied"
    malaysia = ("chip", "H100", "--on", "2025-08-01", "--to", "TH", "--from", "MY")
    assert answer(run, *malaysia)["rule"] == "my_permit"


@pytest.mark.parametrize("option", ["--headquarters", "--buyer-headquarters"])
def test_both_names_of_the_option_for_headquarters_work(run, option):
    asked = ("chip", "HBM stack", "--on", "2025-01-15", "--to", "MY")
    assert answer(run, *asked, option, "CN")["rule"] == "hbm_2024"
    assert answer(run, *asked)["status"] == "free"


def test_uses_buyers_and_makers(run):
    asked = ("chip", "T4", "--on", "2024-05-01", "--to", "CN")
    assert answer(run, *asked, "--end-use", "supercomputer")["status"] == "presumed_denied"
    assert answer(run, *asked, "--party", "listed")["rule"] == "entity_list"
    letter = ("chip", "H100", "--on", "2023-11-01", "--to", "VN")
    assert answer(run, *letter, "--maker", "AMD")["status"] == "free"
    status, _, error = run(*asked, "--end-use", "gardening")
    assert status != 0 and "supercomputer" in error


def test_rules_in_force_are_printed_with_citations(run):
    status, said, _ = run("rules", "--on", "2024-01-15", "--to", "AE")
    assert status == 0
    assert "88 FR 73458" in said and "ac_2023" in said and "Not looked at:" in said
    assert "ac_2023_maker" not in said
    found = answer(run, "rules", "--on", "2023-11-01", "--to", "AE")
    assert "ac_2023_maker" in {rule["rule"] for rule in found["rules"]}
    assert all(rule["citation"] for rule in found["rules"])


def test_wrong_places_and_days_are_refused(run):
    for arguments in (
        ("rules", "--on", "2024-13-01", "--to", "CN"),
        ("rules", "--on", "2024-01-01", "--to", "Atlantis"),
        ("rules", "--on", "2024-01-01", "--to", "CN", "--format", "xml"),
        ("chip", "H100", "--on", "2024-01-01", "--to", "CN", "--from", "XQ"),
    ):
        status, _, error = run(*arguments)
        assert status != 0 and error


def test_a_question_loads_neither_pandas_nor_the_engines():
    code = (
        "import sys; sys.argv = ['chipflow', 'chip', 'H100', '--on', '2024-04-05', '--to', 'CN']\n"
        "from chipflow.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('pandas', 'ibis', 'duckdb', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
