# SPDX-License-Identifier: MIT
"""Hard cases of what the app publishes: the camera's event service is away, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.device.event_tap import EventTap, Notification, tapped
from tests.device.fixtures import (
    Json,
    monitoring,
    use,
    wait_for_descriptions,
    wait_for_end,
    wait_for_session,
)
from tests.waiting import wait_until
from tools.app_client import AppClient
from tools.camera import Camera, Trigger, VirtualCamera
from tools.camera.faults import Faults


@pytest.fixture
def tap(camera: Camera) -> Iterator[EventTap]:
    """The events that the camera gives to clients."""
    with tapped(camera) as events:
        yield events


def queued(app: AppClient) -> int:
    return int(app.call("GET", "status")["queuedEvents"])


def told(tap: EventTap, profile: Json) -> list[str]:
    """What the profile's events said, in short: Session 1, Description 1, ..."""
    return [
        f"{event.name} {event.values.get('active', event.values.get('number'))}"
        for event in tap.of(profile["id"])
    ]


@pytest.mark.hard_case(22)
def test_the_cameras_events_tell_a_session_in_order(
    camera: Camera, app: AppClient, tap: EventTap, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    wait_until(lambda: told(tap, watch) == ["Session 0"], "the event to be declared")
    camera.set_trigger(trigger, True)
    wait_for_descriptions(app, watch, 3)

    camera.set_trigger(trigger, False)

    session = wait_for_end(app, watch)
    numbers = range(1, session.descriptions + 1)
    expected = ["Session 0", "Session 1", *(f"Description {n}" for n in numbers), "Session 0"]
    wait_until(lambda: told(tap, watch) == expected, f"the events {expected}", timeout=5)


@pytest.mark.hard_case(24, virtual_only="no real camera's event service goes away on demand")
def test_ends_wait_for_the_event_service_with_their_own_time(
    faults: Faults, virtual: VirtualCamera, app: AppClient, tap: EventTap, trigger: Trigger
) -> None:
    first = monitoring("first", trigger, maxDurationSec=1)
    second = monitoring("second", trigger, maxDurationSec=2)
    use(app, first, second)
    virtual.set_trigger(trigger, True)
    wait_for_session(app, first)
    wait_until(lambda: "Description 1" in told(tap, second), "the events to begin")

    faults.event_service.stop()
    ends = [wait_for_end(app, profile) for profile in (first, second)]
    assert [s.end_reason for s in ends] == ["maxDuration"] * 2
    assert queued(app) >= 2
    before = [len(told(tap, profile)) for profile in (first, second)]
    back = datetime.now(UTC)
    faults.event_service.start()

    wait_until(lambda: queued(app) == 0, "the queued events to be sent")
    for profile, session, count in zip((first, second), ends, before, strict=True):
        (end,) = wait_for_ends(tap, profile)
        assert abs(end.at - datetime.fromisoformat(session.ended_at)) < timedelta(seconds=0.1)
        assert end.at < back
        assert told(tap, profile)[-1] == "Session 0"
        assert len(told(tap, profile)) > count
        numbers = [e.values["number"] for e in tap.of(profile["id"]) if e.name == "Description"]
        assert numbers == [str(n + 1) for n in range(session.descriptions)]


def wait_for_ends(tap: EventTap, profile: Json) -> list[Notification]:
    """The events that say that the profile's session is over."""

    def ends() -> list[Notification]:
        events = [event for event in tap.of(profile["id"]) if event.name == "Session"]
        states = [event.values["active"] for event in events]
        return [event for event in events[states.index("1") :] if event.values["active"] == "0"]

    return wait_until(ends, f"the end of {profile['id']}")
