# SPDX-License-Identifier: MIT
"""Typed questions: what is known is answered, what is not known is never invented."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.describer_helpers import found
from tools.describer.questions import CannotAnswer, answer_all
from tools.describer.scene import Scene

STREET = Scene(
    (*[found("person", x) for x in (0.1, 0.2, 0.3)], found("car", 0.9), found("bicycle", 0.5)),
    brightness=120,
)
EMPTY = Scene((), brightness=40)
SENTENCE = (
    "The scene is well lit and shows three people on the left, a car on the right and a bicycle "
    "in the middle."
)


def ask(text: str, *types: str, scene: Scene = STREET, **more: Any) -> Any:
    """The answer to one question, whose property is called `asked`."""
    part = {"type": list(types) if len(types) > 1 else types[0], "description": text, **more}
    return answer_all({"properties": {"asked": part}}, "", [scene])["asked"]


@pytest.mark.parametrize(
    ("text", "in_street", "in_empty"),
    [
        ("Is a person present?", True, False),
        ("Is anybody there?", True, False),
        ("Is nobody in the picture?", False, True),
        ("Are there no people or vehicles?", False, True),
        ("Are there vehicles?", True, False),
        ("Are there animals?", False, False),
        ("Do you see a dog or a person?", True, False),
        ("Do you see a dog and a person?", False, False),
        ("Are people, cars and bikes visible?", True, False),
        ("Are there at least 3 people?", True, False),
        ("Are there more than three people?", False, False),
        ("Is there a traffic light?", False, False),
    ],
)
def test_presence(text: str, in_street: bool, in_empty: bool) -> None:
    assert ask(text, "boolean") is in_street
    assert ask(text, "boolean", scene=EMPTY) is in_empty


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("How many people are in the scene?", 3),
        ("number of vehicles", 2),
        ("People and vehicles in total", 5),
        ("dogs", 0),
    ],
)
def test_counts(text: str, number: int) -> None:
    assert ask(text, "integer") == number
    assert ask(text, "number") == number


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Which vehicles are visible?", "a car and a bicycle"),
        ("List the animals", "none"),
        ("How is the lighting?", "well lit"),
        ("Describe the scene", SENTENCE),
    ],
)
def test_texts(text: str, answer: str) -> None:
    assert ask(text, "string") == answer


@pytest.mark.parametrize(
    "text",
    [
        "Is the door open?",
        "Is a person wearing a helmet?",
        "Is the person running?",
        "Is the car orange?",
        "Is a person on a bicycle?",
        "Is the traffic light on?",
        "Is exactly one person there?",
        "How many people?",
        "Is a child present?",
        "",
    ],
)
def test_what_it_cannot_know_stays_open(text: str) -> None:
    assert ask(text, "boolean", "null") is None
    assert ask(text, "boolean") is False


def test_a_question_forced_to_false_is_named_in_the_description() -> None:
    schema = {
        "properties": {
            "doorOpen": {"type": "boolean"},
            "description": {"type": "string"},
            "personPresent": {"type": "boolean"},
        }
    }

    answers = answer_all(schema, "", [STREET])

    assert answers == {
        "doorOpen": False,
        "description": f"{SENTENCE} Not answered: doorOpen.",
        "personPresent": True,
    }


@pytest.mark.parametrize("kind", ["integer", "number", "string", "array", "object"])
def test_where_neither_null_nor_false_fits_it_refuses(kind: str) -> None:
    with pytest.raises(CannotAnswer, match="cannot answer asked; allow null"):
        ask("What does the sign say?", kind)


def test_the_schema_limits_the_answer() -> None:
    assert ask("How many people?", "integer", maximum=3) == 3
    with pytest.raises(CannotAnswer):
        ask("How many people?", "integer", maximum=2)
    assert ask("Which vehicles?", "string", "null", enum=["car", "truck", None]) is None


def test_a_question_is_found_in_property_prompt_or_name() -> None:
    schema = {"properties": {"q1": {"type": "integer"}, "vehicleCount": {"type": "integer"}}}

    answers = answer_all(schema, "Answer these.\n- q1 (integer): How many people?\n", [STREET])

    assert answers == {"q1": 3, "vehicleCount": 2}


def test_the_prompt_rules_over_the_name() -> None:
    schema = {"properties": {"person": {"type": ["boolean", "null"]}}}

    assert answer_all(schema, "person: Does a person carry a knife?", [STREET]) == {"person": None}


def test_several_pictures_count_the_most() -> None:
    schema = {"properties": {"people": {"type": "integer"}, "nobody": {"type": "boolean"}}}

    assert answer_all(schema, "", [EMPTY, STREET]) == {"people": 3, "nobody": False}
