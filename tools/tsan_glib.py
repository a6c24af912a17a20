# SPDX-License-Identifier: MIT
"""A GLib built for ThreadSanitizer, from the distribution's own source package.

Why: GLib's locks are futexes of its own, which ThreadSanitizer does not see in a GLib that was not
built with it; it then reports races where there are none. libcurl and jansson need no such build.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import apt_sources, console, debian
from tools.bootstrap import PROJECT
from tools.errors import BuildError, SetupError

_CACHE = PROJECT / ".cache"
_LIBRARIES = ("glib-2.0", "gobject-2.0", "gmodule-2.0", "gio-2.0")
_OPTIONS = (
    "-Db_sanitize=thread",
    "-Db_lundef=false",
    "-Dtests=false",
    "-Dselinux=disabled",
    "-Dlibmount=disabled",
    "-Dxattr=false",
    "-Dnls=disabled",
    "--buildtype=debugoptimized",
    "--wrap-mode=nodownload",
)
# Options that only newer versions know, and what they must be.
_NEWER = {"introspection": "-Dintrospection=disabled", "sysprof": "-Dsysprof=disabled"}


def library_path() -> str:
    """What LD_LIBRARY_PATH must be for a program to run with this GLib; built once a version.

    SetupError when its sources are not to be had, BuildError when they do not compile.
    """
    debian.require("build", "threads")
    version = _installed_version()
    built = _CACHE / f"tsan-glib-{re.sub(r'[^0-9A-Za-z.+-]', '_', version)}"
    if not (built / "complete").exists():
        with debian.locked(_CACHE / "tsan-glib.lock", "another build of this GLib"):
            if not (built / "complete").exists():
                _make(version, built)
    return ":".join(str(built / "lib" / name) for name in ("glib", "gobject", "gmodule", "gio"))


def _installed_version() -> str:
    """The source version of the GLib whose headers are here: both must be the same."""
    asked = ["dpkg-query", "-W", "-f", "${source:Version}", "libglib2.0-dev"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout:
        raise SetupError("libglib2.0-dev is not installed", "apt-get install libglib2.0-dev")
    return done.stdout.strip()


def _make(version: str, built: Path) -> None:
    work = _CACHE / "tsan-glib-work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(built, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        with console.timed(f"fetching the sources of GLib {version}"):
            source = _unpack(_fetch(version, work), work)
        with console.timed("building GLib for ThreadSanitizer (once; about a minute)"):
            _build(source, work / "build")
        shutil.move(work / "build", built / "lib")
        (built / "complete").touch()
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _fetch(version: str, work: Path) -> Path:
    """The upstream archive of that version's source package."""
    options = ["-q", "-o", f"APT::Sandbox::User={'root' if os.geteuid() == 0 else os.geteuid()}"]
    for name, place in apt_sources.copy(work, kind="deb-src").items():
        options += ["-o", f"{name}={place}"]
    options += ["-o", "Acquire::Languages=none", "-o", "APT::Update::Post-Invoke-Success="]
    lines: list[str] = []
    console.stream(["apt-get", *options, "update"], lines.append, cwd=work)
    for wanted in (f"glib2.0={version}", "glib2.0"):
        fetch = ["apt-get", *options, "--download-only", "--only-source", "source", wanted]
        if console.stream(fetch, lines.append, cwd=work) == 0:
            break
    archives = list(work.glob("glib2.0_*.orig.tar.*z*"))
    archives = [path for path in archives if path.suffix != ".asc"]
    if len(archives) != 1:
        why = next((line for line in lines if line.startswith("E: ")), "no archive came")
        raise SetupError(
            f"the sources of GLib {version} could not be fetched: {why}",
            "check the network and apt's sources",
        )
    upstream = re.sub(r"-[^-]*$", "", version.split(":")[-1])
    if f"_{upstream}.orig" not in archives[0].name:
        raise SetupError(
            f"apt has the sources of {archives[0].name}, but GLib {version} is installed",
            "apt-get update && apt-get upgrade",
        )
    return archives[0]


def _unpack(archive: Path, work: Path) -> Path:
    with tarfile.open(archive) as contents:
        contents.extractall(work / "source")
    (source,) = (work / "source").iterdir()
    return source


def _build(source: Path, build: Path) -> None:
    known = "".join(path.read_text() for path in source.glob("meson*options*"))
    newer = [option for name, option in _NEWER.items() if f"'{name}'" in known]
    newer = [
        option for option in newer if "type: 'feature'" in known or "type : 'feature'" in known
    ]
    environment = {**os.environ, "CFLAGS": "-g -O1", "LC_ALL": "C"}
    _run(["meson", "setup", str(build), str(source), *_OPTIONS, *newer], environment)
    listed = subprocess.run(
        ["meson", "introspect", "--targets", str(build)], capture_output=True, check=False
    )
    targets = [
        Path(target["filename"][0]).relative_to(build)
        for target in json.loads(listed.stdout or b"[]")
        if target["name"] in _LIBRARIES and target["type"] == "shared library"
    ]
    if len(targets) != len(_LIBRARIES):
        raise BuildError("GLib's build has other libraries than expected", "report its version")
    _run(["ninja", "-C", str(build), *(str(target) for target in targets)], environment)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    lines: list[str] = []
    if console.stream(command, lines.append, env=environment) != 0:
        console.detail("\n".join(lines[-30:]))
        raise BuildError(f"{command[0]} failed while building GLib", "see its words above")
