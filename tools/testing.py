# SPDX-License-Identifier: MIT
"""`invoke test` and `invoke test-on-device`: runs the suites and counts what they found."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tools import build, console, debian, emulation, lanes, lint, os_lines, prove, toolchain, tsan
from tools.bootstrap import PROJECT
from tools.camera import connect
from tools.errors import ToolError, UsageError, VerdictError
from tools.settings import BUILD, VIRTUAL

REPORTS = BUILD / "test"
_TAP = re.compile(r"(?:# )*(ok|not ok) \d+\b(?!.*# SKIP)")
_TIDY_TIMEOUT = 30.0
_COMPILING = re.compile(r"^\S*(gcc|cc|clang) .* -o \S+")
_SHOWN = 100
"""Last lines of a failed run of C tests that are shown once more, with the app's log in them"""
_ROW = re.compile(r"(\w+) +(\d+) passed, (\d+) failed(?:, (\d+) skipped)? in [\d.]+ s")
_TAP_SKIP = re.compile(r"(?:# )*ok \d+\b.*# SKIP")


@dataclass(frozen=True)
class Outcome:
    """What a part found."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def test(only: str = "", one_by_one: bool = False) -> None:
    """Run the parts named in `only` (lint, builds, c, threads, prove, python, device, emulated;
    all unless given), several of them in two lanes unless `one_by_one`.

    Prints each part's own output, a table, and last `N passed, N failed`. VerdictError when
    anything failed; UsageError for a part that does not exist.
    """
    chosen = _chosen(only)
    began = time.monotonic()
    if one_by_one or len(chosen) == 1:
        rows = {name: _run_part(name) for name in chosen}
    else:
        printed = lanes.run(chosen, lanes.task)
        rows = {name: _row_of(name, printed[name]) for name in chosen}
    total = sum((outcome for _, outcome in rows.values()), Outcome())
    lines = ["", *(row for row, _ in rows.values()), "", str(total)]
    if len(chosen) > 1:
        lines.insert(-1, f"all in {time.monotonic() - began:.1f} s")
    console.result("\n".join(lines))
    if total.failed:
        raise VerdictError(f"{total.failed} test(s) failed", "see above which and why")


def _run_part(name: str) -> tuple[str, Outcome]:
    """A part's row in the table, and what it found."""
    console.progress(f"test: {name}")
    began = time.monotonic()
    try:
        outcome = PARTS[name]()
    except ToolError as error:
        console.detail(f"{name}: {error.message}\n  cure: {error.cure}")
        outcome = Outcome(failed=1)
    return f"{name:<10}{outcome} in {time.monotonic() - began:.1f} s", outcome


def _row_of(name: str, printed: Sequence[str]) -> tuple[str, Outcome]:
    """The row that a part printed when it ran alone; a part that did not get there has failed."""
    for line in reversed(printed):
        if (found := _ROW.fullmatch(line)) and found[1] == name:
            return line, Outcome(*(int(number or 0) for number in found.groups()[1:]))
    return f"{name:<10}died", Outcome(failed=1)


def test_on_device(
    camera: str = VIRTUAL,
    package: Path | None = None,
    select: str = "",
    report: Path | None = None,
    describer_host: str = "",
    architecture: str = "host",
) -> None:
    """Run tests/device against `camera`; VerdictError when one fails.

    `package` is built unless given, `select` is pytest's -k, `report` a folder for report.xml,
    hard-cases.json and hard-cases.txt, `architecture` the virtual camera's.
    """
    if camera != VIRTUAL and architecture != "host":
        raise UsageError("--arch is for the virtual camera", f"{camera} knows its own processor")
    options = ["--camera", camera, "--arch", architecture]
    package = package or package_for(camera, architecture)
    options += ["--package", str(package.resolve())]
    if describer_host:
        options += ["--describer-host", describer_host]
    if select:
        options += ["-k", select]
    outcome = _pytest_on_device(options, report)
    if outcome.failed:
        raise VerdictError(
            f"{outcome.failed} test(s) failed on {camera}", "see above which and why"
        )


def package_for(camera: str, architecture: str = "host") -> Path:
    """Build the package that fits the camera: for a virtual one of `architecture`, without Axis's
    SDK."""
    if camera == VIRTUAL:
        debian.require("camera", "faults")
        return build.build(
            architecture, sdk_name="host" if architecture == "host" else "debian"
        ).path
    info = connect(camera).vapix.device_info()
    return build.build(info.architecture, info.os_line or os_lines.DEFAULT).path


def _chosen(only: str) -> Sequence[str]:
    names = [name.strip() for name in only.split(",") if name.strip()]
    for name in names:
        if name not in PARTS:
            raise UsageError(f"there is no part {name!r}", f"known: {', '.join(PARTS)}")
    return names or list(PARTS)


def _lint() -> Outcome:
    debian.require("build", "check")
    build.build_platform()
    results = [lint.passes(check) for check in lint.CHECKS]
    return Outcome(results.count(True), results.count(False))


def _c() -> Outcome:
    """C tests of the app and of the platform libraries: with sanitizers, and under valgrind."""
    debian.require("build", "camera", "check")
    build.build_platform()
    total = Outcome()
    for folder, what in (("unit", "C unit tests"), ("platform", "platform libraries' tests")):
        tests = PROJECT / "tests" / folder
        total += _make_tests(tests, ["check", "SAN=1"], f"{what} under ASan and UBSan")
        total += _make_tests(tests, ["memcheck"], f"{what} under valgrind memcheck")
    return total


def _python() -> Outcome:
    debian.require("build", "camera", "broker", "faults")
    build.build("host")
    return _pytest("python", ["tests/tools", "-m", "not builds"])


def _builds() -> Outcome:
    """The Python tests that mostly compile, for each processor and SDK."""
    debian.require("build", "camera", "faults")
    return _pytest("builds", ["tests/tools", "-m", "builds"])


def _device() -> Outcome:
    package = package_for(VIRTUAL)
    return _pytest_on_device(["--camera", VIRTUAL, "--package", str(package)])


def _prove() -> Outcome:
    """Random histories by a fixed and by a fresh seed; mistakes they must find; the model."""
    total = Outcome()
    for histories, seed in ((500, 1), (100, None)):
        try:
            prove.prove(histories, seed)
            total += Outcome(passed=1)
        except VerdictError as error:
            console.detail(f"prove: {error.message}")
            total += Outcome(failed=1)
    return total + _pytest("prove", ["tests/prove", "tests/model"])


def _threads() -> Outcome:
    """The C unit tests under ThreadSanitizer, and a race that must be reported."""
    return Outcome(passed=tsan.tsan() + 1)


def _emulated() -> Outcome:
    """Under qemu, for each processor of cameras: the C tests, and the app on a virtual camera."""
    total = Outcome()
    for architecture, select in emulation.DEVICE_TESTS.items():
        compiler = toolchain.find(architecture).environment
        for folder in ("unit", "platform"):
            goals = ["check", f"OUT={BUILD / 'emulated' / architecture / folder}"]
            goals.append(f"EMULATOR={emulation.prefix(architecture)}")
            what = f"C tests of tests/{folder} for {architecture}, emulated"
            total += _make_tests(PROJECT / "tests" / folder, goals, what, compiler)
        console.progress(f"device tests for {architecture}, emulated")
        report = REPORTS / f"device-{architecture}"
        report.mkdir(parents=True, exist_ok=True)
        # A copy: the tests of the docker path build a package of the same name meanwhile.
        package = shutil.copy(package_for(VIRTUAL, architecture), report)
        options = ["--package", str(package), "-k", select]
        total += _pytest_on_device(["--arch", architecture, *options], report)
    return total


PARTS: dict[str, Callable[[], Outcome]] = {
    "lint": _lint,
    "builds": _builds,
    "c": _c,
    "threads": _threads,
    "prove": _prove,
    "python": _python,
    "device": _device,
    "emulated": _emulated,
}


def _make_tests(
    folder: Path, goals: list[str], what: str, compiler: Mapping[str, str] | None = None
) -> Outcome:
    """Run goals of a folder's Makefile whose tests report in TAP, as GLib's do; `compiler` is the
    environment for another one than this machine's."""
    console.progress(what)
    counts = {"ok": 0, "not ok": 0, "skip": 0}
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        if not line.startswith("# ") and not _COMPILING.search(line):
            console.result(line)
        found = _TAP.match(line)
        if found:
            counts[found[1]] += 1
        elif _TAP_SKIP.match(line):
            counts["skip"] += 1

    command = ["make", "--no-print-directory", "-j2", "-C", str(folder), *goals]
    code = console.stream(command, on_line, env={**os.environ, **(compiler or {}), "LC_ALL": "C"})
    if code != 0:
        console.detail("\n".join(lines[-_SHOWN:]))
    broken = 1 if code != 0 and not counts["not ok"] else 0  # a crash, a leak, the compiler
    return Outcome(counts["ok"], counts["not ok"] + broken, counts["skip"])


def _pytest_on_device(options: Sequence[str], report: Path | None = None) -> Outcome:
    cases = ["--hard-cases", str((report or REPORTS / "device").resolve())]
    return _pytest("device", ["tests/device", *cases, *options], report)


def _pytest(name: str, arguments: Sequence[str], report: Path | None = None) -> Outcome:
    """Run pytest in a process of its own, its output shown as it comes."""
    results = (report or REPORTS / name) / "report.xml"
    results.parent.mkdir(parents=True, exist_ok=True)
    results.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", f"--junitxml={results}", *arguments]
    code = _run_to_end(command)
    outcome = _counted(results)
    if not outcome.failed and (code != 0 or outcome == Outcome()):
        outcome += Outcome(failed=1)  # it did not get to its tests, found none, or died in them
    return outcome


def _run_to_end(command: Sequence[str]) -> int:
    """Run a program on this terminal; Ctrl-C reaches it too, and it may still tidy up."""
    with subprocess.Popen(command, cwd=PROJECT) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_TIDY_TIMEOUT)
            raise
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def _counted(results: Path) -> Outcome:
    try:
        suites = ElementTree.parse(results).getroot().iter("testsuite")
    except (OSError, ElementTree.ParseError):
        return Outcome()
    total = Outcome()
    for suite in suites:
        tests, failures, errors, skipped = (
            int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")
        )
        failed = failures + errors
        total += Outcome(max(0, tests - failed - skipped), failed, skipped)
    return total
