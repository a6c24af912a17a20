# SPDX-License-Identifier: MIT
"""Spoils the pictures that apps get: none, black, an old one over and over, or late."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tools.virtual_camera.faults import Faults
from tools.virtual_camera.pictures import Frame, NoPicture, Picture, draw

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_BLACK_SIZE = (1280, 720)


class Pictures(Protocol):
    """Where a picture of this moment comes from."""

    def frame(self) -> Frame: ...

    def snapshot(self, width: int, height: int, quality: int) -> Picture: ...


@dataclass(frozen=True)
class Shot:
    """Where the frame is to come from, and when it was taken: monotonic time in nanoseconds, None
    for now."""

    source: Pictures
    taken: int | None = None


class PictureFaults:
    """The fault `snapshot`, for apps alone: what clients get from image.cgi is never spoiled."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._stale: Shot | None = None
        faults.listen(self._forget)

    async def shot(
        self, source: Pictures, read: Callable[[Callable[[], Frame]], Awaitable[Frame]]
    ) -> Shot:
        """What stands in for `source` now; `read` reads a frame off the event loop."""
        settings = self._faults.settings
        if settings.snapshot == "ok":
            return Shot(source)
        self._faults.counts["snapshots"] += 1
        if settings.snapshot == "error":
            raise NoPicture("the fault `snapshot` is set to error")
        if settings.snapshot == "black":
            return Shot(_Still(await read(_black)))
        if settings.snapshot == "slow":
            await asyncio.sleep(settings.slow_snapshot_ms / 1000)
            return Shot(source)
        if self._stale is None:
            self._stale = Shot(_Still(await read(source.frame)), time.monotonic_ns())
        return self._stale

    def _forget(self) -> None:
        if self._faults.settings.snapshot != "stale":
            self._stale = None


@dataclass(frozen=True)
class _Still:
    """One frame that never changes."""

    picture: Frame

    def frame(self) -> Frame:
        return self.picture

    def snapshot(self, width: int, height: int, quality: int) -> Picture:
        return draw(self.picture, width, height, quality)


def _black() -> Frame:
    from PIL import Image

    from tools.virtual_camera.drawn_frame import DrawnFrame

    return DrawnFrame(lambda: Image.new("RGB", _BLACK_SIZE), "black")
