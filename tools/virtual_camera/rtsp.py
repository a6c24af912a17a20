# SPDX-License-Identifier: MIT
"""The RTSP server, and RTSP through HTTP: a GET whose answer is what the camera says, and a POST
whose body is, in base64, what the client says, joined by their x-sessioncookie."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import errno
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from tools.virtual_camera.rtsp_message import MAX_MESSAGE, RtspError
from tools.virtual_camera.rtsp_session import PATH, Authorize, Conversation, Line
from tools.virtual_camera.rtsp_tracks import Media
from tools.virtual_camera.server import Gate, WebServer
from tools.virtual_camera.users import Access
from tools.virtual_camera.web import Refusal

_TUNNEL = "application/x-rtsp-tunnelled"
_JOIN_SECONDS = 15.0
"""How long one half of a tunnel waits for the other."""
_LOOK_SECONDS = 5.0
"""How often a tunnel with nothing to say looks whether its client is still there."""


class RtspServer:
    """Both ways to media.amp. Built with the web server, listens between `start` and `stop`."""

    def __init__(self, media: Media, gate: Gate) -> None:
        self._media = media
        self._gate = gate
        self._server: asyncio.Server | None = None
        self._lines: set[Line] = set()
        self._tunnels: dict[str, _Tunnel] = {}

    def register(self, server: WebServer) -> None:
        server.add_open("*", PATH, self._serve_http)

    async def start(self, port: int) -> int:
        """Listen on `port`, or on any free one when that cannot be had; which it is."""
        loop = asyncio.get_running_loop()
        for attempt in (port, 0):
            try:
                self._server = await loop.create_server(
                    lambda: _Connection(self._open, self._close), "127.0.0.1", attempt
                )
                break
            except OSError as error:
                if not attempt or error.errno not in (errno.EACCES, errno.EADDRINUSE):
                    raise
        if self._server is None:
            return 0
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.disconnect()

    def disconnect(self) -> None:
        """End every conversation."""
        for line in tuple(self._lines):
            line.cut()

    def _open(self, line: Line) -> Conversation:
        self._lines.add(line)
        return Conversation(line, self._media, self._authorize())

    def _close(self, line: Line, conversation: Conversation) -> None:
        self._lines.discard(line)
        conversation.close()

    def _authorize(self) -> Authorize:
        def authorize(method: str, header: str) -> list[str]:
            account = self._gate.identify_stream(method, header) if header else None
            if account is None:
                return self._gate.stream_challenges()
            if account.access < Access.VIEWER:
                raise RtspError(403)
            return []

        return authorize

    async def _serve_http(self, request: web.Request) -> web.StreamResponse:
        cookie = request.headers.get("x-sessioncookie", "")
        if not cookie or request.method not in ("GET", "POST"):
            self._gate.require(request, Access.VIEWER)
            raise Refusal(400, "This address wants RTSP, or RTSP through HTTP.")
        if request.method == "GET":
            return await self._speak(request, cookie)
        return await self._hear(request, cookie)

    async def _speak(self, request: web.Request, cookie: str) -> web.StreamResponse:
        """The client's GET: everything the camera says goes there."""
        self._gate.require(request, Access.VIEWER)
        tunnel = self._tunnel(cookie)
        if tunnel.line is not None:
            raise Refusal(400, "This x-sessioncookie is in use.")
        response = _Unframed(headers={"Content-Type": _TUNNEL, "Cache-Control": "no-store"})
        response.force_close()
        await response.prepare(request)
        line = tunnel.line = _TunnelLine(request)
        conversation = self._open(line)
        tunnel.joined.set_result(conversation)
        try:
            await line.run(response)
        finally:
            self._close(line, conversation)
            self._tunnels.pop(cookie, None)
        return response

    async def _hear(self, request: web.Request, cookie: str) -> web.StreamResponse:
        """The client's POST. It is not asked who it is: its GET was."""
        tunnel = self._tunnel(cookie)
        try:
            async with asyncio.timeout(_JOIN_SECONDS):
                conversation = await asyncio.shield(tunnel.joined)
        except TimeoutError:
            self._tunnels.pop(cookie, None)
            raise Refusal(400, "There is no GET with this x-sessioncookie.") from None
        decoder = _Base64()
        async for piece in request.content.iter_any():
            try:
                conversation.receive(decoder.feed(piece))
            except binascii.Error:
                raise Refusal(400, "The body is no base64.") from None
        return web.Response(headers={"Content-Type": _TUNNEL})

    def _tunnel(self, cookie: str) -> _Tunnel:
        if cookie not in self._tunnels and len(self._tunnels) >= 1000:
            raise Refusal(503, "There are too many connections.")
        return self._tunnels.setdefault(cookie, _Tunnel())


def _future() -> asyncio.Future[Conversation]:
    return asyncio.get_running_loop().create_future()


@dataclass
class _Tunnel:
    joined: asyncio.Future[Conversation] = field(default_factory=_future)
    line: Line | None = None


class _Unframed(web.StreamResponse):
    """Its body ends with the connection: neither a length nor chunks are in the way of clients."""

    _length_check = False


class _Base64:
    """Decodes a stream in which every message may end with padding."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> bytes:
        data = self._rest + b"".join(piece.split())
        whole = len(data) - len(data) % 4
        self._rest = data[whole:]
        if whole > 4 * MAX_MESSAGE:
            raise binascii.Error("too much at once")
        parts = (data[place : place + 4] for place in range(0, whole, 4))
        return b"".join(base64.b64decode(part, validate=True) for part in parts)


class _TunnelLine(Line):
    """The answer to a GET."""

    def __init__(self, request: web.Request) -> None:
        peer = request.transport.get_extra_info("peername") if request.transport else None
        self.peer = str(peer[0]) if peer else ""
        self.local = request.host
        self._request = request
        self._data: list[bytes] = []
        self._size = 0
        self._news = asyncio.Event()
        self._ended = False

    def write(self, data: bytes) -> None:
        self._data.append(data)
        self._size += len(data)
        self._news.set()

    def waiting(self) -> int:
        return self._size

    def cut(self) -> None:
        self._ended = True
        self._news.set()
        if self._request.transport is not None:
            self._request.transport.abort()

    async def run(self, response: web.StreamResponse) -> None:
        """Send what is written until the end."""
        with contextlib.suppress(ConnectionError):
            while not self._ended and self._request.transport is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), _LOOK_SECONDS)
                self._news.clear()
                data, self._data, self._size = b"".join(self._data), [], 0
                if data:
                    await response.write(data)


class _Connection(asyncio.Protocol, Line):
    """A TCP connection to the RTSP port."""

    def __init__(
        self,
        open_: Callable[[Line], Conversation],
        close: Callable[[Line, Conversation], None],
    ) -> None:
        self._open = open_
        self._close = close
        self._transport: asyncio.Transport | None = None
        self._conversation: Conversation | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.peer = str(transport.get_extra_info("peername")[0])
        self.local = "{}:{}".format(*transport.get_extra_info("sockname"))
        self._conversation = self._open(self)

    def data_received(self, data: bytes) -> None:
        if self._conversation is not None:
            self._conversation.receive(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._conversation is not None:
            self._close(self, self._conversation)

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def waiting(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()
