# SPDX-License-Identifier: MIT
"""A pytest plugin: which hard cases of the design the tests have shown, as JSON and as a table.

Tests say `@pytest.mark.hard_case(7)`; with `virtual_only="why"` they are skipped on a real camera.
With `--hard-cases DIR` the run leaves DIR/hard-cases.json and DIR/hard-cases.txt, and a whole run
on the virtual camera fails when a case was not shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

from tools.settings import VIRTUAL

MARKER = "hard_case"
_LONGEST_WHY = 240


@dataclass(frozen=True)
class HardCase:
    """One hard case of the design."""

    number: int
    title: str
    on_real: bool = False
    """Its tests can run on a real camera (H in the design)"""
    in_c: tuple[str, ...] = ()
    """C unit tests with a share in it, as GLib names them: /engine/grace"""


@dataclass(frozen=True)
class Entry:
    """What a run found of one case; `seconds` of all its tests."""

    case: int
    title: str
    result: str
    """pass, fail or skip"""
    seconds: float
    why: str


@dataclass
class _Found:
    """What the tests of one case did, by test."""

    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def result(self) -> str:
        """The worst of those that ran; skip when none did."""
        if self.failed:
            return "fail"
        return "pass" if self.passed else "skip"

    def why(self, case: HardCase) -> str:
        if self.failed:
            told = "; ".join(f"{test}: {reason}" for test, reason in self.failed.items())
        elif not self.passed:
            told = "; ".join(dict.fromkeys(self.skipped.values())) or "no test of it was run"
        else:
            told = f"{len(self.passed)} test{'s' if len(self.passed) > 1 else ''}"
            if self.skipped:
                reasons = "; ".join(dict.fromkeys(self.skipped.values()))
                told += f", {len(self.skipped)} skipped ({reasons})"
            if case.in_c:
                told += f"; in C: {', '.join(case.in_c)}"
        return told if len(told) <= _LONGEST_WHY else told[: _LONGEST_WHY - 3] + "..."


class HardCaseReport:
    """The plugin; one for a run."""

    def __init__(
        self, cases: Sequence[HardCase], camera: str, folder: Path | None, is_whole: bool
    ) -> None:
        self._cases = {case.number: case for case in cases}
        self._found = {case.number: _Found() for case in cases}
        self._by_test: dict[str, list[int]] = {}
        self._camera = camera
        self._folder = folder
        self._is_whole = is_whole

    def entries(self) -> list[Entry]:
        """All cases in order."""
        return [
            Entry(number, case.title, found.result(), round(found.seconds, 3), found.why(case))
            for (number, case), found in zip(self._cases.items(), self._found.values(), strict=True)
        ]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers(MARKER):
                number = mark.args[0] if mark.args else None
                if number not in self._cases:
                    raise pytest.UsageError(f"{item.nodeid}: there is no hard case {number}")
                self._by_test.setdefault(item.nodeid, []).append(number)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        for mark in item.iter_markers(MARKER):
            if mark.kwargs.get("virtual_only") and self._camera != VIRTUAL:
                pytest.skip(f"--camera virtual only: {mark.kwargs['virtual_only']}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for number in self._by_test.get(report.nodeid, ()):
            _note(self._found[number], report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        entries = self.entries()
        text = json.dumps([asdict(entry) for entry in entries], indent=4)
        (self._folder / "hard-cases.json").write_text(text + "\n")
        (self._folder / "hard-cases.txt").write_text("\n".join(table(entries)) + "\n")
        if self._missing(entries) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._folder is None:
            return
        terminalreporter.section("hard cases of the design")
        entries = self.entries()
        for line in table(entries):
            terminalreporter.write_line(line)
        missing = self._missing(entries)
        if missing:
            numbers = ", ".join(str(entry.case) for entry in missing)
            terminalreporter.write_line(
                f"FAILED: on the virtual camera none may be skipped: {numbers}", red=True
            )

    def _missing(self, entries: Iterable[Entry]) -> list[Entry]:
        """The cases whose absence makes the run fail."""
        if not self._is_whole or self._camera != VIRTUAL:
            return []
        return [entry for entry in entries if entry.result == "skip"]


def install(config: pytest.Config, cases: Sequence[HardCase]) -> None:
    """Have this run's tests marked and reported; for pytest_configure of a conftest.py that has
    the options --camera and --hard-cases."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(number, virtual_only=None): shows that hard case of the design; "
        "virtual_only is the reason why only a virtual camera can do so",
    )
    report = HardCaseReport(
        cases,
        camera=config.getoption("--camera", VIRTUAL),
        folder=config.getoption("--hard-cases", None),
        is_whole=not config.getoption("keyword", ""),
    )
    config.pluginmanager.register(report, "hard-case-report")


def table(entries: Sequence[Entry]) -> Iterator[str]:
    """The report as lines of text."""
    width = max(len(entry.title) for entry in entries)
    yield f"case  result  seconds  {'title':{width}}  why"
    for entry in entries:
        yield (
            f"{entry.case:4}  {entry.result:6}  {entry.seconds:7.1f}  "
            f"{entry.title:{width}}  {entry.why}"
        )
    results = [entry.result for entry in entries]
    yield ", ".join(f"{results.count(kind)} {kind}" for kind in ("pass", "fail", "skip"))


def _note(found: _Found, report: pytest.TestReport) -> None:
    """Add one phase (setup, call, teardown) of a test."""
    name = report.nodeid.rpartition("::")[2]
    found.seconds += report.duration
    if report.failed:
        if name in found.passed:
            found.passed.remove(name)
        found.failed.setdefault(name, _reason(report))
    elif report.skipped:
        found.skipped[name] = _reason(report)
    elif report.when == "call":
        found.passed.append(name)


def _reason(report: pytest.TestReport) -> str:
    """The first line of what stopped the test."""
    told = report.longrepr
    if isinstance(told, tuple):  # a skip: file, line, reason
        return str(told[2]).removeprefix("Skipped: ")
    crash = getattr(told, "reprcrash", None)
    text = str(getattr(crash, "message", told)).strip()
    return text.splitlines()[0] if text else report.outcome
