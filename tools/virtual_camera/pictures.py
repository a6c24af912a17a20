# SPDX-License-Identifier: MIT
"""What the camera sees: a video file, photos, or a test pattern, and what was taken of it.

Time in a source follows the clock and starts again at the end. A picture's name says what it really
shows: "clip.avi#212" (frame 212, from 0), "gate.jpg", "pattern#17". What decodes, scales and
encodes (`drawn_frame`, `pixel_frame`) is loaded when the first picture is made.
"""

from __future__ import annotations

import hashlib
import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tools.errors import ToolError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[Any]

PATTERN = "pattern"
PHOTO_SECONDS = 2.0
DEFAULT_QUALITY = 85
_PHOTO_ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
_KEPT_SNAPSHOTS, _KEPT_JPEGS = 200, 50
_KEPT_FRAMES, _KEPT_FRAME_JPEGS = 50, 10
_KEPT_SIZES = 8
CLOCK_HEIGHT = 0.035
"""of the text on a picture, as part of the picture's height"""
_Wanted = tuple[int, int, int]
"""width, height and quality"""
Clock = Callable[[], float]


class NoPicture(ToolError):
    """The source has no picture to give, as when a photo was removed."""


class Frame(Protocol):
    """A picture as the source has it. What makes it knows best how to scale and to encode it."""

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> str:
        """What is written on it, such as the time."""

    @property
    def pixels(self) -> Pixels:
        """height x width x 3, 8 bits, blue green red. Do not write."""

    def jpeg(self, width: int, height: int, quality: int) -> bytes:
        """As a JPEG of exactly this size, with bars where it does not fit."""

    def marked(self, text: str) -> Frame:
        """The frame with `text`, its label, at the top right."""


@dataclass(frozen=True)
class Picture:
    """A JPEG and what it shows; width and height in pixels."""

    jpeg: bytes
    name: str
    width: int
    height: int

    @cached_property
    def sha256(self) -> str:
        """Of the JPEG bytes, in hex."""
        return hashlib.sha256(self.jpeg).hexdigest()


class PictureSource(ABC):
    """Gives the picture of this moment. Any thread may ask; decoding happens in the caller's."""

    frame_rate: float
    """frames a second"""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: tuple[tuple[str, str], dict[_Wanted, Picture]] = ("", ""), {}
        """a frame, and what was made of it"""

    def frame(self) -> Frame:
        """The frame of this moment. NoPicture when it cannot be read."""
        with self._lock:
            return self._read()

    def snapshot(self, width: int, height: int, quality: int = DEFAULT_QUALITY) -> Picture:
        """The frame of this moment as a JPEG of exactly this size, with bars where it does not fit.

        The size must be positive, `quality` is 1 to 100. NoPicture when the source cannot be read.
        """
        frame = self.frame()
        which, wanted = (frame.name, frame.label), (width, height, quality)
        latest, made = self._latest
        if latest != which:
            made = {}
            self._latest = which, made
        picture = made.get(wanted)
        if picture is None:
            picture = draw(frame, width, height, quality)
            if len(made) >= _KEPT_SIZES:
                made.clear()
            made[wanted] = picture
        return picture

    def close(self) -> None:
        """Release the file; asking for a picture afterwards raises NoPicture."""
        with self._lock:
            self._close()

    @abstractmethod
    def _read(self) -> Frame:
        """The frame of this moment, with the lock held."""

    def _close(self) -> None:
        return


def open_source(spec: str, clock: Clock = time.monotonic) -> PictureSource:
    """Open a video file, a photo, a folder of photos, "pattern", or the address of another camera's
    MJPEG stream. UsageError when it is none."""
    if spec == PATTERN:
        from tools.virtual_camera.pattern import PatternSource

        return PatternSource(clock)
    if spec.startswith(("http://", "https://")):
        from tools.virtual_camera.mjpeg_source import MjpegSource

        return MjpegSource(spec)
    path = Path(spec)
    if path.is_dir():
        photos = sorted(p for p in path.iterdir() if p.suffix.lower() in _PHOTO_ENDINGS)
        if not photos:
            raise UsageError(f"{spec}: no photos in this folder", "put .jpg or .png files there")
        return _photo_source(photos, clock)
    if not path.is_file():
        raise UsageError(f"{spec}: no such file or folder", "a video, photos, or `pattern`")
    if path.suffix.lower() in _PHOTO_ENDINGS:
        return _photo_source([path], clock)
    from tools.virtual_camera.picture_sources import VideoSource  # loads OpenCV

    return VideoSource(path, clock)


def _photo_source(photos: list[Path], clock: Clock) -> PictureSource:
    from tools.virtual_camera.photo_source import PhotoSource

    return PhotoSource(photos, PHOTO_SECONDS, clock)


def fit(pixels: Pixels, width: int, height: int) -> Pixels:
    """Scale to this size as a whole, centred, with black bars where the shape differs."""
    import numpy

    from tools.virtual_camera.opencv import cv2

    rows, columns = pixels.shape[:2]
    if (columns, rows) == (width, height):
        return pixels
    inner = inner_size((columns, rows), (width, height))
    method = cv2.INTER_AREA if inner < (columns, rows) else cv2.INTER_LINEAR
    scaled = cv2.resize(pixels, inner, interpolation=method)
    if inner == (width, height):
        return scaled
    canvas = numpy.zeros((height, width, 3), numpy.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = scaled
    return canvas


def inner_size(size: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int]:
    """Width and height of a picture of `size` that is scaled as a whole to fit into `wanted`."""
    scale = min(wanted[0] / size[0], wanted[1] / size[1])
    return (
        min(wanted[0], max(1, round(size[0] * scale))),
        min(wanted[1], max(1, round(size[1] * scale))),
    )


def draw(frame: Frame, width: int, height: int, quality: int) -> Picture:
    """The frame as a JPEG of this size."""
    return Picture(frame.jpeg(width, height, quality), frame.name, width, height)


def encode(pixels: Pixels, quality: int = DEFAULT_QUALITY) -> bytes:
    """The pixels as a JPEG."""
    from tools.virtual_camera.opencv import cv2

    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise NoPicture("the picture cannot be encoded")
    return data.tobytes()


@dataclass(frozen=True)
class Snapshot:
    """A picture that an app ("vdo") or a client ("image.cgi") got; `at` is UTC, ISO 8601.

    `timestamp` is what VDO says of when it was captured, in microseconds since boot; 0 for clients.
    """

    sequence: int
    sha256: str
    name: str
    width: int
    height: int
    at: str
    client: str
    timestamp: int

    def to_json(self) -> dict[str, object]:
        fields = asdict(self)
        return {**fields, "timestampUs": fields.pop("timestamp")}


class SnapshotLog:
    """The last 200 pictures that somebody got, and the bytes of the last 50. Any thread.

    Frames of streams, which come fast, have a place of their own, of 50 and 10: they never push out
    a snapshot.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._single = _Shelf(_KEPT_SNAPSHOTS, _KEPT_JPEGS)
        self._streamed = _Shelf(_KEPT_FRAMES, _KEPT_FRAME_JPEGS)
        self._last = 0

    def add(
        self, picture: Picture, client: str, *, timestamp: int = 0, streamed: bool = False
    ) -> Snapshot:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._lock:
            self._last += 1
            snapshot = Snapshot(
                self._last,
                picture.sha256,
                picture.name,
                picture.width,
                picture.height,
                at,
                client,
                timestamp,
            )
            (self._streamed if streamed else self._single).put(snapshot, picture.jpeg)
        return snapshot

    def list(self) -> list[Snapshot]:
        """Oldest first."""
        with self._lock:
            every = [*self._single.snapshots, *self._streamed.snapshots]
        return sorted(every, key=lambda snapshot: snapshot.sequence)

    def jpeg(self, sha256: str) -> bytes | None:
        """The bytes of a picture that is still kept."""
        with self._lock:
            return self._single.jpegs.get(sha256) or self._streamed.jpegs.get(sha256)


class _Shelf:
    def __init__(self, snapshots: int, jpegs: int) -> None:
        self.snapshots: deque[Snapshot] = deque(maxlen=snapshots)
        self.jpegs: OrderedDict[str, bytes] = OrderedDict()
        self._kept = jpegs

    def put(self, snapshot: Snapshot, jpeg: bytes) -> None:
        self.snapshots.append(snapshot)
        self.jpegs[snapshot.sha256] = jpeg
        self.jpegs.move_to_end(snapshot.sha256)
        if len(self.jpegs) > self._kept:
            self.jpegs.popitem(last=False)
