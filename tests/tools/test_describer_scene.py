# SPDX-License-Identifier: MIT
"""From pictures to sentences: the real detector, and the English around it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tools.describer_helpers import detector, found, jpeg, plain, street_frame
from tools.describer.detector import BadPicture, Detection, decode_jpeg
from tools.describer.scene import Scene, describe
from tools.describer.weights import fetch_model
from tools.describer.words import LABELS, counted, listed


def sentence(*detections: Detection) -> str:
    return describe([Scene(detections, brightness=120)])


def test_finds_people_and_vehicles_in_real_footage() -> None:
    frame = street_frame(200)

    scene = Scene.look_at(frame, detector().find(frame))

    assert 4 <= scene.count({"person"}) <= 10
    assert scene.count({"car"}) == 1
    assert scene.count({"truck"}) == 1
    vehicles = [d for d in scene.detections if d.label in ("car", "truck")]
    assert all(0.8 < vehicle.middle <= 1 for vehicle in vehicles)
    text = describe([scene])
    assert text.startswith("The scene is well lit and shows ")
    assert " people" in text
    assert "a truck on the right" in text


def test_frames_of_the_footage_differ() -> None:
    texts = {
        describe([Scene.look_at(frame, detector().find(frame))])
        for frame in map(street_frame, (0, 80, 160, 400, 720))
    }

    assert len(texts) >= 3


def test_finds_the_same_in_a_picture_of_another_size() -> None:
    frame = street_frame(400)
    double = np.repeat(np.repeat(frame, 2, axis=0), 2, axis=1)

    small, large = (Scene.look_at(f, detector().find(f)) for f in (frame, double))

    assert small.count({"person"}) == large.count({"person"}) == 3


def test_labels_are_those_of_the_network() -> None:
    detector()

    assert tuple(fetch_model().names.read_text().split()) == tuple(" ".join(LABELS).split())


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (plain(0), "The picture is almost black and shows no detail at all."),
        (plain(250), "The picture is very bright and shows no detail at all."),
    ],
)
def test_pictures_without_content_are_called_so(
    picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], expected: str
) -> None:
    scene = Scene.look_at(picture, detector().find(picture))

    assert scene.detections == ()
    assert describe([scene]) == expected


def test_an_empty_scene_is_not_filled_with_guesses() -> None:
    ramp = np.tile(np.linspace(40, 200, 640, dtype=np.uint8)[None, :, None], (360, 1, 3))
    ramp[..., 0] //= 2

    scene = Scene.look_at(ramp, detector().find(ramp))

    assert describe([scene]) == "The scene is well lit, and the detector recognises nothing in it."


def test_night_pictures_are_recognised() -> None:
    grey = street_frame(200).mean(axis=2, keepdims=True) * 0.5
    night = np.repeat(grey, 3, axis=2).astype(np.uint8)

    text = describe([Scene.look_at(night, detector().find(night))])

    assert text.startswith("The scene, in black and white, is dark and shows ")


def test_counts_places_and_doubts() -> None:
    text = sentence(
        *(found("person", x) for x in (0.1, 0.2, 0.3, 0.9)),
        found("bus", 0.9),
        found("knife", 0.5, confidence=0.4),
        found("knife", 0.5, confidence=0.45),
    )

    assert text == (
        "The scene is well lit and shows four people mostly on the left, a bus on the right "
        "and possibly two knives in the middle."
    )


def test_spread_objects_get_no_place() -> None:
    text = sentence(*(found("person", x) for x in (0.1, 0.5, 0.9)))

    assert text == "The scene is well lit and shows three people."


def test_of_several_pictures_the_busiest_is_told() -> None:
    quiet, busy = Scene((), 120), Scene((found("dog", 0.1),), 120)

    assert describe([quiet, busy, quiet]) == (
        "In the busiest of 3 pictures, the scene is well lit and shows a dog on the left."
    )


@pytest.mark.parametrize(
    ("label", "one", "many"),
    [
        ("person", "a person", "two people"),
        ("bus", "a bus", "two buses"),
        ("bench", "a bench", "two benches"),
        ("umbrella", "an umbrella", "two umbrellas"),
        ("aeroplane", "an airplane", "two airplanes"),
        ("motorbike", "a motorcycle", "two motorcycles"),
        ("sheep", "a sheep", "two sheep"),
        ("mouse", "a mouse", "two mice"),
        ("wine glass", "a wine glass", "two wine glasses"),
        ("skis", "a pair of skis", "two pairs of skis"),
        ("scissors", "a pair of scissors", "two pairs of scissors"),
        ("toothbrush", "a toothbrush", "two toothbrushes"),
        ("oven", "an oven", "two ovens"),
        ("tvmonitor", "a screen", "two screens"),
    ],
)
def test_words_are_english(label: str, one: str, many: str) -> None:
    assert (counted(label, 1), counted(label, 2)) == (one, many)


def test_lists_and_numbers() -> None:
    assert [counted("person", n) for n in (0, 10, 14)] == ["no people", "ten people", "14 people"]
    assert [listed(list("abc")[:n]) for n in (0, 1, 2, 3)] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a JPEG"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "not a JPEG"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "no frame header"),
        (b"\xff\xd8" + b"\xff" * 5000, "no frame header"),
        (jpeg(plain(9))[:-400], "cut off"),
    ],
)
def test_bad_pictures_are_refused(data: bytes, why: str) -> None:
    with pytest.raises(BadPicture, match=why):
        decode_jpeg(data)


def test_a_giant_picture_is_refused_before_it_is_decoded() -> None:
    small = jpeg(plain(9))
    at = small.index(b"\xff\xc0") + 5
    giant = small[:at] + b"\xff\xff\xff\xff" + small[at + 4 :]

    with pytest.raises(BadPicture, match="65535x65535"):
        decode_jpeg(giant)
