# SPDX-License-Identifier: MIT
"""AXIS Object Analytics as far as an app can tell: scenarios, their configuration, their events.

Nothing is analysed. A scenario is active while something holds it so (the control API) or for three
seconds after an alarm (sendAlarmEvent). Each has a stateful event, and each device one more,
Device<d>ScenarioANY, that is active while any of its scenarios is.
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tools.virtual_camera.events import EventService
from tools.virtual_camera.files import write_text_atomically

ALARM_SECONDS = 3.0
APP = "objectanalytics"
_PREFIX = "tnsaxis:CameraApplicationPlatform/tnsaxis:ObjectAnalytics/tnsaxis:"
_TOPIC = re.compile(r"Device([1-9]\d{0,3})Scenario([1-9]\d{0,5})")
Configuration = dict[str, Any]


@dataclass
class Scenario:
    """One scenario on one device, and its event's declaration."""

    id: int
    name: str
    kind: str
    classes: str
    """object classes such as "human,vehicle", "" for any motion"""
    device: int
    declaration: int
    held: bool = False
    alarm: asyncio.TimerHandle | None = field(default=None, repr=False)

    @property
    def topic(self) -> str:
        return f"Device{self.device}Scenario{self.id}"

    @property
    def active(self) -> bool:
        return self.held or self.alarm is not None


class ObjectAnalytics:
    """The analytics app of the camera: it is installed with the firmware and runs at start.

    While it is stopped its events do not exist, as on a device.
    """

    def __init__(self, events: EventService, path: Path) -> None:
        self._events = events
        self._path = path
        self._objects = 0
        self._scenarios: dict[str, Scenario] = {}
        self._any: dict[int, int] = {}
        self.is_running = False
        self.configuration: Configuration = (
            json.loads(path.read_text()) if path.exists() else default_configuration()
        )

    def start(self) -> None:
        """Declare every event of the configuration."""
        if not self.is_running:
            self.is_running = True
            self._declare_all()

    def stop(self) -> None:
        """End what is active, silently, and take every event away."""
        for topic in list(self._scenarios):
            self._drop(topic)
        for declaration in self._any.values():
            self._events.undeclare(declaration)
        self._any.clear()
        self.is_running = False

    def reboot(self) -> None:
        """Nothing is active any more; a stopped one stays stopped."""
        if self.is_running:
            self.stop()
            self.start()

    def scenarios(self) -> list[Scenario]:
        return list(self._scenarios.values())

    def find(self, topic: str) -> Scenario | None:
        return self._scenarios.get(topic)

    def configure(self, configuration: Configuration) -> None:
        """Replace the whole configuration; it must have passed `object_analytics.check`. What is
        active becomes inactive; events of scenarios that are gone are undeclared."""
        self.configuration = copy.deepcopy(configuration)
        write_text_atomically(self._path, json.dumps(self.configuration))
        if not self.is_running:
            return
        for scenario in self.scenarios():
            self.set_active(scenario, False)
        self._declare_all()

    def set_active(self, scenario: Scenario, active: bool) -> bool:
        """Hold the scenario active, or end it (an alarm under way as well); whether it changed."""
        if scenario.alarm is not None and not active:
            scenario.alarm.cancel()
            return self._change(scenario, lambda: _assign(scenario, held=False, alarm=None))
        return self._change(scenario, lambda: _assign(scenario, active, scenario.alarm))

    def alarm(self, scenario: Scenario) -> None:
        """Active for three seconds from now; a scenario that is held stays as it is."""
        if scenario.alarm is not None:
            scenario.alarm.cancel()
        loop = asyncio.get_running_loop()
        timer = loop.call_later(ALARM_SECONDS, self._end_alarm, scenario)
        self._change(scenario, lambda: _assign(scenario, scenario.held, timer))

    def put(self, device: int, scenario: int, name: str) -> None:
        """Add a motion scenario over the whole picture, or rename the one that has this id."""
        configuration = copy.deepcopy(self.configuration)
        known = {entry["id"]: entry for entry in configuration["scenarios"]}
        if scenario in known:
            known[scenario]["name"] = name
        else:
            configuration["scenarios"].append(_motion_scenario(scenario, name, [], device))
        if all(entry["id"] != device for entry in configuration["devices"]):
            configuration["devices"].append(_device(device))
        self._replace_only(configuration)

    def remove(self, scenario: int) -> None:
        configuration = copy.deepcopy(self.configuration)
        kept = [entry for entry in configuration["scenarios"] if entry["id"] != scenario]
        configuration["scenarios"] = kept
        self._replace_only(configuration)

    def _replace_only(self, configuration: Configuration) -> None:
        """Take the configuration without touching scenarios that stay the same."""
        self.configuration = configuration
        write_text_atomically(self._path, json.dumps(configuration))
        if self.is_running:
            self._declare_all()

    def _declare_all(self) -> None:
        wanted = {topic: entry for topic, _, entry in _entries(self.configuration)}
        for topic, scenario in list(self._scenarios.items()):
            if topic not in wanted or wanted[topic].get("name") != scenario.name:
                self._drop(topic)
        for topic, device, entry in _entries(self.configuration):
            if topic not in self._scenarios:
                self._scenarios[topic] = self._declare(topic, device, entry)
            if device not in self._any:
                self._any[device] = self._declare_event(
                    f"Device{device}ScenarioANY", "Any scenario", {"classTypes": "", "objectId": ""}
                )
        for device in set(self._any) - {device for _, device, _ in _entries(self.configuration)}:
            self._events.undeclare(self._any.pop(device))

    def _declare(self, topic: str, device: int, entry: dict[str, Any]) -> Scenario:
        kind, name = str(entry.get("type", "motion")), str(entry["name"])
        data = {"scenarioType": kind, "classTypes": "", "objectId": ""}
        declaration = self._declare_event(topic, f"Object Analytics: {name}", data)
        classes = [str(c.get("type")) for c in entry.get("objectClassifications") or []]
        return Scenario(int(entry["id"]), name, kind, ",".join(classes), device, declaration)

    def _declare_event(self, topic: str, nice_name: str, data: dict[str, str]) -> int:
        return self._events.declare(
            _PREFIX + topic,
            data={"active": False, "triggerTime": "", **data},
            stateful=True,
            property_key="active",
            nice_name=nice_name,
        )

    def _drop(self, topic: str) -> None:
        scenario = self._scenarios.pop(topic)
        if scenario.alarm is not None:
            scenario.alarm.cancel()
        self._events.undeclare(scenario.declaration)

    def _end_alarm(self, scenario: Scenario) -> None:
        self._change(scenario, lambda: _assign(scenario, scenario.held, None))

    def _change(self, scenario: Scenario, act: Callable[[], None]) -> bool:
        """Do `act` and send what it changed: the scenario's event and that of its device."""
        was_active, any_was_active = scenario.active, self._any_active(scenario.device)
        act()
        if scenario.active == was_active or scenario.topic not in self._scenarios:
            return False
        changes = {"active": scenario.active} | self._details(scenario)
        self._events.send(scenario.declaration, changes)
        if self._any_active(scenario.device) != any_was_active:
            changes.pop("scenarioType", None)
            self._events.send(self._any[scenario.device], changes)
        return True

    def _details(self, scenario: Scenario) -> dict[str, Any]:
        """The further keys, which AOA sends from its newer versions on, for an active state."""
        if not scenario.active:
            return {}
        self._objects += 1
        now = datetime.now().astimezone()
        return {
            "triggerTime": now.strftime("%Y-%m-%dT%H:%M:%S.")
            + f"{now.microsecond // 1000:03d}{now:%z}",
            "classTypes": scenario.classes,
            "objectId": str(self._objects),
        }

    def _any_active(self, device: int) -> bool:
        return any(s.active for s in self._scenarios.values() if s.device == device)


def parse_topic(topic: str) -> tuple[int, int] | None:
    """(device, scenario) of Device1Scenario2, None for any other name."""
    match = _TOPIC.fullmatch(topic)
    return (int(match[1]), int(match[2])) if match else None


def default_configuration() -> Configuration:
    """What a new camera has: people and vehicles at the gate."""
    return {
        "devices": [_device(1)],
        "metadataOverlay": [],
        "perspectives": [],
        "scenarios": [
            _motion_scenario(1, "People at the gate", [{"type": "human"}], 1),
            _motion_scenario(2, "Vehicles at the gate", [{"type": "vehicle"}], 1),
        ],
    }


def _device(device: int) -> dict[str, Any]:
    return {"id": device, "type": "camera", "rotation": 0, "isActive": True}


def _motion_scenario(
    scenario: int, name: str, classes: list[dict[str, str]], device: int
) -> dict[str, Any]:
    corners = [[-0.97, -0.97], [-0.97, 0.97], [0.97, 0.97], [0.97, -0.97]]
    return {
        "id": scenario,
        "name": name,
        "type": "motion",
        "devices": [{"id": device}],
        "triggers": [{"type": "includeArea", "vertices": corners}],
        "filters": [],
        "objectClassifications": classes,
        "perspectives": [],
        "presets": [],
    }


def _entries(configuration: Configuration) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """(topic, device, entry) of every scenario on each of its devices."""
    for entry in configuration.get("scenarios") or []:
        for device in entry.get("devices") or [{"id": 1}]:
            yield f"Device{device['id']}Scenario{entry['id']}", int(device["id"]), entry


def _assign(scenario: Scenario, held: bool, alarm: asyncio.TimerHandle | None) -> None:
    scenario.held = held
    scenario.alarm = alarm
