# SPDX-License-Identifier: MIT
"""Moves the wall clock of apps, and neither their monotonic one nor anybody else's.

libfaketime (Debian's package of that name) is preloaded into apps that start while the clock is
movable; it reads a file each time an app asks for the time. Apps have to be in a sandbox, since it
leaves files in /dev/shm. Programs that do not ask the C library for the time, such as those of Go,
do not notice.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tools.errors import SetupError
from tools.virtual_camera.files import write_text_atomically

_NAME = "faketime/libfaketimeMT.so.1"
_FILE = "offset"
_MARK = "FAKETIME_TIMESTAMP_FILE"
FOLDER = "/run/virtual-clock"
"""the clock's folder as a confined app sees it"""


class MovedClock:
    """The clock of one camera's apps. `folder` is where its file lies, made when it is needed."""

    def __init__(self, folder: Path, system: Iterable[Path], sysroot: Path | None = None) -> None:
        """`system` are the folders of the libraries that apps use, `sysroot` what they see as /."""
        self.folder = folder
        self.offset = 0.0
        """seconds ahead of the machine's clock"""
        self.is_movable = False
        """for apps that are started from now on"""
        self._system = tuple(system)
        self._sysroot = sysroot
        self._library = ""
        """what apps preload, as they see it"""

    def make_movable(self) -> None:
        """SetupError when libfaketime is not there."""
        library = find_library(self._system)
        if library is None:
            where = f"in {self._sysroot}" if self._sysroot else "installed"
            raise SetupError(f"libfaketime is not {where}", "apt-get install libfaketime")
        seen = library.relative_to(self._sysroot) if self._sysroot else library
        self._library = str("/" / seen)
        self._write(0.0)
        self.is_movable = True

    def make_fixed(self) -> None:
        """Back to the machine's clock; apps that are started from now on use it directly."""
        if self.is_movable:
            self._write(0.0)
        self.is_movable = False

    def jump(self, seconds: float) -> None:
        """Only when it is movable."""
        self._write(self.offset + seconds)

    def environment(self) -> dict[str, str]:
        """Of an app that sees the clock's folder as FOLDER."""
        return {
            "LD_PRELOAD": self._library,
            _MARK: f"{FOLDER}/{_FILE}",
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def _write(self, offset: float) -> None:
        write_text_atomically(self.folder / _FILE, f"{offset:+.3f}\n")
        self.folder.chmod(0o755)
        self.offset = offset


def find_library(system: Iterable[Path]) -> Path | None:
    """libfaketime in the first of the folders that has it."""
    return next((f / _NAME for f in system if (f / _NAME).is_file()), None)


def follows(pid: int) -> bool:
    """Whether the process was started with a movable clock; True when it is gone."""
    try:
        return f"\0{_MARK}=".encode() in b"\0" + Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return True
