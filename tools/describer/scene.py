# SPDX-License-Identifier: MIT
"""What was found in a picture, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from tools.describer.detector import Detection, Pixels
from tools.describer.words import counted, listed

SURE = 0.5  # a group whose best find is below this is called possible
PERSONS = frozenset({"person"})
VEHICLES = frozenset({"bicycle", "car", "motorbike", "aeroplane", "bus", "train", "truck", "boat"})
ANIMALS = frozenset(
    {"bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"}
)

_LIGHT = ((25, "almost black"), (60, "dark"), (90, "dimly lit"), (190, "well lit"), (235, "bright"))
_FEATURELESS = 4.0  # standard deviation of the brightness (0..255) of a picture without content
_COLOURLESS = 3.0  # mean difference between the colour channels (0..255) in night mode


@dataclass(frozen=True)
class Scene:
    """One picture: what was found in it, its mean brightness (0..255) and its kind.

    `plain`: one single tone all over, as from a covered or dead sensor.
    `night`: black and white, as from a camera in night mode.
    """

    detections: tuple[Detection, ...]
    brightness: float
    plain: bool = False
    night: bool = False

    @classmethod
    def look_at(cls, picture: Pixels, detections: tuple[Detection, ...]) -> Scene:
        """The scene of a picture (height x width x 3, BGR) and what was found in it."""
        small = cv2.resize(picture, (160, 120), interpolation=cv2.INTER_AREA).astype(np.float32)
        grey = small.mean(axis=2)
        colour = small.max(axis=2) - small.min(axis=2)
        return cls(
            detections,
            brightness=float(grey.mean()),
            plain=float(grey.std()) < _FEATURELESS and not detections,
            night=float(colour.mean()) < _COLOURLESS and float(grey.mean()) >= _LIGHT[0][0],
        )

    @property
    def light(self) -> str:
        """The light level in words: "almost black" ... "very bright"."""
        return next((word for limit, word in _LIGHT if self.brightness < limit), "very bright")

    def count(self, labels: Iterable[str]) -> int:
        """How many objects of these labels were found."""
        wanted = frozenset(labels)
        return sum(detection.label in wanted for detection in self.detections)

    def name_all(self, labels: Iterable[str]) -> str:
        """The objects of these labels as a list in words; "none" without any."""
        wanted = frozenset(labels)
        groups = [group for group in self.groups if group.label in wanted]
        return listed([counted(group.label, group.count) for group in groups]) or "none"

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Finds of one label together: what is sure first, then what there is most of."""
        by_label: dict[str, list[Detection]] = {}
        for detection in self.detections:
            by_label.setdefault(detection.label, []).append(detection)
        groups = [Group(label, tuple(finds)) for label, finds in by_label.items()]
        return tuple(sorted(groups, key=lambda g: (not g.sure, -g.count, -g.confidence)))


@dataclass(frozen=True)
class Group:
    """All finds of one label in a scene."""

    label: str
    finds: tuple[Detection, ...] = field(repr=False)

    @property
    def count(self) -> int:
        return len(self.finds)

    @property
    def confidence(self) -> float:
        """That of its best find."""
        return max(find.confidence for find in self.finds)

    @property
    def sure(self) -> bool:
        return self.confidence >= SURE

    @property
    def place(self) -> str:
        """Where most of them are; empty when they are spread."""
        thirds = [min(2, int(find.middle * 3)) for find in self.finds]
        for third, words in enumerate(("on the left", "in the middle", "on the right")):
            there = thirds.count(third)
            if there == len(thirds):
                return words
            if there * 3 >= len(thirds) * 2:
                return f"mostly {words}"
        return ""

    @property
    def phrase(self) -> str:
        """Number, name and place: "possibly two dogs on the left"."""
        words = ["" if self.sure else "possibly", counted(self.label, self.count), self.place]
        return " ".join(word for word in words if word)


def describe(scenes: Sequence[Scene]) -> str:
    """One English sentence on a scene; of several pictures of it, on the one that shows most."""
    best = max(scenes, key=lambda scene: len(scene.detections))
    many = "" if len(scenes) == 1 else f"In the busiest of {len(scenes)} pictures, "
    the = "the" if many else "The"
    if all(scene.plain for scene in scenes):
        return f"{many}{the} picture is {best.light} and shows no detail at all."
    scene = f"{many}{the} scene{', in black and white,' if best.night else ''} is {best.light}"
    if not best.groups:
        return f"{scene}, and the detector recognises nothing in it."
    return f"{scene} and shows {listed([group.phrase for group in best.groups])}."
