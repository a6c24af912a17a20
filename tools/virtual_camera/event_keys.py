# SPDX-License-Identifier: MIT
"""What events are made of: keys with values, topics, structured elements (ACAP axevent API)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from tools.errors import UsageError

Value = bool | int | float | str
"""What a key can have, besides an Element."""

TopicLevel = tuple[str, str]
"""(namespace, name) of one level of a topic; namespace "" is none."""

_INT_LIMIT = 2**31


@dataclass(frozen=True)
class Element:
    """A structured value: a named element with attributes and either a text or children."""

    name: str
    namespace: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    children: tuple[Element, ...] = ()


AnyValue = Value | Element


class ValueType(IntEnum):
    """AXEventValueType, in the order of the API."""

    INT = 0
    BOOL = 1
    DOUBLE = 2
    STRING = 3
    ELEMENT = 4


@dataclass(frozen=True)
class Key:
    """One key of a declaration or an event. `value` None: it varies and is not known now."""

    name: str
    namespace: str
    type: ValueType
    value: AnyValue | None
    is_source: bool = False
    is_data: bool = False
    tags: tuple[str, ...] = ()
    nice_name: str = ""
    value_nice_name: str = ""

    def with_value(self, value: AnyValue) -> Key:
        """The key with another value of its type. UsageError when the value does not fit."""
        if self.type is ValueType.DOUBLE and type(value) is int:
            value = float(value)
        if type(value) is type(self.value) and value == self.value:
            return self
        if type_of(self.name, value) is not self.type:
            raise UsageError(f"key {self.name}: {value!r} is no {self.type.name.lower()}")
        return replace(self, value=value)


def type_of(name: str, value: AnyValue) -> ValueType:
    """The type of a value of the key `name`. UsageError for one that no event can carry."""
    if isinstance(value, bool):
        return ValueType.BOOL
    if isinstance(value, int):
        if not -_INT_LIMIT <= value < _INT_LIMIT:
            raise UsageError(f"key {name}: {value} does not fit into 32 bits")
        return ValueType.INT
    if isinstance(value, float):
        return ValueType.DOUBLE
    if isinstance(value, str):
        return ValueType.STRING
    if isinstance(value, Element):
        return ValueType.ELEMENT
    raise UsageError(f"key {name}: {value!r} is no boolean, number or text")


def parse_topic(topic: str) -> tuple[TopicLevel, ...]:
    """The levels of "tns1:Device/tnsaxis:IO/VirtualPort"; one without a namespace gets tnsaxis.

    UsageError for a topic with an empty level.
    """
    levels: list[TopicLevel] = []
    for part in topic.strip("/").split("/"):
        namespace, colon, name = part.rpartition(":")
        if not name:
            raise UsageError(f"topic {topic!r}: a level is empty", "write it as tns1:Device/Name")
        levels.append((namespace if colon else "tnsaxis", name))
    return tuple(levels)


def format_topic(levels: Iterable[TopicLevel]) -> str:
    return "/".join(f"{namespace}:{name}" if namespace else name for namespace, name in levels)


def topic_keys(levels: Iterable[TopicLevel]) -> tuple[Key, ...]:
    """The keys topic0, topic1, ... that stand for a topic."""
    return tuple(
        Key(f"topic{position}", namespace, ValueType.STRING, name)
        for position, (namespace, name) in enumerate(levels)
    )


def topic_of(keys: Iterable[Key]) -> tuple[TopicLevel, ...]:
    """The levels that the keys topic0, topic1, ... give, up to the first that is missing."""
    by_name = {key.name: key for key in keys}
    levels: list[TopicLevel] = []
    while (key := by_name.get(f"topic{len(levels)}")) and isinstance(key.value, str):
        levels.append((key.namespace, key.value))
    return tuple(levels)


def is_topic_key(name: str) -> bool:
    return name.startswith("topic") and name[5:].isdigit()
