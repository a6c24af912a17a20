# SPDX-License-Identifier: MIT
"""What a camera tells of itself: device information, parameters, system log, pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tools.errors import Refused
from tools.vapix.transport import Transport


@dataclass(frozen=True)
class DeviceInfo:
    """basicdeviceinfo.cgi, "VAPIX Basic device information"; "" for what a camera leaves out."""

    model: str
    """ProdNbr, such as Q1656"""
    full_name: str
    serial_number: str
    os_version: str
    """AXIS OS, such as 12.0.91"""
    architecture: str
    """aarch64 or armv7hf; host on a virtual camera for packages of this machine"""
    soc: str

    @property
    def os_line(self) -> int:
        """The major number of the AXIS OS version, 0 where it is not told."""
        major = self.os_version.split(".")[0]
        return int(major) if major.isdigit() else 0

    @classmethod
    def decode(cls, properties: Mapping[str, Any]) -> Self:
        def get(name: str) -> str:
            return str(properties.get(name, ""))

        return cls(
            model=get("ProdNbr"),
            full_name=get("ProdFullName"),
            serial_number=get("SerialNumber"),
            os_version=get("Version"),
            architecture=get("Architecture"),
            soc=get("Soc"),
        )


def device_info(door: Transport) -> DeviceInfo:
    """All properties; needs an operator."""
    data = door.call("axis-cgi/basicdeviceinfo.cgi", "getAllProperties")
    properties = data.get("propertyList")
    return DeviceInfo.decode(properties if isinstance(properties, dict) else {})


def parameters(door: Transport, groups: tuple[str, ...]) -> dict[str, str]:
    """Full names ("root.Brand.Brand") and values of all parameters in `groups`."""
    text = door.text(
        "GET", "axis-cgi/param.cgi", params={"action": "list", "group": ",".join(groups)}
    )
    values = {}
    for line in text.splitlines():
        if line.startswith("# Error"):
            raise Refused(
                f"{door.url}: {line.lstrip('# ')}", f"check the names: {', '.join(groups)}"
            )
        name, equals, value = line.partition("=")
        if equals:
            values[name.strip()] = value
    return values


def set_parameters(door: Transport, values: Mapping[str, str]) -> None:
    """Change parameters by their full names; all in one request."""
    answer = door.text("POST", "axis-cgi/param.cgi", data={"action": "update", **values}).strip()
    if answer != "OK":
        raise Refused(f"{door.url}: {answer.lstrip('# ')[:200]}", "check name, type and role")


def system_log(door: Transport, app: str) -> tuple[str, ...]:
    """The camera's log, oldest line first, without its heading; `app` "" for every sender."""
    query = {"appname": app} if app else {}
    lines = door.text("GET", "axis-cgi/admin/systemlog.cgi", params=query).splitlines()
    return tuple(line for line in lines if line.strip() and not line.startswith("-----"))


def snapshot(door: Transport, resolution: str) -> bytes:
    """A JPEG of now; `resolution` such as "1280x720", "" for the camera's default."""
    query = {"resolution": resolution} if resolution else {}
    reply = door.checked("GET", "axis-cgi/jpg/image.cgi", params=query)
    if not reply.headers.get("Content-Type", "").startswith("image/jpeg"):
        raise Refused(
            f"{door.url} sent no picture: {reply.text[:80]!r}",
            "choose a resolution from parameter Properties.Image.Resolution",
        )
    return reply.content
