# SPDX-License-Identifier: MIT
"""What of this machine's own folders an app sees, as options of bubblewrap."""

from __future__ import annotations

from pathlib import Path

ETC = (
    *("alternatives", "ca-certificates", "fonts", "gai.conf", "hosts", "ld.so.cache", "ld.so.conf"),
    *("ld.so.conf.d", "localtime", "nsswitch.conf", "pki", "protocols", "resolv.conf", "services"),
    *("ssl", "timezone"),
)
"""below /etc"""
_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


def system_binds() -> list[str]:
    """Programs and libraries, for reading."""
    argv = ["--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM:
        path = Path("/") / name
        if path.is_symlink():
            argv += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            argv += ["--ro-bind", str(path), str(path)]
    return argv
