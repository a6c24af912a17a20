# SPDX-License-Identifier: MIT
"""`invoke lint`: formatters, linters and types, for C and Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import console, debian
from tools.bootstrap import PROJECT
from tools.build import HOST_PLATFORM, build_platform
from tools.errors import VerdictError

_C_FOLDERS = ("app", "tools/platform", "tests")
_PYTHON = ("tasks.py", "tools", "tests")
# Design: exactly one file pair of app/ includes the header of an outside library.
_PORT_HEADERS = {
    "axevent": re.compile(r"axsdk/axevent\.h|axsdk/ax_event.*\.h"),
    "axparameter": re.compile(r"axsdk/axparameter\.h"),
    "vdostream": re.compile(r"vdo-.*\.h"),
    "curl": re.compile(r"curl/.*\.h"),
    "fcgi": re.compile(r"fcgi.*\.h|fastcgi\.h"),
}
_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


@dataclass(frozen=True)
class Check:
    """One check: its name, and what finds its faults, each as a line."""

    name: str
    find: Callable[[], list[str]]


def lint() -> None:
    """Run every check; VerdictError when one of them found something."""
    debian.require("build", "check")
    build_platform()  # the analyser wants to see the libraries' headers
    failed = [check.name for check in CHECKS if not passes(check)]
    if failed:
        raise VerdictError(
            f"lint found faults: {', '.join(failed)}",
            "mend them; `invoke lint --fix` does what formatters can do",
        )


def fix() -> None:
    """Let the formatters and ruff mend what they can."""
    debian.require("build", "check")
    sources = [str(path) for path in c_files()]
    if sources:
        _run([_tool("clang-format"), "-i", *sources])
    _run([_tool("ruff"), "check", "--fix", "-q", *_PYTHON])
    _run([_tool("ruff"), "format", "-q", *_PYTHON])


def c_files() -> Iterator[Path]:
    """All C sources and headers of the project."""
    for folder in _C_FOLDERS:
        yield from sorted(p for p in (PROJECT / folder).rglob("*.[ch]") if "obj" not in p.parts)


def port_faults(app: Path) -> list[str]:
    """Headers of outside libraries that more than one file pair of `app` includes, or none."""
    users: dict[str, set[str]] = {name: set() for name in _PORT_HEADERS}
    for path in sorted(app.glob("*.[ch]")):
        for header in _INCLUDE.findall(path.read_text(errors="replace")):
            for name, pattern in _PORT_HEADERS.items():
                if pattern.fullmatch(header):
                    users[name].add(path.stem)
    return [
        f"app: {name} is included by {', '.join(sorted(pairs)) or 'no file'};"
        " exactly one file pair may include it"
        for name, pairs in users.items()
        if len(pairs) != 1
    ]


def passes(check: Check) -> bool:
    """Run one check and show what it found."""
    began = time.monotonic()
    faults = check.find()
    seconds = time.monotonic() - began
    console.progress(f"lint: {check.name}: {'failed' if faults else 'ok'} ({seconds:.1f} s)")
    for fault in faults:
        console.detail(fault)
    return not faults


def _clang_format() -> list[str]:
    sources = [str(path) for path in c_files()]
    return _run([_tool("clang-format"), "--dry-run", "-Werror", *sources]) if sources else []


def _cppcheck() -> list[str]:
    build_folder = PROJECT / "build" / "cppcheck"
    build_folder.mkdir(parents=True, exist_ok=True)
    command = ["cppcheck", "--quiet", "--std=c11", "--error-exitcode=1", "--inline-suppr"]
    command += ["--enable=warning,performance,portability", "--library=gtk", "--library=posix"]
    command += ["--suppress=missingIncludeSystem", "--suppress=unknownMacro", "-j2"]
    command += ["--suppress=varFuncNullUB"]  # NULL is a pointer in GNU and in musl C
    command += [f"--cppcheck-build-dir={build_folder}", "-DG_GNUC_PRINTF(a,b)="]
    command += ["-Itools/platform/include", "-Itools/platform/common"]
    return _run([*command, "app", "tools/platform"])


def _types() -> list[str]:
    return _run([sys.executable, "-m", "mypy", "--no-error-summary", *_PYTHON])


CHECKS = (
    Check("clang-format", _clang_format),
    Check("cppcheck", _cppcheck),
    Check("outside headers", lambda: port_faults(PROJECT / "app")),
    Check(
        "ruff", lambda: _run([_tool("ruff"), "check", "-q", "--output-format=concise", *_PYTHON])
    ),
    Check("ruff format", lambda: _run([_tool("ruff"), "format", "-q", "--check", *_PYTHON])),
    Check("mypy", _types),
)


def _tool(name: str) -> str:
    """A program of .venv, which need not be on PATH."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else (shutil.which(name) or name)


def _run(command: list[str]) -> list[str]:
    """The lines that a checker prints when it fails, [] when it passes."""
    environment = {**os.environ, "PKG_CONFIG_PATH": str(HOST_PLATFORM / "lib" / "pkgconfig")}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return []
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines or [f"{Path(command[0]).name} failed with exit code {done.returncode}"]
