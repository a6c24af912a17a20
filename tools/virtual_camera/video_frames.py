# SPDX-License-Identifier: MIT
"""Frames as apps ask for them: their settings, checked, and their pixels (ACAP VDO API).

Formats are JPEG, YUV (NV12, Y800), RGB, RGBA and planar RGB, and for streams H.264, whose pictures
are made in NV12 here and encoded by the stream. Other compressed video is refused.
"""

from __future__ import annotations

import fcntl
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from tools.errors import ToolError
from tools.virtual_camera.picture_faults import Pictures
from tools.virtual_camera.pictures import (
    DEFAULT_QUALITY,
    Picture,
    encode,
    fit,
)
from tools.virtual_camera.video_encoder import DEFAULT_GOP

if TYPE_CHECKING:
    from tools.virtual_camera.pictures import Pixels

SettingValue = bool | int | float | str | tuple[int, int]
CHANNELS = (0, 1)
"""The overview and one view area; both show the whole picture."""
DEFAULT_SIZE = (1280, 720)
MAX_FRAME_RATE = 30.0
_SMALLEST, _LARGEST = 16, 4096
KNOWN_SETTINGS = {
    *("format", "subformat", "channel", "input", "width", "height", "resolution", "framerate"),
    *("compression", "rotation", "horizontal_flip", "vertical_flip", "monochrome"),
    *("buffer.count", "buffer.strategy", "buffer.access", "socket.blocking", "socket.timeout_ms"),
    *("frame.chunks", "intent", "timestamp.type", "gop_length"),
}


class VideoError(ToolError):
    """`kind`: InvalidArgument, NotFound, NotSupported, NoVideo, Busy or Failed."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class VideoFormat(IntEnum):
    """VdoFormat."""

    H264 = 0
    H265 = 1
    JPEG = 2
    YUV = 3
    BAYER = 4
    IVS = 5
    RAW = 6
    RGBA = 7
    RGB = 8
    PLANAR_RGB = 9
    AV1 = 10
    AVIF = 11


H264_KEY_FRAME, H264_OTHER_FRAME = 4, 6
FRAME_TYPES = {
    VideoFormat.H264: H264_KEY_FRAME,
    VideoFormat.JPEG: 16,
    VideoFormat.YUV: 17,
    VideoFormat.RGBA: 19,
    VideoFormat.RGB: 20,
    VideoFormat.PLANAR_RGB: 21,
}


@dataclass(frozen=True)
class FrameSettings:
    """What a frame has to be: size in pixels, quality 1 to 100, rotation in degrees."""

    format: VideoFormat
    subformat: str
    width: int
    height: int
    quality: int = DEFAULT_QUALITY
    rotation: int = 0
    horizontal_flip: bool = False
    vertical_flip: bool = False
    monochrome: bool = False
    frame_rate: float = MAX_FRAME_RATE
    buffers: int = 3
    channel: int = 1
    gop: int = DEFAULT_GOP

    @property
    def is_plain(self) -> bool:
        """A JPEG of the picture as it is, which others may have asked for as well."""
        changes = (self.rotation, self.horizontal_flip, self.vertical_flip, self.monochrome)
        return self.format is VideoFormat.JPEG and not any(changes)

    def info(self) -> dict[str, SettingValue]:
        """The values in use, as vdo_stream_get_info() shows them."""
        shared = math.gcd(self.width, self.height)
        rows = {VideoFormat.YUV: 1, VideoFormat.RGB: 3, VideoFormat.RGBA: 4}
        shown: dict[str, SettingValue] = {
            "format": int(self.format),
            "width": self.width,
            "height": self.height,
            "resolution": (self.width, self.height),
            "aspect_ratio": (self.width // shared, self.height // shared),
            "framerate": self.frame_rate,
            "buffer.count": self.buffers,
            "rotation": self.rotation,
        }
        if self.format is VideoFormat.H264:
            shown["gop_length"] = self.gop
        elif self.format is not VideoFormat.JPEG:
            shown["pitch"] = self.width * rows.get(self.format, 1)
        if self.subformat:
            shown["subformat"] = self.subformat
        return shown


def make_frame(source: Pictures, settings: FrameSettings) -> Picture | bytes:
    """The source's frame of this moment in the format asked for; a Picture when that is JPEG."""
    if settings.is_plain:
        return source.snapshot(settings.width, settings.height, settings.quality)
    frame = source.frame()
    turned = settings.rotation in (90, 270)
    size = (settings.height, settings.width) if turned else (settings.width, settings.height)
    pixels = _turn(fit(frame.pixels, *size), settings)
    if settings.format is VideoFormat.JPEG:
        jpeg = encode(pixels, settings.quality)
        return Picture(jpeg, frame.name, settings.width, settings.height)
    return _raw(pixels, settings)


def share(data: bytes) -> int:
    """Put bytes into memory that another process can map; the caller closes the descriptor."""
    descriptor = os.memfd_create("frame", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _turn(pixels: Pixels, settings: FrameSettings) -> Pixels:
    from tools.virtual_camera.opencv import cv2

    codes = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    if settings.rotation:
        pixels = cv2.rotate(pixels, codes[settings.rotation])
    if settings.horizontal_flip:
        pixels = cv2.flip(pixels, 1)
    if settings.vertical_flip:
        pixels = cv2.flip(pixels, 0)
    if settings.monochrome:
        pixels = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return pixels


def _raw(pixels: Pixels, settings: FrameSettings) -> bytes:
    import numpy

    from tools.virtual_camera.opencv import cv2

    if settings.format is VideoFormat.RGB:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB).tobytes()
    if settings.format is VideoFormat.RGBA:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGBA).tobytes()
    if settings.format is VideoFormat.PLANAR_RGB:
        return numpy.ascontiguousarray(pixels[:, :, ::-1].transpose(2, 0, 1)).tobytes()
    if settings.subformat == "Y800":
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).tobytes()
    area = settings.width * settings.height
    planes = cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420).reshape(-1)
    colours = numpy.stack((planes[area : area * 5 // 4], planes[area * 5 // 4 :]), axis=1)
    return bytes(planes[:area].tobytes() + colours.tobytes())


def check_channel(channel: int) -> None:
    """VideoError NotFound for a channel that is not there."""
    if channel not in CHANNELS:
        raise VideoError("NotFound", f"channel: there is no channel {channel}")


def parse_settings(given: Mapping[str, SettingValue], *, snapshot: bool) -> FrameSettings:
    """What an app asks for. VideoError InvalidArgument, NotFound or NotSupported, by field."""
    values = _Given(given)
    format_ = _parse_format(values, snapshot)
    subformat = str(given.get("subformat", "NV12")) if format_ is VideoFormat.YUV else ""
    if subformat not in ("", "NV12", "Y800"):
        raise VideoError("NotSupported", f"subformat: {subformat} is not NV12 or Y800")
    if "input" in given and values.number("input", 1, 1, 64) != 1:
        raise VideoError("NotFound", f"input: there is no input {given['input']}")
    channel = int(values.number("channel", 1, 0, 64))
    check_channel(channel)
    width, height = _parse_size(values)
    if (subformat == "NV12" or format_ is VideoFormat.H264) and (width % 2 or height % 2):
        raise VideoError("InvalidArgument", f"width, height: {width}x{height} is not even")
    rotation = int(values.number("rotation", 0, 0, 360)) % 360
    if rotation % 90:
        raise VideoError("InvalidArgument", f"rotation: {rotation} is not 0, 90, 180 or 270")
    compression = values.number("compression", -1, -1, 100)
    return FrameSettings(
        format=format_,
        subformat=subformat,
        width=width,
        height=height,
        quality=DEFAULT_QUALITY if compression < 0 else 100 - round(compression * 0.9),
        rotation=rotation,
        horizontal_flip=bool(given.get("horizontal_flip", False)),
        vertical_flip=bool(given.get("vertical_flip", False)),
        monochrome=bool(given.get("monochrome", False)),
        frame_rate=min(values.number("framerate", MAX_FRAME_RATE, 0.01, 1000), MAX_FRAME_RATE),
        buffers=int(values.number("buffer.count", 3, 1, 32)),
        channel=channel,
        gop=int(values.number("gop_length", DEFAULT_GOP, 1, 1023)),
    )


class _Given:
    """The settings as numbers, each with its limits."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given

    def number(self, name: str, default: float, least: float, most: float) -> float:
        value = self.given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise VideoError("InvalidArgument", f"{name}: {value!r} is no number")
        if not least <= value <= most:
            raise VideoError("InvalidArgument", f"{name}: {value} is not in {least:g}..{most:g}")
        return value


def _parse_format(values: _Given, snapshot: bool) -> VideoFormat:
    default = int(VideoFormat.JPEG) if snapshot else -1
    number = int(values.number("format", default, -1, 1000))
    if number == -1:
        raise VideoError("InvalidArgument", "format: it is not set")
    if number not in {int(known) for known in VideoFormat}:
        raise VideoError("InvalidArgument", f"format: there is no format {number}")
    format_ = VideoFormat(number)
    if format_ not in FRAME_TYPES or (snapshot and format_ is VideoFormat.H264):
        raise VideoError("NotSupported", f"format: {format_.name} is not there")
    return format_


def _parse_size(values: _Given) -> tuple[int, int]:
    pair = values.given.get("resolution")
    given = dict(values.given)
    if isinstance(pair, (tuple, list)) and len(pair) == 2:
        given = {"width": pair[0], "height": pair[1]} | given
    limits = _Given(given)
    width, height = DEFAULT_SIZE
    if "width" in given:
        width = int(limits.number("width", 0, _SMALLEST, _LARGEST))
        height = max(_SMALLEST, width * 9 // 16 // 2 * 2)
    if "height" in given:
        height = int(limits.number("height", 0, _SMALLEST, _LARGEST))
        if "width" not in given:
            width = min(_LARGEST, height * 16 // 9 // 2 * 2)
    return width, height
