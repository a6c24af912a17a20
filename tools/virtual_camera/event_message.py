# SPDX-License-Identifier: MIT
"""Events as clients see them: topics with prefixes, and values that are all texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from xml.etree import ElementTree

from tools.virtual_camera.event_keys import AnyValue, Element, TopicLevel
from tools.virtual_camera.events import Event

VAPIX_PREFIXES: Mapping[str, str] = {}
"""tns1 and tnsaxis stay as they are"""
MQTT_PREFIXES = {"tns1": "onvif", "tnsaxis": "axis"}
MQTT_TOPIC_PREFIXES = {"tns1": "tns:onvif", "tnsaxis": "tns:axis"}


def resolve(levels: Iterable[TopicLevel]) -> tuple[TopicLevel, ...]:
    """The levels with the namespace of their parent where they have none of their own."""
    found: list[TopicLevel] = []
    namespace = ""
    for own, name in levels:
        namespace = own or namespace
        found.append((namespace, name))
    return tuple(found)


def format_topic(levels: Sequence[TopicLevel], prefixes: Mapping[str, str] = VAPIX_PREFIXES) -> str:
    """tns1:Device/tnsaxis:IO/VirtualPort: a prefix stands only where the namespace changes."""
    parts: list[str] = []
    before = ""
    for namespace, name in resolve(levels):
        shown = prefixes.get(namespace, namespace)
        parts.append(f"{shown}:{name}" if shown and namespace != before else name)
        before = namespace
    return "/".join(parts)


def plain_topic(levels: Iterable[TopicLevel]) -> str:
    """Device/IO/VirtualPort."""
    return "/".join(name for _, name in levels)


def format_value(value: AnyValue) -> str:
    """Booleans are 0 and 1; how a device writes doubles and elements is [unconfirmed]."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Element):
        return ElementTree.tostring(_xml(value), encoding="unicode")
    return str(value)


def message_of(event: Event) -> dict[str, dict[str, str]]:
    """The `message` of a notification: source, key (always empty) and data."""
    return {
        "source": {name: format_value(value) for name, value in event.source.items()},
        "key": {},
        "data": {name: format_value(value) for name, value in event.data.items()},
    }


def milliseconds(at: datetime) -> int:
    """Since 1970."""
    return int(at.timestamp() * 1000)


def _xml(element: Element) -> ElementTree.Element:
    name = f"{element.namespace}:{element.name}" if element.namespace else element.name
    found = ElementTree.Element(name, dict(element.attributes))
    found.text = element.body
    found.extend(_xml(child) for child in element.children)
    return found
