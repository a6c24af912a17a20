# SPDX-License-Identifier: MIT
"""Compressed video for the streams of apps: H.264, by the encoder x264 (the package av)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av import VideoCodecContext

DEFAULT_GOP = 32
"""frames from one key frame to the next"""
_MICROSECONDS = Fraction(1, 1_000_000)


class H264Encoder:
    """One stream. Each picture gives one frame at once: a key frame has the parameter sets before
    it, all units begin with a start code (H.264, Annex B). For one thread at a time; the encoder is
    loaded with the first picture."""

    def __init__(self, width: int, height: int, rate: float, gop: int = DEFAULT_GOP) -> None:
        self._size = (width, height)
        self._rate = Fraction(rate).limit_denominator(1000)
        self._gop = gop
        self._context: VideoCodecContext | None = None
        self._last = -1

    def encode(self, nv12: bytes, timestamp: int, *, key: bool = False) -> tuple[bytes, bool]:
        """The frame of a picture in NV12, taken at a time in microseconds; whether it is a key
        frame, which `key` asks for."""
        import av
        import numpy
        from av.video.frame import PictureType

        width, height = self._size
        pixels = numpy.frombuffer(nv12, numpy.uint8).reshape(height * 3 // 2, width)
        picture = av.VideoFrame.from_ndarray(pixels, format="nv12")
        self._last = picture.pts = max(timestamp, self._last + 1)
        if key:
            picture.pict_type = PictureType.I
        packets = self._open().encode(picture)
        return b"".join(bytes(p) for p in packets), any(p.is_keyframe for p in packets)

    def _open(self) -> VideoCodecContext:
        if self._context is None:
            import av

            context = av.CodecContext.create("libx264", "w")
            context.width, context.height = self._size
            context.pix_fmt = "nv12"
            context.time_base = _MICROSECONDS
            context.framerate = self._rate
            wanted = f"keyint={self._gop}:scenecut=0:repeat-headers=1:annexb=1:threads=1"
            context.options = {
                "preset": "ultrafast",
                "tune": "zerolatency",
                "x264-params": wanted,
            }
            self._context = context
        return self._context
