# SPDX-License-Identifier: MIT
"""Small file operations that several parts share."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_text_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace the file at `path` in one step, so that a crash leaves the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def give_to(path: Path, uid: int, gid: int) -> None:
    """Make `path` and all below it belong to `uid`; links themselves, never their targets."""
    os.chown(path, uid, gid, follow_symlinks=False)
    for folder, names, files in os.walk(path):
        for name in names + files:
            os.chown(Path(folder) / name, uid, gid, follow_symlinks=False)
