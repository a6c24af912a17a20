# SPDX-License-Identifier: MIT
"""What media.amp streams (VAPIX Video streaming, RTSP): the events and the pictures, each as a
track whose packets go to one client."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from tools.virtual_camera.events import Event, EventService
from tools.virtual_camera.images import BadArgument, ImageOptions, ImagesApi
from tools.virtual_camera.metadata_stream import document
from tools.virtual_camera.pictures import NoPicture
from tools.virtual_camera.rtp import JPEG_TYPE, METADATA_TYPE, RtpSender, jpeg_payloads, split
from tools.virtual_camera.rtsp_message import RtspError
from tools.virtual_camera.topic_filter import FilterError, TopicFilter, parse_topic_filter

_log = logging.getLogger(__name__)
_YES = ("1", "yes", "on", "true")
Send = Callable[[int, bytes], bool]
"""Takes 0 for RTP or 1 for RTCP, and a packet; False while the client does not keep up."""


class Track(ABC):
    """One stream of a session. `play` starts it, `pause` stops it; both may be called twice."""

    media: Sequence[str]
    """its lines of the session description, without the control line"""

    def __init__(self, payload_type: int) -> None:
        self.sender = RtpSender(payload_type)
        self._send: Send = lambda _channel, _packet: True

    def connect(self, send: Send) -> None:
        """Where packets go from now on."""
        self._send = send

    @abstractmethod
    def play(self) -> None: ...

    @abstractmethod
    def pause(self) -> None: ...

    def _send_all(self, payloads: list[bytes]) -> bool:
        keeps_up = True
        for packet in self.sender.packets(payloads):
            keeps_up = self._send(0, packet)
        report = self.sender.report()
        if report is not None:
            self._send(1, report)
        return keeps_up


class EventTrack(Track):
    """Current states when it starts, then every event that the filter lets through."""

    media = (
        f"m=application 0 RTP/AVP {METADATA_TYPE}",
        "c=IN IP4 0.0.0.0",
        f"a=rtpmap:{METADATA_TYPE} vnd.onvif.metadata/90000",
        "a=ts-refclk:local",
        "a=mediaclk:sender",
    )

    def __init__(self, events: EventService, producer: str, wanted: TopicFilter | None) -> None:
        super().__init__(METADATA_TYPE)
        self._events = events
        self._producer = producer
        self._wanted = wanted
        self._stop: Callable[[], None] | None = None

    def play(self) -> None:
        if self._stop is not None:
            return
        self._stop = self._events.listen(self._tell)
        for state in self._events.states([]):
            self._tell(state, initial=True)

    def pause(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _tell(self, event: Event, *, initial: bool = False) -> None:
        if self._wanted is None or self._wanted.matches(event.levels):
            self._send_all(split(document(event, self._producer, initial=initial)))


class VideoTrack(Track):
    """Pictures as JPEG. A client that does not keep up misses some."""

    media = (
        f"m=video 0 RTP/AVP {JPEG_TYPE}",
        "c=IN IP4 0.0.0.0",
        f"a=rtpmap:{JPEG_TYPE} JPEG/90000",
    )

    def __init__(self, images: ImagesApi, options: ImageOptions) -> None:
        super().__init__(JPEG_TYPE)
        self._images = images
        self._options = options
        self._task: asyncio.Task[None] | None = None

    def play(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def pause(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        keeps_up = True
        while True:
            with contextlib.suppress(NoPicture):
                picture = await asyncio.to_thread(self._images.take, self._options)
                try:
                    payloads = jpeg_payloads(picture.jpeg)
                except ValueError as error:
                    _log.warning("RTSP: %s (%s)", error, picture.name)
                    return
                keeps_up = self._send_all(payloads)
            due += 1 / self._options.frame_rate
            if not keeps_up or due < loop.time():
                due = loop.time() + 1 / self._options.frame_rate
            await asyncio.sleep(due - loop.time())


@dataclass(frozen=True)
class Media:
    """Where the tracks get what they stream."""

    events: EventService
    images: ImagesApi
    producer: str

    def tracks(self, query: str) -> list[Track]:
        """The tracks that the arguments of media.amp ask for. RtspError 400 for a wrong argument,
        415 for what this camera cannot stream (how a device refuses is [unconfirmed])."""
        given = dict(parse_qsl(query, keep_blank_values=True))
        found: list[Track] = []
        if given.get("video", "1").lower() in _YES:
            found.append(self._video(given))
        if given.get("event", "off").lower() in _YES:
            found.append(self._events(given))
        if not found:
            raise RtspError(400, "nothing is asked for")
        return found

    def _video(self, given: dict[str, str]) -> Track:
        if given.get("videocodec", "jpeg").lower() not in ("jpeg", "mjpeg"):
            raise RtspError(415)
        try:
            options = self.images.options(given)
        except BadArgument as error:
            raise RtspError(400, str(error)) from error
        if any(side % 8 or side > 2040 for side in (options.width, options.height)):
            raise RtspError(400, "RTP takes sides that are multiples of 8, up to 2040")
        return VideoTrack(self.images, options)

    def _events(self, given: dict[str, str]) -> Track:
        topics = given.get("eventtopic")
        try:
            wanted = parse_topic_filter(topics) if topics else None
        except FilterError as error:
            raise RtspError(400, str(error)) from error
        return EventTrack(self.events, self.producer, wanted)


def describe(tracks: Iterable[Track], base: str, query: str) -> str:
    """The session description (SDP) as a device writes it."""
    arguments = f"?{query}" if query else ""
    lines = [
        *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=Session streamed with GStreamer"),
        *("i=rtsp-server", "t=0 0", "a=tool:GStreamer", "a=type:broadcast", "a=range:npt=now-"),
        f"a=control:{base}{arguments}",
    ]
    for number, track in enumerate(tracks):
        lines += [*track.media, f"a=control:{base}/stream={number}{arguments}"]
    return "".join(f"{line}\r\n" for line in lines)
