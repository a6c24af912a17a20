# SPDX-License-Identifier: MIT
"""The event declarations as a wstop:TopicSet (VAPIX Event and action services).

Declarations of one topic, such as the virtual inputs, are one event whose source key lists their
values. The prefixes tns1, tnsaxis, aev, wstop and xsd have to be declared around it; clients were
seen to look for them literally.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement

from tools.virtual_camera.event_keys import Key, ValueType, is_topic_key
from tools.virtual_camera.event_message import format_value, resolve
from tools.virtual_camera.events import Declaration

NAMESPACES = {
    "tns1": "http://www.onvif.org/ver10/topics",
    "tnsaxis": "http://www.axis.com/2009/event/topics",
    "aev": "http://www.axis.com/vapix/ws/event1",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "xsd": "http://www.w3.org/2001/XMLSchema",
    "tt": "http://www.onvif.org/ver10/schema",
}
_TYPES = {
    ValueType.INT: "xsd:int",
    ValueType.BOOL: "xsd:boolean",
    ValueType.DOUBLE: "xsd:double",
    ValueType.STRING: "xsd:string",
}
_TYPE_TAG = "wstype:"
_APPLICATION_DATA = "isApplicationData"
_PROPERTY_STATE = "property-state"


@dataclass
class _Topic:
    """One level: what is below it, and the event that it may be itself."""

    nice_name: str = ""
    below: dict[tuple[str, str], _Topic] = field(default_factory=dict)
    declarations: list[Declaration] = field(default_factory=list)


def topic_set(declarations: Iterable[Declaration]) -> Element:
    """The wstop:TopicSet of `declarations`."""
    root = _Topic()
    for declaration in declarations:
        topic = root
        nice_names = _level_names(declaration)
        for position, level in enumerate(resolve(declaration.levels)):
            topic = topic.below.setdefault(level, _Topic())
            topic.nice_name = topic.nice_name or nice_names.get(position, "")
        topic.declarations.append(declaration)
        topic.nice_name = topic.nice_name or declaration.nice_name
    element = Element("wstop:TopicSet")
    _add_below(element, root, "")
    return element


def _level_names(declaration: Declaration) -> dict[int, str]:
    """Nice names of levels: an app gives them to the values of the keys topic0, topic1, ..."""
    return {
        int(key.name[5:]): key.value_nice_name
        for key in declaration.keys
        if is_topic_key(key.name) and key.value_nice_name
    }


def _add_below(parent: Element, topic: _Topic, above: str) -> None:
    for (namespace, name), below in topic.below.items():
        tag = _xml_name(name)
        prefixed = namespace and namespace != above and namespace in NAMESPACES
        element = SubElement(parent, f"{namespace}:{tag}" if prefixed else tag)
        if below.declarations:
            element.set("wstop:topic", "true")
        if below.nice_name:
            element.set("aev:NiceName", below.nice_name)
        if below.declarations:
            _add_message(element, below.declarations)
        _add_below(element, below, namespace)


def _add_message(topic: Element, declarations: list[Declaration]) -> None:
    first = declarations[0]
    message = SubElement(topic, "aev:MessageInstance")
    if first.stateful:
        message.set("aev:isProperty", "true")
    if any(_APPLICATION_DATA in key.tags for key in first.keys):
        topic.set(_APPLICATION_DATA, "true")
    keys = [key for key in first.keys if not is_topic_key(key.name)]
    state = _property_key(first, keys)
    for tag, chosen in (
        ("aev:SourceInstance", [key for key in keys if key.is_source]),
        ("aev:DataInstance", [key for key in keys if not key.is_source]),
    ):
        if chosen:
            instance = SubElement(message, tag)
            for key in chosen:
                values = _values(declarations, key) if key.is_source or not first.stateful else []
                _add_item(instance, key, values, is_state=key.name == state)


def _property_key(declaration: Declaration, keys: list[Key]) -> str | None:
    """The key that is the state: the declared one, the one so tagged, else the first boolean."""
    if not declaration.stateful or declaration.property_key:
        return declaration.property_key
    data = [key for key in keys if not key.is_source]
    tagged = [key.name for key in data if _PROPERTY_STATE in key.tags]
    booleans = [key.name for key in data if key.type is ValueType.BOOL]
    return next(iter([*tagged, *booleans]), None)


def _values(declarations: list[Declaration], wanted: Key) -> list[tuple[str, str]]:
    """The different values that a key has, with their nice names."""
    found: dict[str, str] = {}
    for declaration in declarations:
        for key in declaration.keys:
            same = (key.name, key.namespace) == (wanted.name, wanted.namespace)
            if same and key.value is not None:
                found.setdefault(format_value(key.value), key.value_nice_name)
    return list(found.items())


def _add_item(parent: Element, key: Key, values: list[tuple[str, str]], *, is_state: bool) -> None:
    if key.type is ValueType.ELEMENT:
        SubElement(parent, "aev:ElementItemInstance", {"Name": key.name})
        return
    types = [tag.removeprefix(_TYPE_TAG) for tag in key.tags if tag.startswith(_TYPE_TAG)]
    item = SubElement(parent, "aev:SimpleItemInstance")
    if key.nice_name:
        item.set("aev:NiceName", key.nice_name)
    item.set("Type", next(iter(types), _TYPES[key.type]))
    item.set("Name", key.name)
    if is_state:
        item.set("isPropertyState", "true")
    for value, nice_name in values:
        element = SubElement(item, "aev:Value")
        element.text = value
        if nice_name:
            element.set("aev:NiceName", nice_name)


def _xml_name(name: str) -> str:
    """`name` as an element can have it."""
    clean = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)
    return clean if re.match(r"[A-Za-z_]", clean) else f"_{clean}"
