# SPDX-License-Identifier: MIT
"""A virtual camera: a process of tools.virtual_camera, driven by its control API."""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tools.bootstrap import PROJECT
from tools.camera.control import ControlClient
from tools.camera.faults import Faults
from tools.camera.protocol import Trigger
from tools.errors import CameraError, UsageError
from tools.settings import VIRTUAL_PASSWORD, VIRTUAL_USER, CameraSettings, virtual_settings
from tools.vapix import VapixClient

START_TIMEOUT = 60.0
STOP_TIMEOUT = 15.0
_PR_SET_PDEATHSIG = 1


class VirtualCamera:
    """Camera over a virtual one; `control` can do what no real camera can."""

    def __init__(
        self,
        settings: CameraSettings,
        password: str,
        ready: Mapping[str, Any] | None = None,
        process: subprocess.Popen[bytes] | None = None,
    ) -> None:
        """`ready` and `process` are there when this program started it."""
        self.ready = dict(ready or {})
        self._process = process
        self._settings = settings
        self._vapix = VapixClient(settings.url, settings.user, password)
        self.control = ControlClient(settings.control)
        self.faults = Faults(self.control)

    @property
    def settings(self) -> CameraSettings:
        return self._settings

    @property
    def vapix(self) -> VapixClient:
        return self._vapix

    def triggers(self) -> tuple[Trigger, ...]:
        """Its scenarios one by one, then its first virtual inputs."""
        topics = [str(entry["topic"]) for entry in self.control.scenarios()]
        scenarios = tuple(Trigger(scenario=t) for t in topics if not t.endswith("ANY"))
        return scenarios + tuple(Trigger(port=port) for port in self._settings.virtual_inputs)

    def set_trigger(self, trigger: Trigger, active: bool) -> None:
        if trigger.scenario:
            self.control.set_scenario(trigger.scenario, active)
        else:
            self.control.set_input(trigger.port, active)

    def address_of_this_machine(self) -> str:
        return "127.0.0.1"

    def wait(self) -> int:
        """Wait until the camera that was started here ends by itself; its exit code."""
        if self._process is None:
            raise UsageError("this virtual camera was started by another program")
        return self._process.wait()


@contextmanager
def start_virtual_camera(
    *,
    port: int = 0,
    user: str = VIRTUAL_USER,
    password: str = VIRTUAL_PASSWORD,
    source: str = "pattern",
    state: Path | None = None,
    install: Sequence[Path] = (),
    options: Sequence[str] = (),
    log: Path | None = None,
) -> Iterator[VirtualCamera]:
    """A virtual camera for the time of the `with`; its process is stopped whatever happens in it.

    `source` is its picture, `state` a folder to keep (a temporary one unless given), `install`
    packages to install and start, `options` further ones of tools.virtual_camera. Its log goes to
    `log`, or to this process's stderr. Start it on the main thread: it ends with that thread.
    """
    command = ["--port", str(port), "--user", user, "--password", password, "--source", source]
    if state is not None:
        command += ["--state", str(state.resolve())]
    for package in install:
        command += ["--install", str(package.resolve())]
    with start_virtual_cameras(1, [*command, *options], password=password, log=log) as cameras:
        yield cameras[0]


@contextmanager
def start_virtual_cameras(
    count: int,
    options: Sequence[str] = (),
    *,
    password: str = VIRTUAL_PASSWORD,
    log: Path | None = None,
) -> Iterator[list[VirtualCamera]]:
    """As `start_virtual_camera`, `count` of them in one run. `options` are those of
    tools.virtual_camera; `password` is what they say."""
    command = [sys.executable, "-m", "tools.virtual_camera", "--json", "--count", str(count)]
    with _log_stream(log) as stream, _process([*command, *options], stream) as process:
        lines = _ready_lines(process, log, count)
        yield [VirtualCamera(virtual_settings(line), password, line, process) for line in lines]


@contextmanager
def _log_stream(log: Path | None) -> Iterator[IO[bytes] | None]:
    if log is None:
        yield None
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as stream:
        yield stream


@contextmanager
def _process(command: Sequence[str], log: IO[bytes] | None) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,  # Ctrl-C is ours to handle: the camera is stopped in order
        preexec_fn=_die_with_parent,
    )
    try:
        yield process
    finally:
        stop(process)
        if process.stdout is not None:
            process.stdout.close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process: SIGTERM, and SIGKILL when it has not stopped within STOP_TIMEOUT."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _environment() -> Mapping[str, str]:
    path = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def _die_with_parent() -> None:
    """Have the kernel end the camera when this process is killed and can no longer do so."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _ready_lines(
    process: subprocess.Popen[bytes], log: Path | None, count: int
) -> list[dict[str, Any]]:
    """The line that each camera prints when it can be used."""
    found: list[dict[str, Any]] = []
    for line in _lines(process, count):
        try:
            found.append(dict(json.loads(line)))
        except (ValueError, TypeError):
            break
    if len(found) == count:
        return found
    code = process.poll()
    state = f"ended with exit code {code}" if code is not None else "did not get ready"
    last = _last_error(log)
    raise CameraError(
        f"the virtual camera {state}" + (f": {last}" if last else ""),
        f"read {log}" if log else "read its messages above",
    )


def _lines(process: subprocess.Popen[bytes], count: int) -> list[bytes]:
    """The first lines, fewer when the process ends or takes too long."""
    assert process.stdout is not None
    deadline = time.monotonic() + START_TIMEOUT + count
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while received.count(b"\n") < count:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                break
            piece = os.read(process.stdout.fileno(), 4096)
            if not piece:
                process.wait()
                break
            received += piece
    return received.splitlines()[: received.count(b"\n")]


def _last_error(log: Path | None) -> str:
    """The last error in the log, or its last line."""
    if log is None:
        return ""
    lines = log.read_text(errors="replace").strip().splitlines() or [""]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (errors or lines)[-1][:200]
