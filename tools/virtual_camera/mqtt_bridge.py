# SPDX-License-Identifier: MIT
"""Events that go out as MQTT messages, and messages that come in as events (VAPIX MQTT Event
Bridge): what is published, what is subscribed to, and how one becomes the other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import aiomqtt

from tools.virtual_camera.event_keys import Key, ValueType, parse_topic, topic_keys
from tools.virtual_camera.event_message import (
    MQTT_PREFIXES,
    MQTT_TOPIC_PREFIXES,
    format_topic,
    message_of,
    milliseconds,
    resolve,
)
from tools.virtual_camera.events import Event, EventService
from tools.virtual_camera.json_cgi import JsonCgiError
from tools.virtual_camera.mqtt_client import Subscription
from tools.virtual_camera.mqtt_config import INVALID, MISSING, ClientConfig, Message
from tools.virtual_camera.topic_filter import FilterError, TopicFilter, parse_topic_filter

Data = dict[str, Any]
_RETAIN = ("none", "property", "all")
_MAX_PAYLOAD = 4096
"""Characters of an incoming message that become an event's data [unconfirmed]."""
_STATELESS = "tnsaxis:MQTT/tnsaxis:Message/tnsaxis:Stateless"
_STATEFUL = "tnsaxis:MQTT/tnsaxis:Message/tnsaxis:Stateful"


@dataclass(frozen=True)
class _Publication:
    topics: TopicFilter
    qos: int
    retain: str


class Publications:
    """Which events become messages, on which topics. `shown` is the configuration."""

    def __init__(self, shown: Data | None = None) -> None:
        """JsonCgiError 2103 and 2104 for a configuration that cannot be."""
        given = {"eventFilterList": []} if shown is None else shown
        self.shown: Data = {
            "topicPrefix": _choice(given, "topicPrefix", ("default", "custom")),
            "customTopicPrefix": _typed(given, "customTopicPrefix", str, ""),
            "appendEventTopic": _typed(given, "appendEventTopic", bool, True),
            "includeTopicNamespaces": _typed(given, "includeTopicNamespaces", bool, True),
            "includeSerialNumberInPayload": _typed(
                given, "includeSerialNumberInPayload", bool, False
            ),
            "eventFilterList": [_event_filter(entry) for entry in _list(given, "eventFilterList")],
        }
        custom = self.shown["customTopicPrefix"]
        if self.shown["topicPrefix"] == "custom" and not custom:
            raise JsonCgiError(MISSING, "Required parameter missing: customTopicPrefix")
        if any(sign in custom for sign in "+#\0"):
            raise JsonCgiError(INVALID, "customTopicPrefix is no topic to publish on")
        self._filters = [
            _Publication(_topic_filter(entry["topicFilter"]), entry["qos"], entry["retain"])
            for entry in self.shown["eventFilterList"]
        ]

    def messages(self, event: Event, config: ClientConfig) -> list[Message]:
        """What an event becomes: one message for each filter that it fits."""
        found = [entry for entry in self._filters if entry.topics.matches(event.levels)]
        if not found:
            return []
        topic, payload = self._topic(event, config), self._payload(event, config)
        return [
            Message(
                topic,
                payload,
                entry.qos,
                entry.retain == "all" or (entry.retain == "property" and event.stateful),
            )
            for entry in found
        ]

    def _topic(self, event: Event, config: ClientConfig) -> str:
        prefix = f"{config.prefix}/event"
        if self.shown["topicPrefix"] == "custom":
            prefix = self.shown["customTopicPrefix"]
        if not self.shown["appendEventTopic"]:
            return prefix
        parts, before = [prefix], ""
        for namespace, name in resolve(event.levels):
            if self.shown["includeTopicNamespaces"] and namespace not in ("", before):
                parts.append(MQTT_TOPIC_PREFIXES.get(namespace, f"tns:{namespace}"))
            parts.append(name)
            before = namespace
        return "/".join(parts).replace("+", "_").replace("#", "_")

    def _payload(self, event: Event, config: ClientConfig) -> str:
        payload: Data = {
            "topic": format_topic(event.levels, MQTT_PREFIXES),
            "timestamp": milliseconds(event.at),
        }
        if self.shown["includeSerialNumberInPayload"]:
            payload["serial"] = config.serial
        return json.dumps({**payload, "message": message_of(event)})


class Subscriptions:
    """Which messages become events. `shown` is the configuration; `declare` and `withdraw` make
    and end the events."""

    def __init__(self, shown: Data | None = None) -> None:
        """JsonCgiError 2103 and 2104 for a configuration that cannot be."""
        given = {"mqttFilterList": []} if shown is None else shown
        self.shown: Data = {
            "mqttFilterList": [_mqtt_filter(entry) for entry in _list(given, "mqttFilterList")]
        }
        self._declared: list[int] = []

    def wanted(self, prefix: str) -> list[Subscription]:
        """What to ask of the broker, with the device topic prefix where it is wanted."""
        return [
            Subscription(_with_prefix(entry, prefix), entry["qos"])
            for entry in self.shown["mqttFilterList"]
        ]

    def declare(self, events: EventService) -> None:
        self._declared = [_declare(events, entry) for entry in self.shown["mqttFilterList"]]

    def withdraw(self, events: EventService) -> None:
        for declaration in self._declared:
            events.undeclare(declaration)
        self._declared = []

    def receive(self, events: EventService, prefix: str, topic: str, payload: bytes) -> None:
        """Send the event of each filter that the message fits."""
        text = payload.decode("utf-8", "replace")[:_MAX_PAYLOAD]
        entries = zip(self._declared, self.shown["mqttFilterList"], strict=False)
        for declaration, entry in entries:
            if aiomqtt.Topic(topic).matches(_with_prefix(entry, prefix)):
                short = topic.removeprefix(f"{prefix}/") if entry["useDeviceTopicPrefix"] else topic
                events.send(declaration, {"mqtt-topic": short, "mqtt-payload": text})


def _declare(events: EventService, entry: Data) -> int:
    """The state of a stateful one is not known before its first message."""
    stateful = entry["isStateData"]
    prefixed = entry["useDeviceTopicPrefix"]
    topic = entry["topicFilter"]
    keys = [
        *topic_keys(parse_topic(_STATEFUL if stateful else _STATELESS)),
        Key("device-prefix", "", ValueType.BOOL, prefixed, is_source=True),
        Key("mqtt-topic", "", ValueType.STRING, topic, is_source=True),
        Key("mqtt-payload", "", ValueType.STRING, None, is_data=True),
    ]
    return events.declare_keys(
        keys, stateful=stateful, nice_name="Stateful" if stateful else "Stateless"
    )


def _with_prefix(entry: Data, prefix: str) -> str:
    topic: str = entry["topicFilter"]
    return f"{prefix}/{topic}" if entry["useDeviceTopicPrefix"] else topic


def _event_filter(entry: Any) -> Data:
    given = _entry(entry, "eventFilterList")
    return {
        "topicFilter": _typed(given, "topicFilter", str, None),
        "qos": _qos(given),
        "retain": _choice(given, "retain", _RETAIN),
    }


def _mqtt_filter(entry: Any) -> Data:
    given = _entry(entry, "mqttFilterList")
    topic = _typed(given, "topicFilter", str, None)
    stateful = _typed(given, "isStateData", bool, False)
    try:
        aiomqtt.Wildcard(topic)
    except ValueError as error:
        raise JsonCgiError(INVALID, f"topicFilter {topic!r} is no MQTT topic filter") from error
    if stateful and any(sign in topic for sign in "+#"):
        raise JsonCgiError(INVALID, "topicFilter: + and # are for stateless events only")
    return {
        "topicFilter": topic,
        "useDeviceTopicPrefix": _typed(given, "useDeviceTopicPrefix", bool, False),
        "qos": _qos(given),
        "isStateData": stateful,
    }


def _topic_filter(text: str) -> TopicFilter:
    try:
        return parse_topic_filter(text)
    except FilterError as error:
        raise JsonCgiError(INVALID, str(error)) from error


def _list(given: Data, name: str) -> list[Any]:
    found: list[Any] = _typed(given, name, list, None)
    return found


def _entry(entry: Any, name: str) -> Data:
    if not isinstance(entry, dict):
        raise JsonCgiError(INVALID, f"{name} has an entry that is no object")
    return entry


def _typed(given: Data, name: str, kind: type, default: Any) -> Any:
    value = given.get(name, default)
    if value is None and name not in given:
        raise JsonCgiError(MISSING, f"Required parameter missing: {name}")
    if not isinstance(value, kind):
        raise JsonCgiError(INVALID, f"{name} is no {kind.__name__}")
    return value


def _choice(given: Data, name: str, choices: tuple[str, ...]) -> str:
    value = given.get(name, choices[0])
    if value not in choices:
        raise JsonCgiError(INVALID, f"{name} is none of {', '.join(choices)}")
    return str(value)


def _qos(given: Data) -> int:
    value = given.get("qos", 0)
    if type(value) is not int or not 0 <= value <= 2:
        raise JsonCgiError(INVALID, "qos is none of 0, 1, 2")
    return value
