# SPDX-License-Identifier: MIT
"""Runs a program against the virtual camera's services, with a service of its own to drive them.

    python -m tests.platform.camera_services [--timeout SECONDS] PROGRAM [ARGUMENT...]

The program finds the bus in DBUS_SYSTEM_BUS_ADDRESS; there, virtualcamera.Test1 does what a user or
another app would do. The exit code is the program's.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from tools.virtual_camera.bus_server import BusServer, Call, Reply, Service
from tools.virtual_camera.services import CameraServices


class TestControl:
    """virtualcamera.Test1: what the C tests tell the camera to do."""

    def __init__(self, services: CameraServices) -> None:
        self._services = services
        self._toggling: asyncio.Task[None] | None = None
        self.service = Service(
            "virtualcamera.Test1",
            {
                "Declare": ("ssbb", self._declare),
                "DeclareWithSource": ("sib", self._declare_with_source),
                "Undeclare": ("u", self._undeclare),
                "Send": ("usb", self._send),
                "SendMany": ("usu", self._send_many),
                "StartToggling": ("us", self._start_toggling),
                "StopToggling": ("", self._stop_toggling),
                "StopEvents": ("", self._waiting(services.stop_events)),
                "StartEvents": ("", self._waiting(services.start_events)),
                "CountDeclared": ("s", self._count_declared),
                "DescribeDeclared": ("s", self._describe_declared),
                "SetParameter": ("ss", self._set_parameter),
                "GetParameter": ("s", self._get_parameter),
                "CountSnapshots": ("", self._count_snapshots),
                "LastSnapshot": ("", self._last_snapshot),
                "ChangeStorage": ("ssb", self._change_storage),
                "CountStorageUsers": ("s", self._count_storage_users),
            },
        )

    def _declare(self, call: Call) -> Reply:
        topic, key, value, stateful = call.body
        property_key = key if stateful else None
        number = self._services.events.declare(
            topic, data={key: value}, stateful=stateful, property_key=property_key
        )
        return Reply("u", [number])

    def _declare_with_source(self, call: Call) -> Reply:
        topic, port, value = call.body
        number = self._services.events.declare(
            topic, source={"port": port}, data={"active": value}, stateful=True
        )
        return Reply("u", [number])

    def _undeclare(self, call: Call) -> Reply:
        self._services.events.undeclare(call.body[0])
        return Reply()

    def _send(self, call: Call) -> Reply:
        number, key, value = call.body
        self._services.events.send(number, {key: value})
        return Reply()

    def _start_toggling(self, call: Call) -> Reply:
        async def toggle(number: int, key: str) -> None:
            for turn in itertools.count():
                self._services.events.send(number, {key: turn % 2 == 0})
                await asyncio.sleep(0.004)  # slower than any checker reads

        self._toggling = asyncio.ensure_future(toggle(*call.body))
        return Reply()

    def _stop_toggling(self, _: Call) -> Reply:
        assert self._toggling is not None
        self._toggling.cancel()
        return Reply()

    async def _send_many(self, call: Call) -> Reply:
        number, key, count = call.body
        for turn in range(count):
            self._services.events.send(number, {key: turn % 2 == 0})
            await asyncio.sleep(0)  # other calls get their turn in between
        return Reply()

    def _waiting(self, action: Callable[[], Awaitable[None]]) -> Callable[[Call], Awaitable[Reply]]:
        async def act(_: Call) -> Reply:
            await action()
            return Reply()

        return act

    def _count_declared(self, call: Call) -> Reply:
        found = [d for d in self._services.events.declarations() if d.topic == call.body[0]]
        return Reply("u", [len(found)])

    def _describe_declared(self, call: Call) -> Reply:
        found = [d for d in self._services.events.declarations() if d.topic == call.body[0]]
        return Reply("s", [" ".join(f"{d.source} {d.data} {d.property_key}" for d in found)])

    def _set_parameter(self, call: Call) -> Reply:
        self._services.parameters.set(*call.body)
        return Reply()

    def _get_parameter(self, call: Call) -> Reply:
        return Reply("s", [self._services.parameters.get(call.body[0]) or ""])

    def _count_snapshots(self, _: Call) -> Reply:
        return Reply("u", [len(self._services.snapshots.list())])

    def _last_snapshot(self, _: Call) -> Reply:
        last = self._services.snapshots.list()[-1]
        return Reply("ss", [last.sha256, last.name])

    async def _change_storage(self, call: Call) -> Reply:
        id_, switch, value = call.body
        await self._services.storage.change(id_, **{switch: value})
        return Reply()

    def _count_storage_users(self, call: Call) -> Reply:
        return Reply("u", [self._services.storage.users(call.body[0])])


async def run(command: list[str], seconds: float) -> int:
    """Start the services, run the program, stop the services; 124 when it takes too long."""
    with tempfile.TemporaryDirectory(prefix="platform-test-") as folder:
        services = CameraServices(
            state_dir=Path(folder),
            serial="B8A44F000001",
            architecture="x86_64",
            os_version="12.0.0",
            model="AXIS V1000 Virtual",
        )
        await services.start()
        server = BusServer(lambda kind, name: None)
        try:
            await server.start(services.bus_address)
            await server.serve(TestControl(services).service)
            areas = services.storage.view("test", os.geteuid()) / "{id}" / "areas" / "test"
            variables = {
                "DBUS_SYSTEM_BUS_ADDRESS": services.bus_address,
                "VIRTUAL_STORAGE_AREAS": str(areas),
                "G_SLICE": "always-malloc",
            }
            return await _run_program(command, variables, seconds)
        finally:
            await server.stop()
            await services.stop()


async def _run_program(command: list[str], variables: dict[str, str], seconds: float) -> int:
    process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **variables})
    try:
        return await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        print(f"{command[-1]} took more than {seconds:g} s", file=sys.stderr)
        process.kill()
        await process.wait()
        return 124


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--timeout", type=float, default=60.0)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    return asyncio.run(run(options.command, options.timeout))


if __name__ == "__main__":
    sys.exit(main())
