# SPDX-License-Identifier: MIT
"""Types of parameters, as the ACAP axparameter API writes them.

    [hidden:|nosync:|readonly:]...TYPE
    string[:maxlen=N]  password[:maxlen=N]  int[:maxlen=N;min=N;max=N;range=0,1024-65535]
    bool:no,yes        enum:value|Nice name,value|Nice name

Other types (the deprecated ones) are accepted and take any text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CONTROL_WORDS = {"hidden", "nosync", "readonly", "internal", "const", "writeonly"}
_INTEGER = re.compile(r"[+-]?\d+")


@dataclass(frozen=True)
class ParameterType:
    """A parsed type; `choices` are the values of an enum or a bool, in their order."""

    text: str
    kind: str
    controls: frozenset[str]
    choices: tuple[tuple[str, str], ...]
    limits: dict[str, str]

    @property
    def is_secret(self) -> bool:
        return self.kind == "password"

    def refusal(self, value: str) -> str | None:
        """Why a parameter of this type cannot have `value`, or None when it can."""
        if self.choices and value not in {choice for choice, _ in self.choices}:
            return f"not one of {', '.join(choice for choice, _ in self.choices)}"
        if (longest := _number(self.limits.get("maxlen"))) is not None and len(value) > longest:
            return f"longer than {longest} characters"
        if self.kind == "int":
            return self._refuse_integer(value)
        return None

    def _refuse_integer(self, value: str) -> str | None:
        if not _INTEGER.fullmatch(value):
            return "not a whole number"
        number = int(value)
        if (least := _number(self.limits.get("min"))) is not None and number < least:
            return f"less than {least}"
        if (most := _number(self.limits.get("max"))) is not None and number > most:
            return f"more than {most}"
        ranges = _ranges(self.limits.get("range", ""))
        if ranges and not any(low <= number <= high for low, high in ranges):
            return f"not in {self.limits['range']}"
        return None


def parse_type(text: str) -> ParameterType:
    """The type that `text` writes; an empty one is a string."""
    rest = text.strip()
    controls: set[str] = set()
    while (word := rest.partition(":")[0]) in _CONTROL_WORDS and ":" in rest:
        controls.add(word)
        rest = rest.partition(":")[2]
    kind, _, details = rest.partition(":")
    choices: tuple[tuple[str, str], ...] = ()
    limits: dict[str, str] = {}
    if kind in ("enum", "bool") and details:
        choices = tuple(_choice(part) for part in details.split(","))
    else:
        limits = dict(_limit(part) for part in details.split(";") if "=" in part)
    return ParameterType(text, kind or "string", frozenset(controls), choices, limits)


def _choice(part: str) -> tuple[str, str]:
    value, bar, nice = part.partition("|")
    return value.strip(), (nice.strip() if bar else value.strip())


def _limit(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip(), value.strip()


def _number(text: str | None) -> int | None:
    return int(text) if text and _INTEGER.fullmatch(text) else None


def _ranges(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for part in filter(None, text.split(",")):
        match = re.fullmatch(r"\s*(-?\d+)(?:-(-?\d+))?\s*", part)
        if match:
            found.append((int(match[1]), int(match[2] or match[1])))
    return found
