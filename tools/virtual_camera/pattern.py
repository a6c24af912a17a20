# SPDX-License-Identifier: MIT
"""The moving test pattern: what a camera sees that nothing is shown to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.virtual_camera.pictures import Clock, Frame, PictureSource

if TYPE_CHECKING:
    from tools.virtual_camera.pictures import Pixels

PATTERN_RATE = 10.0
PATTERN_SIZE = (1280, 720)
CODE_CELLS, CODE_CELL = 24, 20


class PatternSource(PictureSource):
    """A moving test pattern that carries its own number, as text and as black and white cells.

    The cells are at the bottom left, 20 pixels wide at full size, most significant bit first.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.frame_rate = PATTERN_RATE
        self._background: Pixels | None = None
        self._current: Frame | None = None
        self._start = clock()

    def _read(self) -> Frame:
        number = int((self._clock() - self._start) * self.frame_rate)
        name = f"pattern#{number}"
        if self._current is None or self._current.name != name:
            if self._background is None:
                self._background = _colour_bars()
            self._current = Frame(_draw_pattern(self._background, number), name)
        return self._current


def _colour_bars() -> Pixels:
    import numpy

    width, height = PATTERN_SIZE
    colours = [(192, 192, 192), (0, 192, 192), (192, 192, 0), (0, 192, 0)]
    colours += [(192, 0, 192), (0, 0, 192), (192, 0, 0)]
    pixels = numpy.zeros((height, width, 3), numpy.uint8)
    for position, colour in enumerate(colours):
        left = position * width // len(colours)
        pixels[:, left : (position + 1) * width // len(colours)] = colour
    return pixels


def _draw_pattern(background: Pixels, number: int) -> Pixels:
    from tools.virtual_camera.opencv import cv2

    width, height = PATTERN_SIZE
    pixels = background.copy()
    left = number * 16 % (width - 160)
    cv2.rectangle(pixels, (left, 280), (left + 160, 440), (32, 32, 32), -1)
    cv2.rectangle(pixels, (0, 40), (760, 140), (0, 0, 0), -1)
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(pixels, f"TEST PATTERN {number}", (20, 110), font, 1.6, (255, 255, 255), 3)
    for cell in range(CODE_CELLS):
        bit = number >> (CODE_CELLS - 1 - cell) & 1
        corner = (cell * CODE_CELL, height - CODE_CELL)
        end = (corner[0] + CODE_CELL - 1, height - 1)
        cv2.rectangle(pixels, corner, end, (255, 255, 255) if bit else (0, 0, 0), -1)
    return pixels
