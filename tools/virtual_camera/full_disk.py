# SPDX-License-Identifier: MIT
"""Makes apps meet a full disk: what lies in a folder can be read, and every write fails (ENOSPC).

A small file system in memory, filled to the brim, is laid over the folder (localdata, say) in the
app's own mount namespace, so that nothing of it is left when the app ends. That takes root and a
sandbox. Unlike on a full disk, removing a file fails too.
"""

from __future__ import annotations

import asyncio
import shutil

from tools.errors import SetupError

_LAY_OVER = """
set -e
data=$1 disk=$2
! mountpoint -q "$data" || exit 0
mkdir -p "$disk"
mount -t tmpfs -o size=64k,nr_inodes=32,mode=0755 tmpfs "$disk"
mkdir "$disk/upper" "$disk/work"
chown --reference="$data" "$disk/upper"
chmod --reference="$data" "$disk/upper"
mount -t overlay -o "lowerdir=$data,upperdir=$disk/upper,workdir=$disk/work" overlay "$data"
dd if=/dev/zero "of=$disk/full" bs=4k 2>/dev/null || true
number=0
while touch "$disk/$number" 2>/dev/null; do number=$((number + 1)); done
"""
_TAKE_AWAY = """
! mountpoint -q "$1" || umount -l "$1"
umount -l "$2" 2>/dev/null || true
"""
_RUN = '\nshift 2\nexec "$@"'
DISK = "/run/full-disk"
"""where the file system is mounted in a sandbox"""


def full_disk_prefix(data: str, disk: str) -> tuple[str, ...]:
    """Put before a command, has it run with a full disk over the folder `data`, for it alone;
    `disk` is a path where nothing is yet."""
    return ("unshare", "--mount", "--", "sh", "-c", _LAY_OVER + _RUN, "sh", data, disk)


async def fill(pid: int, data: str, disk: str = DISK) -> None:
    """Have a running app's disk full; `data` as the app sees it. SetupError when that fails."""
    await _inside(pid, _LAY_OVER, data, disk)


async def free(pid: int, data: str, disk: str = DISK) -> None:
    """Undo `fill`, and what `full_disk_prefix` did."""
    await _inside(pid, _TAKE_AWAY, data, disk)


async def _inside(pid: int, script: str, data: str, disk: str) -> None:
    program = shutil.which("nsenter")
    if program is None:
        raise SetupError("nsenter is not installed", "apt-get install util-linux")
    process = await asyncio.create_subprocess_exec(
        *(
            program,
            "--mount",
            "--pid",
            f"--target={pid}",
            "--",
            "sh",
            "-c",
            script,
            "sh",
            data,
            disk,
        ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode != 0:
        lines = said.decode("utf-8", "replace").strip().splitlines()
        raise SetupError(f"the disk cannot be filled here: {lines[0] if lines else 'no reason'}")
