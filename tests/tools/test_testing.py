# SPDX-License-Identifier: MIT
"""How the results of the suites are counted: nothing that failed may get lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools import lanes, testing
from tools.bootstrap import PROJECT
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
        testing.test(one_by_one=True)

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


def printing(monkeypatch: pytest.MonkeyPatch, programs: dict[str, str]) -> None:
    """Parts that are shell commands."""
    parts = dict.fromkeys(programs, failing_part)
    monkeypatch.setattr(testing, "PARTS", parts)
    monkeypatch.setattr(lanes, "task", lambda part: ["sh", "-c", programs[part]])


def test_two_lanes_count_what_the_parts_count(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def meeting(mine: str, other: str) -> str:
        return f"touch {tmp_path / mine}; until [ -e {tmp_path / other} ]; do sleep 0.01; done;"

    row = "python    5 passed, 1 failed, 2 skipped in 20.5 s"
    programs = {
        "c": f"{meeting('one', 'two')} echo 'c   3 passed, 0 failed in 1.0 s'",
        "python": f"{meeting('two', 'one')} echo '{row}'; echo 'c   9 passed, 0 failed in 1 s'",
        "lint": "echo 'killed before its table'",
    }
    printing(monkeypatch, programs)

    with pytest.raises(VerdictError, match="2 test"):
        testing.test()

    out = capsys.readouterr().out.splitlines()
    assert out[-1] == "8 passed, 2 failed, 2 skipped"
    assert "lint     | killed before its table" in out
    assert "lint      died" in out


def test_an_interrupt_reaches_both_lanes_and_they_may_tidy_up(tmp_path: Path) -> None:
    part = "trap 'touch {}; exit 130' INT; echo started; while :; do sleep 0.01; done"
    program = f"""
from tools import lanes
script = {part!r}
names = ("python", "c", "lint")
parts = {{name: ["bash", "-c", script.format("{tmp_path}/" + name)] for name in names}}
lanes.run(list(parts), parts.__getitem__)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in "12"] != ["", ""]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert process.returncode != 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "python"]


def test_a_suite_is_run_by_this_python(suite: Path) -> None:
    suite.write_text(f"import sys\ndef test_it():\n    assert sys.prefix == {sys.prefix!r}\n")

    assert testing._pytest("suite", [str(suite)]) == Outcome(1)
