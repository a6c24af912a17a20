# SPDX-License-Identifier: MIT
"""A container engine for a machine where none runs: dockerd with a socket and a store of its own.

It leaves the machine's network alone (no bridge, no packet filter), which is enough for builds:
nothing in them fetches anything. The store stays in the project's cache, so that what was built
once is there the next time.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import docker.errors

from tools import console, debian
from tools.bootstrap import PROJECT
from tools.errors import SetupError

_STORE = PROJECT / ".cache" / "engine"
_READY_TIMEOUT = 60.0
_STOP_TIMEOUT = 30.0


def answers() -> bool:
    """Whether the engine that the environment names (DOCKER_HOST) can be used."""
    try:
        engine = docker.from_env(timeout=10)
    except docker.errors.DockerException:
        return False
    try:
        return bool(engine.ping())
    except Exception:  # the package lets errors of its HTTP library through
        return False
    finally:
        engine.close()


@contextmanager
def required() -> Iterator[None]:
    """Have an engine answer: the machine's own, or else one that lives as long as the block.

    SetupError when none can be started here.
    """
    if answers():
        yield
        return
    if os.geteuid() != 0:
        raise SetupError("no container engine answers, and only root can start one")
    debian.require("engine")
    with (
        debian.locked(_STORE.parent / "engine.lock", "another container engine of this project"),
        tempfile.TemporaryDirectory(prefix="batondescribe-engine-") as folder,
    ):
        yield from _while_running(Path(folder))


def _while_running(folder: Path) -> Iterator[None]:
    socket = f"unix://{folder}/docker.sock"
    # Whatever ends this process, even SIGKILL, ends the engine too.
    command = ["setpriv", "--pdeathsig", "TERM", "dockerd"]
    command += ["--host", socket, "--data-root", str(_STORE)]
    command += ["--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/docker.pid"]
    command += ["--bridge=none", "--iptables=false", "--ip6tables=false"]
    before = os.environ.get("DOCKER_HOST")
    log = folder / "log"
    with log.open("wb") as out, console.timed("starting a container engine"):
        # A group of its own: Ctrl-C is for the build, the engine ends when it has been tidied.
        process = subprocess.Popen(command, stdout=out, stderr=out, process_group=0)
    try:
        os.environ["DOCKER_HOST"] = socket
        _wait_until_ready(process, log)
        yield
    finally:
        if before is None:
            os.environ.pop("DOCKER_HOST", None)
        else:
            os.environ["DOCKER_HOST"] = before
        _end(process)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_TIMEOUT
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(errors="replace").splitlines()
            raise SetupError(
                f"no container engine can be started here: {(lines or ['no answer'])[-1][:300]}"
            )
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
