# SPDX-License-Identifier: MIT
"""English for what the detector knows: names, plurals, articles, numbers and lists."""

from __future__ import annotations

from collections.abc import Sequence

_COCO = (
    "person,bicycle,car,motorbike,aeroplane,bus,train,truck,boat,traffic light,fire hydrant,"
    "stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,"
    "backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,"
    "baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,"
    "banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,sofa,pottedplant,"
    "bed,diningtable,toilet,tvmonitor,laptop,mouse,remote,keyboard,cell phone,microwave,oven,"
    "toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"
)
LABELS = tuple(_COCO.split(","))

# Darknet's spelling of COCO's classes, where people write another.
_NAMES = {
    "aeroplane": "airplane",
    "cell phone": "mobile phone",
    "diningtable": "dining table",
    "hair drier": "hair dryer",
    "motorbike": "motorcycle",
    "pottedplant": "potted plant",
    "tvmonitor": "screen",
}
_PLURALS = {
    "knife": "knives",
    "mouse": "mice",
    "person": "people",
    "sheep": "sheep",
    "skis": "pairs of skis",
    "scissors": "pairs of scissors",
    "broccoli": "pieces of broccoli",
}
_ONE = {
    "skis": "a pair of skis",
    "scissors": "a pair of scissors",
    "broccoli": "a piece of broccoli",
}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def name_of(label: str) -> str:
    """The everyday name of a COCO label."""
    return _NAMES.get(label, label)


def plural_of(name: str) -> str:
    """The plural of an everyday name."""
    if name in _PLURALS:
        return _PLURALS[name]
    return name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")


def counted(label: str, count: int) -> str:
    """`count` of a thing in words: "a bus", "two people", "14 cars", "no dogs"."""
    name = name_of(label)
    if count == 1:
        return _ONE.get(name, f"{'an' if name[0] in 'aeio' or name == 'umbrella' else 'a'} {name}")
    return f"{NUMBERS[count] if count < len(NUMBERS) else count} {plural_of(name)}"


def listed(parts: Sequence[str]) -> str:
    """The parts as a list: "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
