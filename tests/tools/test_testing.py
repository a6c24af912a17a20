# SPDX-License-Identifier: MIT
"""How the results of the suites are counted: nothing that failed may get lost."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import testing
from tools.errors import ToolError, UsageError, VerdictError
from tools.testing import Outcome

PASSING = "def test_good():\n    assert True\n"
MIXED = (
    PASSING
    + "def test_bad():\n    assert False\n"
    + "import pytest\n@pytest.mark.skip\ndef test_no():\n    pass\n"
)


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(testing, "REPORTS", tmp_path / "reports")
    monkeypatch.setattr(testing, "PROJECT", tmp_path)
    return tmp_path / "test_suite.py"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (PASSING, Outcome(1, 0, 0)),
        (MIXED, Outcome(1, 1, 1)),
        ("import nothing_of_this_name\n", Outcome(0, 1, 0)),
        ("x = 1\n", Outcome(0, 1, 0)),  # a suite without tests is a failure
    ],
)
def test_pytest_is_counted(suite: Path, text: str, outcome: Outcome) -> None:
    suite.write_text(text)

    assert testing._pytest("suite", [str(suite)]) == outcome


def test_a_suite_that_dies_is_a_failure(suite: Path) -> None:
    suite.write_text("import os\ndef test_die():\n    os._exit(0)\n")

    assert testing._pytest("suite", [str(suite)]).failed == 1


MAKEFILE = """
good:
\t@echo 'TAP version 13'; echo 'ok 1 /a'; echo 'ok 2 /b # SKIP no camera'
bad:
\t@echo 'ok 1 /a'; echo 'not ok 2 /b'; exit 1
crash:
\t@echo 'ok 1 /a'; kill -SEGV $$$$
"""


@pytest.mark.parametrize(
    ("goal", "outcome"),
    [("good", Outcome(1, 0, 1)), ("bad", Outcome(1, 1, 0)), ("crash", Outcome(1, 1, 0))],
)
def test_c_tests_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, goal: str, outcome: Outcome
) -> None:
    (tmp_path / "Makefile").write_text(MAKEFILE)

    assert testing._make_tests(tmp_path, [goal], goal) == outcome


def failing_part() -> Outcome:
    raise ToolError("the machine is on fire", "water")


def test_all_parts_run_and_the_last_line_counts_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = {"lint": lambda: Outcome(2, 1), "c": failing_part, "python": lambda: Outcome(3, 0, 1)}
    monkeypatch.setattr(testing, "PARTS", parts)

    with pytest.raises(VerdictError, match="2 test"):
        testing.test()

    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == "5 passed, 2 failed, 1 skipped"
    assert "the machine is on fire" in captured.err


def test_parts_can_be_chosen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = {"lint": lambda: Outcome(1), "c": failing_part}
    monkeypatch.setattr(testing, "PARTS", parts)

    testing.test("lint")

    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed"
    with pytest.raises(UsageError, match="'rust'"):
        testing.test("lint,rust")


def test_a_suite_is_run_by_this_python(suite: Path) -> None:
    suite.write_text(f"import sys\ndef test_it():\n    assert sys.prefix == {sys.prefix!r}\n")

    assert testing._pytest("suite", [str(suite)]) == Outcome(1)
