# SPDX-License-Identifier: MIT
"""One camera, seen through VAPIX."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tools.errors import PackageError, Refused
from tools.vapix import analytics, applications, device
from tools.vapix.analytics import Scenario
from tools.vapix.applications import Action, Application
from tools.vapix.device import DeviceInfo
from tools.vapix.transport import Transport

UPLOAD_TIMEOUT = 300.0
"""Seconds; a large package takes a small camera minutes to unpack."""


class VapixClient:
    """The calls that the tools need, typed.

    Each may raise Unreachable, Unauthorized, or Refused with the camera's own error number.
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        *,
        timeout: float = 10.0,
        verify: bool | str = True,
    ) -> None:
        self.door = Transport(url, user, password, timeout=timeout, verify=verify)

    @property
    def url(self) -> str:
        return self.door.url

    # Applications

    def applications(self) -> tuple[Application, ...]:
        """Every installed app."""
        return applications.list_applications(self.door)

    def application(self, name: str) -> Application | None:
        """The installed app called `name`, None when there is none."""
        return next((a for a in self.applications() if a.name == name), None)

    def upload(self, package: Path) -> None:
        """Install the .eap at `package`; it is not started unless it was running before."""
        try:
            content = package.read_bytes()
        except OSError as error:
            raise PackageError(
                f"{package} cannot be read: {error.strerror}", "build it with `invoke build`"
            ) from error
        self.upload_bytes(package.name, content)

    def upload_bytes(self, name: str, content: bytes) -> None:
        """Install a package that is in memory; `name` is what the camera is told of its file."""
        applications.upload(self.door, name, content, UPLOAD_TIMEOUT)

    def control(self, action: Action, app: str) -> None:
        """start, stop, restart or remove `app`, exactly as the camera answers."""
        applications.control(self.door, action, app)

    def start(self, app: str) -> bool:
        """Start `app`; False when it was running already."""
        return self._unless("start", app, applications.ALREADY_RUNNING)

    def stop(self, app: str) -> bool:
        """Stop `app`; False when it was not running."""
        return self._unless("stop", app, applications.NOT_RUNNING)

    def remove(self, app: str) -> bool:
        """Uninstall `app`; False when it was not installed."""
        return self._unless("remove", app, applications.NOT_INSTALLED)

    def allow_unsigned(self) -> bool:
        """Whether the camera takes unsigned packages."""
        return applications.allow_unsigned(self.door)

    def set_allow_unsigned(self, allowed: bool) -> None:
        """Switch the installation of unsigned packages on or off."""
        applications.set_allow_unsigned(self.door, allowed)

    # The device

    def device_info(self) -> DeviceInfo:
        """Model, serial number, AXIS OS version and architecture."""
        return device.device_info(self.door)

    def parameters(self, *groups: str) -> dict[str, str]:
        """Parameters below `groups` by their full names, such as root.Brand.Brand."""
        return device.parameters(self.door, groups)

    def set_parameters(self, values: Mapping[str, str]) -> None:
        """Change parameters; names as `parameters` gives them, `root.` may be left out."""
        device.set_parameters(self.door, values)

    def system_log(self, app: str = "") -> tuple[str, ...]:
        """Log lines of `app`, or of everything, oldest first."""
        return device.system_log(self.door, app)

    def snapshot(self, resolution: str = "") -> bytes:
        """A JPEG of now."""
        return device.snapshot(self.door, resolution)

    # Triggers

    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios of AXIS Object Analytics."""
        return analytics.scenarios(self.door)

    def send_alarm(self, scenario: int) -> None:
        """Make a scenario active for analytics.ALARM_SECONDS, as its own test alarm does."""
        analytics.send_alarm(self.door, scenario)

    def set_virtual_input(self, port: int, active: bool, duration: int | None = None) -> bool:
        """Switch a virtual input on or off; True when that changed it."""
        return analytics.set_virtual_input(self.door, port, active, duration)

    def _unless(self, action: Action, app: str, harmless: int) -> bool:
        try:
            self.control(action, app)
        except Refused as error:
            if error.code != harmless:
                raise
            return False
        return True
