# SPDX-License-Identifier: MIT
"""The compilers of this machine, native and cross, and how make is run with them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import console, debian, sysroot
from tools.bootstrap import PROJECT
from tools.errors import BuildError, SetupError
from tools.settings import BUILD

_COMPILED = re.compile(r"(?:^|\s)-o (\S+)")
_JOBS = min(os.cpu_count() or 1, 8)
_CFLAGS = "-O2 -g"
_CROSS_LDFLAGS = "-Wl,-O1 -Wl,--hash-style=gnu"  # as the SDK's environment has them


@dataclass(frozen=True)
class Toolchain:
    """A compiler, and what make needs in its environment to use it."""

    architecture: str
    cc: str
    """Program name, such as aarch64-linux-gnu-gcc"""
    strip: str
    environment: dict[str, str]
    sysroot: str = ""
    """Where the sysroot lies, "" without one"""

    @property
    def platform(self) -> Path:
        """Where the platform libraries of this architecture are installed."""
        return BUILD / "platform" / self.architecture

    @property
    def flags(self) -> str:
        """CFLAGS and LDFLAGS, without where this project lies."""
        both = f"{self.environment['CFLAGS']} {self.environment.get('LDFLAGS', '')}"
        if self.sysroot:
            both = both.replace(self.sysroot, "/sysroot")
        return both.replace(str(PROJECT), ".").strip()

    def version(self) -> str:
        """What the compiler says of itself, in one line."""
        return output([*shlex.split(self.cc), "--version"]).partition("\n")[0] or self.cc


def find(architecture: str) -> Toolchain:
    """The toolchain of "host", or the cross compiler with the sysroot of a camera's architecture.

    SetupError when it cannot be had.
    """
    # Debug information, and with it the build id, must not depend on where the project lies.
    map_ = f"-ffile-prefix-map={PROJECT}=."
    if architecture == "host":
        debian.require("build")
        flags = f"{os.environ.get('CFLAGS', _CFLAGS)} {map_}"
        return Toolchain("host", os.environ.get("CC", "cc"), "strip", {"CFLAGS": flags})
    root = sysroot.require(architecture)
    environment = {
        **root.environment,
        # The compiler follows links to its headers: the sysroot is mapped by its own name too.
        "CFLAGS": f"{_CFLAGS} {map_} -ffile-prefix-map={root.path}=/sysroot",
        "LDFLAGS": f"{_CROSS_LDFLAGS} {root.environment['LDFLAGS']}",
    }
    strip_ = f"{root.triplet}-strip"
    return Toolchain(architecture, root.cc, strip_, environment, str(root.path))


def build_platform(architecture: str = "host") -> Path:
    """Build the platform libraries for `architecture`; the folder where they are installed."""
    tools = find(architecture)
    with debian.locked(BUILD / ".platform.lock", "another build of the platform libraries"):
        folder = PROJECT / "tools" / "platform"
        what = "the platform libraries"
        run_make(tools, folder, [f"OUT={tools.platform}"], what)
    return tools.platform


def build_app(tools: Toolchain, folder: Path, manifest: Path, prefix: Path) -> None:
    """Build the app into `folder` against the platform libraries in `prefix`."""
    search = [str(prefix / "lib" / "pkgconfig")]
    if tools.architecture == "host":
        search += filter(None, [os.environ.get("PKG_CONFIG_PATH")])
    variables = [f"OUT={folder}", f"MANIFEST={manifest}"]
    extra = {"PKG_CONFIG_PATH": ":".join(search)}
    run_make(tools, PROJECT / "app", variables, "the app", extra)


def run_make(
    tools: Toolchain,
    folder: Path,
    variables: Sequence[str],
    what: str,
    extra: dict[str, str] | None = None,
) -> None:
    """Run make in `folder`; BuildError, after the compiler's own words, when it fails."""
    for_whom = "" if tools.architecture == "host" else f" for {tools.architecture}"
    console.progress(f"building {what}{for_whom}")
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        match = _COMPILED.search(line)
        if match:
            console.progress(f"  {Path(match[1]).name}")

    command = ["make", "--no-print-directory", f"-j{_JOBS}", "-C", str(folder), *variables]
    environment = {**os.environ, **tools.environment, **(extra or {}), "LC_ALL": "C"}
    if console.stream(command, on_line, env=environment) != 0:
        for line in lines:
            if not _COMPILED.search(line):
                console.detail(line)
        raise BuildError(f"{what} could not be built{for_whom}", _cure(lines))


def _cure(lines: Sequence[str]) -> str:
    if any("No space left on device" in line for line in lines):
        return "the disk is full: free space and build again"
    if any("Permission denied" in line for line in lines):
        return "the build folder cannot be written: give it to your user"
    return "mend what the compiler names above"


def strip(tools: Toolchain, binary: Path, target: Path) -> Path:
    """Write `binary` without its debug information to `target`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [tools.strip, "-o", str(target), str(binary)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise SetupError(f"this machine lacks {tools.strip}", "install binutils") from error
    if done.returncode != 0:
        raise BuildError(f"{tools.strip} failed: {done.stderr.strip()[:200]}", _cure([done.stderr]))
    return target


def output(command: Sequence[str]) -> str:
    """What `command` prints, "" when it fails or does not exist."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
