# SPDX-License-Identifier: MIT
"""The report on the design's hard cases: none may get lost, and the worst result counts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.device.hard_cases import CASES
from tools.bootstrap import PROJECT

CONFTEST = """
from pathlib import Path
from tools.hard_case_report import HardCase, install

CASES = (HardCase(1, "the first", in_c=("/engine/x",)), HardCase(2, "the second"))

def pytest_addoption(parser):
    parser.addoption("--camera", default="virtual")
    parser.addoption("--hard-cases", type=Path)

def pytest_configure(config):
    install(config, CASES)
"""
GOOD = """
import pytest

@pytest.mark.hard_case(1)
def test_one():
    pass

@pytest.mark.hard_case(1)
@pytest.mark.hard_case(2, virtual_only="needs a fault")
def test_two():
    pass

def test_of_no_case():
    pass
"""


def run(folder: Path, suite: str, *options: str) -> tuple[int, dict[int, dict[str, str]], str]:
    """Exit code, entries by case, and the output of a pytest run of `suite`."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_suite.py").write_text(suite)
    command = [sys.executable, "-m", "pytest", "--rootdir", str(folder), str(folder)]
    command += ["--strict-markers", "-p", "no:cacheprovider", "--hard-cases", str(folder / "out")]
    done = subprocess.run(
        [*command, *options], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    report = folder / "out" / "hard-cases.json"
    entries = json.loads(report.read_text()) if report.exists() else []
    return done.returncode, {entry["case"]: entry for entry in entries}, done.stdout + done.stderr


def test_every_case_has_an_entry(tmp_path: Path) -> None:
    code, entries, output = run(tmp_path, GOOD)

    assert code == 0, output
    assert [entry["result"] for entry in entries.values()] == ["pass", "pass"]
    assert entries[1]["title"] == "the first"
    assert entries[1]["why"] == "2 tests; in C: /engine/x"
    assert entries[2]["why"] == "1 test"
    assert set(entries[1]) == {"case", "title", "result", "seconds", "why"}
    table = (tmp_path / "out" / "hard-cases.txt").read_text()
    assert table in output
    assert table.splitlines()[-1] == "2 pass, 0 fail, 0 skip"


def test_the_worst_result_counts(tmp_path: Path) -> None:
    bad = "\n@pytest.mark.hard_case(1)\ndef test_bad():\n    assert 1 == 2, 'too bad'\n"

    code, entries, _ = run(tmp_path, GOOD + bad)

    assert code == 1
    assert (entries[1]["result"], entries[2]["result"]) == ("fail", "pass")
    assert "test_bad" in entries[1]["why"]
    assert "too bad" in entries[1]["why"]


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_failure_around_the_test_counts(tmp_path: Path, phase: str) -> None:
    before, after = ("1 / 0", "pass") if phase == "before" else ("pass", "1 / 0")
    fixture = f"\n@pytest.fixture\ndef broken():\n    {before}\n    yield\n    {after}\n"
    test = "\n@pytest.mark.hard_case(2)\ndef test_it(broken):\n    pass\n"

    code, entries, _ = run(tmp_path, GOOD + fixture + test)

    assert code == 1
    assert entries[2]["result"] == "fail"
    assert "ZeroDivisionError" in entries[2]["why"]


def test_a_case_without_a_test_fails_the_run_on_the_virtual_camera(tmp_path: Path) -> None:
    only_first = GOOD.replace('@pytest.mark.hard_case(2, virtual_only="needs a fault")\n', "")

    code, entries, output = run(tmp_path, only_first)

    assert code == 1
    assert (entries[2]["result"], entries[2]["why"]) == ("skip", "no test of it was run")
    assert "none may be skipped: 2" in output


def test_a_skipped_case_fails_the_run_on_the_virtual_camera(tmp_path: Path) -> None:
    skipped = GOOD.replace("def test_two():\n    pass", "def test_two():\n    pytest.skip('no')")

    code, entries, _ = run(tmp_path, skipped)

    assert code == 1
    assert (entries[2]["result"], entries[2]["why"]) == ("skip", "no")
    assert entries[1]["result"] == "pass"
    assert "1 skipped (no)" in entries[1]["why"]


def test_a_selection_may_leave_cases_out(tmp_path: Path) -> None:
    code, entries, _ = run(tmp_path, GOOD, "-k", "test_one")

    assert code == 0
    assert (entries[1]["result"], entries[2]["result"]) == ("pass", "skip")


def test_a_real_camera_skips_what_only_a_virtual_one_can_do(tmp_path: Path) -> None:
    code, entries, _ = run(tmp_path, GOOD, "--camera", "gate")

    assert code == 0
    assert entries[1]["result"] == "pass"
    assert entries[2]["result"] == "skip"
    assert "needs a fault" in entries[2]["why"]


def test_a_case_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    code, _, output = run(tmp_path, GOOD.replace("hard_case(1)", "hard_case(3)"))

    assert code != 0
    assert "there is no hard case 3" in output


def test_the_cases_are_those_of_the_design() -> None:
    assert [case.number for case in CASES] == list(range(1, 25))
    on_real = {case.number for case in CASES if case.on_real}
    assert on_real == {1, 2, 5, 7, 8, 13, 21}


def test_each_case_has_a_device_test_and_the_c_tests_it_names() -> None:
    marked: dict[int, list[str]] = {case.number: [] for case in CASES}
    for path in (PROJECT / "tests" / "device").glob("test_*.py"):
        for number, rest in re.findall(r"\.hard_case\((\d+)(.*)", path.read_text()):
            marked[int(number)].append(rest)
    in_c = "".join(path.read_text() for path in (PROJECT / "tests" / "unit").glob("test*.c"))

    for case in CASES:
        assert marked[case.number], f"case {case.number} has no device test"
        if case.on_real:
            assert any("virtual_only" not in rest for rest in marked[case.number])
        for name in case.in_c:
            assert f'"{name}"' in in_c, f"there is no C test {name}"
