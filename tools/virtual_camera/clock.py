# SPDX-License-Identifier: MIT
"""The camera's clock, drawn on its picture, so that a viewer sees that it is live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tools.virtual_camera.pictures import Frame, PictureSource

_HEIGHT = 0.035
"""of the text, as part of the picture's height"""
_FONT_HEIGHT = 21.0
"""pixels of a capital letter at scale 1"""


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
            current = self._current = _draw(frame, text)
        return current

    def _close(self) -> None:
        self._source.close()


def _draw(frame: Frame, text: str) -> Frame:
    from tools.virtual_camera.opencv import cv2

    height, width = frame.pixels.shape[:2]
    scale = max(0.3, height * _HEIGHT / _FONT_HEIGHT)
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(scale * 1.5))
    (wide, high), base = cv2.getTextSize(text, font, scale, thickness)
    left, bottom = max(0, width - wide - high // 2), high + high // 2
    pixels = frame.pixels.copy()
    cv2.rectangle(pixels, (left - 4, bottom - high - 4), (width, bottom + base), (0, 0, 0), -1)
    white = (255, 255, 255)
    cv2.putText(pixels, text, (left, bottom), font, scale, white, thickness, cv2.LINE_AA)
    return Frame(pixels, frame.name, text)
