# SPDX-License-Identifier: MIT
"""Frames that OpenCV decoded: it scales and encodes them too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.virtual_camera.opencv import cv2
from tools.virtual_camera.pictures import CLOCK_HEIGHT, Frame, encode, fit

if TYPE_CHECKING:
    from tools.virtual_camera.pictures import Pixels

_FONT_HEIGHT = 21.0
"""pixels of a capital letter at scale 1"""


@dataclass(frozen=True)
class PixelFrame:
    """A frame over pixels, which nobody writes to any more."""

    pixels: Pixels
    name: str
    label: str = ""

    def jpeg(self, width: int, height: int, quality: int) -> bytes:
        return encode(fit(self.pixels, width, height), quality)

    def marked(self, text: str) -> Frame:
        height, width = self.pixels.shape[:2]
        scale = max(0.3, height * CLOCK_HEIGHT / _FONT_HEIGHT)
        font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(scale * 1.5))
        (wide, high), base = cv2.getTextSize(text, font, scale, thickness)
        left, bottom = max(0, width - wide - high // 2), high + high // 2
        pixels = self.pixels.copy()
        cv2.rectangle(pixels, (left - 4, bottom - high - 4), (width, bottom + base), (0, 0, 0), -1)
        white = (255, 255, 255)
        cv2.putText(pixels, text, (left, bottom), font, scale, white, thickness, cv2.LINE_AA)
        return PixelFrame(pixels, self.name, text)
