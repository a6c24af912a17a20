# SPDX-License-Identifier: MIT
"""The VAPIX Application API: upload, control, list and config of ACAP apps, for administrators."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Self
from xml.etree.ElementTree import Element

from tools.errors import Refused
from tools.vapix.transport import Transport

Action = Literal["start", "stop", "restart", "remove"]

_FOLDER = "axis-cgi/applications"
_SEE_LOG = "read the camera's system log: `invoke logs --all`"

# "VAPIX Application API": what each number of upload.cgi means, and what helps.
UPLOAD_ERRORS: dict[int, tuple[str, str]] = {
    1: ("the file is no embedded application package", "build it again with `invoke build`"),
    2: (
        "the package has no valid signature, and the camera takes only signed ones",
        "deploy with --allow-unsigned, or switch on `Allow unsigned apps` on the Apps page",
    ),
    3: ("the package is too large, or the camera's disk is full", "remove apps that are not used"),
    5: (
        "the package does not fit this camera",
        "build it for the camera's architecture and AXIS OS version; details: `invoke logs --all`",
    ),
    10: ("the camera gives no reason", _SEE_LOG),
    12: ("another upload is in progress", "wait until it is done and deploy again"),
    13: (
        "the manifest asks for a user or group that is not allowed",
        "take it out of the manifest's resources.linux.user.groups or setup.user",
    ),
    14: (
        "an app of this name in other letter case is installed",
        "remove that app, or change setup.appName",
    ),
    15: (
        "the installation timed out, its outcome is unknown",
        "look at `invoke status`, deploy again",
    ),
    27: (
        "the installed app has another vendorId",
        "keep setup.vendorId over upgrades, or remove the installed app first",
    ),
    29: (
        "manifest.json or package.conf is invalid for this AXIS OS",
        "build for the camera's AXIS OS line with --os; details: `invoke logs --all`",
    ),
}

# "VAPIX Application API": the same for control.cgi.
CONTROL_ERRORS: dict[int, tuple[str, str]] = {
    1: ("the package's manifest is invalid, or no app was named", "deploy it again"),
    4: ("the app is not installed", "install it with `invoke deploy`"),
    6: ("the app is already running", ""),
    7: ("the app is not running", "start it with `invoke deploy`"),
    8: ("the app could not be started", _SEE_LOG),
    9: ("too many apps are running", "stop one that is not needed"),
    10: ("the camera gives no reason", _SEE_LOG),
    15: ("the camera timed out", "look at `invoke status` and try again"),
}

ALREADY_RUNNING = 6
NOT_RUNNING = 7
NOT_INSTALLED = 4
UNSIGNED = 2
UPLOAD_BUSY = 12


@dataclass(frozen=True)
class Application:
    """An installed app as applications/list.cgi shows it; only the name is always there."""

    name: str
    nice_name: str
    vendor: str
    version: str
    status: str
    """Running, Stopped or Idle"""
    license: str
    configuration_page: str
    """Relative to the camera's address, "" without one."""
    signature: str
    """Newer AXIS OS: Signed, Unknown, ...; "" where it is not told"""

    @property
    def running(self) -> bool:
        return self.status == "Running"

    @classmethod
    def decode(cls, element: Element) -> Self:
        get = element.attrib.get
        return cls(
            name=get("Name", ""),
            nice_name=get("NiceName", get("Name", "")),
            vendor=get("Vendor", ""),
            version=get("Version", ""),
            status=get("Status", ""),
            license=get("License", ""),
            configuration_page=get("ConfigurationPage", ""),
            signature=get("SignatureStatus", get("SignedStatus", "")),
        )


def list_applications(door: Transport) -> tuple[Application, ...]:
    """Every installed app, in the camera's order."""
    root = _checked(door.xml("GET", f"{_FOLDER}/list.cgi"))
    return tuple(Application.decode(element) for element in root.iter("application"))


def upload(door: Transport, name: str, content: bytes, timeout: float) -> None:
    """Install a package; an app that was running is upgraded and started again by the camera."""
    # A bare first request would send the whole package for nothing: have the challenge answered.
    list_applications(door)
    # The camera does not look at the field's name, but insists on a file name.
    part = {"packfil": (name, content, "application/octet-stream")}
    answer = door.text("POST", f"{_FOLDER}/upload.cgi", files=part, timeout=timeout)
    _check_answer(answer, f"{door.url} refuses the package", UPLOAD_ERRORS)


def control(door: Transport, action: Action, app: str) -> None:
    """start, stop, restart or remove an app; Refused.code is the documented number."""
    query = {"action": action, "package": app}
    answer = door.text("POST", f"{_FOLDER}/control.cgi", params=query, timeout=60)
    _check_answer(answer, f"{door.url} refuses to {action} {app}", CONTROL_ERRORS)


def allow_unsigned(door: Transport) -> bool:
    """Whether unsigned packages may be installed; Refused before AXIS OS 11.2."""
    query = {"action": "get", "name": "AllowUnsigned"}
    root = _checked(door.xml("GET", f"{_FOLDER}/config.cgi", params=query))
    parameter = root.find("param")
    return parameter is not None and parameter.get("value") == "true"


def set_allow_unsigned(door: Transport, allowed: bool) -> None:
    """Switch the installation of unsigned packages on or off (AXIS OS 11.2 to 12)."""
    value = "true" if allowed else "false"
    query = {"action": "set", "name": "AllowUnsigned", "value": value}
    _checked(door.xml("GET", f"{_FOLDER}/config.cgi", params=query))


def _check_answer(answer: str, what: str, meanings: dict[int, tuple[str, str]]) -> None:
    answer = answer.strip()
    if answer == "OK":
        return
    match = re.fullmatch(r"Error:\s*(\d+)", answer)
    if match is None:
        raise Refused(f"{what}: unknown answer {answer[:80]!r}", _SEE_LOG)
    code = int(match[1])
    meaning, cure = meanings.get(code, ("a reason that is not documented", _SEE_LOG))
    raise Refused(f"{what}: {meaning} (error {code})", cure, code=code)


def _checked(root: Element) -> Element:
    if root.get("result") == "ok":
        return root
    error = root.find("error")
    message = error.get("message", "") if error is not None else ""
    raise Refused(f"the camera answered: {message or 'error without a message'}", _SEE_LOG)
