# SPDX-License-Identifier: MIT
"""The main job: sessions begin with their trigger, describe, and end exactly with it."""

from __future__ import annotations

import re

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
    wait_for_edge,
    wait_for_end,
    wait_for_session,
)
from tests.waiting import wait_until
from tools.app_client import AppClient
from tools.camera import Camera, Trigger, VirtualCamera
from tools.describer.scripted import Hang, Reply, ScriptedDescriber


@pytest.mark.hard_case(7)
def test_the_scenario_of_the_demo(
    camera: Camera,
    app: AppClient,
    describer: ScriptedDescriber,
    triggers: tuple[Trigger, Trigger],
) -> None:
    trigger, other = triggers
    a = one_shot("a", trigger)
    b, c = monitoring("b", trigger, 200), monitoring("c", trigger, 500)
    clock = monitoring("clock", other)
    use(app, a, b, c, clock)

    camera.set_trigger(trigger, True)
    assert wait_for_end(app, a).end_reason == "completed"
    wait_for_descriptions(app, b, 3)
    wait_for_descriptions(app, c, 2)
    describer.otherwise(Hang())
    wait_until(lambda: describer.in_flight() == 2, "calls of b and c to be in flight")
    camera.set_trigger(trigger, False)

    for profile in (b, c):
        session = wait_for_end(app, profile)
        assert session.end_reason == "inactive"
        assert session.call_aborted
        assert session.end_delay_ms is not None
        assert session.end_delay_ms < PROMPT_END_MS
    assert app.sessions().open == ()
    describer.wait_for_aborted(2, timeout=2)

    # No session is left, and none goes on in secret while others describe.
    describer.otherwise(Reply())
    before = len(describer.requests())
    camera.set_trigger(other, True)
    wait_for_descriptions(app, clock, 5)
    assert {request.prompt for request in describer.requests()[before:]} == {clock["prompt"]}
    assert [len(ended_sessions(app, profile)) for profile in (a, b, c)] == [1, 1, 1]


def test_an_inactive_edge_does_not_touch_one_shots(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    once, watch = one_shot("once", trigger), monitoring("watch", trigger)
    use(app, once, watch)
    describer.otherwise(Hang(Reply("Somebody left a parcel.")))
    camera.set_trigger(trigger, True)
    describer.wait_for_requests(2)

    camera.set_trigger(trigger, False)

    assert wait_for_end(app, watch).end_reason == "inactive"
    session = wait_for_session(app, once)
    assert session.state == "running"
    assert session.call_in_flight
    describer.release()
    session = wait_for_end(app, once)
    assert (session.end_reason, session.descriptions) == ("completed", 1)
    records, _ = app.descriptions(limit=1000)
    assert [r.text for r in records if r.profile == once["id"]] == ["Somebody left a parcel."]


def test_two_triggers_do_not_disturb_each_other(
    camera: Camera, app: AppClient, triggers: tuple[Trigger, Trigger]
) -> None:
    first, second = triggers
    left, right = monitoring("left", first), monitoring("right", second)
    use(app, left, right)
    camera.set_trigger(first, True)
    camera.set_trigger(second, True)
    wait_for_descriptions(app, left, 1)
    seen = wait_for_descriptions(app, right, 1).descriptions

    camera.set_trigger(first, False)

    assert wait_for_end(app, left).end_reason == "inactive"
    wait_for_descriptions(app, right, seen + 3)
    assert open_sessions(app, left) == []
    camera.set_trigger(second, False)
    assert wait_for_end(app, right).end_reason == "inactive"
    assert len(ended_sessions(app, left)) == 1


def test_each_activation_is_a_session_of_its_own(
    camera: Camera, app: AppClient, trigger: Trigger
) -> None:
    once, watch = one_shot("once", trigger), monitoring("watch", trigger)
    use(app, once, watch)

    for count in (1, 2, 3):
        camera.set_trigger(trigger, True)
        wait_for_session(app, watch)
        wait_for_end(app, once, count)
        camera.set_trigger(trigger, False)
        wait_for_end(app, watch, count)

    sessions = ended_sessions(app, once) + ended_sessions(app, watch)
    assert len({session.id for session in sessions}) == 6
    assert [s.end_reason for s in sessions] == ["completed"] * 3 + ["inactive"] * 3


@pytest.mark.hard_case(8, virtual_only="a real camera's inputs do not change so fast")
def test_flapping_leaves_nothing_open(
    virtual: VirtualCamera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    describer.otherwise(Hang())

    for _ in range(25):
        virtual.set_trigger(trigger, True)
        virtual.set_trigger(trigger, False)

    wait_for_edge(app, watch, "inactive")
    wait_until(lambda: len(ended_sessions(app, watch)) == 25, "all 25 sessions to end")
    assert open_sessions(app, watch) == []
    assert {session.end_reason for session in ended_sessions(app, watch)} == {"inactive"}
    wait_until(lambda: describer.in_flight() == 0, "all calls to be given up")


def test_the_log_alone_tells_a_sessions_life(
    camera: Camera, app: AppClient, describer: ScriptedDescriber, trigger: Trigger
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    camera.set_trigger(trigger, True)
    session = wait_for_descriptions(app, watch, 2)
    describer.otherwise(Hang())
    wait_until(lambda: describer.in_flight() == 1, "a call to be in flight")
    camera.set_trigger(trigger, False)
    ended = wait_for_end(app, watch)

    def whole_life() -> list[str]:
        found = session_log(camera, session)
        return found if found and "removed" in found[-1] else []

    lines = wait_until(whole_life, "the log to tell that the session was removed")

    who = f"session {session.id} profile {watch['id']}: "
    assert all(line.startswith(who) and line.isascii() for line in lines)
    told = [line.removeprefix(who) for line in lines]
    assert "created" in told[0]
    assert told[1] == "created -> running"
    assert told[-4:-1] == [
        "running -> stopping (inactive)",
        "call aborted",
        "stopping -> ended (inactive)",
    ]
    assert f"{ended.descriptions} description" in told[-1]
    assert sum(line.startswith("tick") for line in told) == ended.ticks
    assert sum(line.startswith("description") for line in told) == ended.descriptions
    log = "\n".join(camera.vapix.system_log("batondescribe"))
    assert re.search(rf"profile {watch['id']}.* (is )?active", log)
    assert re.search(rf"profile {watch['id']}.* (is )?inactive", log)
