# SPDX-License-Identifier: MIT
"""A FastCGI client (FastCGI Specification 1.0, responder role), one connection for each request.

The app's answer is handed on as it comes: a long poll may take minutes, a stream may never end.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 300.0
"""How long an app may say nothing before the camera gives up; a device's limit is [unconfirmed]."""
_MAX_HEADER = 1 << 16
_RETRY_SECONDS = 0.01
_RECORD = struct.Struct(">BBHHBx")
_BEGIN, _END, _PARAMS, _STDIN, _STDOUT, _STDERR = 1, 3, 4, 5, 6, 7
_RESPONDER = struct.pack(">HB5x", 1, 0)
_MAX_CONTENT = 65528


class FastCgiError(Exception):
    """The app does not answer (`status` 503), answers nonsense (502) or too late (504)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Reply:
    """The head of an app's answer."""

    status: int
    reason: str | None
    headers: list[tuple[str, str]]


class Exchange:
    """One request to an app: `head = await begin(...)`, iterate `body()`, `close` in any case."""

    def __init__(self, on_error_text: Callable[[str], None]) -> None:
        """`on_error_text` gets what the app writes to its FastCGI error stream."""
        self._on_error_text = on_error_text
        self._early = b""
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._feeding: asyncio.Task[None] | None = None
        self._pieces = self._output()

    async def begin(
        self, path: Path, params: Mapping[str, str], body: AsyncIterator[bytes]
    ) -> Reply:
        """Send the request to the socket at `path` and wait for the headers of the answer."""
        self._reader, self._writer = await connect(path)
        self._writer.write(_record(_BEGIN, _RESPONDER))
        encoded = b"".join(_pair(name, value) for name, value in params.items())
        self._writer.write(_stream(_PARAMS, encoded) + _record(_PARAMS, b""))
        self._feeding = asyncio.create_task(self._feed(self._writer, body))
        text = b""
        async for piece in self._pieces:
            text += piece
            head, separator, rest = _split_head(text)
            if separator:
                self._early = rest
                return _parse_head(head)
            if len(text) > _MAX_HEADER:
                raise FastCgiError(502, "The application's headers are too long.")
        raise FastCgiError(502, "The application ended the request without an answer.")

    async def body(self) -> AsyncIterator[bytes]:
        """The body as it comes, to the app's end of request; FastCgiError when it breaks off."""
        if self._early:
            yield self._early
        async for piece in self._pieces:
            yield piece

    async def close(self) -> None:
        if self._feeding is not None:
            self._feeding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._feeding
        await self._pieces.aclose()
        if self._writer is not None:
            self._writer.transport.abort()

    async def _feed(self, writer: asyncio.StreamWriter, body: AsyncIterator[bytes]) -> None:
        """Send the request's body; an app may answer without reading it all."""
        with contextlib.suppress(ConnectionError):
            async for piece in body:
                writer.write(_stream(_STDIN, piece))
                await writer.drain()
            writer.write(_record(_STDIN, b""))
            await writer.drain()

    async def _output(self) -> AsyncGenerator[bytes, None]:
        assert self._reader is not None
        while True:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    kind, content = await _read_record(self._reader)
            except TimeoutError as error:
                raise FastCgiError(504, "The application is silent.") from error
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                message = "The application closed the connection before its answer was complete."
                raise FastCgiError(502, message) from error
            if kind == _STDOUT and content:
                yield content
            elif kind == _STDERR and content:
                self._on_error_text(content.decode("utf-8", "replace"))
            elif kind == _END:
                return


async def connect(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a unix socket; waits while its queue is full.

    asyncio's own way takes a full queue (EAGAIN) for a connection under way.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + CONNECT_SECONDS
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        while True:
            try:
                connection.connect(str(path))
                break
            except BlockingIOError:
                if loop.time() > end:
                    raise FastCgiError(503, "The application takes no more requests.") from None
                await asyncio.sleep(_RETRY_SECONDS)
        return await asyncio.open_unix_connection(sock=connection)
    except OSError as error:
        connection.close()
        raise FastCgiError(503, "The application does not answer.") from error
    except BaseException:
        connection.close()
        raise


def _record(kind: int, content: bytes) -> bytes:
    return _RECORD.pack(1, kind, 1, len(content), 0) + content


def _stream(kind: int, content: bytes) -> bytes:
    pieces = range(0, len(content), _MAX_CONTENT)
    return b"".join(_record(kind, content[at : at + _MAX_CONTENT]) for at in pieces)


def _pair(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode("utf-8", "surrogateescape")
    return _length(len(key)) + _length(len(text)) + key + text


def _length(size: int) -> bytes:
    return bytes([size]) if size < 128 else struct.pack(">I", size | 0x80000000)


async def _read_record(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    version, kind, _, size, padding = _RECORD.unpack(await reader.readexactly(_RECORD.size))
    if version != 1:
        raise FastCgiError(502, "The application does not speak FastCGI.")
    content = await reader.readexactly(size)
    if padding:
        await reader.readexactly(padding)
    return kind, content


def _split_head(text: bytes) -> tuple[bytes, bytes, bytes]:
    """Head, separator and rest; a CGI head may end its lines with LF alone."""
    found = [(text.find(mark), mark) for mark in (b"\r\n\r\n", b"\n\n")]
    places = [(at, mark) for at, mark in found if at >= 0]
    if not places:
        return text, b"", b""
    at, mark = min(places)
    return text[:at], mark, text[at + len(mark) :]


def _parse_head(head: bytes) -> Reply:
    """CGI headers (RFC 3875, 6.3): Status is the status line, Location alone means 302."""
    status, reason = 0, None
    headers: list[tuple[str, str]] = []
    for line in head.decode("latin-1").splitlines():
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not name:
            raise FastCgiError(502, "The application's answer has no valid headers.")
        if name.lower() == "status":
            number, _, phrase = value.partition(" ")
            if not number.isdigit() or not 100 <= int(number) <= 599:
                raise FastCgiError(502, f"The application's status {value!r} is not valid.")
            status, reason = int(number), phrase or None
        else:
            headers.append((name, value))
    if status == 0:
        status = 302 if any(name.lower() == "location" for name, _ in headers) else 200
    return Reply(status, reason, headers)
