# SPDX-License-Identifier: MIT
"""`invoke bench --suite engine`: how quick and how frugal the app's engine is.

The programs of tests/bench link the app's own objects; each measures one figure in turns with its
baseline and prints it as lines of JSON. What `idle` means is measured after them, for a minute.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tools import bench_idle, build, console, debian
from tools.bootstrap import PROJECT
from tools.errors import AppError, BuildError
from tools.settings import BUILD
from tools.virtual_camera.bus import Bus

PROGRAMS = (
    "edgeToSession",
    "edgeCostByProfiles",
    "registryScaling",
    "endWhileModelHangs",
    "sessionsAtOnce",
    "describeThroughput",
)
"""A program of tests/bench each, in the order in which they run."""
NAMES = (*PROGRAMS, "idle")
AIMS = {
    "edgeToSession": "ratio <= 1.2",
    "edgeToSession.p99": "ratio <= 1.2",
    "edgeCostByProfiles": "ratio <= 1.5",
    "registryScaling": "ratio <= 2",
    "registryScaling.plain": "ratio <= 4",
    "endWhileModelHangs": "value <= 50",
    "sessionsAtOnce": "value < 1",
    "sessionsAtOnce.threads": "value <= 8",
    "sessionsAtOnce.memory": "value <= 16",
    "idle": "value < 0.2",
    "idle.memory": "ratio <= 1.5",
    "describeThroughput": "ratio >= 0.9",
}
OUT = BUILD / "bench"
_SOURCES = PROJECT / "tests" / "bench"
_PROGRAM_SECONDS = 180


def measure(
    say: Callable[[str], None] = lambda _: None, only: Sequence[str] = (), quick: bool = False
) -> list[dict[str, object]]:
    """The figures that `only` names, or all. SetupError and BuildError when something to measure
    with is missing, AppError when a program fails."""
    names = [name for name in NAMES if name in (only or NAMES)]
    debian.require("build", "camera")
    build_programs()
    found: list[dict[str, object]] = []
    with _bus() as address:
        for name in names:
            if name in PROGRAMS:
                say(f"bench: {name}")
                found += _run(name, address, say, quick)
    if "idle" in names:  # beside nothing else: an app that is kept from running wakes up more often
        say("bench: idle")
        found += bench_idle.measure(OUT, say, quick)
    return found


def build_programs() -> None:
    """Build the app's objects and the programs; BuildError with the compiler's words."""
    platform = build.build_platform()
    lines: list[str] = []
    command = ["make", "--no-print-directory", "-j2", "-C", str(_SOURCES)]
    command += [f"OUT={OUT}", f"PLATFORM={platform}"]
    with debian.locked(BUILD / ".bench.lock", "another bench"):
        console.progress("building the programs of the bench")
        code = console.stream(command, lines.append, env={**os.environ, "LC_ALL": "C"})
    if code != 0:
        for line in lines:
            console.detail(line)
        raise BuildError("the bench could not be built", "mend what the compiler names above")


@contextmanager
def _bus() -> Iterator[str]:
    """A message bus as the virtual camera has one; its address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    bus = Bus()
    try:
        asyncio.run_coroutine_threadsafe(bus.start(), loop).result()
        try:
            yield bus.address
        finally:
            asyncio.run_coroutine_threadsafe(bus.stop(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _run(
    name: str, address: str, say: Callable[[str], None], quick: bool
) -> list[dict[str, object]]:
    """Run one program; its figures."""
    found: list[dict[str, object]] = []
    others: list[str] = []

    def on_line(line: str) -> None:
        if line.startswith("{"):
            found.append(json.loads(line))
        else:
            others.append(line)
            say(f"  {line}")

    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address, "LC_ALL": "C"}
    command = ["timeout", str(_PROGRAM_SECONDS), str(OUT / name), *(["--quick"] if quick else [])]
    code = console.stream(command, on_line, env=environment)
    if code != 0:
        why = others[-1] if others else "it said nothing"
        raise AppError(f"bench: {name} ended with exit code {code}: {why}", "see its lines above")
    return found
