# SPDX-License-Identifier: MIT
"""Hard cases of limits: caps, cooldowns, and that the records of each session are in order."""

from __future__ import annotations

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
from tests.device.hard_case_fixtures import level_checks, refusals
from tests.waiting import wait_until
from tools.app_client import AppClient, Record
from tools.camera import Camera, Trigger


@pytest.mark.hard_case(9)
@pytest.mark.hard_case(14)
def test_a_cap_ends_once_and_only_a_new_edge_begins_anew(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    capped, other = monitoring("capped", trigger, maxDurationSec=1), monitoring("other", trigger)
    once = one_shot("once", trigger)
    use(app, capped, other, once)
    with level_checks(app):
        camera.set_trigger(trigger, True)
        wait_for_session(app, capped)

        session = wait_for_end(app, capped)

        assert session.end_reason == "maxDuration"
        going_on = wait_for_session(app, other)
        # Two more seconds: two level checks see the trigger active, and nothing begins.
        wait_for_descriptions(app, other, going_on.descriptions + 10)
        assert open_sessions(app, capped) == []
        assert [s.id for s in ended_sessions(app, capped)] == [session.id]
        assert open_sessions(app, other)[0].id == going_on.id
        assert len(ended_sessions(app, once)) == 1
    camera.set_trigger(trigger, False)
    assert wait_for_end(app, other).end_reason == "inactive"
    camera.set_trigger(trigger, True)
    assert wait_for_session(app, capped).id != session.id
    assert len(ended_sessions(app, capped)) == 1


@pytest.mark.hard_case(10)
def test_a_cooldown_swallows_a_start_with_its_end(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    watch, free = monitoring("watch", trigger, cooldownSec=1), monitoring("free", trigger)
    use(app, watch, free)
    camera.set_trigger(trigger, True)
    first = wait_for_session(app, watch)
    camera.set_trigger(trigger, False)
    wait_for_end(app, watch)

    camera.set_trigger(trigger, True)
    wait_until(lambda: refusals(app, watch) == ["cooldown"], "the start to be swallowed")
    camera.set_trigger(trigger, False)
    wait_for_end(app, free, 2)

    assert [s.id for s in ended_sessions(app, watch)] == [first.id]
    assert [record.type for record in records_of(app, watch["id"])].count("end") == 1


@pytest.mark.hard_case(10)
def test_a_cooldown_counts_from_a_run_and_not_from_what_it_swallowed(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger, cooldownSec=2)
    use(app, watch)
    camera.set_trigger(trigger, True)
    wait_for_session(app, watch)

    def began() -> bool:
        """Try again at once: were swallowed starts to count, this would never succeed."""
        for active in (False, True):
            camera.set_trigger(trigger, active)
            wait_for_edge(app, watch, "active" if active else "inactive")
        return bool(open_sessions(app, watch))

    wait_until(began, "a start after the cooldown", timeout=10)

    swallowed = refusals(app, watch)
    assert swallowed == ["cooldown"] * len(swallowed)
    assert len(swallowed) >= 2
    assert len(ended_sessions(app, watch)) == 1


@pytest.mark.hard_case(22)
def test_each_session_is_told_in_order(camera: Camera, app: AppClient, trigger: Trigger) -> None:
    watch, other = monitoring("watch", trigger), monitoring("other", trigger, 300)
    once = one_shot("once", trigger)
    use(app, watch, other, once)
    for count in (1, 2):
        camera.set_trigger(trigger, True)
        wait_for_descriptions(app, watch, 3)
        wait_for_end(app, once, count)
        camera.set_trigger(trigger, False)
        wait_for_end(app, watch, count)
        wait_for_end(app, other, count)

    for profile in (watch, other, once):
        found = records_of(app, profile["id"])
        sessions = list(dict.fromkeys(record.session for record in found))
        assert len(sessions) == 2
        for session in ended_sessions(app, profile):
            assert session.id in sessions
            assert_in_order([r for r in found if r.session == session.id], session.descriptions)
    assert_in_order_of_sequence(records_of(app))


def records_of(app: AppClient, profile: str = "") -> list[Record]:
    """All records, or those of one profile's sessions, in the order in which they were given."""
    found, _ = app.descriptions(limit=1000, include_sessions=True)
    return [r for r in found if r.type != "refusal" and (not profile or r.profile == profile)]


def assert_in_order(records: list[Record], descriptions: int) -> None:
    """start, description 1 to `descriptions`, end with their number, and nothing after it."""
    assert [r.type for r in records] == ["start", *["description"] * descriptions, "end"]
    assert [r.number for r in records[1:-1]] == list(range(1, descriptions + 1))
    assert [r.at for r in records] == sorted(r.at for r in records)


def assert_in_order_of_sequence(records: list[Record]) -> None:
    numbers = [record.sequence for record in records]
    assert numbers == sorted(set(numbers))
