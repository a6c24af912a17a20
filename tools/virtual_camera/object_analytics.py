# SPDX-License-Identifier: MIT
"""/local/objectanalytics/control.cgi (VAPIX AXIS Object analytics API) over `scenarios`."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tools.virtual_camera.json_cgi import Codes, Data, JsonCgi, JsonCgiError
from tools.virtual_camera.scenarios import ObjectAnalytics
from tools.virtual_camera.server import Gate
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access
from tools.virtual_camera.web import Refusal

VERSION = "1.6"
_VERSIONS = tuple(f"1.{minor}" for minor in range(7))
_INCOHERENT, _MISSING, _INVALID = 2002, 2003, 2004
_CODES = Codes(
    forbidden=1000,
    http_type=2000,
    version=2000,
    method=2005,
    json=2003,
    parameter=2003,
    internal=1000,
)
_TYPES = ("motion", "fence", "crosslinecounting", "occupancyInArea")
_TRIGGERS = {"includeArea": (3, 20), "fence": (2, 10), "countingLine": (2, 10)}
"""Fewest and most vertices of each trigger, as API 1.6 was seen to limit them."""
_MAX_SCENARIOS = 10
_MAX_NAME = 64


class ObjectAnalyticsApi:
    """The address of the analytics app; 503 while the app is stopped."""

    def __init__(self, analytics: ObjectAnalytics, gate: Gate, unsupported: Unsupported) -> None:
        self._analytics = analytics
        self._cgi = JsonCgi(
            "objectanalytics", _VERSIONS, gate, unsupported, codes=_CODES, echoes_version=True
        )
        self._cgi.add("getConfiguration", Access.OPERATOR, lambda _: analytics.configuration)
        self._cgi.add("setConfiguration", Access.OPERATOR, self._configure)
        self._cgi.add("getConfigurationCapabilities", Access.ADMIN, lambda _: _capabilities())
        self._cgi.add("sendAlarmEvent", Access.OPERATOR, self._alarm)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if not self._analytics.is_running:
            raise Refusal(503, "The application objectanalytics is not running.")
        return await self._cgi.handle(request)

    def _configure(self, params: Data) -> None:
        check(params)
        self._analytics.configure(params)

    def _alarm(self, params: Data) -> Data:
        wanted = params.get("scenario")
        if wanted is None:
            raise JsonCgiError(_MISSING, "The parameter 'scenario' is missing")
        found = [s for s in self._analytics.scenarios() if s.id == wanted]
        if not found:
            raise JsonCgiError(_INVALID, f"There is no scenario {wanted!r}")
        for scenario in found:
            self._analytics.alarm(scenario)
        return {}


def check(configuration: Data) -> None:
    """JsonCgiError 2002, 2003 or 2004, naming the field, unless the configuration can be used."""
    devices = _objects(configuration, "devices")
    scenarios = _objects(configuration, "scenarios")
    ids = [_field(entry, "id", int) for entry in devices]
    numbers = [_field(entry, "id", int) for entry in scenarios]
    if len(set(numbers)) != len(numbers) or len(set(ids)) != len(ids):
        raise JsonCgiError(_INCOHERENT, "Two scenarios or two devices have the same id")
    if len(scenarios) > _MAX_SCENARIOS:
        raise JsonCgiError(_INCOHERENT, f"More than {_MAX_SCENARIOS} scenarios")
    for scenario in scenarios:
        _check_scenario(scenario, set(ids))


def _check_scenario(scenario: Data, devices: set[int]) -> None:
    number, name = scenario["id"], _field(scenario, "name", str)
    if number < 1 or not 1 <= len(name) <= _MAX_NAME:
        raise JsonCgiError(_INVALID, f"Scenario {number}: the id or the name is not valid")
    if _field(scenario, "type", str) not in _TYPES:
        raise JsonCgiError(_INVALID, f"Scenario {number}: there is no type {scenario['type']!r}")
    for entry in _objects(scenario, "devices"):
        if _field(entry, "id", int) not in devices:
            raise JsonCgiError(_INCOHERENT, f"Scenario {number}: there is no device {entry['id']}")
    for trigger in _objects(scenario, "triggers"):
        _check_trigger(number, trigger)
    for entry in _objects(scenario, "objectClassifications", required=False):
        _field(entry, "type", str)


def _check_trigger(scenario: int, trigger: Data) -> None:
    kind = _field(trigger, "type", str)
    if kind not in _TRIGGERS:
        raise JsonCgiError(_INVALID, f"Scenario {scenario}: there is no trigger {kind!r}")
    fewest, most = _TRIGGERS[kind]
    vertices = _field(trigger, "vertices", list)
    if not fewest <= len(vertices) <= most or not all(_is_point(point) for point in vertices):
        reason = f"{kind} needs {fewest} to {most} vertices between -1 and 1"
        raise JsonCgiError(_INVALID, f"Scenario {scenario}: {reason}")


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(value, int | float) and -1 <= value <= 1 for value in point)
    )


def _objects(parent: Data, name: str, *, required: bool = True) -> list[Data]:
    value = parent.get(name)
    if value is None and required:
        raise JsonCgiError(_MISSING, f"The parameter {name!r} is missing")
    entries = value or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise JsonCgiError(_INVALID, f"The parameter {name!r} is no list of objects")
    return entries


def _field(parent: Data, name: str, kind: type) -> Any:
    if name not in parent:
        raise JsonCgiError(_MISSING, f"The parameter {name!r} is missing")
    value = parent[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise JsonCgiError(_INVALID, f"The parameter {name!r} has a value of the wrong type")
    return value


def _capabilities() -> Data:
    """The limits that `check` enforces. The names here are [unconfirmed]: Axis documents them in a
    shape that this project has no copy of."""
    return {
        "maxNumberOfScenarios": _MAX_SCENARIOS,
        "maxLengthName": _MAX_NAME,
        "supportedScenarios": list(_TYPES),
        "objectClassifications": [{"type": "human"}, {"type": "vehicle"}],
        "triggers": [
            {"type": kind, "minNumberOfVertices": fewest, "maxNumberOfVertices": most}
            for kind, (fewest, most) in _TRIGGERS.items()
        ],
    }
