# SPDX-License-Identifier: MIT
"""`invoke tsan`: the C unit tests, with their real threads, under ThreadSanitizer.

Nothing is suppressed. libcurl and jansson are not built for it and need not be: each of their
handles belongs to one thread at a time, which GLib's locks, that are seen, hand on.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tools import console, debian, tsan_glib
from tools.bootstrap import PROJECT
from tools.errors import BuildError, VerdictError
from tools.settings import BUILD

_SOURCES = PROJECT / "tests" / "unit"
_REPORT = "WARNING: ThreadSanitizer"
_TEST = re.compile(r"ok \d+ ")
# With more random bits in its addresses, a program cannot be mapped by gcc 12's ThreadSanitizer.
_MOST_RANDOM_BITS = 30
_EXIT = 66


@dataclass(frozen=True)
class Run:
    """What one program printed under ThreadSanitizer."""

    passed: int
    reports: int
    failed: bool
    lines: tuple[str, ...]


def tsan() -> int:
    """Run all unit tests; VerdictError when there is a report. Returns how many tests passed.

    A race that is planted must be reported, or the check is worth nothing.
    """
    programs = build_programs()
    libraries = tsan_glib.library_path()
    passed = 0
    for program in programs:
        done = run(program, libraries)
        passed += done.passed
        console.progress(f"tsan: {program.name}: {done.passed} passed, {done.reports} reports")
        if done.failed or done.reports:
            console.detail("\n".join(_shown(done.lines)))
            raise VerdictError(
                f"{program.name} has {done.reports} report(s) of ThreadSanitizer",
                "see above which threads and which line",
            )
    check_planted_race(libraries)
    console.result(f"tsan: {passed} tests, 0 reports; the planted race was reported")
    return passed


def build_programs() -> list[Path]:
    """The unit test programs, built with -fsanitize=thread."""
    debian.require("build", "check")
    out = BUILD / "unit-tsan"
    command = ["make", "--no-print-directory", "-s", "-j2", "-C", str(_SOURCES)]
    lines: list[str] = []
    if console.stream([*command, "SAN=thread", f"OUT={out}", "all"], lines.append) != 0:
        console.detail("\n".join(lines))
        raise BuildError("the unit tests do not compile", "see the compiler's words")
    return [out / path.stem for path in sorted(_SOURCES.glob("test*.c"))]


def check_planted_race(libraries: str) -> None:
    """VerdictError unless a mistake that is a race is reported as one."""
    program = BUILD / "unit-tsan" / "testContention"
    if run(program, libraries, "--planted-race").reports == 0:
        raise VerdictError("ThreadSanitizer did not report a planted race", "the check is broken")


def run(program: Path, libraries: str, *options: str) -> Run:
    """Run one program with the GLib that was built for it."""
    environment = {
        **os.environ,
        "LD_LIBRARY_PATH": libraries,
        "G_SLICE": "always-malloc",
        "TSAN_OPTIONS": f"exitcode={_EXIT}",
    }
    lines: list[str] = []
    command = [*_without_random_addresses(), str(program), "-q", *options]
    code = console.stream(command, lines.append, env=environment)
    return Run(
        passed=sum(1 for line in lines if _TEST.match(line)),
        reports=sum(1 for line in lines if _REPORT in line),
        failed=code != 0,
        lines=tuple(lines),
    )


def _shown(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The first reports, or the end of what was printed."""
    first = next((i for i, line in enumerate(lines) if _REPORT in line), max(0, len(lines) - 100))
    return lines[first : first + 200]


def _without_random_addresses() -> list[str]:
    """Nothing, or what starts a program where the kernel spreads addresses too far."""
    bits = Path("/proc/sys/vm/mmap_rnd_bits")
    try:
        spread = int(bits.read_text())
    except (OSError, ValueError):
        return []
    return ["setarch", "-R"] if spread > _MOST_RANDOM_BITS else []
