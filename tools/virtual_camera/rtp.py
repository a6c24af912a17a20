# SPDX-License-Identifier: MIT
"""RTP packets (RFC 3550) of ONVIF metadata and of JPEG pictures (RFC 2435), and sender reports."""

from __future__ import annotations

import secrets
import struct
import time
from collections.abc import Iterator

CLOCK = 90_000
"""Timestamps a second, of metadata and of video."""
PAYLOAD = 1400
"""Bytes of a packet after its header, so that it fits a datagram."""
METADATA_TYPE, JPEG_TYPE = 98, 26
_REPORT_SECONDS = 5.0
_NTP_EPOCH = 2_208_988_800
_SOF, _DQT, _DHT, _SOS, _DRI = 0xC0, 0xDB, 0xC4, 0xDA, 0xDD


class RtpSender:
    """The packets of one stream, in order."""

    def __init__(self, payload_type: int) -> None:
        self.payload_type = payload_type
        self.ssrc = secrets.randbits(32)
        self.sequence = secrets.randbits(16)
        self._start = secrets.randbits(32)
        self._packets = 0
        self._octets = 0
        self._reported = 0.0

    def timestamp(self) -> int:
        return (self._start + int(time.time() * CLOCK)) & 0xFFFFFFFF

    def packets(self, payloads: list[bytes]) -> Iterator[bytes]:
        """The packets of one document or picture; the last one has the marker."""
        timestamp = self.timestamp()
        for number, payload in enumerate(payloads, 1):
            marker = 0x80 if number == len(payloads) else 0
            kind = marker | self.payload_type
            head = struct.pack(">BBHII", 0x80, kind, self.sequence, timestamp, self.ssrc)
            self.sequence = (self.sequence + 1) & 0xFFFF
            self._packets += 1
            self._octets += len(payload)
            yield head + payload

    def report(self) -> bytes | None:
        """A sender report, which tells the time of the timestamps; None while the last is new."""
        now = time.time()
        if now - self._reported < _REPORT_SECONDS:
            return None
        self._reported = now
        seconds = int(now)
        return struct.pack(
            ">BBHIIIIII",
            *(0x80, 200, 6, self.ssrc),
            *(seconds + _NTP_EPOCH, int((now - seconds) * (1 << 32))),
            *(self.timestamp(), self._packets & 0xFFFFFFFF, self._octets & 0xFFFFFFFF),
        )


def split(document: bytes) -> list[bytes]:
    """A metadata document in pieces."""
    return [document[place : place + PAYLOAD] for place in range(0, len(document), PAYLOAD)]


def jpeg_payloads(jpeg: bytes) -> list[bytes]:
    """A baseline JPEG with the usual Huffman tables in pieces, each with its header. ValueError for
    any other JPEG, and one whose sides are no multiples of 8 up to 2040."""
    tables: dict[int, bytes] = {}
    width = height = kind = 0
    place = 2
    while True:
        marker, length = struct.unpack_from(">xBH", jpeg, place)
        part = jpeg[place + 4 : place + 2 + length]
        place += 2 + length
        if marker == _DQT:
            tables |= _tables(part)
        elif marker == _SOF:
            kind, width, height = _frame(part)
        elif marker == _DRI or (marker in range(0xC1, 0xD0) and marker != _DHT):
            raise ValueError("this JPEG cannot be sent as RTP")
        elif marker == _SOS:
            break
    if not kind or len(tables) != 2 or any(side % 8 or side > 2040 for side in (width, height)):
        raise ValueError("this JPEG cannot be sent as RTP")
    quantization = struct.pack(">BBH", 0, 0, 128) + tables[0] + tables[1]
    scan = jpeg[place:].removesuffix(b"\xff\xd9")
    return list(_pieces(scan, quantization, kind - 1, width // 8, height // 8))


def _pieces(
    scan: bytes, quantization: bytes, kind: int, width: int, height: int
) -> Iterator[bytes]:
    offset = 0
    while offset < len(scan):
        extra = b"" if offset else quantization
        size = PAYLOAD - 8 - len(extra)
        head = struct.pack(">IBBBB", offset, kind, 255, width, height)
        yield head + extra + scan[offset : offset + size]
        offset += size


def _tables(part: bytes) -> dict[int, bytes]:
    found = {}
    for place in range(0, len(part) - 64, 65):
        if part[place] > 1:
            raise ValueError("this JPEG has other quantization tables than two of 8 bits")
        found[part[place]] = part[place + 1 : place + 65]
    return found


def _frame(part: bytes) -> tuple[int, int, int]:
    """Kind (1 for 4:2:2, 2 for 4:2:0), width and height."""
    height, width, components = struct.unpack_from(">xHHB", part)
    sampling = part[7] if components == 3 else 0
    return {0x21: 1, 0x22: 2}.get(sampling, 0), width, height
