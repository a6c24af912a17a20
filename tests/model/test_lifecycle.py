# SPDX-License-Identifier: MIT
"""spin goes through every order of events in lifecycle.pml, and finds the mistakes it is given."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools import debian

pytestmark = pytest.mark.timeout(600)  # a busy machine may need minutes for what takes seconds

_MODEL = Path(__file__).with_name("lifecycle.pml")


@dataclass(frozen=True)
class Verdict:
    """What the checker says: errors found, states seen, and all its words."""

    errors: int
    states: int
    text: str


def _check(folder: Path, *mistakes: str) -> Verdict:
    """Let spin write its checker for the model, compile and run it."""
    debian.require("build", "model")
    options = [f"-D{mistake}" for mistake in mistakes]
    _run(["spin", *options, "-a", str(_MODEL)], folder)
    # Safety alone; states are kept packed. The warnings are about spin's own code.
    _run(["gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"], folder)
    text = _run(["./pan", "-m100000"], folder)
    errors = re.search(r"errors: (\d+)", text)
    states = re.search(r"(\d+) states, stored", text)
    assert errors is not None, text
    assert states is not None, text
    return Verdict(int(errors[1]), int(states[1]), text)


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def test_no_order_of_events_breaks_the_rules(tmp_path: Path) -> None:
    verdict = _check(tmp_path)

    assert verdict.errors == 0, verdict.text
    assert "max search depth too small" not in verdict.text
    assert "Search not completed" not in verdict.text
    assert verdict.states > 100_000  # all of them, not a few because something blocks
    judge = verdict.text.split("unreached in proctype judge")[1]
    assert judge.strip().startswith("(0 of"), "the rules for the end were never looked at"


@pytest.mark.parametrize("mistake", ["LATE_RESULT_TAKEN", "NO_LEVEL_CHECK"])
def test_a_mistake_is_found(mistake: str, tmp_path: Path) -> None:
    verdict = _check(tmp_path, mistake)

    assert verdict.errors > 0
    assert "assertion violated" in verdict.text
