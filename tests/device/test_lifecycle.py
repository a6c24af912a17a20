# SPDX-License-Identifier: MIT
"""What happens to sessions when the app starts, stops, restarts, or its profiles change."""

from __future__ import annotations

import time

import pytest

from tests.device.fixtures import (
    PROMPT_END_MS,
    ended_sessions,
    monitoring,
    one_shot,
    open_sessions,
    session_log,
    use,
    wait_for_descriptions,
    wait_for_end,
    wait_for_session,
)
from tests.waiting import wait_until
from tools.app_client import AppClient
from tools.camera import Camera, Trigger, VirtualCamera
from tools.deploy import wait_until_it_answers
from tools.describer.scripted import Hang, ScriptedDescriber
from tools.settings import APP_NAME

EXIT_SECONDS = 2.0


def start(camera: Camera) -> None:
    camera.vapix.start(APP_NAME)
    wait_until_it_answers(camera.vapix, APP_NAME, timeout=30)


@pytest.mark.hard_case(1)
def test_a_trigger_that_is_active_when_the_app_starts(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    once, eager = one_shot("once", trigger), one_shot("eager", trigger, whenActiveAtStart=True)
    use(app, watch, once, eager)
    camera.vapix.stop(APP_NAME)
    camera.set_trigger(trigger, True)

    start(camera)

    wait_for_descriptions(app, watch, 2)
    assert wait_for_end(app, eager).end_reason == "completed"
    assert ended_sessions(app, once) + open_sessions(app, once) == []
    camera.set_trigger(trigger, False)
    assert wait_for_end(app, watch).end_reason == "inactive"


def test_a_trigger_that_ended_while_the_app_was_away(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    camera.set_trigger(trigger, True)
    wait_for_descriptions(app, watch, 1)
    camera.vapix.stop(APP_NAME)
    camera.set_trigger(trigger, False)
    before = len(describer.requests())

    start(camera)

    wait_until(
        lambda: [s.state for s in app.status().subscriptions] == ["inactive"],
        "the trigger to be known as inactive",
    )
    assert app.sessions().open == ()
    assert len(describer.requests()) == before


@pytest.mark.hard_case(21)
def test_a_stop_in_mid_call_ends_the_session_as_shutdown(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    watch, once = monitoring("watch", trigger), one_shot("once", trigger)
    use(app, watch, once)
    describer.otherwise(Hang())
    camera.set_trigger(trigger, True)
    describer.wait_for_requests(2)
    sessions = [wait_for_session(app, watch), wait_for_session(app, once)]

    began = time.monotonic()
    camera.vapix.stop(APP_NAME)
    describer.wait_for_aborted(2, timeout=EXIT_SECONDS)
    wait_until(
        lambda: not _is_running(camera),
        "the app to be gone",
        timeout=EXIT_SECONDS,
    )
    assert time.monotonic() - began < EXIT_SECONDS

    for session in sessions:
        told = session_log(camera, session)
        assert any(line.endswith("running -> stopping (shutdown)") for line in told), told
        assert any(line.endswith("stopping -> ended (shutdown)") for line in told), told


@pytest.mark.hard_case(21, virtual_only="no real camera lets a test send a signal")
def test_sigterm_is_a_stop(
    virtual: VirtualCamera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    describer.otherwise(Hang())
    virtual.set_trigger(trigger, True)
    describer.wait_for_requests(1)
    session = wait_for_session(app, watch)

    virtual.control.signal(APP_NAME, "SIGTERM")

    describer.wait_for_aborted(1, timeout=EXIT_SECONDS)
    wait_until(
        lambda: any("ended (shutdown)" in line for line in session_log(virtual, session)),
        "the log to tell the end",
        timeout=EXIT_SECONDS,
    )


def test_a_restart_keeps_profiles_and_begins_anew(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    kept = app.profiles()
    camera.set_trigger(trigger, True)
    before = wait_for_descriptions(app, watch, 1)

    camera.vapix.control("restart", APP_NAME)
    wait_until_it_answers(camera.vapix, APP_NAME, timeout=30)

    assert app.profiles() == kept
    after = wait_for_descriptions(app, watch, 1)
    assert after.id != before.id
    # A call that did not let go in time is told of after the end.
    assert any(
        line.endswith("stopping -> ended (shutdown)") for line in session_log(camera, before)
    )
    camera.set_trigger(trigger, False)
    assert wait_for_end(app, watch).id == after.id


@pytest.mark.hard_case(11, virtual_only="no real camera lets a test kill an app")
def test_a_crash_is_ended_as_interrupted_and_monitoring_goes_on(
    virtual: VirtualCamera, app: AppClient, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    virtual.set_trigger(trigger, True)
    before = wait_for_descriptions(app, watch, 1)

    virtual.control.signal(APP_NAME, "SIGKILL")

    def reborn() -> bool:
        ids = [session.id for session in open_sessions(app, watch)] if _answers(app) else []
        return bool(ids) and before.id not in ids

    wait_until(reborn, "a new session after the crash", timeout=30)
    (left_over,) = ended_sessions(app, watch)
    assert (left_over.id, left_over.end_reason) == (before.id, "interrupted")
    assert any(line.endswith("(interrupted)") for line in session_log(virtual, before))
    virtual.set_trigger(trigger, False)
    assert wait_for_end(app, watch, 2).end_reason == "inactive"


@pytest.mark.hard_case(13)
@pytest.mark.hard_case(14)
def test_deleting_a_profile_ends_its_session_only(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    gone, stays = monitoring("gone", trigger), monitoring("stays", trigger)
    use(app, gone, stays)
    describer.otherwise(Hang())
    camera.set_trigger(trigger, True)
    describer.wait_for_requests(2)

    app.delete_profile(gone["id"])

    session = wait_for_end(app, gone)
    assert (session.end_reason, session.call_aborted) == ("config", True)
    assert session.end_delay_ms is not None
    assert session.end_delay_ms < PROMPT_END_MS
    describer.wait_for_aborted(1, timeout=2)
    assert [s.state for s in open_sessions(app, stays)] == ["running"]
    assert [profile["id"] for profile in app.profiles()] == [stays["id"]]
    camera.set_trigger(trigger, False)
    assert wait_for_end(app, stays).end_reason == "inactive"


@pytest.mark.hard_case(13)
def test_disabling_a_profile_ends_its_session_and_enabling_begins_one(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    camera.set_trigger(trigger, True)
    wait_for_descriptions(app, watch, 1)

    app.put_profiles([{**watch, "enabled": False}])
    assert wait_for_end(app, watch).end_reason == "config"

    app.put_profiles([watch])
    wait_for_descriptions(app, watch, 1)


@pytest.mark.hard_case(13)
@pytest.mark.hard_case(14)
def test_an_untouched_profile_goes_on_when_others_change(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    watch, other = monitoring("watch", trigger), monitoring("other", trigger)
    use(app, watch, other)
    camera.set_trigger(trigger, True)
    session = wait_for_descriptions(app, watch, 1)
    wait_for_session(app, other)

    app.put_profiles([watch, {**other, "intervalMs": 400}])

    assert wait_for_end(app, other).end_reason == "config"
    assert wait_for_descriptions(app, watch, session.descriptions + 2).id == session.id


def _is_running(camera: Camera) -> bool:
    application = camera.vapix.application(APP_NAME)
    return application is not None and application.running


def _answers(app: AppClient) -> bool:
    return app.request("GET", "status").ok
