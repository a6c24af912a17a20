# SPDX-License-Identifier: MIT
"""Counts what clients and apps asked for and the virtual camera does not have."""

from __future__ import annotations

from dataclasses import dataclass

_KEPT = 1000


@dataclass(frozen=True)
class Missing:
    """One thing that was asked for: its kind ("vapix", "method", "library"...), name and count."""

    kind: str
    name: str
    count: int


class Unsupported:
    """The tally. Bounded: past 1,000 different names only the known ones are counted on."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def note(self, kind: str, name: str) -> None:
        key = (kind, name[:200])
        if key in self._counts or len(self._counts) < _KEPT:
            self._counts[key] = self._counts.get(key, 0) + 1

    def list(self) -> list[Missing]:
        return [Missing(kind, name, count) for (kind, name), count in self._counts.items()]
