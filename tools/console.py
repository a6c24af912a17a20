# SPDX-License-Identifier: MIT
"""What a person sees while a task works: progress on stderr, results on stdout.

Only the standard library: set-up uses it before anything else is there.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


def progress(text: str) -> None:
    """One line of progress. It goes to stderr, so that a task's output stays machine-readable."""
    print(f"- {text}", file=sys.stderr, flush=True)


def notice(text: str) -> None:
    """Something that the user should know although nothing failed."""
    print(f"! {text}", file=sys.stderr, flush=True)


def detail(text: str) -> None:
    """Another program's own words, as they are."""
    print(text, file=sys.stderr, flush=True)


def result(text: str) -> None:
    """One line of what the task was called for."""
    print(text, flush=True)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Announce `what`, and say at its end how long it took."""
    progress(what)
    start = time.monotonic()
    yield
    progress(f"{what}: {time.monotonic() - start:.1f} s")


def stream(
    command: Sequence[str],
    on_line: Callable[[str], None],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> int:
    """Run `command`, hand each line of its output (both streams) over as it comes; its exit code.

    The program is ended when the caller is interrupted, with all that it has started: it has a
    process group of its own.
    """
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(env) if env is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        process_group=0,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            on_line(line.rstrip("\n"))
        return process.wait()
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise
