# SPDX-License-Identifier: MIT
"""Frames that Pillow draws, scales and encodes. OpenCV does that a little faster, but takes as much
memory as all the rest of a camera: it is loaded only for what Pillow cannot do, such as videos."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from tools.virtual_camera.pictures import CLOCK_HEIGHT, Frame, inner_size

if TYPE_CHECKING:
    from tools.virtual_camera.pictures import Pixels

_CAPITALS = 0.7
"""height of a capital letter of the font, as part of its size"""
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class DrawnFrame:
    """A frame that is drawn when it is needed."""

    draw: Callable[[], Image.Image]
    """gives a new image in RGB"""
    name: str
    label: str = ""

    @cached_property
    def image(self) -> Image.Image:
        """Do not write."""
        return self.draw()

    @cached_property
    def pixels(self) -> Pixels:
        import numpy

        return numpy.ascontiguousarray(numpy.asarray(self.image)[:, :, ::-1])

    def jpeg(self, width: int, height: int, quality: int) -> bytes:
        memory = io.BytesIO()
        _fit(self.image, width, height).save(memory, "JPEG", quality=quality)
        return memory.getvalue()

    def marked(self, text: str) -> Frame:
        image = self.draw()
        size = font(max(8, round(image.height * CLOCK_HEIGHT / _CAPITALS)))
        left, top, right, bottom = size.getbbox(text)
        high, gap = bottom - top, round((bottom - top) / 2)
        place = (image.width - (right - left) - gap, gap)
        pen = ImageDraw.Draw(image)
        pen.rectangle((place[0] - 4, place[1] - 4, image.width, place[1] + high + 4), _BLACK)
        pen.text((place[0] - left, place[1] - top), text, _WHITE, size)
        return still(image, self.name, text)


def still(image: Image.Image, name: str, label: str = "") -> DrawnFrame:
    """A frame over an image that is there, and is written to no more."""
    frame = DrawnFrame(image.copy, name, label)
    frame.__dict__["image"] = image  # as if it had been drawn
    return frame


@lru_cache(maxsize=8)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, `size` pixels high."""
    return ImageFont.load_default(size)


def _fit(image: Image.Image, width: int, height: int) -> Image.Image:
    """As `pictures.fit`."""
    if image.size == (width, height):
        return image
    inner = inner_size(image.size, (width, height))
    factor = image.width // inner[0]
    if (inner[0] * factor, inner[1] * factor) == image.size:
        scaled = image.reduce(factor)  # the same as BOX, and quicker
    elif inner < image.size:
        scaled = image.resize(inner, Image.Resampling.BOX)
    else:
        scaled = image.resize(inner, Image.Resampling.NEAREST)  # ten times as quick as the others
    if inner == (width, height):
        return scaled
    canvas = Image.new("RGB", (width, height))
    canvas.paste(scaled, ((width - inner[0]) // 2, (height - inner[1]) // 2))
    return canvas
