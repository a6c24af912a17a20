# SPDX-License-Identifier: MIT
"""What is in a picture: YOLOv3-tiny run by OpenCV on the CPU.

The network knows the 80 classes of COCO and nothing else. It is good at street scenes; on other
pictures it is often wrong, which is why what it is not sure of is marked so further on.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.describer.weights import ModelFiles
from tools.errors import SetupError

Pixels = NDArray[np.uint8]  # height x width x 3, BGR

MIN_CONFIDENCE = 0.35  # below this a find is noise more often than not on street footage
_OVERLAP = 0.45  # boxes of one class that share more than this are one object
_SIZE = 416  # the network's input, pixels a side
_MAX_PIXELS = 64_000_000
_SOF_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class BadPicture(ValueError):
    """Bytes that are no JPEG, or one that cannot be used; str() says why."""


@dataclass(frozen=True)
class Detection:
    """One object: its COCO label, confidence (0..1) and box as fractions of the picture."""

    label: str
    confidence: float
    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The middle of the box, 0 at the picture's left edge and 1 at its right."""
        return self.left + self.width / 2


def decode_jpeg(data: bytes) -> Pixels:
    """The pixels of a JPEG. Raises BadPicture for anything else, a cut or a giant one."""
    width, height = _jpeg_size(data)
    if width * height > _MAX_PIXELS:
        raise BadPicture(f"the picture is {width}x{height}; at most 64 million pixels are read")
    if b"\xff\xd9" not in data[-4096:]:
        raise BadPicture("the JPEG is cut off: it has no end marker")
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise BadPicture("the JPEG cannot be decoded")
    return pixels.astype(np.uint8, copy=False)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height from the frame header (ITU-T T.81, B.2.2), before anything is decoded."""
    if not data.startswith(b"\xff\xd8"):
        raise BadPicture("not a JPEG")
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _SOF_MARKERS:
            height, width = (int.from_bytes(data[at + i : at + i + 2], "big") for i in (5, 7))
            if width and height:
                return width, height
            break
        fill = marker == 0xFF
        at += 1 if fill else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise BadPicture("the JPEG has no frame header: it is cut off or damaged")


class Detector:
    """`workers` copies of the network; any thread may call `find`, at most `workers` at once."""

    def __init__(self, files: ModelFiles, workers: int = 1) -> None:
        cv2.setNumThreads(1)  # parallel pictures use the cores better than parallel layers
        self._labels = files.names.read_text().split("\n")
        self._networks: queue.SimpleQueue[cv2.dnn.Net] = queue.SimpleQueue()
        for _ in range(workers):
            try:
                network = cv2.dnn.readNetFromDarknet(str(files.network), str(files.weights))
            except (cv2.error, AttributeError) as error:  # OpenCV 5 has no Darknet reader
                raise SetupError(
                    f"OpenCV {cv2.__version__} cannot read the detector: {error}",
                    "install the locked packages (opencv-python-headless below 5)",
                ) from error
            network.enableWinograd(False)  # would be a quarter faster, for 200 MB more a copy
            self._networks.put(network)

    def warm(self) -> None:
        """Run each copy once: the first run allocates and takes several times as long."""
        blank = np.zeros((_SIZE, _SIZE, 3), np.uint8)
        for _ in range(self._networks.qsize()):
            self.find(blank)

    def find(self, picture: Pixels) -> tuple[Detection, ...]:
        """All objects in the picture, the surest first."""
        blob = cv2.dnn.blobFromImage(picture, 1 / 255, (_SIZE, _SIZE), swapRB=True)
        with self._network() as network:
            network.setInput(blob)
            outputs = network.forward(network.getUnconnectedOutLayersNames())
        rows = np.vstack(outputs).astype(np.float32)
        classes = rows[:, 5:].argmax(axis=1)
        scores = rows[:, 5:].max(axis=1)
        sure = scores >= MIN_CONFIDENCE
        if not sure.any():
            return ()
        boxes = _corners(rows[sure, :4])
        labels, scores = classes[sure], scores[sure]
        kept = cv2.dnn.NMSBoxesBatched(
            [[round(side * 10_000) for side in box] for box in boxes],  # it takes whole numbers
            scores.tolist(),
            labels.tolist(),
            MIN_CONFIDENCE,
            _OVERLAP,
        )
        found = [Detection(self._labels[labels[i]], float(scores[i]), *boxes[i]) for i in kept]
        return tuple(sorted(found, key=lambda detection: -detection.confidence))

    @contextmanager
    def _network(self) -> Iterator[cv2.dnn.Net]:
        network = self._networks.get()
        try:
            yield network
        finally:
            self._networks.put(network)


def _corners(rows: NDArray[np.float32]) -> list[tuple[float, float, float, float]]:
    """(middle x, middle y, width, height) rows as (left, top, width, height) within 0..1."""
    boxes = []
    for x, y, width, height in rows.tolist():
        left, top = max(0.0, x - width / 2), max(0.0, y - height / 2)
        right, bottom = min(1.0, x + width / 2), min(1.0, y + height / 2)
        boxes.append((left, top, right - left, bottom - top))
    return boxes
