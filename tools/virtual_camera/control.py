# SPDX-License-Identifier: MIT
"""The control API under /virtual/: what a test or a person does to the camera from outside.

No authentication, since it is loopback only; but a request that changes something must be JSON and
name a loopback host, so that no web page in a browser can send it.
"""

from __future__ import annotations

import os
import re
import signal
from dataclasses import asdict

from aiohttp import web

from tools.errors import ToolError
from tools.virtual_camera.control_web import Body, ControlError, boolean, guarded, json_body
from tools.virtual_camera.core import Core
from tools.virtual_camera.scenarios import Scenario, parse_topic
from tools.virtual_camera.server import WebServer
from tools.virtual_camera.web import as_object


class ControlApi:
    """All handlers of the control API."""

    def __init__(self, core: Core) -> None:
        self._settings = core.settings
        self._services = core.services
        self._manager = core.manager
        self._analytics = core.analytics
        self._inputs = core.inputs
        self._unsupported = core.unsupported
        self._power = core.power
        self._server: WebServer | None = None

    def register(self, server: WebServer) -> None:
        self._server = server
        for method, path, handler in (
            ("GET", "status", self._status),
            ("GET", "scenarios", self._list_scenarios),
            ("POST", "scenarios/{topic}", self._set_scenario),
            ("PUT", "scenarios/{topic}", self._put_scenario),
            ("DELETE", "scenarios/{topic}", self._delete_scenario),
            ("GET", "inputs", self._list_inputs),
            ("POST", "inputs/{port}", self._set_input),
            ("POST", "events", self._send_event),
            ("GET", "snapshots", self._list_snapshots),
            ("GET", "snapshots/{name}.jpg", self._snapshot),
            ("GET", "video", self._video),
            ("POST", "video", self._set_video),
            ("POST", "apps/{app}/signal", self._signal),
            ("POST", "reboot", self._reboot),
            ("GET", "unsupported", self._list_unsupported),
        ):
            server.add_open(method, f"/virtual/{path}", guarded(handler))

    async def _status(self, _request: web.Request) -> web.StreamResponse:
        assert self._server is not None
        apps = [
            {
                "name": app.record.name,
                "status": "Running" if app.runner.is_running else "Stopped",
                "pid": app.runner.pid,
                "starts": app.runner.starts,
            }
            for app in self._manager.apps.values()
        ]
        return web.json_response(
            {
                "name": self._settings.name,
                "url": f"http://127.0.0.1:{self._server.port}",
                "arch": self._settings.architecture,
                "os": self._settings.os_version,
                "pid": os.getpid(),
                "bus": self._services.bus_address,
                "apps": apps,
            }
        )

    async def _list_scenarios(self, _request: web.Request) -> web.StreamResponse:
        found = [_show(scenario) for scenario in self._analytics.scenarios()]
        return web.json_response({"scenarios": found})

    async def _set_scenario(self, request: web.Request) -> web.StreamResponse:
        active = boolean(await json_body(request), "active")
        scenario = self._find_scenario(request.match_info["topic"])
        changed = self._analytics.set_active(scenario, active)
        answer = {"topic": scenario.topic, "active": scenario.active, "changed": changed}
        return web.json_response(answer)

    async def _put_scenario(self, request: web.Request) -> web.StreamResponse:
        body, topic = await json_body(request), request.match_info["topic"]
        numbers = parse_topic(topic)
        if numbers is None:
            raise ControlError(400, "badTopic", f"{topic} is not like Device1Scenario1")
        name = body.get("name", f"Scenario {numbers[1]}")
        if not isinstance(name, str) or not name:
            raise ControlError(400, "badName", "name must be a text")
        created = self._analytics.find(topic) is None
        self._analytics.put(*numbers, name)
        return web.json_response(_show(self._find_scenario(topic)), status=201 if created else 200)

    async def _delete_scenario(self, request: web.Request) -> web.StreamResponse:
        scenario = self._find_scenario(request.match_info["topic"])
        self._analytics.remove(scenario.id)
        return web.json_response({"topic": scenario.topic, "deleted": True})

    def _find_scenario(self, topic: str) -> Scenario:
        if not self._analytics.is_running:
            raise ControlError(409, "analyticsStopped", "the app objectanalytics is stopped")
        scenario = self._analytics.find(topic)
        if scenario is None:
            known = ", ".join(s.topic for s in self._analytics.scenarios())
            raise ControlError(404, "unknownScenario", f"there is no {topic}, only {known}")
        return scenario

    async def _list_inputs(self, _request: web.Request) -> web.StreamResponse:
        states = self._inputs.states()
        inputs = [{"port": port, "active": active} for port, active in states.items()]
        return web.json_response({"inputs": inputs})

    async def _set_input(self, request: web.Request) -> web.StreamResponse:
        active, port = boolean(await json_body(request), "active"), request.match_info["port"]
        if not port.isdigit() or not self._inputs.has(int(port)):
            raise ControlError(404, "unknownInput", f"there is no virtual input {port}")
        changed = self._inputs.set(int(port), active)
        return web.json_response({"port": int(port), "active": active, "changed": changed})

    async def _send_event(self, request: web.Request) -> web.StreamResponse:
        """{"topic", "source", "data", "stateful"}: sends it, and declares it the first time. A
        stateful event is sent by its declaration alone: its data are its first state."""
        body = await json_body(request)
        topic = body.get("topic")
        if not isinstance(topic, str) or not topic:
            raise ControlError(400, "badTopic", "topic must be a text such as tnsaxis:A/B")
        source, data = _values(body, "source"), _values(body, "data")
        stateful = bool(body.get("stateful", False))
        events = self._services.events
        try:
            declaration = events.find(topic, source if "source" in body else None)
            declared = declaration is None
            if declaration is None:
                key = _property_key(data) if stateful else None
                declaration = events.declare(
                    topic, source=source, data=data, stateful=stateful, property_key=key
                )
            if not (declared and stateful):
                events.send(declaration, data)
        except ToolError as error:
            raise ControlError(400, "badEvent", str(error)) from error
        return web.json_response({"topic": topic, "declared": declared})

    async def _list_snapshots(self, _request: web.Request) -> web.StreamResponse:
        entries = [entry.to_json() for entry in self._services.snapshots.list()]
        return web.json_response({"snapshots": entries})

    async def _snapshot(self, request: web.Request) -> web.StreamResponse:
        jpeg = self._services.snapshots.jpeg(request.match_info["name"])
        if jpeg is None:
            raise ControlError(404, "unknownSnapshot", "that picture is not kept (any more)")
        return web.Response(body=jpeg, content_type="image/jpeg")

    async def _video(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"source": _without_password(self._services.source)})

    async def _set_video(self, request: web.Request) -> web.StreamResponse:
        source = (await json_body(request)).get("source")
        if not isinstance(source, str) or not source:
            raise ControlError(
                400, "badSource", "source must be a file, a folder, an http:// address or `pattern`"
            )
        try:
            self._services.set_source(source)
        except ToolError as error:
            raise ControlError(400, "badSource", str(error)) from error
        return web.json_response({"source": _without_password(source)})

    async def _signal(self, request: web.Request) -> web.StreamResponse:
        name, app = (await json_body(request)).get("signal"), request.match_info["app"]
        number = getattr(signal, name, None) if isinstance(name, str) else None
        if not isinstance(number, signal.Signals):
            raise ControlError(400, "badSignal", "signal must be a name such as SIGTERM")
        found = self._manager.apps.get(app)
        if found is None:
            raise ControlError(404, "unknownApp", f"{app} is not installed")
        if not found.runner.signal(number):
            raise ControlError(409, "notRunning", f"{app} is not running")
        return web.json_response({"app": app, "signal": name, "pid": found.runner.pid})

    async def _reboot(self, request: web.Request) -> web.StreamResponse:
        """{"powerCut": false}: answers when the camera is up again and its apps have started."""
        body = await json_body(request)
        power_cut = boolean(body, "powerCut") if body else False
        try:
            await self._power.reboot(power_cut=power_cut)
        except ToolError as error:
            raise ControlError(409, "rebooting", str(error)) from error
        return web.json_response({"bootId": self._power.boot_id})

    async def _list_unsupported(self, _request: web.Request) -> web.StreamResponse:
        entries = [asdict(entry) for entry in self._unsupported.list()]
        return web.json_response({"unsupported": entries})


def _without_password(source: str) -> str:
    """An address without its credentials; any other source as it is."""
    return re.sub(r"^(https?://)[^/]*@", r"\1", source)


def _values(body: Body, name: str) -> dict[str, bool | int | float | str]:
    values = as_object(body.get(name, {}))
    for key, value in values.items():
        if not isinstance(value, bool | int | float | str):
            raise ControlError(400, "badValue", f"{name}.{key} must be a text, number or boolean")
    return values


def _property_key(data: dict[str, bool | int | float | str]) -> str | None:
    """The key that holds the state: the first boolean, else the first key."""
    booleans = [key for key, value in data.items() if isinstance(value, bool)]
    return next(iter([*booleans, *data]), None)


def _show(scenario: Scenario) -> Body:
    return {
        "id": scenario.id,
        "name": scenario.name,
        "topic": scenario.topic,
        "active": scenario.active,
    }
