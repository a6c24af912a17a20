# SPDX-License-Identifier: MIT
"""The temporary folders of a running camera, and what cameras left that were killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "virtual-camera"
_LOCK = "lock"


@contextlib.contextmanager
def runtime_folder(purpose: str = "run") -> Iterator[Path]:
    """A fresh folder, removed at the end. Its path is short, since the address of a socket has 107
    bytes at most, and apps may pass through it. Folders of cameras that are gone are removed.
    `purpose` is a part of its name."""
    prefix = f"{_PREFIX}-{purpose}-"
    _remove_abandoned(prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    lock = os.open(folder / "new", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # before it has the name that others look for
        (folder / "new").rename(folder / _LOCK)
        folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _remove_abandoned(prefix: str) -> None:
    """A camera holds the lock of its folder as long as it lives; a lock that can be had is left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if folder.stat().st_uid == os.geteuid():
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
