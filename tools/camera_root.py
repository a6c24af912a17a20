# SPDX-License-Identifier: MIT
"""The libraries that apps for a camera's processor run on here.

AXIS OS 12 has a newer C library, GLib and libstdc++ than Debian 12: packages made with its SDK ask
for GLIBC_2.38, GLIBCXX_3.4.32 and functions such as g_string_free_and_steal(), and do not load on
the libraries that this project compiles against. So emulated cameras have those of the release
after it. What is compiled here stays with the older ones, and so runs on AXIS OS 11 too.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from tools import apt_sources, console, debian, sysroot
from tools.errors import SetupError

PACKAGES = (
    *("libc6", "libgcc-s1", "libstdc++6", "zlib1g"),
    *("libglib2.0-0t64", "libcurl4t64", "libjansson4", "libfcgi0t64"),
    # Not of the documented API, and yet linked by released packages.
    *("libsqlite3-0", "libturbojpeg0"),
    "libfaketime",  # moves the clock of emulated apps
)
_NEWER = {"bookworm": "trixie"}
"""Releases that are too old, and whose libraries are taken instead; PACKAGES are named as there."""
_LAYOUT = "1"
"""Counts up when these folders are made in another way, so that older ones are not taken."""


def require(architecture: str) -> Path:
    """The folder to give the emulator for "aarch64" or "armv7hf", made when it is not there
    (seconds, 14 MB to fetch).

    UsageError for another architecture, SetupError when packages cannot be had at all. Where only
    the newer ones cannot, what is compiled against has to do, and that is said.
    """
    target = sysroot.target_of(architecture)
    release = _NEWER.get(apt_sources.codename())
    if release is None:
        return sysroot.require(architecture).path
    content = hashlib.sha256("\n".join((_LAYOUT, release, *PACKAGES)).encode()).hexdigest()[:12]
    path = sysroot.CACHE.resolve() / f"{architecture}-camera-{content}"
    if path.is_dir():
        return path
    try:
        with debian.locked(sysroot.CACHE / ".lock", "another task that makes a sysroot"):
            if not path.is_dir():
                with console.timed(f"fetching the libraries of {architecture} cameras"):
                    _make(target, path, release)
    except SetupError as error:
        console.notice(f"packages made with the SDK of AXIS OS 12 may not load: {error}")
        return sysroot.require(architecture).path
    return path


def _make(target: sysroot.Target, path: Path, release: str) -> None:
    """Fill a folder beside `path` and put it under its name when it is complete."""
    partial = path.with_name(f".{path.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        root = partial / "root"
        root.mkdir(parents=True)
        archives = sysroot.download(target, partial / "apt", PACKAGES, release)
        sysroot.unpack(archives, root)
        root.replace(path)
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
