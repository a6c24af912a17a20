# SPDX-License-Identifier: MIT
"""Videos as picture sources, over OpenCV."""

from __future__ import annotations

import math
from pathlib import Path

from tools.errors import UsageError
from tools.virtual_camera.opencv import cv2
from tools.virtual_camera.pictures import Clock, Frame, NoPicture, PictureSource
from tools.virtual_camera.pixel_frame import PixelFrame


class VideoSource(PictureSource):
    """A video file, in a loop.

    Frames are numbered by counting what is read. Jumping is left to OpenCV only while the times in
    the file agree with the count, since a wrong number would give the picture a false name.
    """

    _DEFAULT_RATE = 25.0
    _MAX_RATE = 240.0
    _STEPS = 40
    """Reading this many frames in a row costs about as much as one jump."""

    def __init__(self, path: Path, clock: Clock) -> None:
        super().__init__()
        self._path = path
        self._clock = clock
        self._capture = self._open()
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        known = math.isfinite(rate) and 0 < rate <= self._MAX_RATE
        self.frame_rate = rate if known else self._DEFAULT_RATE
        self._can_jump = known
        self._count = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self._position = -1
        self._current: Frame | None = None
        self._start = clock()

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self._path))
        if not capture.isOpened():
            raise UsageError(
                f"{self._path}: not a video that OpenCV can read",
                "use another file, a folder of photos, or `pattern`",
            )
        return capture

    def _read(self) -> Frame:
        if not self._capture.isOpened():
            raise NoPicture(f"{self._path.name} is closed")
        number = int((self._clock() - self._start) * self.frame_rate)
        for _ in range(3):  # the end of the file may come sooner than it says
            wanted = number % self._count if self._count else number
            if self._current is not None and self._position == wanted:
                return self._current
            if self._go_to(wanted):
                return self._take()
        raise NoPicture(f"{self._path.name}: no frame can be read")

    def _take(self) -> Frame:
        done, pixels = self._capture.retrieve()
        if not done:
            raise NoPicture(f"{self._path.name}: frame {self._position} cannot be read")
        self._current = PixelFrame(pixels, f"{self._path.name}#{self._position}")
        return self._current

    def _go_to(self, wanted: int) -> bool:
        """Stand on a frame; False when the file ends before it, and its length is known then."""
        self._current = None
        steps = wanted - self._position
        if self._can_jump and (steps <= 0 or steps > self._STEPS):
            if self._jump(wanted):
                return True
            self._can_jump = False
            self._rewind()
        if wanted <= self._position:
            self._rewind()
        while self._position < wanted:
            if not self._capture.grab():
                self._count = self._position + 1
                self._rewind()
                return False
            self._position += 1
            self._can_jump = self._can_jump and self._time_says(self._position)
        return True

    def _jump(self, wanted: int) -> bool:
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, wanted)
        if not self._capture.grab() or not self._time_says(wanted):
            return False
        self._position = wanted
        return True

    def _time_says(self, number: int) -> bool:
        seconds = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return round(seconds * self.frame_rate) == number

    def _rewind(self) -> None:
        self._capture.release()
        self._capture = self._open()
        self._position = -1

    def _close(self) -> None:
        self._capture.release()
        self._current = None
