# SPDX-License-Identifier: MIT
"""Bounds how many processes and threads an app can have, so that one that forks without end leaves
the machine to the camera and the other apps. What a device allows is not documented [unconfirmed].
"""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path

MAX_TASKS = 2000
"""of one app, beyond what its user runs when it starts"""


def limit_tasks(uid: int) -> list[str]:
    """What to put before the command of an app that runs as `uid`.

    The kernel counts by user (RLIMIT_NPROC), in a user namespace by what runs there: elsewhere what
    the user runs already has to be added, such as its other apps.
    """
    wanted = MAX_TASKS + tasks_of(uid)
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    return ["prlimit", f"--nproc={wanted}"]


def tasks_of(uid: int) -> int:
    """How many processes and threads a user has."""
    count = 0
    for folder in os.scandir("/proc"):
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and folder.stat().st_uid == uid:
                count += sum(1 for _ in Path(folder.path, "task").iterdir())
    return count
