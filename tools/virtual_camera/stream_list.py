# SPDX-License-Identifier: MIT
"""The open video streams, and apps that watch them come and go (ACAP VDO API, stream events)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from enum import IntEnum

from tools.virtual_camera.video import VideoService
from tools.virtual_camera.video_frames import FrameSettings, VideoError
from tools.virtual_camera.video_stream import VideoStream

_EVENT = struct.Struct("=II")
_EVERY = 0
"""The number of no stream: who watches it is told of all."""


class StreamEvent(IntEnum):
    """VdoStreamEvent."""

    CREATED = 80
    CLOSED = 81
    EXISTING = 82


class StreamList:
    """Every stream by its number, from 1. Belongs to the event loop."""

    def __init__(self, video: VideoService) -> None:
        self._video = video
        self._streams: dict[int, tuple[VideoStream, FrameSettings]] = {}
        self._attached: dict[VideoStream, int] = {}
        self._watchers: list[_Watcher] = []
        self._last = 0

    def open(self, settings: FrameSettings) -> tuple[int, socket.socket]:
        """A new stream's number, and the app's end of its socket."""
        self._last += 1
        number = self._last
        stream = VideoStream(self._video, settings, lambda: self._forget(number))
        self._streams[number] = (stream, settings)
        self._tell(StreamEvent.CREATED, number)
        return number, stream.app_end

    def settings(self, number: int) -> FrameSettings:
        """VideoError NotFound."""
        if number not in self._streams:
            raise VideoError("NotFound", f"there is no stream {number}")
        return self._streams[number][1]

    def numbers(self) -> list[int]:
        return [*self._streams]

    def attach(self, number: int) -> socket.socket:
        """The frames of a stream for another app, until it ends. VideoError NotFound."""

        def forget() -> None:
            self._attached.pop(stream, None)

        stream = VideoStream(self._video, self.settings(number), forget)
        self._attached[stream] = number
        return stream.app_end

    def watch(self, number: int) -> socket.socket:
        """Tell of this stream, or with 0 of all; those there are come first. The app's end of a
        socket with an event and a stream in each message. VideoError NotFound."""
        if number != _EVERY:
            self.settings(number)
        watcher = _Watcher(number, self._watchers.remove)
        self._watchers.append(watcher)
        for existing in self._streams:
            watcher.tell(StreamEvent.EXISTING, existing)
        return watcher.app_end

    def close(self) -> None:
        """End every stream and every watch."""
        for stream, _ in list(self._streams.values()):
            stream.close()
        for watcher in list(self._watchers):
            watcher.close()

    def _forget(self, number: int) -> None:
        self._streams.pop(number, None)
        for stream in [one for one, of in self._attached.items() if of == number]:
            stream.close()
        self._tell(StreamEvent.CLOSED, number)

    def _tell(self, event: StreamEvent, number: int) -> None:
        for watcher in list(self._watchers):
            watcher.tell(event, number)


class _Watcher:
    """One app's watch; ends when the app closes its end."""

    def __init__(self, number: int, closed: Callable[[_Watcher], None]) -> None:
        self._number = number
        self._closed = closed
        self._own, self.app_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._own.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._own.fileno(), self.close)

    def tell(self, event: StreamEvent, number: int) -> None:
        if self._number in (_EVERY, number):
            with contextlib.suppress(OSError):  # an app that does not read misses it
                self._own.send(_EVENT.pack(event, number))

    def close(self) -> None:
        if self._own.fileno() < 0:
            return
        self._loop.remove_reader(self._own.fileno())
        self._own.close()
        self._closed(self)
