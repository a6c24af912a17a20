# SPDX-License-Identifier: MIT
"""What tools and tests may ask of any camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from tools.camera.faults import Faults
from tools.errors import UsageError
from tools.settings import CameraSettings
from tools.vapix import VapixClient


@dataclass(frozen=True)
class Trigger:
    """Something on a camera that is active or not: an AOA scenario, or a virtual input's port."""

    scenario: str = ""
    """The topic's last level, such as Device1Scenario1; "" for a virtual input"""
    port: int = 0
    """The virtual input's port; 0 for a scenario"""

    @property
    def name(self) -> str:
        """As users call it: Device1Scenario1, or VirtualInput3."""
        return self.scenario or f"VirtualInput{self.port}"

    @property
    def key(self) -> str:
        """As the app's sessions name it."""
        return f"objectAnalytics:{self.scenario}" if self.scenario else f"virtualInput:{self.port}"

    @property
    def profile_part(self) -> dict[str, Any]:
        """The `trigger` of a profile that is bound to it."""
        if self.scenario:
            return {"type": "objectAnalytics", "scenario": self.scenario}
        return {"type": "virtualInput", "port": self.port}

    @classmethod
    def parse(cls, name: str) -> Trigger:
        """The trigger that a user calls `name`."""
        if name.startswith("VirtualInput"):
            port = name.removeprefix("VirtualInput")
            if not port.isdigit() or int(port) == 0:
                raise UsageError(f"{name} has no port number", "write VirtualInput1, for example")
            return cls(port=int(port))
        if not name.startswith("Device"):
            raise UsageError(
                f"{name!r} is no trigger", "write Device1Scenario1 or VirtualInput1, for example"
            )
        return cls(scenario=name)


class Camera(Protocol):
    """A camera that can be driven. Errors are those of tools.errors."""

    @property
    def settings(self) -> CameraSettings: ...

    @property
    def vapix(self) -> VapixClient: ...

    @property
    def faults(self) -> Faults:
        """What can be made to go wrong. UsageError for a real camera."""
        ...

    def triggers(self) -> tuple[Trigger, ...]:
        """The triggers that can be held active for any time here, the preferred first."""
        ...

    def set_trigger(self, trigger: Trigger, active: bool) -> None:
        """Make `trigger` active or inactive; returns when the camera has taken it."""
        ...

    def address_of_this_machine(self) -> str:
        """Where apps on the camera reach servers of this machine: an IP address."""
        ...
