# SPDX-License-Identifier: MIT
"""Carries what an app says into the system log: its syslog socket, and its stdout and stderr."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from tools.virtual_camera.system_log import INFO, MAX_TEXT, SystemLog

_DATAGRAM = 1 << 16
_BATCH = 200
"""Datagrams taken in one turn of the event loop, so that a flood does not starve the camera."""
_LAST_TURNS = 50
_PAUSE_SECONDS = 0.01
_CREDENTIALS = struct.Struct("iII")
_MESSAGE = re.compile(
    r"<(?P<priority>\d{1,3})>"
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?"
    r"(?:(?P<name>[^\s:\[]{1,64})(?:\[(?P<pid>\d{1,10})\])?: ?)?"
    r"(?P<text>.*)",
    re.DOTALL,
)


class _Pause:
    """Stops reading for a moment, so that a flood that is not kept costs little; the app that makes
    it waits when its pipe or socket is full."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, descriptor: int, receive: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()
        if loop.remove_reader(descriptor):
            self._timer = loop.call_later(_PAUSE_SECONDS, loop.add_reader, descriptor, receive)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class SyslogSocket:
    """The /dev/log of one app. The sender's pid comes from the kernel, so it is the pid outside the
    app's own pid namespace, whatever the message says."""

    def __init__(self, path: Path, app: str, log: SystemLog) -> None:
        self._app = app
        self._log = log
        self._path = path
        self._pause = _Pause()
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(str(path))
        path.chmod(0o666)
        asyncio.get_running_loop().add_reader(self._socket, self._receive)

    def close(self) -> None:
        """Take what is still queued (within reason), then go."""
        self._pause.end()
        for _ in range(_LAST_TURNS):
            if not self._receive():
                break
        self._pause.end()
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _receive(self) -> bool:
        """Take up to one batch; False when the queue is empty."""
        for _ in range(_BATCH):
            try:
                data, ancillary, _, _ = self._socket.recvmsg(
                    _DATAGRAM, socket.CMSG_SPACE(_CREDENTIALS.size)
                )
            except BlockingIOError:
                return False
            if not self._log.drop(self._app, 1):
                self._write(data, _sender(ancillary))
        if self._log.drop(self._app, 0):
            self._pause.begin(self._socket.fileno(), self._receive)
        return True

    def _write(self, data: bytes, pid: int) -> None:
        match = _MESSAGE.fullmatch(data[:MAX_TEXT].decode("utf-8", "replace").rstrip("\0\n"))
        if match is None:
            self._log.write(self._app, INFO, data[:MAX_TEXT].decode("utf-8", "replace"), pid=pid)
            return
        name = match["name"] or self._app
        level = int(match["priority"]) & 7
        self._log.write(
            self._app, level, match["text"], name=name, pid=pid or int(match["pid"] or 0)
        )


class OutputPipe:
    """The pipe behind an app's stdout and stderr; each line becomes a log line of level INFO."""

    def __init__(self, app: str, log: SystemLog) -> None:
        self._pid = 0
        self._app = app
        self._log = log
        self._rest = b""
        self._pause = _Pause()
        self._reader, self.writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._reader, False)

    def begin(self, pid: int) -> None:
        """Read from now on, as what this process says."""
        self._pid = pid
        asyncio.get_running_loop().add_reader(self._reader, self._receive)

    def close_writer(self) -> None:
        """Give up our end, once the app has its own."""
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def close(self) -> None:
        """Take what is still in the pipe (within reason), then go."""
        self.close_writer()
        for _ in range(_LAST_TURNS):
            if self._reader < 0 or not self._receive():
                break
        self._end()

    def _receive(self) -> bool:
        """Take one piece; False when there is none now or never will be."""
        with contextlib.suppress(BlockingIOError):
            piece = os.read(self._reader, _DATAGRAM)
            if not piece:
                self._end()
                return False
            *lines, rest = (self._rest + piece).split(b"\n")
            self._rest = rest
            if self._log.drop(self._app, len(lines)):
                self._pause.begin(self._reader, self._receive)
                return True
            for line in lines:
                self._write(line)
            if len(self._rest) > MAX_TEXT:
                self._write(self._rest)
                self._rest = b""
            return True
        return False

    def _write(self, line: bytes) -> None:
        self._log.write(self._app, INFO, line.decode("utf-8", "replace"), pid=self._pid)

    def _end(self) -> None:
        if self._rest:
            self._write(self._rest)
            self._rest = b""
        self._pause.end()
        if self._reader >= 0:
            asyncio.get_running_loop().remove_reader(self._reader)
            os.close(self._reader)
            self._reader = -1


def _sender(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            return int(_CREDENTIALS.unpack(data[: _CREDENTIALS.size])[0])
    return 0
