# SPDX-License-Identifier: MIT
"""Lets emulated apps execute programs of their own processor, and shell scripts such programs.

A preloaded library gives what is executed to the emulator where it has to (VirtualExec.c). It is
there for both processors, since an app's child may be a shell of this machine and the shell's child
again a program of the camera's processor; $LIB in LD_PRELOAD has each loader take its own.
"""

from __future__ import annotations

import platform as machine
from dataclasses import dataclass
from pathlib import Path

from tools.virtual_camera.emulation import Emulator

_LIBRARIES = ("libvirtualexec.so", "libvirtualloopback.so")
_FOLDER = "/usr/local/lib/preload"
OWN_FOLDER = f"{_FOLDER}/$LIB"
"""where each loader finds what is preloaded"""
_FOLDER_MADE = ("--perms", "0755", "--dir")
_TRIPLETS = {183: "aarch64-linux-gnu", 40: "arm-linux-gnueabihf"}


@dataclass(frozen=True)
class ForeignPrograms:
    """For one camera whose apps are emulated, in sandboxes."""

    machine: int
    platforms: dict[str, Path]
    """the platform libraries by the name of the processor's own folder of libraries"""

    def view(self) -> list[str]:
        """What bubblewrap has to show an app."""
        argv = [*_FOLDER_MADE, _FOLDER, *_FOLDER_MADE, f"{_FOLDER}/lib"]
        for triplet, platform in self.platforms.items():
            folder = f"{_FOLDER}/lib/{triplet}"
            argv += [*_FOLDER_MADE, folder]
            for name in _LIBRARIES:
                argv += ["--ro-bind-try", str(platform / name), f"{folder}/{name}"]
        return argv

    def environment(self, before: dict[str, str], emulator: str, sysroot: str) -> dict[str, str]:
        """An app's variables with those that are needed; both paths as the app sees them."""
        preloaded = f"{before.get('LD_PRELOAD', '')}:{OWN_FOLDER}/{_LIBRARIES[0]}".lstrip(":")
        return before | {
            "LD_PRELOAD": preloaded,
            "VIRTUAL_EXEC_MACHINE": str(self.machine),
            "VIRTUAL_EXEC_EMULATOR": emulator,
            "VIRTUAL_EXEC_SYSROOT": sysroot,
        }


def foreign_programs(emulator: Emulator | None, platform: Path) -> ForeignPrograms | None:
    """None where nothing is emulated, and where the libraries are not there: that of this machine
    is looked for beside `platform`, the folder with the platform libraries of the camera's."""
    if emulator is None or emulator.machine not in _TRIPLETS:
        return None
    platforms = {
        _TRIPLETS[emulator.machine]: platform,
        f"{machine.machine()}-linux-gnu": platform.parent.parent / "host" / "lib",
    }
    if not all((folder / _LIBRARIES[0]).is_file() for folder in platforms.values()):
        return None
    return ForeignPrograms(emulator.machine, platforms)
