# SPDX-License-Identifier: MIT
"""One open stream: frames to an app over a socket, each as a descriptor of shared memory.

The socket keeps message boundaries. To the app: type, number, time, size (see FrameSocket.c) with
the descriptor. From it: start, stop, another frame rate, a frame given back. At most
`buffer.count` frames are with the app; while it keeps them all, frames are left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable

from tools.virtual_camera.video import VideoService
from tools.virtual_camera.video_frames import MAX_FRAME_RATE, FrameSettings, VideoError, share

_FRAME = struct.Struct("=IIQQ")
_COMMAND = struct.Struct("=IId")
_START, _STOP, _FRAMERATE, _RETURN = 1, 2, 3, 4


class VideoStream:
    """Lives until the app closes its end or `close` is called."""

    def __init__(
        self, service: VideoService, settings: FrameSettings, closed: Callable[[], None]
    ) -> None:
        self._service = service
        self._settings = settings
        self._closed = closed
        self._frame_rate = settings.frame_rate
        self._free = settings.buffers
        self._sequence = 0
        self._task: asyncio.Task[None] | None = None
        self._own, self.app_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._own.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._own.fileno(), self._read_command)

    def close(self) -> None:
        """End the stream; the app sees it as a restart of the service."""
        if self._own.fileno() < 0:
            return
        self._stop()
        self._loop.remove_reader(self._own.fileno())
        self._own.close()
        self._closed()

    def _read_command(self) -> None:
        try:
            message = self._own.recv(_COMMAND.size)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            message = b""
        if len(message) != _COMMAND.size:
            self.close()
            return
        command, _, frame_rate = _COMMAND.unpack(message)
        if command == _START and self._task is None:
            self._task = self._loop.create_task(self._send_frames())
        elif command == _STOP:
            self._stop()
        elif command == _FRAMERATE and frame_rate > 0:
            self._frame_rate = min(frame_rate, MAX_FRAME_RATE)
        elif command == _RETURN:
            self._free = min(self._free + 1, self._settings.buffers)

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = None

    async def _send_frames(self) -> None:
        due = self._loop.time()
        while True:
            if self._free > 0:
                with contextlib.suppress(VideoError):  # no picture now; perhaps at the next turn
                    await self._send_frame()
            rate = min(self._frame_rate, self._service.channel_rate(self._settings.channel))
            due = max(due + 1 / rate, self._loop.time())
            await asyncio.sleep(due - self._loop.time())

    async def _send_frame(self) -> None:
        frame = await self._service.frame(self._settings, streamed=True)
        header = _FRAME.pack(frame.type, self._sequence, frame.timestamp, len(frame.data))
        descriptor = share(frame.data)
        try:
            socket.send_fds(self._own, [header], [descriptor])
        except BlockingIOError:
            return  # the app is slow; the frame is lost, as on a camera
        except OSError:
            self._loop.call_soon(self.close)
            return
        finally:
            os.close(descriptor)
        self._sequence += 1
        self._free -= 1
