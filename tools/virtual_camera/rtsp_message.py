# SPDX-License-Identifier: MIT
"""RTSP messages (RFC 2326): requests from a stream of bytes, and answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import formatdate

MAX_MESSAGE = 64 << 10
"""Bytes of a request with its body."""
_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    415: "Unsupported Media Type",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    503: "Service Unavailable",
    505: "RTSP Version Not Supported",
}


class RtspError(Exception):
    """Answered with this status; without one (0) the connection cannot go on."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message or _REASONS.get(status, ""))
        self.status = status


@dataclass(frozen=True)
class RtspRequest:
    """One request; the names of the headers are in small letters."""

    method: str
    uri: str
    headers: dict[str, str]

    @property
    def sequence(self) -> str:
        return self.headers.get("cseq", "0")


class RtspReader:
    """Cuts what comes in on a connection into requests. Interleaved packets of the client
    (reports of its receiver) are skipped, as are the bodies of requests."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[RtspRequest]:
        """The requests that `data` completes. RtspError 0 for what is no RTSP."""
        self._data += data
        while self._data:
            if self._data[0] == ord("$"):
                if not self._skip_packet():
                    return
                continue
            if self._data[:1] in b"\r\n":
                del self._data[0]
                continue
            request = self._take()
            if request is None:
                return
            yield request

    def _skip_packet(self) -> bool:
        if len(self._data) < 4:
            return False
        end = 4 + int.from_bytes(self._data[2:4], "big")
        if len(self._data) < end:
            return False
        del self._data[:end]
        return True

    def _take(self) -> RtspRequest | None:
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            if len(self._data) > MAX_MESSAGE:
                raise RtspError(0, "the request has no end")
            return None
        first, *lines = self._data[:end].decode("utf-8", "replace").split("\r\n")
        method, _, rest = first.partition(" ")
        uri, _, version = rest.rpartition(" ")
        if not version.startswith("RTSP/"):
            raise RtspError(0, "this is no RTSP")
        headers = dict(_headers(lines))
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_MESSAGE:
            raise RtspError(0, "the length of the body is none")
        if len(self._data) < end + 4 + int(length):
            return None
        del self._data[: end + 4 + int(length)]
        return RtspRequest(method, uri, headers)


def _headers(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.partition(":")
        yield name.strip().lower(), value.strip()


def format_answer(
    status: int, sequence: str, headers: Iterable[tuple[str, str]] = (), body: str = ""
) -> bytes:
    """An answer with the device's Server and Date."""
    lines = [f"RTSP/1.0 {status} {_REASONS[status]}", f"CSeq: {sequence}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += ["Server: GStreamer RTSP server", f"Date: {formatdate(usegmt=True)}"]
    if body:
        lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
