# SPDX-License-Identifier: MIT
"""How long events take to their subscribers, and how many a second get through."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from tools.bench_camera_parts import HttpClient, environment, run_program
from tools.errors import AppError
from tools.virtual_camera.services import CameraServices

_TOPIC = "tnsaxis:Bench/tnsaxis:Edge"
_EVENTS = {1: 4000, 10: 1500, 100: 1001}
"""Events of a turn, by the number of subscribers"""
_BATCH = 20
_TURNS = 3


def latencies(programs: Path, url: str, bus: str, count: int) -> list[float]:
    """Milliseconds from before a request to the control API to the app's callback."""
    client = HttpClient(url)
    _post_state(client, False)
    times: list[float] = []
    with _program([str(programs / "cameraClient"), "events", "Bench", str(count)], bus) as said:
        _expect(said, "ready")
        for number in range(count):
            began = time.monotonic_ns()
            _post_state(client, number % 2 == 0)
            times.append((int(said.readline()) - began) / 1e6)
    return times


def throughput(programs: Path, folder: Path, subscribers: int) -> tuple[list[float], list[float]]:
    """Events a second that reach all subscribers, and signals through the same bus without the
    camera, in turns."""
    return asyncio.run(_throughput(programs, folder, subscribers))


async def _throughput(
    programs: Path, folder: Path, subscribers: int
) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    theirs: list[float] = []
    services = CameraServices(
        state_dir=folder, serial="B8A44F000001", architecture="host", os_version="12.0", model="V"
    )
    await services.start()
    try:
        edge = services.events.declare(_TOPIC, data={"on": False}, stateful=True, property_key="on")
        for _ in range(_TURNS):
            ours.append(await _camera_turn(programs, services, edge, subscribers))
            bus = services.bus_address
            theirs.append(await asyncio.to_thread(_bare_turn, programs, bus, subscribers))
    finally:
        await services.stop()
    return ours, theirs


async def _camera_turn(
    programs: Path, services: CameraServices, edge: int, subscribers: int
) -> float:
    count = _EVENTS[subscribers]
    command = [str(programs / "cameraClient"), "events", "Bench", str(count)]
    with ExitStack() as stack:
        outputs = [
            stack.enter_context(_program(command, services.bus_address)) for _ in range(subscribers)
        ]
        for said in outputs:
            await asyncio.to_thread(_expect, said, "ready")
        began = time.monotonic_ns()
        for number in range(count):
            services.events.send(edge, {"on": number % 2 == 0})
            if number % _BATCH == 0:
                await asyncio.sleep(0)  # let the connection to the bus write
        last = await asyncio.to_thread(_last, outputs, count)
    return count / ((last - began) / 1e9)


def _bare_turn(programs: Path, bus: str, subscribers: int) -> float:
    count = _EVENTS[subscribers]
    program = str(programs / "bareBus")
    with ExitStack() as stack:
        outputs = [
            stack.enter_context(_program([program, "receive", str(count)], bus))
            for _ in range(subscribers)
        ]
        for said in outputs:
            _expect(said, "ready")
        began = int(run_program([program, "send", str(count)], bus))
        last = max(int(said.readline()) for said in outputs)
    return count / ((last - began) / 1e9)


def _last(outputs: list[IO[str]], count: int) -> int:
    """When the last subscriber got its last event; those of few events say each."""
    lines = 1 if count > 1000 else count
    return max([int(said.readline()) for _ in range(lines)][-1] for said in outputs)


@contextmanager
def _program(command: list[str], bus: str) -> Iterator[IO[str]]:
    with subprocess.Popen(
        command, env=environment(bus), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.terminate()


def _expect(said: IO[str], word: str) -> None:
    line = said.readline().strip()
    if line != word:
        raise AppError(f"a bench program said {line!r} instead of {word}")


def _post_state(client: HttpClient, on: bool) -> None:
    body = {"topic": _TOPIC, "data": {"on": on}, "stateful": True}
    client.post("/virtual/events", json.dumps(body).encode())
