# SPDX-License-Identifier: MIT
"""The wall clock of the app jumps in mid-session, as when a camera finds its time server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import pytest

from tests.device.fixtures import (
    PROMPT_END_MS,
    monitoring,
    one_shot,
    open_sessions,
    use,
    wait_for_descriptions,
    wait_for_end,
)
from tests.waiting import wait_until
from tools.app_client import AppClient
from tools.camera import Camera, Trigger, VirtualCamera
from tools.camera.faults import Faults
from tools.deploy import wait_until_it_answers
from tools.describer.scripted import Hang, Reply, ScriptedDescriber
from tools.errors import Refused
from tools.settings import APP_NAME

HOUR = 3600.0
INTERVAL_MS = 250
BUSY_SEC = 5.0
"""a tick is this late at most on a busy machine"""


def restarted(virtual: VirtualCamera) -> None:
    virtual.vapix.stop(APP_NAME)
    virtual.vapix.start(APP_NAME)
    wait_until_it_answers(virtual.vapix, APP_NAME, timeout=60)


@pytest.fixture(scope="module")
def movable(camera: Camera) -> Iterator[Faults]:
    """The camera's faults; the clock of the app, which has started anew, can be moved."""
    if not isinstance(camera, VirtualCamera):
        pytest.skip("nobody sets the clock of a camera in use")
    try:
        camera.faults.make_clock_movable()
    except Refused as refusal:
        pytest.skip(f"the clock of apps cannot be moved: {refusal}")
    restarted(camera)
    yield camera.faults
    camera.faults.reset_clock()
    restarted(camera)


@pytest.fixture
def clock(movable: Faults, app: AppClient) -> Iterator[Faults]:
    """`movable`, for an app that is ready; the clock is right at first and afterwards."""
    yield movable
    movable.make_clock_movable()


def wall_clock(app: AppClient) -> float:
    """When the newest description was made by the app's clock, in seconds."""
    newest = app.call("GET", "descriptions", params={"limit": 1000})["descriptions"][-1]
    return datetime.fromisoformat(newest["at"]).timestamp()


@pytest.mark.hard_case(12, virtual_only="nobody sets the clock of a camera in use")
@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forwards", "backwards"])
def test_a_jump_of_the_clock_changes_neither_interval_nor_end(
    virtual: VirtualCamera,
    clock: Faults,
    app: AppClient,
    describer: ScriptedDescriber,
    trigger: Trigger,
    jump: float,
) -> None:
    watch = monitoring("watch", trigger, INTERVAL_MS, maxDurationSec=1200)
    use(app, watch)
    virtual.set_trigger(trigger, True)
    session = wait_for_descriptions(app, watch, 2)
    before, asked = wall_clock(app), len(describer.requests())

    clock.jump_clock(jump)

    describer.wait_for_requests(asked + 4)
    wait_for_descriptions(app, watch, asked + 2)
    assert wall_clock(app) - before == pytest.approx(jump, abs=HOUR / 2)
    arrived = [request.arrived for request in describer.requests()[asked - 1 :]]
    waits = [later - earlier for earlier, later in pairwise(arrived)]
    assert all(0 < wait < INTERVAL_MS / 1000 + BUSY_SEC for wait in waits)
    assert arrived[-1] - arrived[0] > (len(waits) - 1.5) * INTERVAL_MS / 1000
    (during,) = open_sessions(app, watch)
    assert during.id == session.id
    assert session.age_ms < during.age_ms < HOUR / 2 * 1000
    virtual.set_trigger(trigger, False)
    ended = wait_for_end(app, watch)
    assert (ended.end_reason, ended.id) == ("inactive", session.id)
    assert ended.end_delay_ms is not None
    assert 0 <= ended.end_delay_ms < PROMPT_END_MS


@pytest.mark.hard_case(12, virtual_only="nobody sets the clock of a camera in use")
@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forwards", "backwards"])
def test_limits_and_calls_in_flight_count_real_seconds(
    virtual: VirtualCamera,
    clock: Faults,
    app: AppClient,
    describer: ScriptedDescriber,
    triggers: tuple[Trigger, Trigger],
    jump: float,
) -> None:
    first, second = triggers
    capped, once = monitoring("capped", first, maxDurationSec=2), one_shot("once", second)
    use(app, capped, once)
    describer.otherwise(Reply())
    describer.then(Hang())
    virtual.set_trigger(second, True)
    describer.wait_for_requests(1)
    virtual.set_trigger(first, True)
    wait_until(lambda: open_sessions(app, capped), "the session with a limit")

    clock.jump_clock(jump)

    ended = wait_for_end(app, capped)
    assert ended.end_reason == "maxDuration"
    assert ended.age_ms == pytest.approx(2000, abs=1000)
    (waiting,) = open_sessions(app, once)
    assert waiting.call_in_flight
    describer.release()
    assert wait_for_end(app, once).end_reason == "completed"
