# SPDX-License-Identifier: MIT
"""The camera's power: reboots, and cuts of the power (VAPIX Firmware management API, restart.cgi).

A device takes a minute; this camera is away only for as long as its apps take to end and to start.
"""

from __future__ import annotations

import asyncio
import inspect
import time
import uuid
from collections.abc import Awaitable, Callable

from tools.errors import UsageError
from tools.virtual_camera.app_manager import AppManager
from tools.virtual_camera.events import EventService
from tools.virtual_camera.system_log import NOTICE, SystemLog

_READY_EVENT = "tns1:Device/tnsaxis:Status/SystemReady"
_ANSWER_SECONDS = 0.1
"""What an answer is given to go out before the camera goes down."""
Step = Callable[[], Awaitable[None] | None]


class Power:
    """Whether the camera is up. One reboot at a time; every method belongs to the event loop."""

    def __init__(self, manager: AppManager, events: EventService, log: SystemLog) -> None:
        self._manager = manager
        self._events = events
        self._log = log
        self._steps: list[Step] = []
        self._ready: int | None = None
        self._pending: asyncio.Task[None] | None = None
        self.is_up = True
        """while it is not, nobody gets an answer"""
        self._begin()

    @property
    def uptime(self) -> int:
        """Seconds since the last boot."""
        return int(time.monotonic() - self._booted)

    def at_reboot(self, step: Step) -> None:
        """Call `step` at each reboot, in the order given, when the apps are gone: what ends
        connections, or forgets what a device keeps in memory alone."""
        self._steps.append(step)

    def tell_ready(self) -> None:
        """Declare the event that says so: everything has started."""
        self._ready = self._events.declare(
            _READY_EVENT, data={"ready": True}, stateful=True, property_key="ready"
        )

    def reboot_soon(self) -> None:
        """Reboot when the answer to who asked has gone out."""

        async def wait_and_reboot() -> None:
            await asyncio.sleep(_ANSWER_SECONDS)
            if self.is_up:
                await self.reboot()

        if self._pending is None or self._pending.done():  # once is enough for all who ask
            self._pending = asyncio.get_running_loop().create_task(wait_and_reboot())

    async def reboot(self, *, power_cut: bool = False) -> None:
        """End every app and connection, then boot. `power_cut`: apps end without warning and have
        no time to write anything. UsageError when a reboot is under way."""
        if not self.is_up:
            raise UsageError("the camera is rebooting already")
        self.is_up = False
        self._log.write("", NOTICE, "power cut" if power_cut else "rebooting", name="kernel")
        try:
            await self._manager.shut_down(power_cut=power_cut)
            if self._ready is not None:
                self._events.undeclare(self._ready)
                self._ready = None
            for step in self._steps:
                result = step()
                if inspect.isawaitable(result):
                    await result
            self._begin()
            await self._manager.boot()
            self.tell_ready()
        finally:
            self.is_up = True

    async def stop(self) -> None:
        """Let a reboot that was asked for end, or not begin."""
        if self._pending is not None:
            self._pending.cancel()
            await asyncio.wait([self._pending])

    def _begin(self) -> None:
        self.boot_id = str(uuid.uuid4())
        self._booted = time.monotonic()
