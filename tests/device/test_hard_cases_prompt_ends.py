# SPDX-License-Identifier: MIT
"""Ends come at once: whatever the describer does, and however full the pool is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.device.fixtures import (
    PROMPT_END_MS,
    ended_sessions,
    monitoring,
    one_shot,
    open_sessions,
    use,
    wait_for_descriptions,
    wait_for_end,
    wait_for_session,
)
from tests.device.hard_case_fixtures import one_thread, refusals
from tests.waiting import wait_until
from tools.app_client import AppClient
from tools.camera import Camera, Trigger
from tools.describer.scripted import Hang, Reply, ScriptedDescriber, Status


@pytest.fixture
def narrow(app: AppClient) -> Iterator[AppClient]:
    """The app with a pool of one thread."""
    with one_thread(app):
        yield app


@pytest.mark.hard_case(7)
def test_a_describer_that_hangs_does_not_delay_the_end(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    profiles = [monitoring(f"p{number}", trigger) for number in range(4)]
    use(app, *profiles)
    describer.otherwise(Hang())
    camera.set_trigger(trigger, True)
    describer.wait_for_requests(4)

    camera.set_trigger(trigger, False)

    for profile in profiles:
        session = wait_for_end(app, profile)
        assert (session.end_reason, session.call_aborted) == ("inactive", True)
        assert session.end_delay_ms is not None
        assert session.end_delay_ms < PROMPT_END_MS
    describer.wait_for_aborted(4, timeout=2)
    wait_until(lambda: describer.open_connections() == 0, "all sockets to be closed", timeout=2)


@pytest.mark.hard_case(17)
def test_more_sessions_than_threads_end_at_once_too(
    camera: Camera, narrow: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    profiles = [monitoring(f"p{number}", trigger) for number in range(6)]
    use(narrow, *profiles)
    describer.otherwise(Hang())
    camera.set_trigger(trigger, True)
    describer.wait_for_requests(1)
    wait_until(lambda: len(narrow.sessions().open) == 6, "all six sessions")

    camera.set_trigger(trigger, False)

    sessions = [wait_for_end(narrow, profile) for profile in profiles]
    assert {session.end_reason for session in sessions} == {"inactive"}
    assert max(session.end_delay_ms or 0 for session in sessions) < PROMPT_END_MS
    assert len(describer.requests()) == 1
    wait_until(lambda: describer.open_connections() == 0, "all sockets to be closed", timeout=2)


@pytest.mark.hard_case(19)
def test_a_retry_that_waits_ends_with_its_trigger(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    describer.otherwise(Status(429, retry_after=30))
    camera.set_trigger(trigger, True)
    describer.wait_for_requests(1)

    camera.set_trigger(trigger, False)

    session = wait_for_end(app, watch)
    assert session.end_reason == "inactive"
    assert session.end_delay_ms is not None
    assert session.end_delay_ms < PROMPT_END_MS
    assert len(describer.requests()) == 1


@pytest.mark.hard_case(6)
def test_a_trigger_that_ends_before_a_worker_is_free_costs_no_call(
    camera: Camera,
    narrow: AppClient,
    describer: ScriptedDescriber,
    triggers: tuple[Trigger, Trigger],
) -> None:
    first, second = triggers
    busy, late = monitoring("busy", first), monitoring("late", second)
    use(narrow, busy, late)
    describer.otherwise(Hang())
    camera.set_trigger(first, True)
    describer.wait_for_requests(1)
    camera.set_trigger(second, True)
    wait_for_session(narrow, late)
    assert narrow.call("GET", "status")["pool"] == {"threads": 1, "busy": 1, "queued": 1}

    camera.set_trigger(second, False)

    session = wait_for_end(narrow, late)
    assert (session.end_reason, session.descriptions) == ("inactive", 0)
    assert session.end_delay_ms is not None
    assert session.end_delay_ms < PROMPT_END_MS
    assert narrow.call("GET", "status")["pool"]["queued"] == 0
    describer.otherwise(Reply())
    describer.release()
    wait_for_descriptions(narrow, busy, 2)
    assert {request.prompt for request in describer.requests()} == {busy["prompt"]}


@pytest.mark.hard_case(17)
def test_a_start_waits_for_a_worker_or_is_refused_with_a_reason(
    camera: Camera,
    narrow: AppClient,
    describer: ScriptedDescriber,
    triggers: tuple[Trigger, Trigger],
) -> None:
    first, second = triggers
    watch, once = monitoring("watch", first), one_shot("once", second, maxInFlight=1)
    use(narrow, watch, once)
    describer.then(Hang())
    camera.set_trigger(first, True)
    describer.wait_for_requests(1)

    camera.set_trigger(second, True)
    waiting = wait_for_session(narrow, once)
    camera.set_trigger(second, False)
    camera.set_trigger(second, True)
    told = wait_until(lambda: refusals(narrow, once), "the second start to be refused")

    assert told == ["maxInFlight"]
    assert [session.id for session in open_sessions(narrow, once)] == [waiting.id]
    describer.release()
    assert wait_for_end(narrow, once).id == waiting.id
    assert [s.end_reason for s in ended_sessions(narrow, once)] == ["completed"]
