# SPDX-License-Identifier: MIT
"""Bad input while the app runs: nothing crashes, and each is logged once, not once a second."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.device.fixtures import (
    Json,
    ended_sessions,
    monitoring,
    one_shot,
    use,
    wait_for_descriptions,
    wait_for_edge,
    wait_for_end,
    wait_for_session,
)
from tests.device.hard_case_fixtures import app_log, counter, level_checks, starts_of_app
from tests.waiting import wait_until
from tools.app_client import AppClient, AppRefusal
from tools.camera import Camera, Trigger, VirtualCamera
from tools.describer.scripted import ScriptedDescriber

DAY_SECONDS = 24 * 60 * 60
TOPIC = "tnsaxis:CameraApplicationPlatform/tnsaxis:BadInput/tnsaxis:"


@pytest.fixture
def steady(virtual: VirtualCamera, app: AppClient) -> Iterator[AppClient]:
    """The app with a level check each second; it must not have been restarted by the test."""
    starts = starts_of_app(virtual)
    with level_checks(app):
        yield app
    assert starts_of_app(virtual) == starts, "the app has crashed"


def on_event(profile: Json, name: str) -> Json:
    """The profile, bound to the boolean `active` of an event of the tests."""
    topic = (TOPIC + name).replace("tnsaxis:", "")
    return {**profile, "trigger": {"type": "event", "topic": topic, "key": "active"}}


BAD_STATES: dict[str, dict[str, Any]] = {
    "NoState": {"other": 1},
    "Number": {"active": 1},
    "Text": {"active": "true"},
    "LongText": {"active": "x" * 1_000_000},
}


def test_events_without_a_boolean_state_never_count_as_active(
    virtual: VirtualCamera, steady: AppClient, trigger: Trigger
) -> None:
    for name in BAD_STATES:
        virtual.control.send_event(TOPIC + name, {"active": False}, source={"good": 1})
    watches = {name: on_event(monitoring(name, trigger), name) for name in BAD_STATES}
    once = on_event(one_shot("once", trigger), "Text")
    clock = monitoring("clock", trigger)
    use(steady, *watches.values(), once, clock)
    ignored = counter(steady, "ignoredEvents")

    for name, data in BAD_STATES.items():
        for _ in range(10):
            virtual.control.send_event(TOPIC + name, data, source={"bad": 1})
    wait_until(lambda: counter(steady, "ignoredEvents") >= ignored + 50, "all to be ignored")
    virtual.set_trigger(trigger, True)
    wait_for_descriptions(steady, clock, 11)  # two seconds, and so two level checks

    assert {s.profile for s in steady.sessions().open} == {clock["id"]}
    assert ended_sessions(steady, once) == []
    problems = {s.profile: s.error for s in steady.status().subscriptions}
    for name, watch in watches.items():
        told = app_log(virtual, f"BadInput/{name}#", "no boolean 'active'")
        assert len(told) == (2 if name == "Text" else 1), told  # once for each profile
        assert "no boolean 'active'" in problems[watch["id"]]
        virtual.control.send_event(TOPIC + name, {"active": True}, source={"good": 1})
        wait_for_session(steady, watch)
        virtual.control.send_event(TOPIC + name, {"active": False}, source={"good": 1})
        assert wait_for_end(steady, watch).end_reason == "inactive"


def test_a_payload_of_a_megabyte(
    virtual: VirtualCamera, steady: AppClient, trigger: Trigger
) -> None:
    topic = TOPIC + "Payload"
    virtual.control.send_event(topic, {"active": False, "text": ""})
    watch = on_event(monitoring("watch", trigger), "Payload")
    use(steady, watch)

    for number in range(5):
        virtual.control.send_event(topic, {"active": True, "text": str(number) * 1_000_000})

    session = wait_for_descriptions(steady, watch, 2)
    virtual.control.send_event(topic, {"active": False, "text": "x" * 1_000_000})
    assert wait_for_end(steady, watch).id == session.id
    assert max(len(line) for line in app_log(virtual, "BadInput/Payload")) < 500


@pytest.mark.parametrize("field", ["id", "name", "prompt", "scenario", "key", "topic", "question"])
def test_names_of_ten_thousand_characters(
    virtual: VirtualCamera, steady: AppClient, trigger: Trigger, field: str
) -> None:
    long = "x" * 10_000
    bad = monitoring("bad", trigger)
    if field == "scenario":
        bad["trigger"] = {"type": "objectAnalytics", "scenario": long}
    elif field in ("key", "topic"):
        parts = {"topic": "CameraApplicationPlatform/A", "key": "active", field: long}
        bad["trigger"] = {"type": "event", **parts}
    elif field == "question":
        bad["questions"] = [{"name": long, "type": "bool", "text": "?"}]
    else:
        bad[field] = long

    with pytest.raises(AppRefusal) as refused:
        steady.add_profile(bad)

    assert refused.value.status == 400
    assert field in refused.value.field or field == "question"
    assert len(str(refused.value)) < 300
    assert steady.profiles() == []


def test_an_endless_id_is_unknown(virtual: VirtualCamera, steady: AppClient) -> None:
    with pytest.raises(AppRefusal) as refused:
        steady.delete_profile("x" * 7_000)  # a web server takes no longer addresses

    assert (refused.value.status, refused.value.code) == (404, "unknownProfile")
    assert len(str(refused.value)) < 300
    assert all(len(line) < 1000 for line in app_log(virtual))


def test_two_profiles_with_the_same_trigger_and_prompt(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    left, right = monitoring("left", trigger), monitoring("right", trigger)
    right["prompt"] = left["prompt"]
    use(app, left, right)

    camera.set_trigger(trigger, True)
    wait_for_descriptions(app, left, 2)
    going_on = wait_for_descriptions(app, right, 2)
    app.delete_profile(left["id"])

    assert wait_for_end(app, left).end_reason == "config"
    assert wait_for_descriptions(app, right, going_on.descriptions + 2).id == going_on.id
    assert {request.prompt for request in describer.requests()} == {left["prompt"]}
    camera.set_trigger(trigger, False)
    assert wait_for_end(app, right).end_reason == "inactive"


LEAST = {"intervalMs": 200, "maxDurationSec": 0, "graceMs": 0, "cooldownSec": 0, "maxInFlight": 1}
MOST = {
    "intervalMs": DAY_SECONDS * 1000,
    "maxDurationSec": 7 * DAY_SECONDS,
    "graceMs": 10 * 60 * 1000,
    "cooldownSec": DAY_SECONDS,
    "maxInFlight": 100,
}


@pytest.mark.parametrize("limits", [LEAST, MOST], ids=["least", "most"])
def test_intervals_and_caps_at_their_limits(
    camera: Camera, app: AppClient, trigger: Trigger, limits: dict[str, int]
) -> None:
    watch, once = monitoring("watch", trigger, **limits), one_shot("once", trigger, **limits)
    use(app, watch, once)
    assert {field: app.profiles()[0][field] for field in limits} == limits

    camera.set_trigger(trigger, True)

    session = wait_for_descriptions(app, watch, 1)
    assert wait_for_end(app, once).end_reason == "completed"
    assert wait_for_session(app, watch).id == session.id
    app.put_profiles([])
    assert wait_for_end(app, watch).end_reason == "config"


@pytest.mark.parametrize(("field", "limit"), [*LEAST.items(), *MOST.items()])
def test_one_beyond_a_limit_is_refused(
    app: AppClient, trigger: Trigger, field: str, limit: int
) -> None:
    beyond = limit - 1 if LEAST[field] == limit else limit + 1

    with pytest.raises(AppRefusal) as refused:
        app.add_profile(monitoring("bad", trigger, **{field: beyond}))

    assert (refused.value.status, refused.value.field) == (400, field)


@pytest.mark.hard_case(13, virtual_only="a real camera's inputs do not change so fast")
def test_profiles_come_and_go_while_their_trigger_flaps(
    virtual: VirtualCamera, steady: AppClient, trigger: Trigger
) -> None:
    watch, once = monitoring("watch", trigger), one_shot("once", trigger)
    over = threading.Event()

    def flap() -> None:
        while not over.is_set():
            virtual.set_trigger(trigger, True)
            virtual.set_trigger(trigger, False)

    thread = threading.Thread(target=flap, name="flapping")
    thread.start()
    try:
        for number in range(25):
            steady.put_profiles([{**watch, "name": f"edition {number}"}, once])
            steady.put_profiles([])
    finally:
        over.set()
        thread.join()

    wait_until(lambda: not steady.sessions().open, "all sessions to end", timeout=2)
    assert {s.end_reason for s in ended_sessions(steady, watch)} <= {"inactive", "config"}
    use(steady, watch)
    virtual.set_trigger(trigger, True)
    wait_for_edge(steady, watch, "active")
    wait_for_descriptions(steady, watch, 1)
