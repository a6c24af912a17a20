# SPDX-License-Identifier: MIT
"""Programs whose output is shown as it comes: when they are ended, so are their children."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tools import console


def runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_an_interrupt_ends_the_children_of_the_program_too() -> None:
    seen: list[int] = []

    def interrupt(line: str) -> None:
        seen.append(int(line))
        raise KeyboardInterrupt

    # As a compiler's driver does, the shell leaves its own child alone when it is ended.
    with pytest.raises(KeyboardInterrupt):
        console.stream(["sh", "-c", "sleep 1000 & echo $!; wait"], interrupt)

    assert seen
    assert seen[0] != os.getpid()
    wait_until(lambda: not runs(seen[0]), "the child to end")


def test_lines_come_as_they_are_and_the_exit_code_last() -> None:
    lines: list[str] = []

    code = console.stream(["sh", "-c", "echo one; echo two >&2; exit 3"], lines.append)

    assert (lines, code) == (["one", "two"], 3)
