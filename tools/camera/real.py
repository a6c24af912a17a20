# SPDX-License-Identifier: MIT
"""A real camera: triggered by virtual inputs, or by the test alarm of AXIS Object Analytics."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

from tools.camera.faults import Faults
from tools.camera.protocol import Trigger
from tools.errors import Refused, Unreachable, UsageError
from tools.settings import CameraSettings
from tools.vapix import VapixClient
from tools.vapix.analytics import ALARM_SECONDS


class RealCamera:
    """Camera over a camera of cameras.toml."""

    def __init__(self, settings: CameraSettings, vapix: VapixClient) -> None:
        self._settings = settings
        self._vapix = vapix
        self._alarm_ends: dict[str, float] = {}

    @property
    def settings(self) -> CameraSettings:
        return self._settings

    @property
    def vapix(self) -> VapixClient:
        return self._vapix

    @property
    def faults(self) -> Faults:
        """UsageError: nothing can be made to go wrong in a real camera."""
        raise UsageError(
            f"{self._settings.name} is a real camera: it has no fault knobs",
            "use the virtual camera: `invoke camera`",
        )

    def triggers(self) -> tuple[Trigger, ...]:
        """The virtual inputs of cameras.toml, then the camera's scenarios.

        A scenario cannot be held: the camera itself ends its alarm after ALARM_SECONDS.
        """
        inputs = tuple(Trigger(port=port) for port in self._settings.virtual_inputs)
        try:
            scenarios = self._vapix.scenarios()
        except Refused:
            scenarios = ()  # AXIS Object Analytics is not installed
        return inputs + tuple(Trigger(scenario=s.topic) for s in scenarios)

    def set_trigger(self, trigger: Trigger, active: bool) -> None:
        """Switch a virtual input; a scenario is alarmed, or its alarm's end is waited for."""
        if trigger.port:
            self._vapix.set_virtual_input(trigger.port, active)
        elif active:
            self._vapix.send_alarm(self._scenario_id(trigger))
            self._alarm_ends[trigger.scenario] = time.monotonic() + ALARM_SECONDS
        else:
            remaining = self._alarm_ends.pop(trigger.scenario, 0.0) - time.monotonic()
            time.sleep(max(0.0, remaining))

    def address_of_this_machine(self) -> str:
        host = urlsplit(self._settings.url).hostname or ""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host, 80, type=socket.SOCK_DGRAM
            )[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.connect(address)  # sends nothing: it only has the route chosen
                return str(probe.getsockname()[0])
        except OSError as error:
            raise Unreachable(f"there is no route to {host}: {error.strerror}") from error

    def _scenario_id(self, trigger: Trigger) -> int:
        scenarios = self._vapix.scenarios()
        for scenario in scenarios:
            if scenario.topic == trigger.scenario:
                return scenario.id
        known = ", ".join(s.topic for s in scenarios) or "none"
        raise Refused(
            f"{self._settings.url} has no scenario {trigger.scenario}", f"it has: {known}"
        )
