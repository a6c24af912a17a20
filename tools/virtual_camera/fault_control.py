# SPDX-License-Identifier: MIT
"""The fault knobs over HTTP: /virtual/faults, /virtual/event-service, /virtual/disk,
/virtual/network."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from tools.errors import ToolError
from tools.virtual_camera.control_web import ControlError, boolean, guarded, json_body
from tools.virtual_camera.core import Core
from tools.virtual_camera.full_disk import fill, free
from tools.virtual_camera.network_cut import Address
from tools.virtual_camera.server import WebServer
from tools.virtual_camera.service_accounts import ADDRESS

_LONGEST_DOWN_MS = 60_000


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
                seconds = _milliseconds(body, "downMs") / 1000
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
            message = f"{error} ({error.cure})" if error.cure else str(error)
            raise ControlError(501, "notPossible", message) from error
        return await self._network_state(request)

    def _addresses(self) -> list[Address]:
        """Where the camera listens."""
        assert self._server is not None
        ports = (self._server.port, self._network.https_port)
        listening = [("127.0.0.1", port) for port in ports if port]
        service = self._network.service_port
        return [*listening, (ADDRESS, service)] if service else listening

    async def _set_event_service(self, running: bool) -> None:
        if running:
            await self._services.start_events()
        else:
            await self._services.stop_events()


def _milliseconds(body: dict[str, Any], name: str) -> float:
    value = body.get(name, 0)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= _LONGEST_DOWN_MS:
        raise ControlError(400, "badValue", f"{name} must be from 0 to {_LONGEST_DOWN_MS}")
    return float(value)
