# SPDX-License-Identifier: MIT
"""`invoke prove` must find mistakes, name and shorten them, and mean the same by a seed always."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.prove.mutations import MUTATIONS, Mutation, build_mutant
from tools import prove
from tools.errors import UsageError

pytestmark = pytest.mark.timeout(600)  # the first of them compile the driver


def _run(driver: Path, *options: str) -> tuple[int, list[dict[str, dict[str, object]]]]:
    """The driver's exit code and its lines."""
    done = subprocess.run([driver, *options], capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, [json.loads(line) for line in lines]


def _failure(lines: list[dict[str, dict[str, object]]]) -> prove.Failure:
    return next(prove.Failure.decode(line["failure"]) for line in lines if "failure" in line)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mistake_in_the_engine_is_found(mutation: Mutation) -> None:
    driver = build_mutant(mutation)

    random = ["--seed", "1", "--histories", "400", "--most-failures", "1", "--no-shrink"]
    code, lines = _run(driver, *(["--replay", mutation.history] if mutation.history else random))

    assert code == 1
    assert _failure(lines).fault in mutation.faults


def test_what_fails_is_shortened_and_can_be_replayed() -> None:
    mutation = next(m for m in MUTATIONS if m.name == "inactive-ignored-during-a-call")
    driver = build_mutant(mutation)

    _, lines = _run(driver, "--seed", "1", "--histories", "400", "--most-failures", "1")
    failure = _failure(lines)
    code, replayed = _run(driver, "--replay", failure.replay)

    # A profile, an active edge, a call that is under way, an inactive edge: more is not needed.
    assert len(failure.replay.split(";")) <= 6
    assert code == 1
    assert _failure(replayed).fault == failure.fault
    unhurt, _ = _run(prove.build_driver(), "--replay", failure.replay)
    assert unhurt == 0


def test_a_seed_means_the_same_histories_everywhere() -> None:
    driver = prove.build_driver()
    options = ["--seed", "7", "--histories", "20"]

    _, whole = _run(driver, *options)
    _, again = _run(driver, *options)
    halves = [_run(driver, "--seed", "7", "--first", first, "--histories", "10")[1][-1]["result"]
              for first in ("0", "10")]  # fmt: skip

    def counts(result: dict[str, object]) -> list[object]:
        return [result[name] for name in prove.COUNTS]

    assert counts(whole[-1]["result"]) == counts(again[-1]["result"])
    for name in prove.COUNTS:
        assert whole[-1]["result"][name] == sum(int(str(half[name])) for half in halves)


def test_a_seed_means_the_same_history_as_ever() -> None:
    """A change of the generator changes what all seeds mean, so it must be made knowingly."""
    _, lines = _run(prove.build_driver(), "--seed", "1", "--histories", "1", "--show")

    text = str(lines[0]["history"]["text"])
    assert text.count(";") == 99
    assert text.startswith("P0,0,1,1,1,2,1,2,2,0,0;P0,0,0,0,0,3,0,1,2,0,0;P4,0,0,2,0,2,2,2,0,0,1")


def test_the_report_has_its_keys(tmp_path: Path) -> None:
    report = tmp_path / "deep" / "prove.json"

    prove.prove(6, seed=3, steps=50, json_path=report)

    written = json.loads(report.read_text())
    assert set(written) == {*prove.COUNTS, *prove.FAULTS, "seconds", "seed"}
    assert (written["histories"], written["steps"]) == (6, 300)


@pytest.mark.parametrize("checker", ["asan", "memcheck"])
def test_histories_under_a_memory_checker(checker: str) -> None:
    findings = prove.prove(20, seed=5, steps=100, checker=checker)

    assert findings.counts["steps"] == 2000


def test_a_line_that_is_no_history_is_refused() -> None:
    with pytest.raises(UsageError, match="step 2"):
        prove.replay("T5;Q1")
