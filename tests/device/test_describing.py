# SPDX-License-Identifier: MIT
"""Calls to the describer: what is sent, and what the app does when it answers badly or not."""

from __future__ import annotations

import hashlib

import pytest

from tests.device.fixtures import (
    PROMPT_END_MS,
    monitoring,
    one_shot,
    open_sessions,
    use,
    wait_for_descriptions,
    wait_for_end,
    wait_for_session,
)
from tests.waiting import wait_until
from tools.app_client import AppClient
from tools.camera import Camera, Trigger, VirtualCamera
from tools.describer.scripted import (
    Behaviour,
    Cut,
    Garbage,
    Hang,
    Raw,
    Reply,
    ScriptedDescriber,
    Status,
)
from tools.settings import APP_NAME

QUESTIONS = [
    {"name": "personPresent", "type": "bool", "text": "Is a person present?"},
    {"name": "people", "type": "integer", "text": "How many people are there?"},
    {"name": "doing", "type": "string", "text": "What are they doing?"},
]


def test_sends_picture_prompt_model_and_key(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    key = "sk-a-very-secret-key"
    app.change_settings(describer={"model": "some-model"}, secrets={"apiKey": key})
    once = one_shot("once", trigger, prompt="Is the gate open?")
    use(app, once)

    camera.set_trigger(trigger, True)

    (request,) = describer.wait_for_requests(1)
    wait_for_end(app, once)
    app.change_settings(secrets={"apiKey": ""})
    assert request.prompt == "Is the gate open?"
    assert request.model == "some-model"
    assert request.has_key(key)
    assert request.schema is None
    assert request.picture.startswith(b"\xff\xd8")
    assert request.picture.rstrip(b"\0").endswith(b"\xff\xd9")
    assert key not in repr(app.settings())
    assert key not in "\n".join(camera.vapix.system_log())
    (record,) = [r for r in app.descriptions(limit=1000)[0] if r.profile == once["id"]]
    assert (record.frame["width"], record.frame["height"]) == (640, 360)
    assert record.frame["bytes"] == len(request.picture)


def test_the_picture_is_the_one_that_the_camera_took(
    virtual: VirtualCamera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    once = one_shot("once", trigger)
    use(app, once)

    virtual.set_trigger(trigger, True)

    (request,) = describer.wait_for_requests(1)
    wait_for_end(app, once)
    (record,) = [r for r in app.descriptions(limit=1000)[0] if r.profile == once["id"]]
    (taken,) = (
        snapshot
        for snapshot in virtual.control.snapshots()
        if snapshot.timestamp_us == record.frame["timestampUs"]
    )
    assert taken.sha256 == hashlib.sha256(request.picture).hexdigest()


def test_typed_questions_get_typed_answers(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    once = one_shot("once", trigger, questions=QUESTIONS)
    use(app, once)
    answers = {"personPresent": True, "people": 2, "doing": None}
    describer.then(Reply("Two people wait.", answers))

    camera.set_trigger(trigger, True)

    (request,) = describer.wait_for_requests(1)
    assert wait_for_end(app, once).end_reason == "completed"
    assert request.schema is not None
    assert set(request.schema["required"]) == {"description", *answers}
    (record,) = [r for r in app.descriptions(limit=1000)[0] if r.profile == once["id"]]
    assert record.text == "Two people wait."
    assert record.answers == answers


@pytest.mark.parametrize(
    ("answers", "told"),
    [({"people": "two"}, "people"), ({"personPresent": 1}, "personPresent")],
)
def test_answers_of_another_type_are_an_error(
    camera: Camera,
    app: AppClient,
    describer: ScriptedDescriber,
    trigger: Trigger,
    answers: dict[str, object],
    told: str,
) -> None:
    once = one_shot("once", trigger, questions=QUESTIONS)
    use(app, once)
    describer.otherwise(Reply("Two people wait.", answers))

    camera.set_trigger(trigger, True)

    session = wait_for_end(app, once)
    assert (session.end_reason, session.descriptions) == ("error", 0)
    assert told in session.error


@pytest.mark.hard_case(18)
def test_a_model_that_is_slower_than_the_interval_skips_ticks(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger, 200)
    use(app, watch)
    describer.otherwise(Hang())
    camera.set_trigger(trigger, True)
    describer.wait_for_requests(1)

    (session,) = wait_until(
        lambda: [s for s in open_sessions(app, watch) if s.skipped_ticks >= 3],
        "three skipped ticks",
    )

    assert session.ticks == 1
    assert describer.in_flight() == 1
    assert len(describer.requests()) == 1
    describer.otherwise(Reply())
    describer.release()
    wait_for_descriptions(app, watch, 3)


@pytest.mark.hard_case(19)
def test_a_describer_that_is_not_there(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    once, watch = one_shot("once", trigger), monitoring("watch", trigger)
    use(app, once, watch)
    describer.refuse_connections()

    camera.set_trigger(trigger, True)

    session = wait_for_end(app, once)
    assert (session.end_reason, session.descriptions) == ("error", 0)
    assert "describer" in session.error
    assert wait_for_session(app, watch).state == "running"
    wait_until(lambda: app.status().health == "degraded", "the app to say that it is degraded")
    assert any("describer" in problem for problem in app.status().problems)
    camera.set_trigger(trigger, False)
    session = wait_for_end(app, watch)
    assert session.end_reason == "inactive"
    assert session.end_delay_ms is not None
    assert session.end_delay_ms < PROMPT_END_MS


@pytest.mark.hard_case(19)
@pytest.mark.parametrize(
    "bad",
    [
        Status(500),
        Status(429, retry_after=1),
        Status(401, message="wrong key"),
        Garbage(),
        Cut(),
        Cut(after_headers=True),
        Raw(b"<html>proxy error</html>", "text/html"),
        Raw(b"{}"),
        Raw(b'{"choices": [{"message": {"content": 7}}]}'),
        Raw(b"[" * 100_000),
    ],
    ids=lambda bad: f"{type(bad).__name__}-{getattr(bad, 'status', '')}",
)
def test_bad_answers_do_not_end_monitoring(
    camera: Camera,
    app: AppClient,
    describer: ScriptedDescriber,
    trigger: Trigger,
    bad: Behaviour,
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    describer.then(bad)

    camera.set_trigger(trigger, True)

    wait_for_descriptions(app, watch, 2)
    camera.set_trigger(trigger, False)
    assert wait_for_end(app, watch).end_reason == "inactive"


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (Status(401, message="wrong key"), "401: wrong key"),
        (Raw(b"<html>proxy error</html>", "text/html"), "not JSON"),
        (Raw(b"{}"), "choices"),
    ],
)
def test_a_one_shot_says_why_it_failed(
    camera: Camera,
    app: AppClient,
    describer: ScriptedDescriber,
    trigger: Trigger,
    bad: Behaviour,
    told: str,
) -> None:
    once = one_shot("once", trigger)
    use(app, once)
    describer.otherwise(bad)

    camera.set_trigger(trigger, True)

    session = wait_for_end(app, once)
    assert session.end_reason == "error"
    assert told in session.error
    log = "\n".join(camera.vapix.system_log(APP_NAME))
    assert told in log


@pytest.mark.hard_case(19)
def test_a_server_that_is_busy_is_asked_again(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    once = one_shot("once", trigger)
    use(app, once)
    describer.then(Status(429, retry_after=1), Status(503), Reply("At last."))

    camera.set_trigger(trigger, True)

    requests = describer.wait_for_requests(3, timeout=30)
    assert wait_for_end(app, once).end_reason == "completed"
    assert requests[1].arrived - requests[0].arrived >= 0.9
    assert requests[0].picture == requests[2].picture
