# SPDX-License-Identifier: MIT
"""Bad configuration: each gets an error that names the field, and nothing is half-applied."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.device.fixtures import Json, monitoring, use, wait_for_descriptions
from tools.app_client import AppClient, AppRefusal
from tools.camera import Camera, Trigger, VirtualCamera


def without(field: str) -> Callable[[Json], Json]:
    return lambda profile: {key: value for key, value in profile.items() if key != field}


def changed(**fields: object) -> Callable[[Json], Json]:
    return lambda profile: {**profile, **fields}


BAD = [
    pytest.param(without("trigger"), "trigger", id="no trigger"),
    pytest.param(without("prompt"), "prompt", id="no prompt"),
    pytest.param(without("id"), "id", id="no id"),
    pytest.param(without("sessionType"), "sessionType", id="no session type"),
    pytest.param(changed(prompt=""), "prompt", id="empty prompt"),
    pytest.param(changed(id="a b"), "id", id="id with a blank"),
    pytest.param(changed(id="x" * 10_000), "id", id="endless id"),
    pytest.param(changed(intervalMs=199), "intervalMs", id="interval under 200 ms"),
    pytest.param(changed(intervalMs="fast"), "intervalMs", id="interval that is no number"),
    pytest.param(changed(intervalMs=2**40), "intervalMs", id="interval too long"),
    pytest.param(changed(maxDurationSec=-1), "maxDurationSec", id="negative cap"),
    pytest.param(changed(sessionType="sometimes"), "sessionType", id="unknown session type"),
    pytest.param(changed(intervallMs=500), "intervallMs", id="misspelt field"),
    pytest.param(changed(trigger={"type": "smell"}), "trigger.type", id="unknown trigger"),
    pytest.param(
        changed(trigger={"type": "objectAnalytics"}), "trigger.scenario", id="no scenario"
    ),
    pytest.param(changed(trigger="Device1Scenario1"), "trigger", id="trigger that is no object"),
    pytest.param(changed(frame={"width": 0}), "frame.width", id="no width"),
    pytest.param(
        changed(questions=[{"name": "a", "type": "colour", "text": "?"}]),
        "questions[0].type",
        id="unknown type of question",
    ),
]


@pytest.mark.parametrize(("spoil", "field"), BAD)
def test_a_bad_profile_is_refused_and_the_field_named(
    app: AppClient, trigger: Trigger, spoil: Callable[[Json], Json], field: str
) -> None:
    good = monitoring("good", trigger)
    use(app, good)
    kept = app.profiles()
    bad = spoil(monitoring("bad", trigger))

    with pytest.raises(AppRefusal) as added:
        app.add_profile(bad)
    with pytest.raises(AppRefusal) as put:
        app.put_profiles([monitoring("new", trigger), bad])

    assert added.value.status == put.value.status == 400
    assert added.value.field == field
    assert put.value.field == f"profiles[1].{field}"
    assert app.profiles() == kept


def test_a_duplicate_id_is_refused(app: AppClient, trigger: Trigger) -> None:
    good = monitoring("good", trigger)
    use(app, good)

    with pytest.raises(AppRefusal) as added:
        app.add_profile(good)
    with pytest.raises(AppRefusal) as put:
        app.put_profiles([good, good])

    assert (added.value.status, added.value.code) == (409, "duplicateId")
    assert put.value.field == "profiles[1].id"
    assert [profile["id"] for profile in app.profiles()] == [good["id"]]


def test_an_unknown_profile_cannot_be_deleted(app: AppClient) -> None:
    with pytest.raises(AppRefusal) as refused:
        app.delete_profile("nobody")

    assert (refused.value.status, refused.value.code) == (404, "unknownProfile")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"null", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(
    app: AppClient, trigger: Trigger, body: bytes
) -> None:
    good = monitoring("good", trigger)
    use(app, good)

    headers = {"Content-Type": "application/json"}
    reply = app.request("PUT", "profiles", data=body, headers=headers)

    assert reply.status_code == 400
    assert reply.json()["error"]["message"]
    assert [profile["id"] for profile in app.profiles()] == [good["id"]]


def test_a_change_needs_the_content_type_that_no_form_can_send(app: AppClient) -> None:
    headers = {"Content-Type": "text/plain"}
    reply = app.request("POST", "profiles", data=b"{}", headers=headers)

    assert reply.status_code == 415
    assert "application/json" in reply.json()["error"]["message"]


@pytest.mark.hard_case(15, virtual_only="no real camera declares a stateless boolean for a test")
def test_a_stateless_trigger_cannot_be_monitored(virtual: VirtualCamera, app: AppClient) -> None:
    topic = "tnsaxis:CameraApplicationPlatform/tnsaxis:DeviceTest/tnsaxis:Stateless"
    virtual.control.send_event(topic, {"active": True}, stateful=False)
    watch = monitoring("watch", Trigger(scenario="Device1Scenario1"))
    watch["trigger"] = {
        "type": "event",
        "topic": "CameraApplicationPlatform/DeviceTest/Stateless",
        "key": "active",
    }

    with pytest.raises(AppRefusal) as refused:
        app.add_profile(watch)

    assert refused.value.status == 400
    assert refused.value.field.startswith("trigger")
    assert "objectAnalytics:Device1Scenario1" in str(refused.value)
    assert app.profiles() == []


def test_bad_settings_are_refused_and_nothing_changes(app: AppClient) -> None:
    before = app.settings()

    for part, field in (
        ({"describer": {"url": "ftp://x"}}, "describer.url"),
        ({"describer": {"timeoutMs": 0}}, "describer.timeoutMs"),
        ({"describer": {"maxConcurrent": 0}}, "describer.maxConcurrent"),
        ({"budget": {"callsPerHour": -1}}, "budget.callsPerHour"),
    ):
        with pytest.raises(AppRefusal) as refused:
            app.change_settings(**part)
        assert (refused.value.status, refused.value.field) == (400, field)

    assert app.settings() == before


def test_a_refused_change_does_not_touch_a_running_session(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    camera.set_trigger(trigger, True)
    session = wait_for_descriptions(app, watch, 1)

    with pytest.raises(AppRefusal):
        app.put_profiles([{**watch, "intervalMs": 1}])

    assert wait_for_descriptions(app, watch, session.descriptions + 2).id == session.id
