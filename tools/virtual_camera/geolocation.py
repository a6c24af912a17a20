# SPDX-License-Identifier: MIT
"""geolocation/get.cgi, set.cgi and geoorientation.cgi (VAPIX Geolocation API), kept as the
parameters GeoLocation.* and GeoOrientation.* [names unconfirmed]."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement

from aiohttp import web

from tools.virtual_camera.parameters import ParameterStore
from tools.virtual_camera.web import arguments, xml

_POSITION = ("lat", "lng", "heading", "text")
_ORIENTATION = {
    "tilt": ("Tilt", 180.0),
    "roll": ("Roll", 180.0),
    "heading": ("Heading", 360.0),
    "inst_height": ("InstallationHeight", 10_000.0),
    "elevation": ("Elevation", 100_000.0),
}
"""Element and largest value of each argument."""
_BAD_PARAMETER, _BAD_VALUE = (1, "Invalid parameter"), (2, "Invalid value")
_COORDINATE = re.compile(r"[+-]?(\d{1,7})(\.\d{1,12})?")
_MAX_TEXT = 256
PARAMETERS = {
    **{f"GeoLocation.{name.capitalize()}": "" for name in _POSITION},
    **{f"GeoOrientation.{element}": "" for element, _ in _ORIENTATION.values()},
    "Properties.Geolocation.Geolocation": "yes",
    "Properties.Geolocation.Version": "0.01",
    "Properties.Geoorientation.Geoorientation": "yes",
    "Properties.Geoorientation.Version": "0.01",
}
"""What belongs to the parameters of the camera: "" is what is not set."""


class GeolocationApi:
    """The three addresses. What was set is given back as it was written."""

    def __init__(self, store: ParameterStore) -> None:
        self._store = store

    async def position(self, _request: web.Request) -> web.StreamResponse:
        answer, found = _success("Position")
        place = SubElement(found, "Location")
        values = {name: self._get(f"GeoLocation.{name.capitalize()}") for name in _POSITION}
        for name, unset in (("lat", "0.0"), ("lng", "0.0"), ("heading", "0")):
            SubElement(place, name.capitalize()).text = values[name] or unset
        SubElement(found, "Text").text = values["text"]
        SubElement(found, "ValidPosition").text = _truth(bool(values["lat"] and values["lng"]))
        SubElement(found, "ValidHeading").text = _truth(bool(values["heading"]))
        return _as_xml(answer)

    async def set_position(self, request: web.Request) -> web.StreamResponse:
        given = dict(await arguments(request))
        if not given or not set(given) <= set(_POSITION):
            return _failure("Position", *_BAD_PARAMETER)
        good = all(
            len(value) <= _MAX_TEXT
            and (name == "text" or _is_angle(value, {"lat": 90, "lng": 180}.get(name, 360)))
            for name, value in given.items()
        )
        if not good:
            return _failure("Position", *_BAD_VALUE)
        for name, value in given.items():
            self._store.set(f"GeoLocation.{name.capitalize()}", value)
        return _done("Position")

    async def orientation(self, request: web.Request) -> web.StreamResponse:
        given = dict(await arguments(request))
        action = given.pop("action", "get")
        if action == "get":
            return self._orientation()
        given.pop("auto_update_once", None)
        if action != "set" or not set(given) <= set(_ORIENTATION):
            return _failure("Orientation", *_BAD_PARAMETER)
        for name, value in given.items():
            if not _is_number(value) or abs(float(value)) > _ORIENTATION[name][1]:
                return _failure("Orientation", *_BAD_VALUE)
        for name, value in given.items():
            self._store.set(f"GeoOrientation.{_ORIENTATION[name][0]}", value)
        return _done("Orientation")

    def _orientation(self) -> web.Response:
        answer, found = _success("Orientation")
        elements = [element for element, _ in _ORIENTATION.values()]
        for element in elements:
            SubElement(found, element).text = self._get(f"GeoOrientation.{element}") or "0"
        for element in elements:
            valid = _truth(bool(self._get(f"GeoOrientation.{element}")))
            SubElement(found, f"Valid{element}").text = valid
        return _as_xml(answer)

    def _get(self, name: str) -> str:
        return self._store.get(name) or ""


def _is_angle(value: str, largest: int) -> bool:
    """Degrees, DDMM or DDMMSS, with leading zeros (ISO 6709, Annex H)."""
    match = _COORDINATE.fullmatch(value)
    if match is None:
        return False
    digits = match[1]
    if len(digits) <= 3:
        return abs(float(value)) <= largest
    size = len(digits) % 2 + 2
    pairs = [digits[place : place + 2] for place in range(size, len(digits), 2)]
    return int(digits[:size]) <= largest and all(int(pair) < 60 for pair in pairs)


def _is_number(value: str) -> bool:
    return re.fullmatch(r"[+-]?\d{1,9}(\.\d{1,9})?", value) is not None


def _truth(value: bool) -> str:
    return str(value).lower()


def _success(kind: str) -> tuple[Element, Element]:
    answer = Element(f"{kind}Response", {"SchemaVersion": "1.0"})
    return answer, SubElement(SubElement(answer, "Success"), "GetSuccess")


def _done(kind: str) -> web.Response:
    answer = Element(f"{kind}Response", {"SchemaVersion": "1.0"})
    SubElement(SubElement(answer, "Success"), "GeneralSuccess")
    return _as_xml(answer)


def _failure(kind: str, code: int, description: str) -> web.Response:
    answer = Element(f"{kind}Response", {"SchemaVersion": "1.0"})
    error = SubElement(SubElement(answer, "Error"), "SetError")
    SubElement(error, "ErrorCode").text = str(code)
    SubElement(error, "ErrorDescription").text = description
    return _as_xml(answer)


def _as_xml(root: Element) -> web.Response:
    response = xml(root)
    response.headers["Content-Type"] = "application/xml; charset=UTF-8"
    return response
