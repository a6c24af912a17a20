# SPDX-License-Identifier: MIT
"""Makes .venv with the locked packages, for a machine that has nothing but Python.

Only the standard library. The stamp in .venv is written last and holds the lock's hash, so a set-up
that was interrupted is done again, and one that is done costs reading one small file.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tools import console, debian
from tools.errors import SetupError

PROJECT = Path(__file__).resolve().parent.parent
_OLDEST = (3, 11)


def enter(script: Path, arguments: list[str], project: Path = PROJECT) -> None:
    """Return when running in the project's .venv; otherwise set it up and run `script` in it.

    Does not return in the second case. SetupError when it cannot be set up.
    """
    if sys.version_info[:2] < _OLDEST:
        raise SetupError(
            f"Python {sys.version_info[0]}.{sys.version_info[1]} is too old for this project",
            "run it with Python 3.11 or later",
        )
    # The demo says how long a newcomer waited, set-up included.
    os.environ.setdefault("BATONDESCRIBE_STARTED", str(time.time()))
    ensure(project)
    python = venv_python(project)
    if Path(sys.prefix).resolve() != python.parent.parent.resolve():
        os.execv(python, [str(python), str(script), *arguments])


def ensure(project: Path = PROJECT) -> None:
    """Have the project's .venv hold what requirements.lock names."""
    wanted = _fingerprint(project)
    if _is_ready(project, wanted):
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)  # to end pip and apt with this
    with debian.locked(project / ".venv.lock", "another set-up of this project"):
        if not _is_ready(project, wanted):
            _set_up(project, wanted)


def venv_python(project: Path) -> Path:
    """The interpreter of the project's .venv."""
    return project / ".venv" / "bin" / "python"


def _fingerprint(project: Path) -> str:
    return hashlib.sha256((project / "requirements.lock").read_bytes()).hexdigest()


def _is_ready(project: Path, wanted: str) -> bool:
    try:
        stamp = _stamp(project).read_text()
    except OSError:
        return False
    return stamp == wanted and os.access(venv_python(project), os.X_OK)


def _stamp(project: Path) -> Path:
    return project / ".venv" / "requirements.sha256"


def _set_up(project: Path, wanted: str) -> None:
    python = venv_python(project)
    complete = _stamp(project).is_file() and os.access(python, os.X_OK)
    if not complete:
        console.progress("setting up .venv (once; about a minute)")
        _make_venv(project)
    else:
        console.progress("requirements.lock has changed: bringing .venv up to date")
    _stamp(project).unlink(missing_ok=True)
    _install_packages(project)
    _stamp(project).write_text(wanted)


def _make_venv(project: Path) -> None:
    folder = project / ".venv"
    if importlib.util.find_spec("ensurepip") is None:
        debian.install_missing([f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"])
    shutil.rmtree(folder, ignore_errors=True)
    base = getattr(sys, "_base_executable", sys.executable)
    made = subprocess.run(
        [base, "-m", "venv", str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        lines = (made.stdout + made.stderr).strip().splitlines()
        raise SetupError(
            f"{folder} could not be made: {lines[-1] if lines else 'python -m venv failed'}",
            "check that the folder may be written, and that `python3 -m venv` works",
        )


def _install_packages(project: Path) -> None:
    lock = project / "requirements.lock"
    pins = [line for line in lock.read_text().splitlines() if "==" in line and line[:1].strip()]
    total = sum("win32" not in pin for pin in pins)
    lines: list[str] = []
    seen: set[str] = set()

    def on_line(line: str) -> None:
        lines.append(line)
        if line.startswith(("Collecting ", "Processing ")) and line not in seen:
            seen.add(line)
            what = Path(line.split()[1]).name  # "name==version", or a wheel that lies here
            name = what.partition("==" if "==" in what else "-")[0]
            console.progress(f"  [{len(seen)}/{total}] {name}")
        elif line.startswith("Installing collected packages"):
            console.progress("  installing them")

    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    install = ["-m", "pip", "install", *options, "--require-hashes", "-r", str(lock)]
    if console.stream([str(venv_python(project)), *install], on_line) != 0:
        why = next((line for line in reversed(lines) if line.startswith("ERROR: ")), "pip failed")
        why = why.removeprefix("ERROR: ")
        raise SetupError(
            f"the packages of requirements.lock could not be installed: {why}",
            "check the network and pip's index, then run the task again",
        )
