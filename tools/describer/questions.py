# SPDX-License-Identifier: MIT
"""Typed questions: what a detector can know is answered, everything else is left open.

A question is understood only when *every* word of it is: something the detector can see, a number,
or a word that changes nothing ("is", "there", "visible"). "Is a person present?" is answered, "Is a
person wearing a helmet?" is not, for the detector knows nothing of helmets or of wearing.

What cannot be answered is never invented. Its answer is

    null    where the question's schema allows null
    false   where it must be a boolean; then the description ends with the names of these questions
    a refusal of the whole request (`CannotAnswer`) where only a number or a text would do
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry

from tools.describer.scene import ANIMALS, PERSONS, VEHICLES, Scene, describe
from tools.describer.words import LABELS, NUMBERS, name_of, plural_of

Answer = bool | int | str | None

_SUBJECTS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("human", "humans", "pedestrian", "pedestrians", "persons"), PERSONS),
    **dict.fromkeys(("anyone", "anybody", "someone", "somebody", "nobody"), PERSONS),
    **dict.fromkeys(("vehicle", "vehicles"), VEHICLES),
    **dict.fromkeys(("animal", "animals"), ANIMALS),
    **dict.fromkeys(("bike", "bikes"), frozenset({"bicycle"})),
    **dict.fromkeys(("lorry", "lorries"), frozenset({"truck"})),
    **dict.fromkeys(("plane", "planes"), frozenset({"aeroplane"})),
    **dict.fromkeys(("couch", "couches"), frozenset({"sofa"})),
    **dict.fromkeys(("phone", "phones"), frozenset({"cell phone"})),
}
for _label in LABELS:
    for _word in (_label, name_of(_label), plural_of(name_of(_label)), plural_of(_label)):
        _SUBJECTS.setdefault(_word, frozenset({_label}))

_LEAST = re.compile(r"\b(at least|more than) (\d+|" + "|".join(NUMBERS) + r")\b")
_SUBJECT = re.compile(
    r"\b(" + "|".join(sorted(map(re.escape, _SUBJECTS), key=len, reverse=True)) + r")\b"
)
_NEGATION = re.compile(r"\b(no|nobody|without)\b")
_COUNTING = re.compile(r"\b(how many|number|count|total|num)\b")
_LISTING = re.compile(r"\b(what|which|list|kinds?|types?|names?)\b")
_LIGHT = re.compile(r"\b(light|lighting|brightness|bright|level|dark)\b")
_SUMMARY = re.compile(r"\b(describe|description|summary|summarise|summarize|caption|sentence)\b")
_EMPTY_WORDS = re.compile(
    r"\b(a|an|any|are|at|be|camera|can|could|currently|detect|detected|do|does|found|frame|front|"
    r"has|have|image|in|is|it|now|of|or|and|photo|picture|presence|present|scene|see|seen|show|"
    r"shown|some|the|there|this|video|view|visible|you|your|yes|true|false|if|whether)\b"
)


class CannotAnswer(Exception):
    """Questions that a detector cannot answer and whose schema leaves no honest way to say so."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"an object detector cannot answer {', '.join(names)}; "
            'allow null ({"type": ["integer", "null"]}), or ask a vision-language model'
        )
        self.names = tuple(names)


@dataclass(frozen=True)
class Question:
    """A question as far as it was understood: `known` is False when any word of it was not."""

    known: bool
    subjects: tuple[frozenset[str], ...] = ()
    every: bool = False  # "and": each subject must be there
    negated: bool = False
    counting: bool = False
    listing: bool = False
    least: int | None = None

    @classmethod
    def understand(cls, text: str) -> Question:
        """Take the text apart; what remains must be nothing."""
        rest = " ".join(re.findall(r"[a-z]+|\d+", _split_camel(text).lower().replace(",", " or ")))
        least = None
        if match := _LEAST.search(rest):
            number = NUMBERS.index(match[2]) if match[2] in NUMBERS else int(match[2])
            least = number + (match[1] == "more than")
            rest = _LEAST.sub("", rest, count=1)
        subjects = tuple(_SUBJECTS[match[0]] for match in _SUBJECT.finditer(rest))
        links = re.findall(r"\b(and|or)\b", rest)
        every, negated = links == ["and"] * len(links), bool(_NEGATION.search(rest))
        counting, listing = bool(_COUNTING.search(rest)), bool(_LISTING.search(rest))
        for pattern in (_SUBJECT, _NEGATION, _COUNTING, _LISTING, _EMPTY_WORDS):
            rest = pattern.sub("", rest)
        # "Is the car orange?" names two things that it does not link: it asks for something else.
        known = 0 < len(subjects) <= len(links) + 1 and not rest.strip()
        return cls(known, subjects, every, negated, counting, listing, least)

    def is_true(self, scenes: Sequence[Scene]) -> bool | None:
        """The answer to a yes-or-no question."""
        if not self.known or self.counting or self.listing or (self.negated and self.least):
            return None
        there = [_most(scenes, labels) >= (self.least or 1) for labels in self.subjects]
        if self.negated:
            return not any(there)
        return all(there) if self.every else any(there)

    def how_many(self, scenes: Sequence[Scene]) -> int | None:
        """The answer to a question for a number: of all its subjects together."""
        if not self.known or self.negated or self.listing or self.least is not None:
            return None
        return _most(scenes, frozenset().union(*self.subjects))


def _most(scenes: Sequence[Scene], labels: frozenset[str]) -> int:
    return max(scene.count(labels) for scene in scenes)


def _which(text: str, question: Question, scenes: Sequence[Scene]) -> str | None:
    """The answer to a question for a text."""
    words = _split_camel(text).lower()
    if question.known and not (question.negated or question.counting or question.least):
        best = max(scenes, key=lambda scene: len(scene.detections))
        return best.name_all(frozenset().union(*question.subjects))
    for pattern, answer in ((_SUMMARY, describe(scenes)), (_LIGHT, scenes[0].light)):
        rest = _LISTING.sub("", _EMPTY_WORDS.sub("", pattern.sub("", re.sub(r"\W", " ", words))))
        if pattern.search(words) and not rest.replace("how", "").strip():
            return answer
    return None


def answer_all(
    schema: Mapping[str, Any], prompt: str, scenes: Sequence[Scene]
) -> dict[str, Answer]:
    """An answer for each property of a JSON schema of type object, in its order.

    The text of a question is its property's `description`, else the line of the prompt that names
    the property ("personPresent: Is a person present?"), else its name. The property "description"
    is the sentence on the scene. Raises CannotAnswer.
    """
    answers: dict[str, Answer] = {}
    forced: list[str] = []
    refused: list[str] = []
    for name, part in schema["properties"].items():
        fits = Draft202012Validator(part, registry=Registry()).is_valid
        known = filter(fits, _candidates(name, _text_of(name, part, prompt), scenes))
        if (value := next(known, None)) is not None or fits(None):
            answers[name] = value
        elif fits(False):
            answers[name] = False
            forced.append(name)
        else:
            refused.append(name)
    if refused:
        raise CannotAnswer(refused)
    if forced and "description" in answers:
        answers["description"] = f"{answers['description']} Not answered: {', '.join(forced)}."
    return answers


def _candidates(name: str, text: str, scenes: Sequence[Scene]) -> list[bool | int | str]:
    """What is known in answer to a question, in each type that it may want."""
    if name == "description":
        return [describe(scenes)]
    question = Question.understand(text)
    known = (question.is_true(scenes), question.how_many(scenes), _which(text, question, scenes))
    return [value for value in known if value is not None]


def _text_of(name: str, part: Mapping[str, Any], prompt: str) -> str:
    if text := str(part.get("description") or part.get("title") or ""):
        return text
    line = re.search(rf"\b{re.escape(name)}\b[^:=\n]*[:=]\s*(.+)$", prompt, re.MULTILINE)
    return line[1] if line else name


def _split_camel(text: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
