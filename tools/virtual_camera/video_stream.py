# SPDX-License-Identifier: MIT
"""One open stream: frames to an app over a socket, each as a descriptor of shared memory.

The socket keeps message boundaries. To the app: type, number, time, size (see FrameSocket.c) with
the descriptor. From it: start, stop, another frame rate, a frame given back, a key frame wanted. At
most `buffer.count` frames are with the app; while it keeps them all, frames are left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import replace

from tools.virtual_camera.video import VideoFrame, VideoService
from tools.virtual_camera.video_encoder import H264Encoder
from tools.virtual_camera.video_frames import (
    H264_KEY_FRAME,
    H264_OTHER_FRAME,
    MAX_FRAME_RATE,
    FrameSettings,
    VideoError,
    VideoFormat,
    share,
)

_FRAME = struct.Struct("=IIQQ")
_COMMAND = struct.Struct("=IId")
_START, _STOP, _FRAMERATE, _RETURN, _KEY_FRAME = 1, 2, 3, 4, 5


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
        self._wants_key = False
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
        elif command == _KEY_FRAME:
            self._wants_key = True

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = None

    async def _send_frames(self) -> None:
        encoder = self._encoder()
        due = self._loop.time()
        while True:
            if self._free > 0:
                with contextlib.suppress(VideoError):  # no picture now; perhaps at the next turn
                    await self._send_frame(encoder)
            rate = min(self._frame_rate, self._service.channel_rate(self._settings.channel))
            due = max(due + 1 / rate, self._loop.time())
            await asyncio.sleep(due - self._loop.time())

    def _encoder(self) -> H264Encoder | None:
        """A new one for each start, so that a stream begins with a key frame."""
        wanted = self._settings
        if wanted.format is not VideoFormat.H264:
            return None
        return H264Encoder(wanted.width, wanted.height, self._frame_rate, wanted.gop)

    async def _next(self, encoder: H264Encoder | None) -> VideoFrame:
        if encoder is None:
            return await self._service.frame(self._settings, streamed=True)
        plain = replace(self._settings, format=VideoFormat.YUV, subformat="NV12")
        frame = await self._service.frame(plain, streamed=True)
        key, self._wants_key = self._wants_key, False
        data, is_key = await asyncio.to_thread(encoder.encode, frame.data, frame.timestamp, key=key)
        return replace(frame, data=data, type=H264_KEY_FRAME if is_key else H264_OTHER_FRAME)

    async def _send_frame(self, encoder: H264Encoder | None) -> None:
        frame = await self._next(encoder)
        header = _FRAME.pack(frame.type, self._sequence, frame.timestamp, len(frame.data))
        descriptor = share(frame.data)
        try:
            socket.send_fds(self._own, [header], [descriptor])
        except BlockingIOError:
            self._wants_key = True
            return  # the app is slow; the frame is lost, as on a camera
        except OSError:
            self._loop.call_soon(self.close)
            return
        finally:
            os.close(descriptor)
        self._sequence += 1
        self._free -= 1
