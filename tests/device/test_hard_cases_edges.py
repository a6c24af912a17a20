# SPDX-License-Identifier: MIT
"""Hard cases of edges: the first, the same again, the lost, the late, the flapping, the short."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.device.fixtures import (
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
from tests.device.hard_case_fixtures import app_log, counter, level_checks, topic_of
from tests.waiting import wait_until
from tools.app_client import AppClient
from tools.camera import Camera, Trigger, VirtualCamera
from tools.camera.faults import Faults


@pytest.fixture
def watchful(app: AppClient) -> Iterator[AppClient]:
    """The app with a level check each second."""
    with level_checks(app):
        yield app


@pytest.mark.hard_case(1)
def test_profiles_that_are_enabled_while_their_trigger_is_active(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    watch, once = monitoring("watch", trigger), one_shot("once", trigger)
    shy = monitoring("shy", trigger, whenActiveAtStart=False)
    eager = one_shot("eager", trigger, whenActiveAtStart=True)
    profiles = (watch, once, shy, eager)
    use(app, watch)
    camera.set_trigger(trigger, True)
    wait_for_session(app, watch)
    app.put_profiles([{**profile, "enabled": False} for profile in profiles])
    wait_for_end(app, watch)

    use(app, *profiles)

    wait_for_descriptions(app, watch, 2)
    assert wait_for_end(app, eager).end_reason == "completed"
    for profile in (once, shy):
        assert open_sessions(app, profile) + ended_sessions(app, profile) == []
    camera.set_trigger(trigger, False)
    assert wait_for_end(app, watch, 2).end_reason == "inactive"
    camera.set_trigger(trigger, True)
    wait_for_session(app, shy)
    wait_for_end(app, once)


@pytest.mark.hard_case(2)
def test_a_first_state_that_is_inactive_starts_and_ends_nothing(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    watch, once = monitoring("watch", trigger), one_shot("once", trigger, whenActiveAtStart=True)
    before = app.status().counters

    use(app, watch, once)

    status = app.status()
    assert [s.state for s in status.subscriptions] == ["inactive", "inactive"]
    for name in ("sessionsStarted", "sessionsEnded", "sessionsRefused", "ticks"):
        assert status.counters[name] == before[name], name
    camera.set_trigger(trigger, True)
    wait_for_descriptions(app, watch, 1)
    assert wait_for_end(app, once).end_reason == "completed"


@pytest.mark.hard_case(3, virtual_only="a real camera repeats no event for a test")
def test_the_same_state_again_or_with_another_payload(
    virtual: VirtualCamera, app: AppClient, trigger: Trigger
) -> None:
    watch, once = monitoring("watch", trigger), one_shot("once", trigger)
    use(app, watch, once)
    virtual.set_trigger(trigger, True)
    session = wait_for_session(app, watch)
    edges = counter(app, "edges")

    for number in range(3):
        virtual.control.send_event(topic_of(trigger), {"active": True})
        virtual.control.send_event(topic_of(trigger), {"objectId": f"object {number}"})
    virtual.set_trigger(trigger, False)
    for number in range(3):
        virtual.control.send_event(topic_of(trigger), {"objectId": f"object {number}"})
    virtual.set_trigger(trigger, True)  # comes after all of these

    after = wait_until(
        lambda: [s for s in open_sessions(app, watch) if s.id != session.id],
        "the session of the second activation",
    )
    assert len(after) == 1
    assert [s.id for s in ended_sessions(app, watch)] == [session.id]
    wait_for_end(app, once, 2)
    assert len(ended_sessions(app, once)) == 2
    assert counter(app, "edges") == edges + 2 * 2  # inactive and active, for two profiles


@pytest.mark.hard_case(3, virtual_only="a real camera repeats no event for a test")
def test_each_edge_delivered_twice(
    faults: Faults, virtual: VirtualCamera, app: AppClient, trigger: Trigger
) -> None:
    watch, once = monitoring("watch", trigger), one_shot("once", trigger)
    use(app, watch, once)
    faults.duplicate_edges(1.0)

    for count in (1, 2, 3):
        virtual.set_trigger(trigger, True)
        wait_for_session(app, watch)
        wait_for_end(app, once, count)
        virtual.set_trigger(trigger, False)
        wait_for_end(app, watch, count)

    virtual.set_trigger(trigger, True)
    wait_for_end(app, once, 4)
    assert [s.end_reason for s in ended_sessions(app, watch)] == ["inactive"] * 3
    assert len(ended_sessions(app, once)) == 4
    assert faults.settings()["counts"]["duplicated"] >= 7


@pytest.mark.hard_case(4, virtual_only="a real camera loses no edge on demand")
def test_lost_edges_are_found_by_the_level_check(
    faults: Faults, virtual: VirtualCamera, watchful: AppClient, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    use(watchful, watch)
    healed = counter(watchful, "healedEdges")
    faults.lose_edges(1.0)

    virtual.set_trigger(trigger, True)
    session = wait_for_descriptions(watchful, watch, 1)
    virtual.set_trigger(trigger, False)

    ended = wait_for_end(watchful, watch)
    assert (ended.id, ended.end_reason) == (session.id, "inactive")
    assert counter(watchful, "healedEdges") == healed + 2
    told = app_log(virtual, f"profile {watch['id']}: level check")
    assert [line.rpartition(" ")[2] for line in told] == ["active", "inactive"]


@pytest.mark.hard_case(4, virtual_only="a real camera loses no edge on demand")
def test_whatever_gets_lost_the_levels_win_in_the_end(
    faults: Faults, virtual: VirtualCamera, watchful: AppClient, triggers: tuple[Trigger, Trigger]
) -> None:
    left, right = monitoring("left", triggers[0]), monitoring("right", triggers[1])
    use(watchful, left, right)
    faults.lose_edges(0.5, seed=3)
    faults.reorder_edges(0.5)

    for number in range(20):
        for trigger in triggers:
            virtual.set_trigger(trigger, number % 2 == 0)
    virtual.set_trigger(triggers[0], True)

    wait_for_edge(watchful, left, "active")
    wait_for_edge(watchful, right, "inactive")
    wait_for_session(watchful, left)
    assert open_sessions(watchful, right) == []
    assert {s.end_reason for s in ended_sessions(watchful, right)} <= {"inactive"}
    assert faults.settings()["counts"]["lost"] > 0


@pytest.mark.hard_case(8)
def test_a_flap_within_the_grace_does_not_end_the_session(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger, graceMs=1500)
    hasty = monitoring("hasty", trigger)
    use(app, watch, hasty)
    camera.set_trigger(trigger, True)
    session = wait_for_descriptions(app, watch, 1)
    wait_for_session(app, hasty)

    camera.set_trigger(trigger, False)
    wait_for_end(app, hasty)
    camera.set_trigger(trigger, True)
    wait_for_edge(app, watch, "active")

    # Longer than the grace: nothing is left of the timer that the flap started.
    going_on = wait_for_descriptions(app, watch, session.descriptions + 10)
    assert going_on.id == session.id
    assert ended_sessions(app, watch) == []
    camera.set_trigger(trigger, False)
    wait_for_edge(app, watch, "inactive")
    assert [s.id for s in open_sessions(app, watch)] == [session.id]
    assert wait_for_end(app, watch).end_reason == "inactive"


@pytest.mark.hard_case(16)
def test_pulses_that_are_over_before_anything_is_scheduled(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    inputs = [candidate for candidate in camera.triggers() if candidate.port]
    if not inputs:
        pytest.skip("needs a virtual input; name virtual_inputs for this camera in cameras.toml")
    watch = monitoring("watch", inputs[0])
    once = one_shot("once", inputs[0], maxInFlight=10)
    use(app, watch, once)

    for _ in range(5):
        camera.vapix.set_virtual_input(inputs[0].port, True, duration=0)

    wait_for_end(app, watch, 5)
    wait_for_end(app, once, 5)
    assert [s.end_reason for s in ended_sessions(app, watch)] == ["inactive"] * 5
    assert [s.end_reason for s in ended_sessions(app, once)] == ["completed"] * 5
    assert app.sessions().open == ()
