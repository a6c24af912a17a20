# SPDX-License-Identifier: MIT
"""Another camera's MJPEG stream as a picture source (VAPIX Video streaming, mjpg/video.cgi).

It connects when a picture is wanted and leaves when nobody has wanted one for a while. Digest and
Basic are understood; the credentials are in the address, http://user:password@host/path.
"""

from __future__ import annotations

import io
import re
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from tools.errors import UsageError
from tools.virtual_camera.pictures import Frame, NoPicture, PictureSource

if TYPE_CHECKING:
    import requests

_IDLE_SECONDS = 10.0
_WAIT_SECONDS = 5.0
_TIMEOUT = (5.0, 10.0)
_LARGEST = 32 << 20
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.I)


class MjpegSource(PictureSource):
    """The stream at one address. Its pictures are called "mjpeg HOST#N"."""

    frame_rate = 15.0

    def __init__(self, url: str) -> None:
        super().__init__()
        parts = urlsplit(url)
        if not parts.hostname:
            raise UsageError(
                f"{url}: no host in this address", "http://HOST/axis-cgi/mjpg/video.cgi"
            )
        self._user = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._host = parts.netloc.rpartition("@")[2]
        self._url = urlunsplit(parts._replace(netloc=self._host))
        self._news = threading.Condition()
        self._jpeg = b""
        self._number = 0
        self._problem = "no answer yet"
        self._wanted = 0.0
        self._reader: threading.Thread | None = None
        self._closed = False
        self._current: Frame | None = None

    def _read(self) -> Frame:
        with self._news:
            self._wanted = time.monotonic()
            if self._reader is None and not self._closed:
                self._jpeg = b""
                self._reader = threading.Thread(target=self._follow, daemon=True)
                self._reader.start()
            has_news = lambda: self._jpeg or self._reader is None  # noqa: E731
            self._news.wait_for(has_news, _WAIT_SECONDS)
            if not self._jpeg:
                raise NoPicture(f"{self._host}: {self._problem}")
            jpeg, name = self._jpeg, f"mjpeg {self._host}#{self._number}"
        if self._current is None or self._current.name != name:
            self._current = self._decode(jpeg, name)
        return self._current

    def _decode(self, jpeg: bytes, name: str) -> Frame:
        from tools.virtual_camera.photo_source import decode

        frame = decode(io.BytesIO(jpeg), name)
        if frame is None:
            raise NoPicture(f"{self._host}: it sends no JPEG")
        return frame

    def _close(self) -> None:
        with self._news:
            self._closed = True

    def _follow(self) -> None:
        """Take one picture after the other until nobody wants them, or the stream ends."""
        import requests

        problem = "the stream ended, or has no parts with a length"
        try:
            with self._connect() as reply:
                pieces = _pictures(reply.iter_content(1 << 14))
                while self._is_wanted() and (jpeg := next(pieces, None)) is not None:
                    with self._news:
                        self._jpeg, self._number = jpeg, self._number + 1
                        self._news.notify_all()
        except requests.RequestException as error:
            problem = _reason(error)
        except ValueError as error:
            problem = str(error)
        with self._news:
            self._jpeg, self._problem, self._reader = b"", problem, None
            self._news.notify_all()

    def _connect(self) -> requests.Response:
        import requests
        from requests.auth import HTTPBasicAuth, HTTPDigestAuth

        session = requests.Session()
        session.trust_env = False
        reply = session.get(self._url, stream=True, timeout=_TIMEOUT, verify=False)
        if reply.status_code == 401 and self._user[0]:
            offered = reply.headers.get("WWW-Authenticate", "").lower()
            reply.close()
            auth = HTTPDigestAuth if offered.startswith("digest") else HTTPBasicAuth
            reply = session.get(
                self._url, stream=True, timeout=_TIMEOUT, verify=False, auth=auth(*self._user)
            )
        reply.raise_for_status()
        return reply

    def _is_wanted(self) -> bool:
        return not self._closed and time.monotonic() - self._wanted < _IDLE_SECONDS


def _pictures(pieces: Any) -> Any:
    """Each part of a multipart/x-mixed-replace body that says its length."""
    buffer = b""
    for piece in pieces:
        buffer += piece
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(buffer[:end])
            size = int(length[1]) if length else 0
            if not 0 < size <= _LARGEST:
                raise ValueError("it sends no parts with a length")
            if len(buffer) < end + 4 + size:
                break
            yield buffer[end + 4 : end + 4 + size]
            buffer = buffer[end + 4 + size :]
        if len(buffer) > _LARGEST + 65536:
            raise ValueError("it sends no parts with a length")


def _reason(error: Exception) -> str:
    reply = getattr(error, "response", None)
    return f"HTTP {reply.status_code}" if reply is not None else "it does not answer"
