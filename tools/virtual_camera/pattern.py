# SPDX-License-Identifier: MIT
"""The moving test pattern: what a camera sees that nothing is shown to."""

from __future__ import annotations

from functools import partial

from PIL import Image, ImageDraw

from tools.virtual_camera.drawn_frame import DrawnFrame, font
from tools.virtual_camera.pictures import Clock, Frame, PictureSource

PATTERN_RATE = 10.0
PATTERN_SIZE = (1280, 720)
CODE_CELLS, CODE_CELL = 24, 20
_COLOURS = (
    *((192, 192, 192), (192, 192, 0), (0, 192, 192), (0, 192, 0)),
    *((192, 0, 192), (192, 0, 0), (0, 0, 192)),
)


class PatternSource(PictureSource):
    """A moving test pattern that carries its own number, as text and as black and white cells.

    The cells are at the bottom left, 20 pixels wide at full size, most significant bit first.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.frame_rate = PATTERN_RATE
        self._current: Frame | None = None
        self._start = clock()

    def _read(self) -> Frame:
        number = int((self._clock() - self._start) * self.frame_rate)
        name = f"pattern#{number}"
        if self._current is None or self._current.name != name:
            self._current = DrawnFrame(partial(_draw_pattern, number), name)
        return self._current


def _draw_pattern(number: int) -> Image.Image:
    width, height = PATTERN_SIZE
    image = Image.new("RGB", PATTERN_SIZE)
    for position, colour in enumerate(_COLOURS):
        left = position * width // len(_COLOURS)
        image.paste(colour, (left, 0, (position + 1) * width // len(_COLOURS), height))
    left = number * 16 % (width - 160)
    image.paste((32, 32, 32), (left, 280, left + 160, 440))
    image.paste((0, 0, 0), (0, 40, 760, 140))
    pen = ImageDraw.Draw(image)
    pen.text((20, 64), f"TEST PATTERN {number}", (255, 255, 255), font(48))
    for cell in range(CODE_CELLS):
        bit = number >> (CODE_CELLS - 1 - cell) & 1
        left, top = cell * CODE_CELL, height - CODE_CELL
        colour = (255, 255, 255) if bit else (0, 0, 0)
        image.paste(colour, (left, top, left + CODE_CELL, height))
    return image
