# SPDX-License-Identifier: MIT
"""The group by which the processes of one camera's apps are told from all others."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

_FIRST = 1 << 30
_A_PROCESS = 256
_cameras = itertools.count()


def own_group() -> int | None:
    """A number that no other camera on this machine uses; None in a container that lacks it."""
    group = _FIRST + os.getpid() * _A_PROCESS + next(_cameras) % _A_PROCESS
    for line in Path("/proc/self/gid_map").read_text().splitlines():
        first, _, count = map(int, line.split())
        if first <= group < first + count:
            return group
    return None
