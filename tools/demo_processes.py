# SPDX-License-Identifier: MIT
"""The demo's companions: servers that say in one JSON line that they are ready."""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.bootstrap import PROJECT
from tools.errors import SetupError

START_TIMEOUT = 60.0
STOP_TIMEOUT = 15.0
_PR_SET_PDEATHSIG = 1


@contextmanager
def companion(
    module: str, options: Sequence[str], log: Path, *, keep: bool = False
) -> Iterator[dict[str, Any]]:
    """`python -m module --json` with `options`, ready; yields its JSON line.

    Its messages go to the file `log`. It ends with the `with`, or with this process if that is
    killed; with `keep` it goes on after a `with` that ended well. Raises SetupError when it does
    not get ready.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "--json", *options],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stream,
            start_new_session=True,  # Ctrl-C comes to us alone, and we end it in order
            preexec_fn=None if keep else _end_with_parent,
        )
    assert process.stdout is not None
    kept = False
    try:
        yield _read_ready(process, module, log)
        kept = keep
    finally:
        process.stdout.close()
        if not kept:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_with_parent() -> None:
    """Have the kernel send SIGTERM when the demo is killed and can no longer do so."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _read_ready(process: subprocess.Popen[bytes], module: str, log: Path) -> dict[str, Any]:
    """The line that the process prints when it can be used."""
    assert process.stdout is not None
    deadline, text = time.monotonic() + START_TIMEOUT, b""
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))
        piece = os.read(process.stdout.fileno(), 4096) if ready else b""
        if not piece:
            lines = log.read_text(errors="replace").strip().splitlines()
            last = next((x for x in reversed(lines) if "error" in x), lines[-1] if lines else "")
            raise SetupError(
                f"{module} did not get ready: {last or 'it says nothing'}", f"see {log}"
            )
        text += piece
    answer: dict[str, Any] = json.loads(text)
    return answer
