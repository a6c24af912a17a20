# SPDX-License-Identifier: MIT
"""Virtual inputs (virtualinput/*.cgi) and the manual trigger (io/virtualinput.cgi), as events."""

from __future__ import annotations

import asyncio
import re
from xml.etree import ElementTree

from aiohttp import web

from tools.virtual_camera.events import EventService
from tools.virtual_camera.web import arguments, text, xml

INPUTS = 64
"""The documented default; the number depends on the device."""
MANUAL_TRIGGERS = 6
_NAMESPACE = "http://www.axis.com/vapix/http_cgi/virtualinput1"
_SCHEMA_VERSION = "1.1"
_MISSING, _NO_SUCH_PORT, _BAD_VERSION, _BAD_DURATION = 10, 20, 30, 50
_MANUAL_ACTION = re.compile(r"(\d+):((?:[/\\]|\d+)+)")


class VirtualInputs:
    """The state of every input and manual trigger; each is a stateful event."""

    def __init__(self, events: EventService) -> None:
        self._events = events
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._active = dict.fromkeys(range(1, INPUTS + 1), False)
        self._declared = {port: self._declare("VirtualInput", port) for port in self._active}
        self._manual = {
            port: self._declare("VirtualPort", port, key="state")
            for port in range(1, MANUAL_TRIGGERS + 1)
        }

    def has(self, port: int) -> bool:
        return port in self._active

    def has_manual(self, port: int) -> bool:
        return port in self._manual

    def states(self) -> dict[int, bool]:
        """Which input is active, by port."""
        return dict(self._active)

    def set(self, port: int, active: bool, duration: float | None = None) -> bool:
        """Set an input; with `duration` (seconds) it is inactive again after that. Returns whether
        its state changed."""
        timer = self._timers.pop(port, None)
        if timer is not None:
            timer.cancel()
        changed = self._active[port] != active
        self._active[port] = active
        if changed:
            self._events.send(self._declared[port], {"active": active})
        if active and duration is not None:
            loop = asyncio.get_running_loop()
            self._timers[port] = loop.call_later(duration, self.set, port, False)
        return changed

    def trigger(self, port: int, state: bool) -> None:
        """Set a manual trigger (the event VirtualPort)."""
        self._events.send(self._manual[port], {"state": state})

    def reset(self) -> None:
        """All inactive, as after a reboot."""
        for port in self._active:
            self.set(port, False)
        for port in self._manual:
            self.trigger(port, False)

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()

    def _declare(self, name: str, port: int, key: str = "active") -> int:
        return self._events.declare(
            f"tns1:Device/tnsaxis:IO/{name}",
            source={"port": port},
            data={key: False},
            stateful=True,
            property_key=key,
            nice_name="Virtual input" if name == "VirtualInput" else "Manual trigger",
        )


class VirtualInputApi:
    """The CGIs over `VirtualInputs` (VAPIX Input and outputs)."""

    def __init__(self, inputs: VirtualInputs) -> None:
        self._inputs = inputs

    async def activate(self, request: web.Request) -> web.StreamResponse:
        return await self._set(request, active=True)

    async def deactivate(self, request: web.Request) -> web.StreamResponse:
        return await self._set(request, active=False)

    async def versions(self, _request: web.Request) -> web.StreamResponse:
        root = _response()
        success = ElementTree.SubElement(root, "Success")
        found = ElementTree.SubElement(success, "GetSchemaVersionsSuccess")
        version = ElementTree.SubElement(found, "SchemaVersion")
        ElementTree.SubElement(version, "VersionNumber").text = _SCHEMA_VERSION
        ElementTree.SubElement(version, "Deprecated").text = "false"
        return xml(root)

    async def manual(self, request: web.Request) -> web.StreamResponse:
        r"""io/virtualinput.cgi?action=PORT:/500\ : on, wait 500 ms, off."""
        action = dict(await arguments(request)).get("action", "")
        match = _MANUAL_ACTION.fullmatch(action)
        if match is None or not self._inputs.has_manual(int(match[1])):
            return text("Error: the action is missing, or not PORT:/MS\\ of a known port\n", 400)
        port, loop, delay = int(match[1]), asyncio.get_running_loop(), 0.0
        for token in re.findall(r"[/\\]|\d+", match[2]):
            if token.isdigit():
                delay += int(token) / 1000
            else:
                loop.call_later(delay, self._inputs.trigger, port, token == "/")
        return text("OK\n")

    async def _set(self, request: web.Request, *, active: bool) -> web.StreamResponse:
        given = dict(await arguments(request))
        for name in ("schemaversion", "port"):
            if name not in given:
                return _error(_MISSING, f"The argument {name} is missing")
        if given["schemaversion"].partition(".")[0] != "1":
            return _error(_BAD_VERSION, "The schema version is not supported")
        if not given["port"].isdigit() or not self._inputs.has(int(given["port"])):
            return _error(_NO_SUCH_PORT, "There is no such virtual input")
        duration: float | None = None
        if active and "duration" in given:
            try:
                duration = float(given["duration"])
            except ValueError:
                duration = -1.0
            if not 0 <= duration < 1e7:
                return _error(_BAD_DURATION, "The duration is not valid")
        changed = self._inputs.set(int(given["port"]), active, duration)
        return _success("ActivateSuccess" if active else "DeactivateSuccess", changed)


def _response() -> ElementTree.Element:
    return ElementTree.Element(
        "VirtualInputResponse", {"xmlns": _NAMESPACE, "SchemaVersion": _SCHEMA_VERSION}
    )


def _success(kind: str, changed: bool) -> web.Response:
    root = _response()
    inner = ElementTree.SubElement(ElementTree.SubElement(root, "Success"), kind)
    ElementTree.SubElement(inner, "StateChanged").text = "true" if changed else "false"
    return xml(root)


def _error(code: int, description: str) -> web.Response:
    root = _response()
    error = ElementTree.SubElement(ElementTree.SubElement(root, "Error"), "GeneralError")
    ElementTree.SubElement(error, "ErrorCode").text = str(code)
    ElementTree.SubElement(error, "ErrorDescription").text = description
    return xml(root)
