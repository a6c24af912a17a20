# SPDX-License-Identifier: MIT
"""The fault knobs of a virtual camera, typed: `camera.faults.lose_edges(0.1, seed=7)`.

They act on what apps get over the camera's bus; the states that apps ask for stay true.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.camera.control import ControlClient


class EventServiceControl:
    """Stops and starts the camera's event service; its states survive, apps' declarations do not
    (the platform library makes them anew)."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    @property
    def running(self) -> bool:
        return bool(self._control.call("GET", "event-service")["running"])

    def stop(self) -> None:
        self._control.call("POST", "event-service", {"running": False})

    def start(self) -> None:
        self._control.call("POST", "event-service", {"running": True})

    def restart(self, down_ms: float = 0) -> None:
        """Down for `down_ms` milliseconds, at most a minute; returns when it is up again."""
        body = {"restart": True, "downMs": down_ms}
        self._control.call("POST", "event-service", body, extra_seconds=down_ms / 1000)


class Faults:
    """What goes wrong. Chances are from 0 to 1, times in milliseconds; a `seed` begins the lots
    anew, so that the same changes of an event meet the same faults. Refused names a bad value."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control
        self.event_service = EventServiceControl(control)

    def settings(self) -> dict[str, Any]:
        """Every knob by its name in the control API, and under "counts" what was done so far."""
        return self._control.call("GET", "faults")

    def lose_edges(self, chance: float, seed: int | None = None) -> None:
        """Never deliver some changes of stateful events."""
        self._set(seed, loseEdges=chance)

    def duplicate_edges(self, chance: float, seed: int | None = None) -> None:
        """Deliver some changes twice in a row."""
        self._set(seed, duplicateEdges=chance)

    def reorder_edges(
        self, chance: float, seed: int | None = None, *, hold_ms: float = 200, scope: str = "any"
    ) -> None:
        """Deliver some changes after the next event: of any event, or with `scope` "event" of the
        same one. A change waits for that at most `hold_ms`."""
        self._set(seed, reorderEdges=chance, reorderHoldMs=hold_ms, reorderScope=scope)

    def delay_edges(self, ms: float) -> None:
        """Deliver every change this much later; their order stays."""
        self._set(None, delayEdgesMs=ms)

    def snapshot(self, kind: str, slow_ms: float = 3000) -> None:
        """What apps get as pictures: "ok", "error", "black", "stale", or "slow" by `slow_ms`."""
        self._set(None, snapshot=kind, slowSnapshotMs=slow_ms)

    def clear(self) -> None:
        """No faults any more; what was held back is delivered. The event service, the disk,
        the network and the clock have switches of their own."""
        self._control.call("DELETE", "faults")

    def fill_disk(self) -> None:
        """What apps write fails with ENOSPC. Refused where this machine cannot do that."""
        self._control.call("POST", "disk", {"full": True})

    def free_disk(self) -> None:
        self._control.call("POST", "disk", {"full": False})

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """The disk is full for the time of the `with`."""
        self.fill_disk()
        try:
            yield
        finally:
            self.free_disk()

    def cut_network(self) -> None:
        """Between the apps and everything but the camera: open connections hang, new ones are never
        made. Refused, with the reason, where this machine cannot do that."""
        self._control.call("POST", "network", {"cut": True})

    def restore_network(self) -> None:
        """What hung goes on; what the apps lost they have to try again."""
        self._control.call("POST", "network", {"cut": False})

    @contextmanager
    def network_cut(self) -> Iterator[None]:
        """The network is cut for the time of the `with`."""
        self.cut_network()
        try:
            yield
        finally:
            self.restore_network()

    def make_clock_movable(self) -> None:
        """For apps that are started from now on. Refused where this machine cannot do that."""
        self._control.call("POST", "clock", {"movable": True})

    def jump_clock(self, seconds: float) -> None:
        """The wall clock of all apps jumps, forwards or backwards; the monotonic one does not.
        Refused while an app runs that was started before `make_clock_movable`."""
        self._control.call("POST", "clock", {"jumpSec": seconds})

    def reset_clock(self) -> None:
        """The machine's clock again, also for apps that are started from now on."""
        self._control.call("POST", "clock", {"movable": False})

    def _set(self, seed: int | None, **values: float | str) -> None:
        wanted: dict[str, Any] = dict(values)
        if seed is not None:
            wanted["seed"] = seed
        self._control.call("PUT", "faults", wanted)
