# SPDX-License-Identifier: MIT
"""What an executable needs of a camera and how it is hardened, as readelf tells.

The libraries and the symbol version are those that released packages ask for ("ACAP Native SDK",
and packages that were built with it): AXIS OS 11 and later have them.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.errors import PackageError, SetupError

CAMERA_LIBRARIES = frozenset(
    (
        "ld-linux-aarch64.so.1",
        "ld-linux-armhf.so.3",
        "libaxevent.so.1",
        "libaxparameter.so.1",
        "libaxstorage.so.1",  # this one and licensekey's: from lists of what packages need
        "libc.so.6",
        "libcurl.so.4",
        "libfcgi.so.0",
        "libgio-2.0.so.0",
        "libglib-2.0.so.0",
        "libgobject-2.0.so.0",
        "libjansson.so.4",
        "liblicensekey.so.1",
        "libm.so.6",
        "libvdostream.so.1",
    )
)
NEWEST_GLIBC = (2, 34)
_MACHINES = {"AArch64": "aarch64", "ARM": "armv7hf"}
_FORTIFIED = re.compile(r"\b__\w+_chk\b")


@dataclass(frozen=True)
class Executable:
    """What readelf tells of one file."""

    architecture: str
    """aarch64, armv7hf, or readelf's own name of another machine"""
    needed: tuple[str, ...]
    glibc: tuple[tuple[int, ...], ...]
    """Versions of glibc's symbols, each as (2, 34), in order"""
    pie: bool
    full_relro: bool
    stack_protector: bool
    fortify: bool

    def faults(self) -> list[str]:
        """What keeps it from loading on a camera, or makes it easier to attack there."""
        found = [f"it needs {n}, which AXIS OS lacks" for n in self.needed if not _known(n)]
        newest = max(self.glibc, default=(2,))
        if newest > NEWEST_GLIBC:
            found.append(f"it needs GLIBC_{'.'.join(map(str, newest))}; cameras have 2.34")
        hardening = {
            "is not position independent (-pie)": self.pie,
            "lacks full RELRO (-z relro -z now)": self.full_relro,
            "lacks the stack protector": self.stack_protector,
            "lacks FORTIFY": self.fortify,
        }
        return found + [f"it {lack}" for lack, there in hardening.items() if not there]


def read(path: Path) -> Executable:
    """Look into an executable of any architecture.

    PackageError when it is none, SetupError without readelf.
    """
    text = _readelf(path)
    machine = re.search(r"^\s*Machine:\s+(.*)$", text, re.M)
    name = machine[1].strip() if machine else ""
    versions = {tuple(map(int, v.split("."))) for v in re.findall(r"\bGLIBC_([\d.]+)\b", text)}
    return Executable(
        architecture=_MACHINES.get(name, name),
        needed=tuple(re.findall(r"\(NEEDED\).*\[(.+)\]", text)),
        glibc=tuple(sorted(versions)),
        pie=bool(re.search(r"\(FLAGS_1\).*\bPIE\b", text)),
        full_relro="GNU_RELRO" in text and bool(re.search(r"\((FLAGS\).*\b)?BIND_NOW\b", text)),
        stack_protector="__stack_chk_fail" in text,
        fortify=bool(_FORTIFIED.search(text)),
    )


def _known(library: str) -> bool:
    return library in CAMERA_LIBRARIES


def _readelf(path: Path) -> str:
    command = ["readelf", "--wide", "--file-header", "--program-headers", "--dynamic"]
    command += ["--version-info", "--dyn-syms", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise SetupError("this machine lacks readelf", "install binutils") from error
    if done.returncode != 0 or "ELF Header" not in done.stdout:
        raise PackageError(f"{path} is no executable that readelf understands")
    return done.stdout
