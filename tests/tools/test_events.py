# SPDX-License-Identifier: MIT
"""The event service as plain state."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from tools.errors import UsageError
from tools.virtual_camera.event_keys import Element, Key, ValueType, parse_topic
from tools.virtual_camera.events import Event, EventService

SCENARIO = "tnsaxis:CameraApplicationPlatform/tnsaxis:ObjectAnalytics/Device1Scenario1"


def scenario(events: EventService, topic: str = SCENARIO, *, active: bool = False) -> int:
    return events.declare(
        topic,
        data={"active": active, "triggerTime": ""},
        stateful=True,
        property_key="active",
    )


def heard(events: EventService) -> list[Event]:
    """A list that fills with what the service delivers."""
    found: list[Event] = []
    events.listen(found.append)
    return found


def test_a_level_without_a_namespace_is_axis() -> None:
    assert parse_topic("tns1:Device/tnsaxis:IO/VirtualPort") == (
        ("tns1", "Device"),
        ("tnsaxis", "IO"),
        ("tnsaxis", "VirtualPort"),
    )


@pytest.mark.parametrize("topic", ["", "a//b", "tns1:/b"])
def test_an_empty_level_is_refused(topic: str) -> None:
    with pytest.raises(UsageError, match="level is empty"):
        parse_topic(topic)


def test_declaring_a_state_delivers_it() -> None:
    events = EventService()
    found = heard(events)

    scenario(events, active=True)

    assert [(e.topic, e.data["active"], e.initial) for e in found] == [
        (
            "tnsaxis:CameraApplicationPlatform/tnsaxis:ObjectAnalytics/tnsaxis:Device1Scenario1",
            True,
            True,
        )
    ]


def test_declaring_a_stateless_event_delivers_nothing() -> None:
    events = EventService()
    found = heard(events)

    declaration = events.declare("A/B", data={"go": False}, stateful=False)
    assert found == []
    events.send(declaration, {"go": True})

    assert [e.data for e in found] == [{"go": True}]


def test_sending_keeps_the_other_keys() -> None:
    events = EventService()
    declaration = scenario(events)
    found = heard(events)
    at = datetime(2026, 8, 18, tzinfo=UTC)

    events.send(declaration, {"active": True}, at)
    events.send(declaration, {"triggerTime": "now"})

    assert found[0].at == at
    assert found[1].data == {"active": True, "triggerTime": "now"}
    assert events.declarations()[0].data == {"active": True, "triggerTime": "now"}


def test_the_same_state_is_sent_again() -> None:
    events = EventService()
    declaration = scenario(events, active=True)
    found = heard(events)

    events.send(declaration, {"active": True})

    assert len(found) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"missing": True}, "no key missing"),
        ({"active": 1}, "key active: 1 is no bool"),
        ({"triggerTime": False}, "key triggerTime: False is no string"),
    ],
)
def test_bad_changes_change_nothing(changes: dict[str, bool | int], reason: str) -> None:
    events = EventService()
    declaration = scenario(events)
    found = heard(events)

    with pytest.raises(UsageError, match=reason):
        events.send(declaration, changes)

    assert found == []
    assert events.declarations()[0].data["active"] is False


def test_a_stateless_event_needs_all_its_values() -> None:
    events = EventService()
    declaration = events.declare("A/B", data={"x": 1, "y": 2}, stateful=False)

    with pytest.raises(UsageError, match="no value for y"):
        events.send(declaration, {"x": 3})


def test_a_property_key_has_to_be_data() -> None:
    with pytest.raises(UsageError, match="no key state"):
        EventService().declare("A/B", data={"active": True}, stateful=True, property_key="state")


def test_integers_are_32_bits() -> None:
    with pytest.raises(UsageError, match="32 bits"):
        EventService().declare("A/B", data={"count": 2**31}, stateful=True)


def test_a_whole_number_serves_as_a_double() -> None:
    events = EventService()
    declaration = events.declare("A/B", data={"level": 0.5}, stateful=True)

    events.send(declaration, {"level": 1})

    assert events.declarations()[0].data == {"level": 1.0}


def test_undeclared_events_are_gone() -> None:
    events = EventService()
    declaration = scenario(events)
    found = heard(events)

    events.undeclare(declaration)

    assert events.declarations() == []
    assert events.states([]) == []
    assert events.find(SCENARIO) is None
    assert found == []
    with pytest.raises(UsageError, match="no declaration"):
        events.send(declaration, {"active": True})
    with pytest.raises(UsageError, match="no declaration"):
        events.undeclare(declaration)


def test_find_looks_at_the_source_too() -> None:
    events = EventService()
    first = events.declare("IO/Port", source={"port": 1}, data={"state": False}, stateful=True)
    second = events.declare("IO/Port", source={"port": 2}, data={"state": False}, stateful=True)

    assert events.find("IO/Port") == first
    assert events.find("tnsaxis:IO/tnsaxis:Port", {"port": 2}) == second
    assert events.find("IO/Port", {"port": 3}) is None
    assert events.find("tns1:IO/Port") is None
    assert events.find("IO") is None


def test_states_below_a_topic() -> None:
    events = EventService()
    scenario(events, "A/B/One", active=True)
    scenario(events, "A/B/Two")
    scenario(events, "A/C/One")
    events.declare("A/B/Pulse", data={"go": True}, stateful=False)

    def names(*levels: str) -> list[str]:
        return [event.levels[-1][1] for event in events.states(levels)]

    assert names("A", "B") == ["One", "Two"]
    assert names("A", "", "One") == ["One", "One"]
    assert names("A", "B", "One", "More") == []
    assert len(names()) == 3
    assert names("", "B") == ["One", "Two"]


def test_an_unset_state_is_not_delivered_until_it_is_sent() -> None:
    events = EventService()
    found = heard(events)
    keys = [
        Key("topic0", "tnsaxis", ValueType.STRING, "A"),
        Key("active", "", ValueType.BOOL, None, is_data=True),
    ]

    declaration = events.declare_keys(keys, stateful=True, owner=":1.5")
    assert found == []
    assert events.states(["A"]) == []
    events.send(declaration, {"active": True})

    assert [event.data for event in found] == [{"active": True}]
    assert len(events.states(["A"])) == 1


def test_an_owner_takes_its_declarations_along() -> None:
    events = EventService()
    keys = [Key("topic0", "tnsaxis", ValueType.STRING, "A")]
    events.declare_keys(keys, stateful=False, owner=":1.5")
    events.declare_keys(keys, stateful=False, owner=":1.6")

    events.drop_owner(":1.5")

    assert [d.owner for d in events.declarations()] == [":1.6"]


def test_a_topic_is_needed() -> None:
    with pytest.raises(UsageError, match="topic0"):
        EventService().declare_keys([Key("a", "", ValueType.INT, 1)], stateful=True)


def test_structured_values() -> None:
    events = EventService()
    box = Element("box", "tt", {"x": "1"}, None, (Element("inner", body="text"),))
    keys = [
        Key("topic0", "tnsaxis", ValueType.STRING, "A"),
        Key("box", "", ValueType.ELEMENT, box),
    ]

    events.declare_keys(keys, stateful=True)

    assert events.declarations()[0].data == {"box": box}


def test_listening_ends() -> None:
    events = EventService()
    found: list[Event] = []
    stop = events.listen(found.append)

    stop()
    stop()
    scenario(events)

    assert found == []


def test_a_listener_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    events = EventService()

    def fail(_: Event) -> None:
        raise RuntimeError("broken")

    events.listen(fail)
    found = heard(events)
    scenario(events)

    assert len(found) == 1
    assert "a listener failed" in caplog.text


def test_asking_for_one_state_does_not_look_at_all_declarations() -> None:
    events = EventService()
    for number in range(2000):
        events.declare(f"A/B/Event{number}", data={"active": False}, stateful=True)

    def seconds(levels: list[str]) -> float:
        began = time.perf_counter()
        for _ in range(50):
            assert events.states(levels)
        return time.perf_counter() - began

    assert seconds(["A", "B", "Event7"]) * 20 < seconds(["A", "B"])
