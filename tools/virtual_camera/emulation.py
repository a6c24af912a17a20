# SPDX-License-Identifier: MIT
"""Runs programs of a camera's processor on this machine: qemu-user, asked for by name.

The programs find their loader and libraries in a sysroot, which qemu looks into before it looks at
the real path. Nothing is registered with the kernel (binfmt_misc): what an app or a script executes
is led here by a preloaded library (foreign_programs), which the programs of Go pass by.
"""

from __future__ import annotations

import logging
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.errors import SetupError

_log = logging.getLogger(__name__)
_LOADER = "LD_"
"""Variables with this prefix are for the emulated program's loader, not for qemu's own."""


@dataclass(frozen=True)
class _Processor:
    qemu: str
    machine: int
    """e_machine in the header of its ELF files"""
    native: tuple[str, ...]
    """what uname calls machines that need no emulation"""
    cpu: str = ""
    """qemu's name of the processor, where its default one will not do"""


_PROCESSORS = {
    # The newer libraries sign return addresses (PAC), which qemu computes bit by bit: an event took
    # an app ten times as long.
    "aarch64": _Processor("qemu-aarch64", 183, ("aarch64", "arm64"), "max,pauth=off"),
    "armv7hf": _Processor("qemu-arm", 40, ("armv7l",)),
}


@dataclass(frozen=True)
class Emulator:
    """qemu for the programs of one architecture."""

    program: Path
    sysroot: Path
    machine: int
    cpu: str

    def runs(self, program: Path) -> bool:
        """Whether the file is a program of that architecture; scripts and others are not."""
        try:
            with program.open("rb") as stream:
                header = stream.read(20)
        except OSError:
            return False
        return header[:4] == b"\x7fELF" and int.from_bytes(header[18:20], "little") == self.machine

    def command(self, program: str, sysroot: str, environment: Mapping[str, str]) -> list[str]:
        """What to put before a program and its arguments: env and qemu.

        `program` is qemu and `sysroot` the sysroot as they are seen where the command runs. -E
        splits its value at commas, so only loader variables are given by it.
        """
        own = {name: text for name, text in environment.items() if not name.startswith(_LOADER)}
        own |= {"QEMU_CPU": self.cpu} if self.cpu else {}  # what the app starts has it, too
        argv = [*(f"{name}={text}" for name, text in own.items()), program, "-L", sysroot]
        for name in environment.keys() - own.keys():
            argv += ["-E", f"{name}={environment[name]}"]
        return argv


def find_emulator(architecture: str, sysroot: Path | None) -> Emulator | None:
    """The emulator for a camera's architecture; None where this machine runs its programs itself,
    and without a sysroot. SetupError when qemu or the sysroot is not there."""
    processor = _PROCESSORS.get(architecture)
    if processor is None or platform.machine() in processor.native:
        return None
    if sysroot is None:
        _log.warning("without --sysroot no app for %s runs here", architecture)
        return None
    if not (sysroot / "lib").is_dir():
        raise SetupError(
            f"{sysroot} holds no libraries for {architecture}",
            "name the folder that has lib and usr/lib of that architecture with --sysroot",
        )
    names = (f"{processor.qemu}-static", processor.qemu)
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise SetupError(f"{names[0]} is not installed", "apt-get install qemu-user-static")
    return Emulator(Path(found).resolve(), sysroot.resolve(), processor.machine, processor.cpu)
