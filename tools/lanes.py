# SPDX-License-Identifier: MIT
"""The parts of `invoke test` side by side, each in a process of its own.

One lane has the parts that look at the clock, one after the other; the other those that only
compute, and give way; who is done first helps with these. Every line is shown as it comes, with its
part's name before it.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tools import console
from tools.bootstrap import PROJECT

_PATIENT = frozenset(("c", "prove", "lint", "threads", "builds"))
_WIDTH = 9


def run(parts: Sequence[str], command: Callable[[str], list[str]]) -> dict[str, list[str]]:
    """Run `command(part)` for each part, two at a time; what each printed.

    When this is interrupted, the programs are too, and get the time to tidy up.
    """
    running: set[subprocess.Popen[str]] = set()
    ended = threading.Event()

    def one(part: str) -> list[str]:
        if ended.is_set():
            return []
        with _start(command(part)) as process:
            running.add(process)
            if ended.is_set():
                _interrupt(process)
            try:
                return _show(part, process)
            finally:
                running.discard(process)

    urgent = [part for part in parts if part not in _PATIENT]
    patient = iter([part for part in parts if part in _PATIENT])  # each lane takes the next one

    def lane(own: Sequence[str]) -> dict[str, list[str]]:
        return {part: one(part) for part in itertools.chain(own, patient)}

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(lane, own) for own in (urgent, [])]
        try:
            return both[0].result() | both[1].result()
        except BaseException:
            ended.set()
            for process in list(running):
                _interrupt(process)
            raise


def _start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        process_group=0,
    )


def _show(part: str, process: subprocess.Popen[str]) -> list[str]:
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        console.result(f"{part:<{_WIDTH}}| {lines[-1]}")
    return lines


def _interrupt(process: subprocess.Popen[str]) -> None:
    """As Ctrl-C does to a terminal's programs: pytest then ends what its tests have started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)


def task(part: str) -> list[str]:
    """The command line of one part."""
    yielding = ["nice", "-n", "5"] if part in _PATIENT else []
    return [*yielding, sys.executable, str(PROJECT / "tasks.py"), "test", "--only", part]
