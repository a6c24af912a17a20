# SPDX-License-Identifier: MIT
"""The clock on the picture, and another camera's stream as the picture."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy
import pytest

from tests.tools.virtual_camera_helpers import RunningCamera, StartCamera
from tests.waiting import wait_until
from tools.errors import UsageError
from tools.virtual_camera.clock import ClockedSource
from tools.virtual_camera.pictures import NoPicture, PictureSource, open_source

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A grey photo."""
    path = tmp_path / "grey.png"
    cv2.imwrite(str(path), numpy.full((360, 640, 3), 127, numpy.uint8))
    return path


def test_the_clock_goes_on_and_spoils_no_other_place(photo: Path) -> None:
    moments = iter([datetime(2026, 5, 1, 12, 0, second, tzinfo=UTC) for second in (0, 0, 1)])
    plain = open_source(str(photo))
    source = ClockedSource(plain, lambda: next(moments))

    first, same, later = source.frame(), source.frame(), source.frame()

    assert first is same
    assert (first.label, later.label) == ("2026-05-01 12:00:00", "2026-05-01 12:00:01")
    assert first.name == later.name == "grey.png"
    assert not numpy.array_equal(first.pixels, later.pixels)
    assert (first.pixels[30:] == 127).all()
    assert (first.pixels[:, :320] == 127).all()
    assert (plain.frame().pixels == 127).all()


def test_a_snapshot_has_the_clock_of_its_time(photo: Path) -> None:
    moments = iter([datetime(2026, 5, 1, 12, 0, second, tzinfo=UTC) for second in (0, 1)])
    source = ClockedSource(open_source(str(photo)), lambda: next(moments))

    assert source.snapshot(320, 180).jpeg != source.snapshot(320, 180).jpeg


def test_the_clock_can_be_left_out(start_camera: StartCamera, photo: Path) -> None:
    def top_right(camera: RunningCamera) -> int:
        reply = camera.get("/axis-cgi/jpg/image.cgi?resolution=640x360")
        pixels = cv2.imdecode(numpy.frombuffer(reply.content, numpy.uint8), cv2.IMREAD_COLOR)
        assert pixels is not None
        return int(pixels[:30, 320:].max())

    assert top_right(start_camera(source=str(photo))) > 200
    assert top_right(start_camera(source=str(photo), clock=False)) < 135


@pytest.fixture
def other(start_camera: StartCamera) -> RunningCamera:
    """The camera whose stream is shown."""
    return start_camera(clock=False)


@pytest.fixture
def stream(other: RunningCamera) -> Iterator[PictureSource]:
    address = other.url.replace("http://", "http://root:pass@")
    source = open_source(f"{address}/axis-cgi/mjpg/video.cgi?resolution=320x180&fps=20")
    yield source
    source.close()


def test_another_cameras_stream_is_a_source(stream: PictureSource, other: RunningCamera) -> None:
    first = stream.frame()

    assert first.pixels.shape == (180, 320, 3)
    assert first.name == f"mjpeg {other.url.removeprefix('http://')}#1"
    wait_until(lambda: not numpy.array_equal(stream.frame().pixels, first.pixels), "another frame")


def test_a_stream_comes_back_with_its_camera(
    stream: PictureSource, other: RunningCamera, start_camera: StartCamera
) -> None:
    def fails() -> bool:
        try:
            stream.frame()
        except NoPicture:
            return True
        return False

    stream.frame()
    port = int(other.url.rpartition(":")[2])
    other.stop()
    wait_until(fails, "the end of the stream")
    start_camera(clock=False, port=port)

    wait_until(lambda: not fails(), "the stream to come back")


def test_a_wrong_password_is_said(other: RunningCamera) -> None:
    address = other.url.replace("http://", "http://root:wrong@")

    with pytest.raises(NoPicture, match="HTTP 401"):
        open_source(f"{address}/axis-cgi/mjpg/video.cgi").frame()


def test_what_is_no_stream_is_said(other: RunningCamera) -> None:
    with pytest.raises(NoPicture, match="no parts"):
        open_source(f"{other.url}/virtual/status").frame()
    with pytest.raises(NoPicture, match="does not answer"):
        open_source("http://127.0.0.1:1/").frame()
    with pytest.raises(UsageError, match="no host"):
        open_source("http:///video")


def test_the_password_of_a_source_is_not_shown(camera: RunningCamera) -> None:
    source = {"source": "http://root:secret@127.0.0.1:1/video"}
    camera.request("POST", "/virtual/video", user="", json=source)

    answer = camera.request("GET", "/virtual/video", user="").json()

    assert answer == {"source": "http://127.0.0.1:1/video"}
