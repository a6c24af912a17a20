# SPDX-License-Identifier: MIT
"""The figure `idle`: what the app costs while nothing happens.

The app is the one that is shipped, on the virtual camera's own services, with 100 profiles on 100
scenarios none of which is active, and with the level check as it is set by default. A wake-up is a
voluntary context switch of any of its threads (/proc): a thread that slept, ran and sleeps again.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tools.build import HOST_PLATFORM
from tools.errors import AppError
from tools.settings import APP_NAME
from tools.virtual_camera.services import CameraServices

PROFILES = 100
_SECONDS = 60.0
"""two level checks of 30 s"""
_QUICK_SECONDS = 1.0
_REST_SECONDS = 1.0
_START_SECONDS = 30.0
_ANALYTICS = "tnsaxis:CameraApplicationPlatform/tnsaxis:ObjectAnalytics/tnsaxis:"


def measure(out: Path, say: Callable[[str], None], quick: bool) -> list[dict[str, object]]:
    """Wake-ups per second, and resident memory against that of the bare process.

    `out` is where the app (app/) and the bare process are built. AppError when one does not run.
    """
    seconds = _QUICK_SECONDS if quick else _SECONDS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-idle-")))
        address = stack.enter_context(_camera(folder / "camera"))
        app = stack.enter_context(_process([str(out / "app" / APP_NAME)], folder / "app", address))
        bare = stack.enter_context(_process([str(out / "bareProcess")], folder / "bare", address))
        _wait_for_rest(app)
        _wait_for_rest(bare)
        say(f"  idle: watching for {seconds:g} s")
        before, began = _wake_ups(app), time.monotonic()
        time.sleep(seconds)
        rate = (_wake_ups(app) - before) / (time.monotonic() - began)
        memory, bare_memory = _resident_kib(app) / 1024, _resident_kib(bare) / 1024
    return [
        _figure("idle", rate, "wake-ups/s"),
        {
            **_figure("idle.memory", memory, "MiB"),
            "baseline": "a bare GLib, libcurl and FastCGI process",
            "baselineValue": bare_memory,
            "ratio": memory / bare_memory,
        },
    ]


def _figure(name: str, value: float, unit: str) -> dict[str, object]:
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "baseline": None,
        "baselineValue": None,
        "ratio": None,
    }


@contextmanager
def _camera(folder: Path) -> Iterator[str]:
    """The services of a virtual camera with its scenarios, in a thread; the address of its bus."""
    folder.mkdir()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> CameraServices:
        services = CameraServices(
            state_dir=folder,
            serial="ACCC8E000000",
            architecture="host",
            os_version="12.0.0",
            model="bench",
        )
        await services.start()
        for scenario in range(1, PROFILES + 1):
            services.events.declare(
                f"{_ANALYTICS}Device1Scenario{scenario}",
                data={"active": False},
                stateful=True,
                property_key="active",
            )
        return services

    services: CameraServices | None = None
    try:
        services = asyncio.run_coroutine_threadsafe(start(), loop).result()
        yield services.bus_address
    finally:
        if services is not None:
            asyncio.run_coroutine_threadsafe(services.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def _process(command: Sequence[str], folder: Path, address: str) -> Iterator[int]:
    """Run a program as a camera starts an app; its pid."""
    (folder / "localdata").mkdir(parents=True)
    (folder / "localdata" / "config.json").write_text(json.dumps(_config()))
    environment = {
        **os.environ,
        "DBUS_SYSTEM_BUS_ADDRESS": address,
        "FCGI_SOCKET_NAME": str(folder / "fcgi"),
        "LD_LIBRARY_PATH": str(HOST_PLATFORM / "lib"),
    }
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _config() -> dict[str, object]:
    profiles = [
        {
            "id": f"profile-{number}",
            "trigger": {"type": "objectAnalytics", "scenario": f"Device1Scenario{number}"},
            "sessionType": "activeMonitoring",
            "prompt": "Describe what the persons in the picture do.",
        }
        for number in range(1, PROFILES + 1)
    ]
    return {"version": 2, "describer": {"url": "http://127.0.0.1:9/v1"}, "profiles": profiles}


def _wait_for_rest(pid: int) -> None:
    """Until the process has not woken up for a while."""
    deadline = time.monotonic() + _START_SECONDS
    before = -1
    while (now := _wake_ups(pid)) != before:
        if time.monotonic() > deadline:
            raise AppError("bench: idle: a process does not come to rest")
        before = now
        time.sleep(_REST_SECONDS)


def _wake_ups(pid: int) -> int:
    """Voluntary context switches of all threads so far."""
    total = 0
    for task in _read(Path(f"/proc/{pid}/task")):
        total += _field(task / "status", "voluntary_ctxt_switches")
    return total


def _resident_kib(pid: int) -> int:
    return _field(Path(f"/proc/{pid}/status"), "VmRSS")


def _read(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise AppError("bench: idle: a process has ended") from error


def _field(path: Path, name: str) -> int:
    try:
        lines = path.read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))
    except (OSError, StopIteration) as error:
        raise AppError(f"bench: idle: {path} has no {name}; a process has ended") from error
