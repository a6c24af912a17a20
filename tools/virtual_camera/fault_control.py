# SPDX-License-Identifier: MIT
"""The fault knobs over HTTP: /virtual/faults, /virtual/event-service, /virtual/disk,
/virtual/network, /virtual/clock."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from tools.errors import ToolError
from tools.virtual_camera.control_web import ControlError, boolean, guarded, json_body
from tools.virtual_camera.core import Core
from tools.virtual_camera.full_cards import FullCards
from tools.virtual_camera.full_disk import fill, free
from tools.virtual_camera.moved_clock import MovedClock, follows
from tools.virtual_camera.network_cut import Address
from tools.virtual_camera.server import WebServer
from tools.virtual_camera.service_accounts import ADDRESS

_LONGEST_DOWN_MS = 60_000
_LONGEST_JUMP_SEC = 10 * 366 * 86_400


class FaultApi:
    """Handlers of the fault knobs."""

    def __init__(self, core: Core) -> None:
        self._services = core.services
        self._sandbox = core.sandbox
        self._manager = core.manager
        self._event_service = asyncio.Lock()
        self._network = core.network
        self._network_cut = core.network_cut
        self._server: WebServer | None = None
        core.services.storage.on_placed = FullCards(core.sandbox, core.manager).apply

    def register(self, server: WebServer) -> None:
        self._server = server
        for method, path, handler in (
            ("GET", "faults", self._show),
            ("PUT", "faults", self._change),
            ("DELETE", "faults", self._clear),
            ("GET", "event-service", self._event_service_state),
            ("POST", "event-service", self._switch_event_service),
            ("GET", "disk", self._disk),
            ("POST", "disk", self._fill_disk),
            ("GET", "network", self._network_state),
            ("POST", "network", self._switch_network),
            ("GET", "clock", self._clock_state),
            ("POST", "clock", self._move_clock),
        ):
            server.add_open(method, f"/virtual/{path}", guarded(handler))

    async def _show(self, _request: web.Request) -> web.StreamResponse:
        faults = self._services.faults
        return web.json_response({**faults.settings.show(), "counts": faults.counts})

    async def _change(self, request: web.Request) -> web.StreamResponse:
        try:
            self._services.faults.change(await json_body(request))
        except ToolError as error:
            raise ControlError(400, "badFault", str(error)) from error
        return await self._show(request)

    async def _clear(self, request: web.Request) -> web.StreamResponse:
        self._services.faults.clear()
        return await self._show(request)

    async def _event_service_state(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"running": self._services.are_events_up})

    async def _switch_event_service(self, request: web.Request) -> web.StreamResponse:
        """{"running": bool}, or {"restart": true, "downMs": N}, answered when it is up again."""
        body = await json_body(request)
        async with self._event_service:
            if "restart" not in body:
                await self._set_event_service(boolean(body, "running"))
            elif boolean(body, "restart"):
                seconds = _number({"downMs": 0, **body}, "downMs", 0, _LONGEST_DOWN_MS) / 1000
                await self._set_event_service(False)
                try:
                    await asyncio.sleep(seconds)
                finally:
                    await self._set_event_service(True)
        return await self._event_service_state(request)

    async def _disk(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"full": self._sandbox.is_disk_full})

    async def _fill_disk(self, request: web.Request) -> web.StreamResponse:
        """{"full": bool}: of every app, running or started later."""
        full = boolean(await json_body(request), "full")
        if full and not self._sandbox.can_fill_disk:
            raise ControlError(501, "notPossible", "that takes root and a working bubblewrap")
        self._sandbox.is_disk_full = full
        act = fill if full else free
        try:
            for app in list(self._manager.apps.values()):
                async with app.lock:
                    if app.runner.pid:
                        await act(app.runner.pid, self._sandbox.localdata(app.place))
        except ToolError as error:
            raise ControlError(501, "notPossible", str(error)) from error
        return await self._disk(request)

    async def _network_state(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"cut": self._network_cut.is_cut})

    async def _switch_network(self, request: web.Request) -> web.StreamResponse:
        """{"cut": bool}: between every app, running or started later, and all but the camera."""
        try:
            if boolean(await json_body(request), "cut"):
                self._network_cut.cut(self._addresses())
            else:
                self._network_cut.restore()
        except ToolError as error:
            raise _not_possible(error) from error
        return await self._network_state(request)

    def _addresses(self) -> list[Address]:
        """Where the camera listens."""
        assert self._server is not None
        ports = (self._server.port, self._network.https_port, self._network.rtsp_port)
        listening = [("127.0.0.1", port) for port in ports if port]
        service = self._network.service_port
        return [*listening, (ADDRESS, service)] if service else listening

    async def _clock_state(self, _request: web.Request) -> web.StreamResponse:
        clock = self._clock
        return web.json_response({"movable": clock.is_movable, "offsetSec": clock.offset})

    async def _move_clock(self, request: web.Request) -> web.StreamResponse:
        """{"movable": bool} for apps started from now on; then {"jumpSec": N} for all at once."""
        body = await json_body(request)
        try:
            if "movable" in body and boolean(body, "movable"):
                if not self._sandbox.is_confined:  # it leaves files in /dev/shm
                    raise ControlError(501, "notPossible", "that takes a working bubblewrap")
                self._clock.make_movable()
            elif "movable" in body:
                self._clock.make_fixed()
            else:
                seconds = _number(body, "jumpSec", -_LONGEST_JUMP_SEC, _LONGEST_JUMP_SEC)
                self._check_movable()
                self._clock.jump(seconds)
        except ToolError as error:
            raise _not_possible(error) from error
        return await self._clock_state(request)

    def _check_movable(self) -> None:
        if not self._clock.is_movable:
            cure = 'send {"movable": true}, then start the app again'
            raise ControlError(409, "notMovable", f"no app's clock can be moved: {cure}")
        for name, app in self._manager.apps.items():
            if app.runner.pid and not follows(app.runner.pid):
                why = "has run since before its clock was movable: start it again"
                raise ControlError(409, "notMovable", f"{name} {why}")

    @property
    def _clock(self) -> MovedClock:
        assert self._sandbox.clock is not None
        return self._sandbox.clock

    async def _set_event_service(self, running: bool) -> None:
        if running:
            await self._services.start_events()
        else:
            await self._services.stop_events()


def _not_possible(error: ToolError) -> ControlError:
    message = f"{error} ({error.cure})" if error.cure else str(error)
    return ControlError(501, "notPossible", message)


def _number(body: dict[str, Any], name: str, least: float, most: float) -> float:
    value = body.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is None or not is_number or not least <= value <= most:
        raise ControlError(400, "badValue", f"{name} must be a number from {least} to {most}")
    return float(value)
