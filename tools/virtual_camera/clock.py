# SPDX-License-Identifier: MIT
"""The camera's clock, drawn on its picture, so that a viewer sees that it is live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tools.virtual_camera.pictures import Frame, PictureSource


def _now() -> datetime:
    return datetime.now().astimezone()


class ClockedSource(PictureSource):
    """Another source with date and time at the top right. Owns that source."""

    def __init__(self, source: PictureSource, now: Callable[[], datetime] = _now) -> None:
        super().__init__()
        self.frame_rate = source.frame_rate
        self._source = source
        self._now = now
        self._current: Frame | None = None

    def _read(self) -> Frame:
        frame = self._source.frame()
        text = f"{self._now():%Y-%m-%d %H:%M:%S}"
        current = self._current
        if current is None or (current.name, current.label) != (frame.name, text):
            current = self._current = frame.marked(text)
        return current

    def _close(self) -> None:
        self._source.close()
