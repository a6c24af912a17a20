# SPDX-License-Identifier: MIT
"""The fault knobs: what a test has go wrong between the camera and its apps.

They act on what apps get over the bus, never on the camera's own state: whoever asks for the states
is always told the truth. Without a setting nothing is disturbed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tools.errors import UsageError

SNAPSHOT_FAULTS = ("ok", "error", "black", "stale", "slow")
REORDER_SCOPES = ("any", "event")
_LONGEST_MS = 600_000.0


@dataclass(frozen=True)
class FaultSettings:
    """All knobs, here at rest. Chances are from 0 to 1, times in milliseconds."""

    seed: int = 0
    lose_edges: float = 0.0
    duplicate_edges: float = 0.0
    reorder_edges: float = 0.0
    reorder_hold_ms: float = 200.0
    """how long an edge is held back for a later one that never comes"""
    reorder_scope: str = "any"
    """whose next event a held edge waits for: that of any event, or of the same"""
    delay_edges_ms: float = 0.0
    snapshot: str = "ok"
    slow_snapshot_ms: float = 3000.0

    def show(self) -> dict[str, Any]:
        """By the names of the control API: loseEdges, ..."""
        return {camel: getattr(self, name) for camel, name in _NAMES.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


_NAMES = {_camel(name): name for name in FaultSettings.__dataclass_fields__}
_CHOICES = {"snapshot": SNAPSHOT_FAULTS, "reorderScope": REORDER_SCOPES}
_LIMITS = {
    "seed": float(1 << 53),
    **{name: _LONGEST_MS if name.endswith("Ms") else 1.0 for name in _NAMES if name != "seed"},
}


class Faults:
    """The knobs of one camera. `listen` for changes; for one thread."""

    def __init__(self) -> None:
        self.settings = FaultSettings()
        self.counts = {"lost": 0, "duplicated": 0, "reordered": 0, "delayed": 0, "snapshots": 0}
        """what was done since the last `clear` or the last seed"""
        self._listeners: list[Callable[[], None]] = []
        self.run = 0
        """changes with each seed and each `clear`: whoever draws lots begins anew then"""

    def listen(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change."""
        self._listeners.append(callback)

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Set what `wanted` names and leave the rest. A seed, also the same one, begins the
        lots anew. UsageError names the first field that is wrong; then nothing is changed."""
        checked = {_NAMES.get(name, name): _check(name, wanted[name]) for name in wanted}
        self.settings = replace(self.settings, **checked)
        self._changed(restart="seed" in wanted)

    def clear(self) -> None:
        """No faults any more; what was held back is delivered."""
        self.settings = FaultSettings()
        self._changed(restart=True)

    def _changed(self, *, restart: bool) -> None:
        if restart:
            self.run += 1
            self.counts = dict.fromkeys(self.counts, 0)
        for callback in self._listeners:
            callback()


def _check(name: str, value: Any) -> Any:
    if name not in _NAMES:
        raise UsageError(f"{name}: there is no such fault; there are {', '.join(_NAMES)}")
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise UsageError(f"{name}: {value!r} is not one of {', '.join(_CHOICES[name])}")
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageError(f"{name}: {value!r} is no number")
    if not 0 <= value <= _LIMITS[name] or (name == "seed" and not isinstance(value, int)):
        whole = "whole " if name == "seed" else ""
        raise UsageError(f"{name}: {value} is no {whole}number from 0 to {_LIMITS[name]:g}")
    return value
