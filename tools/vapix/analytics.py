# SPDX-License-Identifier: MIT
"""What can be made to happen on a camera: AXIS Object Analytics alarms and virtual inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self
from xml.etree.ElementTree import Element

from tools.errors import Refused
from tools.vapix.transport import Transport

_CONTROL = "local/objectanalytics/control.cgi"
_VERSION = "1.2"
ALARM_SECONDS = 3.0
"""For so long sendAlarmEvent keeps a scenario active ("AXIS Object Analytics API")."""


@dataclass(frozen=True)
class Scenario:
    """One configured scenario of AXIS Object Analytics."""

    id: int
    name: str
    type: str
    """motion, fence, crosslinecounting or occupancyInArea"""
    device: int

    @property
    def topic(self) -> str:
        """The last level of its event's topic, such as Device1Scenario1."""
        return f"Device{self.device}Scenario{self.id}"

    @classmethod
    def decode(cls, entry: dict[str, Any]) -> Self:
        devices = entry.get("devices") or [{}]
        return cls(
            id=int(entry.get("id", 0)),
            name=str(entry.get("name", "")),
            type=str(entry.get("type", "")),
            device=int(devices[0].get("id", 1)),
        )


def scenarios(door: Transport) -> tuple[Scenario, ...]:
    """The scenarios that the camera has."""
    data = door.call(_CONTROL, "getConfiguration", version=_VERSION)
    return tuple(Scenario.decode(e) for e in data.get("scenarios", []) if isinstance(e, dict))


def send_alarm(door: Transport, scenario: int) -> None:
    """Make scenario number `scenario` active for ALARM_SECONDS."""
    door.call(_CONTROL, "sendAlarmEvent", {"scenario": scenario}, version=_VERSION)


def set_virtual_input(door: Transport, port: int, active: bool, duration: int | None) -> bool:
    """Switch a virtual input; True when that changed it. `duration` in seconds switches back."""
    action = "activate" if active else "deactivate"
    query: dict[str, int] = {"schemaversion": 1, "port": port}
    if duration is not None and active:
        query["duration"] = duration
    root = door.xml("GET", f"axis-cgi/virtualinput/{action}.cgi", params=query)
    error = _find(root, "GeneralError")
    if error is not None:
        code = (_text(error, "ErrorCode") or "0").strip()
        reason = _text(error, "ErrorDescription")
        raise Refused(
            f"virtual input {port} of {door.url}: {reason} (error {code})",
            "take a port from 1 up to the number that the camera has",
            code=int(code) if code.isdigit() else None,
        )
    return (_text(root, "StateChanged") or "").strip() == "true"


def _find(root: Element, name: str) -> Element | None:
    """The first element called `name` in any namespace."""
    return next((e for e in root.iter() if e.tag.rpartition("}")[2] == name), None)


def _text(root: Element, name: str) -> str | None:
    element = _find(root, name)
    return element.text if element is not None else None
