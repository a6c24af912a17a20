# SPDX-License-Identifier: MIT
"""What a camera leaves in the folder for temporary files that is killed, and who clears it."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tools.camera import start_virtual_camera


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files, for this test alone; short, since sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="t", dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


def test_the_next_camera_clears_what_a_killed_one_left(temporary: Path) -> None:
    log = temporary / "camera.log"
    with start_virtual_camera(log=log) as camera:
        first = {folder.name for folder in temporary.glob("virtual-camera-*")}
        assert len(first) == 2
        os.kill(camera.ready["pid"], signal.SIGKILL)
        camera.wait()
    left = [folder for folder in temporary.glob("virtual-camera-bus-*") if folder.name in first]
    assert left
    wait_until(lambda: not _users_of(left[0]), "the bus to end with its camera")

    with start_virtual_camera(log=log):
        second = {folder.name for folder in temporary.glob("virtual-camera-*")}
        assert len(second) == 2
        assert not first & second

    assert not list(temporary.glob("virtual-camera-*"))


def test_the_folders_of_a_camera_that_runs_stay(temporary: Path) -> None:
    with start_virtual_camera(log=temporary / "first.log"):
        first = {folder.name for folder in temporary.glob("virtual-camera-*")}
        with start_virtual_camera(log=temporary / "second.log") as other:
            assert first < {folder.name for folder in temporary.glob("virtual-camera-*")}
            assert other.control.status()["apps"] == []


def _users_of(folder: Path) -> list[str]:
    """Processes whose command line names the folder."""
    wanted, found = str(folder).encode(), []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if wanted in (process / "cmdline").read_bytes():
                    found.append(process.name)
            except OSError:
                continue
    return found
