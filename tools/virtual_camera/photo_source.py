# SPDX-License-Identifier: MIT
"""Photos as a picture source, and how a photo is decoded."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

from tools.virtual_camera.drawn_frame import still
from tools.virtual_camera.pictures import Clock, Frame, NoPicture, PictureSource

_DEEP = ("I", "F")
"""first letters of Pillow's modes with more than 8 bits a channel"""


class PhotoSource(PictureSource):
    """Photos, each for the same time."""

    def __init__(self, photos: Sequence[Path], seconds: float, clock: Clock) -> None:
        super().__init__()
        self._photos = list(photos)
        self._seconds = seconds
        self._clock = clock
        self.frame_rate = 1 / seconds
        self._current: Frame | None = None
        self._start = clock()

    def _read(self) -> Frame:
        turn = int((self._clock() - self._start) / self._seconds)
        photo = self._photos[turn % len(self._photos)]
        if self._current is None or self._current.name != photo.name:
            self._current = decode(photo, photo.name) or _read_otherwise(photo)
        if self._current is None:
            raise NoPicture(f"{photo}: not a photo that can be read")
        return self._current


def decode(source: Path | io.BytesIO, name: str) -> Frame | None:
    """A JPEG, PNG or the like, upright. None for what Pillow cannot decode to 8 bits a channel."""
    try:
        with Image.open(source) as image:
            if image.mode.startswith(_DEEP):
                return None
            return still(ImageOps.exif_transpose(image).convert("RGB"), name)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def _read_otherwise(photo: Path) -> Frame | None:
    """What OpenCV makes of it: it takes photos that are cut off, and more than 8 bits."""
    from tools.virtual_camera.opencv import cv2
    from tools.virtual_camera.pixel_frame import PixelFrame

    pixels = cv2.imread(str(photo), cv2.IMREAD_COLOR)
    return None if pixels is None else PixelFrame(pixels, photo.name)
