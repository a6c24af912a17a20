# SPDX-License-Identifier: MIT
"""jpg/image.cgi, mjpg/video.cgi and imagesize.cgi (VAPIX Video streaming) over a picture source."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from tools.virtual_camera.parameters import ParameterStore
from tools.virtual_camera.pictures import (
    DEFAULT_QUALITY,
    NoPicture,
    Picture,
    PictureSource,
    SnapshotLog,
    encode,
    fit,
)
from tools.virtual_camera.stream_profiles import StreamProfiles
from tools.virtual_camera.web import Refusal, arguments, text

if TYPE_CHECKING:
    from tools.virtual_camera.pictures import Pixels

_LARGEST = 4096
_SMALLEST = 16
_BOUNDARY = "myboundary"
_DEFAULT_SIZE = (1280, 720)
_DEFAULT_FRAME_RATE = 15.0
_RESOLUTION = re.compile(r"(\d{1,5})x(\d{1,5})")
_ROTATIONS = (0, 90, 180, 270)


class BadArgument(Exception):
    """An argument that the camera does not take; the message is for the client."""


@dataclass(frozen=True)
class ImageOptions:
    """What a request for pictures asks for."""

    width: int
    height: int
    compression: int | None
    """0 (best) to 100, None for the picture as it comes"""
    rotation: int
    label: str
    """overlay text, "" for none"""
    frame_rate: float
    frames: int
    """0 for no end"""
    duration: float
    """seconds, 0 for no end"""


class ImagesApi:
    """The CGIs. Pictures are made in a thread, so that the event loop goes on."""

    def __init__(
        self,
        pictures: Callable[[], PictureSource],
        snapshots: SnapshotLog,
        parameters: ParameterStore,
    ) -> None:
        self._pictures = pictures
        self._snapshots = snapshots
        self._parameters = parameters
        self._profiles = StreamProfiles(parameters)

    async def image(self, request: web.Request) -> web.StreamResponse:
        try:
            options = self.options(dict(await arguments(request)))
        except BadArgument as error:
            return _refuse(str(error))
        picture = await self._snapshot(options)
        return _picture(picture.jpeg, "image/jpeg")

    async def bitmap(self, request: web.Request) -> web.StreamResponse:
        """bitmap/image.bmp; a device's Content-Type is [unconfirmed]."""
        try:
            options = self.options(dict(await arguments(request)))
        except BadArgument as error:
            return _refuse(str(error))
        picture = await self._snapshot(options)
        try:
            return _picture(await asyncio.to_thread(_as_bitmap, picture.jpeg), "image/bmp")
        except NoPicture as error:
            raise Refusal(503, str(error)) from error

    async def _snapshot(self, options: ImageOptions) -> Picture:
        try:
            picture = await asyncio.to_thread(self.take, options)
        except NoPicture as error:
            raise Refusal(503, str(error)) from error
        self._snapshots.add(picture, "image.cgi")
        return picture

    async def video(self, request: web.Request) -> web.StreamResponse:
        """multipart/x-mixed-replace until the client goes, or `nbrofframes` or `duration` is up."""
        try:
            options = self.options(dict(await arguments(request)))
        except BadArgument as error:
            return _refuse(str(error))
        kind = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
        response = web.StreamResponse(headers={"Content-Type": kind, "Cache-Control": "no-cache"})
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        loop = asyncio.get_running_loop()
        started, sent = loop.time(), 0
        while not options.frames or sent < options.frames:
            picture = await asyncio.to_thread(self.take, options)
            head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: "
            await response.write(f"{head}{len(picture.jpeg)}\r\n\r\n".encode())
            await response.write(picture.jpeg + b"\r\n")
            sent += 1
            if options.duration and loop.time() - started >= options.duration:
                break
            await asyncio.sleep(max(0.0, started + sent / options.frame_rate - loop.time()))
        await response.write(f"--{_BOUNDARY}--\r\n".encode())
        await response.write_eof()
        return response

    async def size(self, request: web.Request) -> web.StreamResponse:
        try:
            options = self.options(dict(await arguments(request)))
        except BadArgument as error:
            return _refuse(str(error))
        return text(f"image width = {options.width}\nimage height = {options.height}\n")

    def options(self, given: dict[str, str]) -> ImageOptions:
        """What the arguments of a request ask for, and those of its stream profile that it does not
        have itself; BadArgument for one that is wrong."""
        if given.get("streamprofile"):
            profile = self._profiles.arguments(given["streamprofile"])
            if profile is None:
                raise BadArgument("There is no stream profile of this name")
            given = {**profile, **given}
        if given.get("camera", "1") != "1":
            raise BadArgument("This camera has one video channel, camera=1")
        width, height = _size(given.get("resolution") or self._default_size())
        rotation = _number(given, "rotation", 0, 270)
        if rotation not in (None, *_ROTATIONS):
            raise BadArgument("rotation is not one of 0, 90, 180 and 270")
        compression = _number(given, "compression", 0, 100)
        frame_rate = _number(given, "fps", 0, 1000)
        return ImageOptions(
            width=width,
            height=height,
            compression=None if compression is None else int(compression),
            rotation=int(rotation or 0),
            label=given.get("textstring", "")[:128] if given.get("text") in ("1", "yes") else "",
            frame_rate=min(frame_rate or _DEFAULT_FRAME_RATE, 60.0),
            frames=int(_number(given, "nbrofframes", 0, 1e9) or 0),
            duration=_number(given, "duration", 0, 1e9) or 0.0,
        )

    def _default_size(self) -> str:
        stored = self._parameters.get("Image.I0.Appearance.Resolution") or ""
        return stored if _RESOLUTION.fullmatch(stored) else "{}x{}".format(*_DEFAULT_SIZE)

    def take(self, options: ImageOptions) -> Picture:
        """The picture of this moment; NoPicture when there is none. Takes a while."""
        source = self._pictures()
        quality = DEFAULT_QUALITY
        if options.compression is not None:
            quality = max(1, 100 - options.compression)
        if not options.rotation and not options.label:
            return source.snapshot(options.width, options.height, quality)
        frame = source.frame()
        pixels = _edit(frame.pixels, options)
        return Picture(encode(pixels, quality), frame.name, options.width, options.height)


def _picture(data: bytes, kind: str) -> web.Response:
    return web.Response(body=data, content_type=kind, headers={"Cache-Control": "no-cache"})


def _as_bitmap(jpeg: bytes) -> bytes:
    import numpy

    from tools.virtual_camera.opencv import cv2

    pixels = cv2.imdecode(numpy.frombuffer(jpeg, numpy.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise NoPicture("the picture cannot be decoded")
    return bytes(cv2.imencode(".bmp", pixels)[1].tobytes())


def _edit(pixels: Pixels, options: ImageOptions) -> Pixels:
    """The pixels rotated, scaled to the size asked for, and labelled."""
    import numpy

    from tools.virtual_camera.opencv import cv2

    if options.rotation:
        pixels = numpy.rot90(pixels, -options.rotation // 90)
    pixels = numpy.array(fit(numpy.ascontiguousarray(pixels), options.width, options.height))
    if options.label:
        place, font = (10, 30), cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(pixels, options.label, place, font, 0.8, (0, 0, 0), 4, cv2.LINE_AA)
        cv2.putText(pixels, options.label, place, font, 0.8, (255, 255, 255), 1, cv2.LINE_AA)
    return pixels


def _size(text_: str) -> tuple[int, int]:
    match = _RESOLUTION.fullmatch(text_)
    if match is None:
        raise BadArgument("resolution is not WIDTHxHEIGHT")
    width, height = int(match[1]), int(match[2])
    if not (_SMALLEST <= width <= _LARGEST and _SMALLEST <= height <= _LARGEST):
        raise BadArgument(f"resolution is not between {_SMALLEST} and {_LARGEST} each way")
    return width, height


def _number(given: dict[str, str], name: str, lowest: float, highest: float) -> float | None:
    if name not in given:
        return None
    try:
        value = float(given[name])
    except ValueError:
        value = lowest - 1
    if not lowest <= value <= highest:
        raise BadArgument(f"{name} is not a number from {lowest:g} to {highest:g}")
    return value


def _refuse(reason: str) -> web.Response:
    """The device puts its error text into an HTML comment."""
    return web.Response(status=400, text=f"<!-- Error: {reason} -->\n", content_type="text/html")
