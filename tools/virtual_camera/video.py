# SPDX-License-Identifier: MIT
"""The camera's video service: snapshots, streams of frames, channels (ACAP VDO API).

Pictures are made in one thread, in the order in which they were asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from tools.errors import ToolError
from tools.virtual_camera.faults import Faults
from tools.virtual_camera.parameters import RESOLUTIONS
from tools.virtual_camera.picture_faults import PictureFaults
from tools.virtual_camera.pictures import Frame, Picture, PictureSource, SnapshotLog
from tools.virtual_camera.video_frames import (
    CHANNELS,
    FRAME_TYPES,
    KNOWN_SETTINGS,
    MAX_FRAME_RATE,
    FrameSettings,
    SettingValue,
    VideoError,
    check_channel,
    make_frame,
    parse_settings,
)


@dataclass(frozen=True)
class VideoFrame:
    """One frame: its bytes, VdoFrameType, number from 0 and monotonic time in microseconds."""

    data: bytes
    type: int
    sequence: int
    timestamp: int


class VideoService:
    """Makes frames for apps and logs the JPEGs. Methods belong to the event loop."""

    def __init__(
        self,
        pictures: Callable[[], PictureSource],
        snapshots: SnapshotLog,
        executor: Executor,
        unsupported: Callable[[str, str], None],
        faults: Faults,
    ) -> None:
        """`executor` has one thread; `unsupported(kind, name)` counts what is asked in vain."""
        self._pictures = pictures
        self._snapshots = snapshots
        self._executor = executor
        self._unsupported = unsupported
        self._faults = PictureFaults(faults)
        self._sequence = 0
        self._rates = dict.fromkeys(CHANNELS, MAX_FRAME_RATE)

    def settings(self, given: Mapping[str, SettingValue], *, snapshot: bool) -> FrameSettings:
        """Check what an app asks for. VideoError InvalidArgument, NotFound or NotSupported."""
        for name in given.keys() - KNOWN_SETTINGS:
            self._unsupported("vdo", f"setting {name}")
        try:
            return parse_settings(given, snapshot=snapshot)
        except VideoError as error:
            if error.kind == "NotSupported":
                self._unsupported("vdo", error.message)
            raise

    async def frame(self, settings: FrameSettings, *, streamed: bool = False) -> VideoFrame:
        """Make the frame of this moment, for a stream or as a snapshot. VideoError NoVideo when the
        source has none."""
        loop = asyncio.get_running_loop()

        async def read(frame: Callable[[], Frame]) -> Frame:
            return await loop.run_in_executor(self._executor, frame)

        try:
            shot = await self._faults.shot(self._pictures(), read)
            made = await loop.run_in_executor(self._executor, make_frame, shot.source, settings)
        except ToolError as error:
            raise VideoError("NoVideo", str(error)) from error
        taken = (shot.taken or time.monotonic_ns()) // 1000
        if isinstance(made, Picture):
            self._snapshots.add(made, "vdo", timestamp=taken, streamed=streamed)
            data = made.jpeg
        else:
            data = made
        self._sequence += 1
        type_ = FRAME_TYPES[settings.format]
        return VideoFrame(data, type_, self._sequence - 1, taken)

    def channel_info(self, channel: int) -> dict[str, SettingValue]:
        """Facts about a channel. VideoError NotFound."""
        check_channel(channel)
        width, height = RESOLUTIONS[0]
        return {
            "id": channel,
            "channel": channel,
            "width": width,
            "height": height,
            "resolution": (width, height),
            "framerate": self._rates[channel],
            "rotation": 0,
            "aspect_ratio": (16, 9),
        }

    def channel_rate(self, channel: int) -> float:
        """The most frames a second that a stream of a channel has."""
        return self._rates[channel]

    def set_channel_rate(self, channel: int, rate: float) -> None:
        """Change `channel_rate`, for open streams too. VideoError NotFound, InvalidArgument."""
        check_channel(channel)
        if not 0 < rate <= MAX_FRAME_RATE:
            message = f"framerate: {rate:g} is not above 0 and up to {MAX_FRAME_RATE:g}"
            raise VideoError("InvalidArgument", message)
        self._rates[channel] = rate

    def resolutions(self, channel: int, given: Mapping[str, SettingValue]) -> list[tuple[int, int]]:
        """Sizes that a stream can have, smallest first. VideoError NotFound, InvalidArgument."""
        check_channel(channel)
        found = sorted(RESOLUTIONS)
        ratio = str(given.get("aspect_ratio", ""))
        if ratio and ratio != "native":
            wide, _, high = ratio.partition(":")
            if not (wide.isdigit() and high.isdigit()):
                raise VideoError("InvalidArgument", f"aspect_ratio: {ratio!r} is not like 16:9")
            found = [(w, h) for w, h in found if w * int(high) == h * int(wide)]
        select = str(given.get("select", "all"))
        picks = {"all": found, "min": found[:1], "max": found[-1:]}
        picks["minmax"] = [*found[:1], *found[-1:]]
        if select not in picks:
            raise VideoError("InvalidArgument", f"select: {select!r} is not all, min, max, minmax")
        return picks[select]
