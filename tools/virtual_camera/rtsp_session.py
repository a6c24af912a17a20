# SPDX-License-Identifier: MIT
"""One client's RTSP conversation (RFC 2326, VAPIX Video streaming): OPTIONS, DESCRIBE, SETUP, PLAY,
PAUSE, TEARDOWN. It knows nothing of sockets but the line that it was given."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tools.virtual_camera.rtsp_message import (
    RtspError,
    RtspReader,
    RtspRequest,
    format_answer,
)
from tools.virtual_camera.rtsp_tracks import Media, Track, describe

PATH = "/axis-media/media.amp"
_TIMEOUT_SECONDS = 60
"""What clients are told; a silent one has twice that."""
_MOST_WAITING = 4 << 20
_KEEPS_UP = 256 << 10
_MOST_REQUESTS = 100
"""Requests of one client that wait for their answer."""
_METHODS = (
    *("OPTIONS", "DESCRIBE", "GET_PARAMETER", "PAUSE", "PLAY", "SETUP"),
    *("SET_PARAMETER", "TEARDOWN"),
)
_STREAM = re.compile(r"/stream=(\d{1,2})$")
_PORTS = re.compile(r"client_port=(\d{1,5})(?:-(\d{1,5}))?")
_CHANNELS = re.compile(r"interleaved=(\d{1,3})(?:-(\d{1,3}))?")
Authorize = Callable[[str, str], list[str]]
"""Takes a method and an Authorization header, "" for none: the challenges, none when it is good.
RtspError 403 when the account may not see the stream."""


class Line(ABC):
    """The way to the client."""

    peer: str
    """its address, where datagrams go"""
    local: str
    """host and port that it connected to"""

    @abstractmethod
    def write(self, data: bytes) -> None: ...

    @abstractmethod
    def waiting(self) -> int:
        """Bytes that the client has not taken yet."""

    @abstractmethod
    def cut(self) -> None: ...


@dataclass
class _Session:
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    tracks: dict[int, Track] = field(default_factory=dict)
    sockets: list[asyncio.DatagramTransport] = field(default_factory=list)


class Conversation:
    """Give it what comes in with `receive`, and `close` it at the end of the line."""

    def __init__(self, line: Line, media: Media, authorize: Authorize) -> None:
        self._line = line
        self._media = media
        self._authorize = authorize
        self._reader = RtspReader()
        self._described: tuple[str, list[Track]] = ("", [])
        self._session: _Session | None = None
        self._order = asyncio.Lock()
        self._closed = False
        self._watch = asyncio.get_running_loop().call_later(2 * _TIMEOUT_SECONDS, self._time_out)
        self._tasks: set[asyncio.Task[None]] = set()

    def receive(self, data: bytes) -> None:
        """Answer the requests that `data` completes; harmless after `close`."""
        if self._closed:
            return
        self._watch.cancel()
        self._watch = asyncio.get_running_loop().call_later(2 * _TIMEOUT_SECONDS, self._time_out)
        try:
            for request in self._reader.feed(data):
                if len(self._tasks) >= _MOST_REQUESTS:
                    raise RtspError(0, "too many requests at once")
                task = asyncio.get_running_loop().create_task(self._answer(request))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except RtspError:
            self._line.cut()

    def close(self) -> None:
        self._closed = True
        self._watch.cancel()
        for task in tuple(self._tasks):
            task.cancel()
        self._end()

    async def _answer(self, request: RtspRequest) -> None:
        async with self._order:
            try:
                await self._dispatch(request)
            except RtspError as error:
                self._reply(request, error.status)

    async def _dispatch(self, request: RtspRequest) -> None:
        if request.method == "OPTIONS":
            self._reply(request, 200, ("Public", ", ".join(_METHODS)))
            return
        if request.method not in _METHODS:
            raise RtspError(405)
        challenges = self._authorize(request.method, request.headers.get("authorization", ""))
        if challenges:
            self._reply(request, 401, *(("WWW-Authenticate", each) for each in challenges))
            return
        path = urlsplit(request.uri).path.rstrip("/")
        if _STREAM.sub("", path) != PATH:
            raise RtspError(404)
        if request.method == "DESCRIBE":
            self._describe(request)
        elif request.method == "SETUP":
            await self._set_up(request)
        else:
            self._control(request)

    def _describe(self, request: RtspRequest) -> None:
        base, query = self._base(request), urlsplit(request.uri).query
        tracks = self._media.tracks(query)
        self._described = (query, tracks)
        body = describe(tracks, base, query)
        kind = ("Content-Type", "application/sdp")
        self._reply(request, 200, kind, ("Content-Base", f"{base}/"), body=body)

    async def _set_up(self, request: RtspRequest) -> None:
        parts = urlsplit(request.uri)
        query, described = parts.query, self._described[0]
        if not self._described[1] or (self._session is None and query and query != described):
            self._described = (query, self._media.tracks(query))
        match = _STREAM.search(parts.path.rstrip("/"))
        number = int(match[1]) if match else 0
        if number >= len(self._described[1]):
            raise RtspError(404)
        track = self._described[1][number]
        session = self._session or _Session()
        chosen = await self._connect(track, session, request.headers.get("transport", ""), number)
        session.tracks[number] = track
        self._session = session
        transport = f'{chosen};ssrc={track.sender.ssrc:08X};mode="PLAY"'
        self._reply(request, 200, ("Transport", transport), self._shown(session))

    async def _connect(self, track: Track, session: _Session, wanted: str, number: int) -> str:
        """Connect the track by the first way of the list that this camera has; how."""
        for way in (text.strip() for text in wanted.split(",")):
            if "multicast" in way:
                continue
            if way.startswith("RTP/AVP/TCP"):
                return self._connect_inside(track, way, number)
            ports = _PORTS.search(way)
            if way.startswith("RTP/AVP") and ports is not None:
                there = (int(ports[1]), int(ports[2] or int(ports[1]) + 1))
                here = await self._open_sockets(track, session, there)
                asked = "client_port={}-{}".format(*there)
                return f"RTP/AVP;unicast;{asked};server_port={here}"
        raise RtspError(461)

    def _connect_inside(self, track: Track, way: str, number: int) -> str:
        """Packets among the answers, on two channels of the client's choice."""
        match = _CHANNELS.search(way)
        first = int(match[1]) if match else 2 * number
        channels = (first, int(match[2]) if match and match[2] else first + 1)
        if max(channels) > 255:
            raise RtspError(461)
        track.connect(lambda kind, packet: self._interleave(channels[kind], packet))
        return "RTP/AVP/TCP;unicast;interleaved={}-{}".format(*channels)

    async def _open_sockets(self, track: Track, session: _Session, there: tuple[int, int]) -> str:
        """Two datagram sockets towards the client; their ports."""
        host = self._line.local.rpartition(":")[0]
        if not host or not all(0 < port < 65536 for port in there):
            raise RtspError(461)
        loop = asyncio.get_running_loop()
        ends: list[asyncio.DatagramTransport] = []
        for port in there:
            try:
                end, _ = await loop.create_datagram_endpoint(
                    _Deaf, local_addr=(host, 0), remote_addr=(self._line.peer, port)
                )
            except OSError as error:
                raise RtspError(461) from error
            ends.append(end)
            session.sockets.append(end)

        def send(kind: int, packet: bytes) -> bool:
            ends[kind].sendto(packet)
            return True

        track.connect(send)
        return "-".join(str(end.get_extra_info("sockname")[1]) for end in ends)

    def _interleave(self, channel: int, packet: bytes) -> bool:
        if self._line.waiting() > _MOST_WAITING:
            self._line.cut()
            return False
        self._line.write(struct.pack(">BBH", ord("$"), channel, len(packet)) + packet)
        return self._line.waiting() < _KEEPS_UP

    def _control(self, request: RtspRequest) -> None:
        session = self._session
        named = request.headers.get("session", "").partition(";")[0].strip()
        if session is None or (named and named != session.id):
            if request.method in ("GET_PARAMETER", "SET_PARAMETER") and not named:
                self._reply(request, 200)
                return
            raise RtspError(454)
        if request.method == "PLAY":
            base, query = self._base(request), urlsplit(request.uri).query
            self._reply(request, 200, *_playing(session, base, query), self._shown(session))
            for track in session.tracks.values():
                track.play()
            return
        if request.method == "PAUSE":
            for track in session.tracks.values():
                track.pause()
        self._reply(request, 200, self._shown(session))
        if request.method == "TEARDOWN":
            self._end()

    def _time_out(self) -> None:
        """Cut a client that is silent; one that reads packets from this line need not speak."""
        if self._session is None or self._session.sockets:
            self._line.cut()

    def _end(self) -> None:
        session, self._session = self._session, None
        self._described = ("", [])
        if session is None:
            return
        for track in session.tracks.values():
            track.pause()
        for end in session.sockets:
            end.close()

    def _base(self, request: RtspRequest) -> str:
        """The address of the stream without arguments, as the client knows it."""
        host = urlsplit(request.uri).netloc.rpartition("@")[2] or self._line.local
        return f"rtsp://{host}{PATH}"

    def _shown(self, session: _Session) -> tuple[str, str]:
        return ("Session", f"{session.id};timeout={_TIMEOUT_SECONDS}")

    def _reply(
        self, request: RtspRequest, status: int, *headers: tuple[str, str], body: str = ""
    ) -> None:
        if self._line.waiting() > _MOST_WAITING:
            self._line.cut()
            return
        with contextlib.suppress(ConnectionError):
            self._line.write(format_answer(status, request.sequence, headers, body))


class _Deaf(asyncio.DatagramProtocol):
    """Reports of the receiver are not needed, nor is the news that it is gone."""


def _playing(session: _Session, base: str, query: str) -> list[tuple[str, str]]:
    arguments = f"?{query}" if query else ""
    info = ",".join(
        f"url={base}/stream={number}{arguments};seq={track.sender.sequence}"
        f";rtptime={track.sender.timestamp()}"
        for number, track in session.tracks.items()
    )
    return [("RTP-Info", info), ("Range", "npt=now-")]
