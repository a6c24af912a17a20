# SPDX-License-Identifier: MIT
"""`invoke prove`: random histories against the app's real engine, with a reference model beside it.

The driver is C (tests/prove): it makes the histories, compares engine and model after every step,
and shortens what fails. Here it is built, started once for each processor, and its figures are
added up.
"""

from __future__ import annotations

import itertools
import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import console, debian
from tools.bootstrap import PROJECT
from tools.errors import BuildError, UsageError, VerdictError
from tools.settings import BUILD

SOURCES = PROJECT / "tests" / "prove"
# lostInCrashes: sessions whose start a full disk or a loss of power kept out of the journal, so
# that nothing could end them after the crash. An end that was lost with its line comes a second
# time, as `interrupted`; therefore starts - lostInCrashes may be a little less than ends.
COUNTS = ("histories", "steps", "starts", "ends", "lostInCrashes")
# Zero when all is well. `mismatches` has what the other words do not cover: a wrong reason, order,
# count, index, journal or event, a crash, a hang.
FAULTS = ("orphans", "missedStarts", "doubleEnds", "eventsAfterEnd", "leaks", "mismatches")
CHECKERS = ("", "asan", "memcheck")
DEFAULT_STEPS = 100
_PROGRESS_SECONDS = 10.0
_VALGRIND = (
    "valgrind",
    "-q",
    "--leak-check=full",
    "--show-leak-kinds=definite",
    "--errors-for-leak-kinds=definite",
    "--error-exitcode=9",
)


@dataclass(frozen=True)
class Failure:
    """A history in which engine and model differ, made short by the driver."""

    history: int
    fault: str  # one of FAULTS, "crashes" or "hangs"
    text: str
    step: int
    replay: str

    @classmethod
    def decode(cls, line: dict[str, Any]) -> Failure:
        """From the driver's line `failure`."""
        return cls(line["history"], line["fault"], line["text"], line["step"], line["replay"])


@dataclass
class Findings:
    """What all drivers found so far."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*COUNTS, *FAULTS), 0))
    failures: list[Failure] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.failures and not any(self.counts[name] for name in FAULTS)


def run(histories: int, steps: int, seed: str, json_path: str, checker: str, history: str) -> None:
    """What the words of the command line ask for: a replay, or random histories."""
    if history:
        replay(history)
        return
    if seed and not seed.isdigit():
        raise UsageError(f"{seed!r} is no seed", "take a whole number")
    prove(
        histories,
        int(seed) if seed else None,
        steps,
        Path(json_path) if json_path else None,
        checker,
    )


def prove(
    histories: int,
    seed: int | None = None,
    steps: int = DEFAULT_STEPS,
    json_path: Path | None = None,
    checker: str = "",
) -> Findings:
    """Run `histories` histories of `steps` steps each and report; VerdictError when one fails.

    Without `seed` a fresh one is taken and printed. `checker`: "asan" or "memcheck".
    """
    if histories < 1 or not 1 <= steps <= 900:
        raise UsageError("nothing to run", "--histories from 1, --steps-per-history from 1 to 900")
    if checker not in CHECKERS:
        raise UsageError(f"there is no checker {checker!r}", "known: asan, memcheck")
    seed = secrets.randbelow(2**31) if seed is None else seed
    console.result(f"prove: seed {seed}, {histories} histories of {steps} steps")
    driver = build_driver(sanitized=checker == "asan")
    began = time.monotonic()
    findings = run_driver(driver, histories, seed, steps, memcheck=checker == "memcheck")
    report = {**findings.counts, "seconds": round(time.monotonic() - began, 2), "seed": seed}
    console.result(json.dumps(report))
    if json_path:
        json_path.parent.mkdir(parents=True, exist_ok=True)
        json_path.write_text(json.dumps(report, indent=4) + "\n")
    _judge(findings, seed, steps)
    return findings


def replay(history: str) -> None:
    """Run one history, its steps and the app's log shown; VerdictError when it fails."""
    driver = build_driver()
    command = [str(driver), "--verbose", "--replay", history]
    lines: list[str] = []
    code = console.stream(command, lambda line: _replayed(line, lines))
    if code == 2:
        raise UsageError(lines[-1] if lines else "that is no history", "copy the whole line")
    answer = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    if code != 0:
        failure = Failure.decode(answer["failure"])
        raise VerdictError(f"{failure.fault}: {failure.text} (step {failure.step})")
    console.result("replay: engine and model agree")


def build_driver(
    *, app: Path | None = None, out: Path | None = None, sanitized: bool = False
) -> Path:
    """Build the driver of tests/prove and return it; BuildError with the compiler's words.

    `app` is another copy of the app's sources, `out` another folder for what is made.
    """
    debian.require("build", "check")
    out = out or BUILD / ("prove-san" if sanitized else "prove")
    command = ["make", "--no-print-directory", "-s", "-j2", "-C", str(SOURCES), f"OUT={out}"]
    command += [f"APP={app}"] if app else []
    command += ["SAN=1"] if sanitized else []
    lines: list[str] = []
    if console.stream(command, lines.append, env={**os.environ, "LC_ALL": "C"}) != 0:
        console.detail("\n".join(lines))
        raise BuildError("the driver of tests/prove does not compile", "see the compiler's words")
    return out / "prove"


def run_driver(
    driver: Path,
    histories: int,
    seed: int,
    steps: int,
    *,
    memcheck: bool = False,
    options: Sequence[str] = (),
) -> Findings:
    """Run the driver once for each processor, each with its share of the histories."""
    findings, lock = Findings(), threading.Lock()
    shares = [share for share in _shares(histories, os.cpu_count() or 1) if share[1]]
    progress = _Progress(histories, len(shares))
    threads = []
    for number, (first, count) in enumerate(shares):
        command = [*(_valgrind() if memcheck else ()), str(driver), "--seed", str(seed)]
        command += ["--first", str(first), "--histories", str(count), "--steps", str(steps)]
        arguments = ([*command, *options], number, findings, lock, progress)
        threads.append(threading.Thread(target=_run_one, args=arguments))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return findings


class _Progress:
    """Says every few seconds how far all drivers are together."""

    def __init__(self, histories: int, drivers: int) -> None:
        self._histories = histories
        self._done = [0] * drivers
        self._steps = [0] * drivers
        self._began = self._said = time.monotonic()

    def note(self, driver: int, histories: int, steps: int) -> None:
        self._done[driver], self._steps[driver] = histories, steps
        now = time.monotonic()
        if now - self._said < _PROGRESS_SECONDS:
            return
        self._said = now
        done, elapsed = sum(self._done), now - self._began
        left = elapsed / max(done, 1) * (self._histories - done)
        console.progress(
            f"prove: {done} of {self._histories} histories, {sum(self._steps)} steps,"
            f" about {left:.0f} s to go"
        )


def _run_one(
    command: list[str], number: int, findings: Findings, lock: threading.Lock, progress: _Progress
) -> None:
    finished = False

    def on_line(text: str) -> None:
        nonlocal finished
        line = json.loads(text) if text.startswith("{") else {}
        with lock:
            if "progress" in line:
                progress.note(number, line["progress"]["histories"], line["progress"]["steps"])
            elif "failure" in line:
                findings.failures.append(Failure.decode(line["failure"]))
            elif "result" in line:
                finished = True
                for name in findings.counts:
                    findings.counts[name] += line["result"][name]
            elif text:
                console.detail(text)

    environment = {
        **os.environ,
        "G_SLICE": "always-malloc",
        "ASAN_OPTIONS": "detect_stack_use_after_return=0:exitcode=23",
    }
    code = console.stream(command, on_line, env=environment)
    if not finished or code not in (0, 1):
        with lock:
            findings.counts["mismatches"] += 1
            console.detail(f"prove: the driver ended with exit code {code}")


def _judge(findings: Findings, seed: int, steps: int) -> None:
    for failure in findings.failures:
        console.result(
            f"history {failure.history}, step {failure.step}: {failure.fault}: {failure.text}\n"
            f"  invoke prove --replay '{failure.replay}'"
        )
    if not findings.is_clean:
        raise VerdictError(
            f"engine and model differ (seed {seed}, {steps} steps a history)",
            "replay one of the lines above: it shows each step and the app's log",
        )
    console.result("prove: engine and model agree after every step")


def _replayed(line: str, lines: list[str]) -> None:
    lines.append(line)
    console.result(line)


def _shares(histories: int, parts: int) -> list[tuple[int, int]]:
    """(first, count) for each part, contiguous."""
    bounds = [histories * part // parts for part in range(parts + 1)]
    return [(low, high - low) for low, high in itertools.pairwise(bounds)]


def _valgrind() -> list[str]:
    if not shutil.which("valgrind"):
        raise UsageError("valgrind is not there", "install it, or leave --checker away")
    found = Path("/usr/share/glib-2.0/valgrind/glib.supp")
    return [*_VALGRIND, *([f"--suppressions={found}"] if found.exists() else [])]
