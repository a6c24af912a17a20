# SPDX-License-Identifier: MIT
"""Picture sources: names tell the truth, time follows the clock, sizes are exact."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy
import pytest
from numpy.typing import NDArray
from PIL import Image

from tools.errors import UsageError
from tools.virtual_camera.pattern import CODE_CELL, CODE_CELLS
from tools.virtual_camera.picture_sources import VideoSource
from tools.virtual_camera.pictures import (
    NoPicture,
    Picture,
    PictureSource,
    SnapshotLog,
    draw,
    fit,
    open_source,
)
from tools.virtual_camera.pixel_frame import PixelFrame
from tools.virtual_camera.video_frames import make_frame, parse_settings

Pixels = NDArray[Any]
FRAMES, RATE = 150, 10.0


class Clock:
    """A clock that stands until a test moves it; seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def decode(picture: Picture) -> Pixels:
    pixels = cv2.imdecode(numpy.frombuffer(picture.jpeg, numpy.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels


def read_code(pixels: Pixels, cells: int, cell: int) -> int:
    """The number that black and white cells at the bottom left show."""
    row = pixels.shape[0] - cell // 2
    bits = [int(pixels[row, position * cell + cell // 2].mean() > 127) for position in range(cells)]
    return int("".join(map(str, bits)), 2)


def write_video(path: Path, frames: int = FRAMES, codec: str = "MJPG") -> None:
    """A video whose frames carry their number as 8 cells of 16 pixels."""
    size = (160, 120)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), RATE, size)
    assert writer.isOpened()
    for number in range(frames):
        pixels = numpy.full((120, 160, 3), 90, numpy.uint8)
        cv2.circle(pixels, (number % 160, 40), 20, (0, 200, 0), -1)
        for cell in range(8):
            colour = (255, 255, 255) if number >> (7 - cell) & 1 else (0, 0, 0)
            cv2.rectangle(pixels, (cell * 16, 104), (cell * 16 + 15, 119), colour, -1)
        writer.write(pixels)
    writer.release()


@pytest.fixture(scope="module", params=["MJPG", "mp4v"])
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    ending = {"MJPG": "avi", "mp4v": "mp4"}[request.param]
    path = tmp_path_factory.mktemp("video") / f"clip.{ending}"
    write_video(path, codec=request.param)
    return path


def shown_number(source: PictureSource) -> tuple[int, int]:
    """The number in the name and the one that the pixels show."""
    frame = source.frame()
    return int(frame.name.partition("#")[2]), read_code(frame.pixels, 8, 16)


def test_names_of_video_frames_are_true_however_one_gets_there(video: Path) -> None:
    clock = Clock()
    source = open_source(str(video), clock)
    seconds = [0.0, 0.1, 0.1, 0.35, 5.0, 5.2, 14.9, 15.0, 15.4, 27.3, 29.9, 30.1, 61.7, 1000.3]

    for moment in seconds:
        clock.now = 1000.0 + moment + 0.01
        named, shown = shown_number(source)
        assert named == shown == int((moment + 0.01) * RATE) % FRAMES


def test_names_are_true_without_jumping(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    source = open_source(str(video), clock)
    monkeypatch.setattr(source, "_can_jump", False)

    for moment in (0.05, 7.05, 14.95, 15.15, 3.05, 200.05):
        clock.now = 1000.0 + moment
        named, shown = shown_number(source)
        assert named == shown == int(moment * RATE) % FRAMES


def test_a_file_whose_times_lie_is_counted(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    source = open_source(str(video), clock)
    assert isinstance(source, VideoSource)
    monkeypatch.setattr(source, "_time_says", lambda number: False)

    clock.now += 9.05
    assert shown_number(source) == (90, 90)
    clock.now += 9.0
    assert shown_number(source) == (30, 30)


def test_a_file_that_ends_too_soon_loops_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "short.avi"
    write_video(path, 20)
    clock = Clock()
    source = open_source(str(path), clock)
    source._count = 60  # type: ignore[attr-defined]

    clock.now += 4.55
    assert shown_number(source) == (45 % 20, 45 % 20)


def test_a_video_that_is_cut_off_still_plays(tmp_path: Path) -> None:
    path = tmp_path / "cut.avi"
    write_video(path, 60)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    clock = Clock()
    source = open_source(str(path), clock)

    for moment in (0.05, 2.05, 5.05, 8.05, 30.05):
        clock.now = 1000.0 + moment
        named, shown = shown_number(source)
        assert named == shown < 60


def test_the_pattern_tells_its_number() -> None:
    clock = Clock()
    source = open_source("pattern", clock)

    for moment in (0.0, 0.15, 17.25, 90000.05):
        clock.now = 1000.0 + moment
        frame = source.frame()
        number = int(moment * 10 + 1e-6)
        assert frame.name == f"pattern#{number}"
        assert read_code(frame.pixels, CODE_CELLS, CODE_CELL) == number


def test_photos_take_turns(tmp_path: Path) -> None:
    for name, level in (("b.png", 200), ("a.png", 50), ("notes.txt", 0)):
        path = tmp_path / name
        if name.endswith(".png"):
            cv2.imwrite(str(path), numpy.full((10, 10, 3), level, numpy.uint8))
        else:
            path.write_text("no photo")
    clock = Clock()
    source = open_source(str(tmp_path), clock)

    seen = []
    for _ in range(3):
        frame = source.frame()
        seen.append((frame.name, int(frame.pixels[0, 0, 0])))
        clock.now += 2.0

    assert seen == [("a.png", 50), ("b.png", 200), ("a.png", 50)]


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "webp", "16-bit png", "cut jpg"])
def test_photos_of_every_kind_have_their_colours(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"photo.{ending.split()[-1]}"
    pixels = numpy.full((48, 64, 3), (200, 100, 50), numpy.uint8)
    deep = pixels.astype(numpy.uint16) * 257
    assert cv2.imwrite(str(path), deep if ending == "16-bit png" else pixels)
    if ending == "cut jpg":
        path.write_bytes(path.read_bytes()[:-40])

    frame = open_source(str(path), Clock()).frame()

    assert frame.pixels.shape == (48, 64, 3)
    assert frame.pixels[4, 4].tolist() == pytest.approx([200, 100, 50], abs=6)


def test_a_photo_is_shown_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 48), (255, 255, 255))
    image.paste((0, 0, 0), (0, 0, 64, 8))
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held so that the first row is on the right
    image.save(tmp_path / "photo.jpg", exif=turned)

    pixels = open_source(str(tmp_path / "photo.jpg"), Clock()).frame().pixels

    assert pixels.shape == (64, 48, 3)
    assert pixels[:, 45].max() < 40
    assert pixels[:, 20].min() > 215


def test_a_photo_that_vanishes_is_no_picture(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), numpy.zeros((4, 4, 3), numpy.uint8))
    source = open_source(str(tmp_path / "a.png"), Clock())
    (tmp_path / "a.png").unlink()

    with pytest.raises(NoPicture, match=r"a\.png"):
        source.frame()


def make_folder(path: Path) -> None:
    path.mkdir()


def make_text(path: Path) -> None:
    path.write_text("not a video")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "no such file"),
        (make_folder, "no photos"),
        (make_text, "not a video"),
    ],
)
def test_a_bad_source_is_refused(tmp_path: Path, make: Callable[[Path], None], reason: str) -> None:
    path = tmp_path / "source"
    make(path)

    with pytest.raises(UsageError, match=reason) as refused:
        open_source(str(path))

    assert refused.value.cure


@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (320, 320), (17, 99), (1920, 1080)])
def test_snapshots_have_the_size_that_was_asked_for(size: tuple[int, int]) -> None:
    picture = open_source("pattern", Clock()).snapshot(*size)

    pixels = decode(picture)
    assert (pixels.shape[1], pixels.shape[0]) == size == (picture.width, picture.height)


def test_a_different_shape_gets_bars_and_nothing_is_lost() -> None:
    pixels = numpy.full((100, 100, 3), 255, numpy.uint8)

    wide = fit(pixels, 200, 100)

    assert wide.shape == (100, 200, 3)
    assert (wide[:, 50:150] == 255).all()
    assert (wide[:, :49] == 0).all()
    assert (wide[:, 151:] == 0).all()


def test_the_same_frame_is_encoded_once() -> None:
    clock = Clock()
    source = open_source("pattern", clock)
    first = source.snapshot(320, 180)

    assert source.snapshot(320, 180) is first
    assert source.snapshot(640, 360).name == first.name
    assert source.snapshot(320, 180) is first
    clock.now += 0.2
    assert source.snapshot(320, 180).name != first.name


def test_apps_get_what_was_encoded_for_clients() -> None:
    clock = Clock()
    source = open_source("pattern", clock)
    first = source.snapshot(320, 180)
    plain = {"width": 320, "height": 180}

    assert frame_for_app(source, plain) is first
    for different in ({"rotation": 180}, {"horizontal_flip": True}, {"monochrome": True}):
        assert frame_for_app(source, plain | different).jpeg != first.jpeg
    assert frame_for_app(source, plain | {"compression": 80}).jpeg != first.jpeg
    assert frame_for_app(source, plain) is first
    clock.now += 0.2
    assert frame_for_app(source, plain).name != first.name


@pytest.mark.parametrize(
    "size", [(1280, 720), (640, 360), (320, 180), (800, 450), (1920, 1080), (640, 480), (400, 1000)]
)
def test_both_ways_of_scaling_give_the_same_picture(size: tuple[int, int]) -> None:
    drawn = open_source("pattern", Clock()).frame()
    pixels = PixelFrame(drawn.pixels, drawn.name)

    ours, theirs = (decode(draw(frame, *size, 90)) for frame in (drawn, pixels))

    assert ours.shape == theirs.shape == (size[1], size[0], 3)
    difference = numpy.abs(ours.astype(int) - theirs)
    assert difference.mean() < 2
    assert (difference > 60).mean() < 0.01


def test_a_marked_frame_differs_at_the_top_right_alone() -> None:
    plain = open_source("pattern", Clock()).frame()

    first, second = plain.marked("2026-05-01 12:00:00"), plain.marked("2026-05-01 12:00:01")
    again = first.marked("x")

    assert (first.name, first.label) == (plain.name, "2026-05-01 12:00:00")
    different = (first.pixels != plain.pixels).any(axis=2)
    assert different[:60, 640:].mean() > 0.1
    assert not different[60:].any()
    assert not different[:, :640].any()
    assert not numpy.array_equal(first.pixels, second.pixels)
    assert not numpy.array_equal(first.pixels, again.pixels)


def frame_for_app(source: PictureSource, given: dict[str, Any]) -> Picture:
    """The picture that an app gets as a snapshot with these settings."""
    made = make_frame(source, parse_settings(given, snapshot=True))
    assert isinstance(made, Picture)
    return made


def test_many_threads_get_true_names(video: Path) -> None:
    clock = Clock()
    source = open_source(str(video), clock)
    wrong: list[tuple[int, int]] = []

    def look() -> None:
        for _ in range(25):
            clock.now += 0.07
            named, shown = shown_number(source)
            if named != shown:
                wrong.append((named, shown))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_closed_source_says_so(video: Path) -> None:
    source = open_source(str(video), Clock())
    source.close()

    with pytest.raises(NoPicture, match="closed"):
        source.frame()


def test_the_log_keeps_the_last_ones() -> None:
    log = SnapshotLog()
    for number in range(230):
        log.add(Picture(f"jpeg {number}".encode(), f"clip#{number}", 640, 360), "vdo")

    entries = log.list()
    last = entries[-1]

    assert [entry.sequence for entry in entries] == list(range(31, 231))
    assert last.sha256 == hashlib.sha256(b"jpeg 229").hexdigest()
    assert (last.name, last.width, last.height, last.client) == ("clip#229", 640, 360, "vdo")
    assert last.at.endswith("+00:00")
    assert log.jpeg(last.sha256) == b"jpeg 229"
    assert log.jpeg(entries[-51].sha256) is None
    assert log.jpeg("0" * 64) is None


def test_frames_of_streams_push_no_snapshot_out_of_the_log() -> None:
    log = SnapshotLog()
    snapshot = log.add(Picture(b"snapshot", "clip#0", 640, 360), "vdo")
    for number in range(1, 301):
        frame = Picture(f"frame {number}".encode(), f"clip#{number}", 640, 360)
        last = log.add(frame, "vdo", streamed=True)

    entries = log.list()

    assert entries[0] == snapshot
    assert log.jpeg(snapshot.sha256) == b"snapshot"
    assert [entry.sequence for entry in entries[1:]] == list(range(252, 302))
    assert log.jpeg(last.sha256) == b"frame 300"
