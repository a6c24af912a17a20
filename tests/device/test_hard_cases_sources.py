# SPDX-License-Identifier: MIT
"""Hard cases of what the app depends on: the trigger's source, pictures, the event service."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy
import pytest

from tests.device.fixtures import (
    PROMPT_END_MS,
    ended_sessions,
    monitoring,
    one_shot,
    open_sessions,
    use,
    wait_for_descriptions,
    wait_for_edge,
    wait_for_end,
    wait_for_session,
)
from tests.device.hard_case_fixtures import level_checks
from tests.waiting import wait_until
from tools.app_client import AppClient, AppRefusal
from tools.camera import Camera, Trigger, VirtualCamera
from tools.camera.faults import Faults
from tools.describer.scripted import ScriptedDescriber

ANALYTICS = ("objectanalytics", "AXIS_Object_Analytics")
"""What AXIS Object Analytics may be called in the list of apps; which is unconfirmed."""


@pytest.fixture
def watchful(app: AppClient) -> Iterator[AppClient]:
    """The app with a level check each second."""
    with level_checks(app):
        yield app


@pytest.fixture
def analytics(camera: Camera) -> Iterator[str]:
    """The name of AXIS Object Analytics, which runs now and after the test."""
    running = {app.name for app in camera.vapix.applications() if app.running}
    found = next((name for name in ANALYTICS if name in running), None)
    if found is None:
        pytest.skip("needs AXIS Object Analytics, which does not run on this camera")
    yield found
    camera.vapix.start(found)


@pytest.mark.hard_case(5)
def test_analytics_are_stopped_and_come_back(
    camera: Camera, watchful: AppClient, analytics: str
) -> None:
    scenario = Trigger(scenario=camera.vapix.scenarios()[0].topic)
    watch = monitoring("watch", scenario)
    use(watchful, watch)
    camera.set_trigger(scenario, True)
    session = wait_for_session(watchful, watch)

    camera.vapix.stop(analytics)

    ended = wait_for_end(watchful, watch)
    assert ended.id == session.id
    # A camera may say that its scenarios are inactive before it takes them away.
    virtual = isinstance(camera, VirtualCamera)
    assert ended.end_reason in ({"triggerMissing"} if virtual else {"triggerMissing", "inactive"})
    wait_for_edge(watchful, watch, "unknown")
    camera.vapix.start(analytics)
    wait_until(
        lambda: [s.state for s in watchful.status().subscriptions] == ["inactive"],
        "the scenario to be there again",
        timeout=60,
    )
    camera.set_trigger(scenario, True)
    assert wait_for_session(watchful, watch).id != session.id
    camera.set_trigger(scenario, False)
    assert wait_for_end(watchful, watch, 2).end_reason == "inactive"


@pytest.mark.hard_case(5, virtual_only="it would change the scenarios of a camera in use")
def test_a_scenario_is_deleted_and_another_goes_on(
    virtual: VirtualCamera, watchful: AppClient, triggers: tuple[Trigger, Trigger]
) -> None:
    gone, other = Trigger(scenario="Device1Scenario7"), triggers[0]
    virtual.control.create_scenario(gone.scenario)
    watch, stays = monitoring("watch", gone), monitoring("stays", other)
    use(watchful, watch, stays)
    virtual.set_trigger(gone, True)
    virtual.set_trigger(other, True)
    wait_for_session(watchful, watch)
    going_on = wait_for_session(watchful, stays)

    virtual.control.delete_scenario(gone.scenario)

    assert wait_for_end(watchful, watch).end_reason == "triggerMissing"
    assert [s.id for s in open_sessions(watchful, stays)] == [going_on.id]
    virtual.control.create_scenario(gone.scenario)
    wait_for_edge(watchful, watch, "inactive")
    virtual.control.delete_scenario(gone.scenario)


@pytest.mark.hard_case(5, virtual_only="it would change the scenarios of a camera in use")
def test_a_scenario_is_renamed_in_mid_session(
    virtual: VirtualCamera, watchful: AppClient, trigger: Trigger
) -> None:
    (name,) = [s["name"] for s in virtual.control.scenarios() if s["topic"] == trigger.scenario]
    watch = monitoring("watch", trigger)
    use(watchful, watch)
    virtual.set_trigger(trigger, True)
    wait_for_session(watchful, watch)

    virtual.control.create_scenario(trigger.scenario, "Another name")

    assert wait_for_end(watchful, watch).end_reason in {"inactive", "triggerMissing"}
    virtual.set_trigger(trigger, True)
    wait_for_session(watchful, watch)
    virtual.control.create_scenario(trigger.scenario, name)
    wait_for_end(watchful, watch, 2)


@pytest.mark.hard_case(15, virtual_only="no real camera declares an event for a test")
def test_an_unknown_state_field_is_refused(virtual: VirtualCamera, app: AppClient) -> None:
    topic = "tnsaxis:CameraApplicationPlatform/tnsaxis:HardCases/tnsaxis:State"
    virtual.control.send_event(topic, {"state": True, "count": 1})
    watch = monitoring("watch", Trigger(scenario="Device1Scenario1"))

    for key in ("active", "count", "State"):
        trigger = {"type": "event", "topic": topic.replace("tnsaxis:", ""), "key": key}
        with pytest.raises(AppRefusal) as refused:
            app.add_profile({**watch, "trigger": trigger})
        assert (refused.value.status, refused.value.field) == (400, "trigger"), key
        assert f"'{key}'" in str(refused.value)

    assert app.profiles() == []
    trigger = {"type": "event", "topic": topic.replace("tnsaxis:", ""), "key": "state"}
    app.add_profile({**watch, "trigger": trigger})
    wait_for_session(app, watch)


@pytest.mark.hard_case(20, virtual_only="no real camera fails to take a picture on demand")
def test_a_snapshot_that_fails_costs_no_call(
    faults: Faults,
    virtual: VirtualCamera,
    app: AppClient,
    describer: ScriptedDescriber,
    trigger: Trigger,
) -> None:
    watch, once = monitoring("watch", trigger), one_shot("once", trigger)
    use(app, watch, once)
    faults.snapshot("error")

    virtual.set_trigger(trigger, True)

    session = wait_for_end(app, once)
    assert (session.end_reason, session.descriptions) == ("error", 0)
    assert "snapshot" in session.error
    wait_until(lambda: wait_for_session(app, watch).failures >= 2, "two failures of monitoring")
    assert describer.requests() == []
    assert app.status().health == "degraded"
    faults.snapshot("ok")
    wait_for_descriptions(app, watch, 2)
    assert app.status().health == "ok"
    virtual.set_trigger(trigger, False)
    assert wait_for_end(app, watch).end_reason == "inactive"


@pytest.mark.hard_case(20, virtual_only="no real camera hangs on demand")
def test_a_snapshot_that_hangs_does_not_delay_the_end(
    faults: Faults,
    virtual: VirtualCamera,
    app: AppClient,
    describer: ScriptedDescriber,
    trigger: Trigger,
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    faults.snapshot("slow", slow_ms=1500)
    virtual.set_trigger(trigger, True)
    wait_until(lambda: faults.settings()["counts"]["snapshots"], "a snapshot to be asked for")

    virtual.set_trigger(trigger, False)

    session = wait_for_end(app, watch)
    assert (session.end_reason, session.descriptions) == ("inactive", 0)
    assert session.end_delay_ms is not None
    assert session.end_delay_ms < PROMPT_END_MS
    wait_until(
        lambda: app.call("GET", "status")["pool"]["busy"] == 0,
        "the worker to come back from the camera",
    )
    assert describer.requests() == []


@pytest.mark.hard_case(20, virtual_only="a real camera shows what there is")
def test_a_black_picture_is_described_as_it_is(
    faults: Faults,
    virtual: VirtualCamera,
    app: AppClient,
    describer: ScriptedDescriber,
    trigger: Trigger,
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    faults.snapshot("black")

    virtual.set_trigger(trigger, True)

    wait_for_descriptions(app, watch, 3)
    virtual.set_trigger(trigger, False)
    assert wait_for_end(app, watch).end_reason == "inactive"
    (picture,) = {request.picture for request in describer.requests()}
    decoded = cv2.imdecode(numpy.frombuffer(picture, numpy.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.max() < 8


@pytest.mark.hard_case(20, virtual_only="a real camera's picture moves on")
def test_a_picture_that_stands_still_is_paid_for_once(
    faults: Faults,
    virtual: VirtualCamera,
    app: AppClient,
    describer: ScriptedDescriber,
    trigger: Trigger,
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    faults.snapshot("stale")

    virtual.set_trigger(trigger, True)

    wait_for_descriptions(app, watch, 1)
    (session,) = wait_until(
        lambda: [s for s in open_sessions(app, watch) if s.failures >= 3],
        "three looks at the same picture",
    )
    assert (session.descriptions, len(describer.requests())) == (1, 1)
    assert session.error == "the camera still gives the picture that was described before"
    faults.snapshot("ok")
    wait_for_descriptions(app, watch, 3)
    virtual.set_trigger(trigger, False)
    assert wait_for_end(app, watch).end_reason == "inactive"


@pytest.mark.hard_case(23, virtual_only="no real camera restarts its event service on demand")
def test_sessions_outlive_a_restart_of_the_event_service(
    faults: Faults, virtual: VirtualCamera, app: AppClient, triggers: tuple[Trigger, Trigger]
) -> None:
    stays, ends = monitoring("stays", triggers[0]), monitoring("ends", triggers[1])
    begins = monitoring("begins", Trigger(port=1))
    use(app, stays, ends, begins)
    virtual.set_trigger(triggers[0], True)
    virtual.set_trigger(triggers[1], True)
    session = wait_for_descriptions(app, stays, 1)
    wait_for_session(app, ends)

    faults.event_service.stop()
    virtual.set_trigger(triggers[1], False)
    virtual.set_trigger(Trigger(port=1), True)
    wait_for_descriptions(app, stays, session.descriptions + 3)
    assert open_sessions(app, begins) == []
    faults.event_service.start()

    # What happened meanwhile is known at once, without a level check (that comes every 30 s).
    assert wait_for_end(app, ends).end_reason == "inactive"
    wait_for_session(app, begins)
    assert [s.id for s in open_sessions(app, stays)] == [session.id]
    assert ended_sessions(app, stays) == []
    virtual.set_trigger(Trigger(port=1), False)
    virtual.set_trigger(triggers[0], False)
    assert wait_for_end(app, begins).end_reason == "inactive"
    assert wait_for_end(app, stays).end_reason == "inactive"


@pytest.mark.hard_case(23, virtual_only="no real camera restarts its event service on demand")
def test_an_event_service_that_stays_away_ends_what_it_no_longer_vouches_for(
    faults: Faults, virtual: VirtualCamera, watchful: AppClient, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    use(watchful, watch)
    virtual.set_trigger(trigger, True)
    session = wait_for_session(watchful, watch)

    faults.event_service.stop()
    assert wait_for_end(watchful, watch).end_reason == "triggerMissing"
    faults.event_service.start()

    assert wait_for_session(watchful, watch).id != session.id
    assert len(ended_sessions(watchful, watch)) == 1
