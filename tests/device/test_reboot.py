# SPDX-License-Identifier: MIT
"""The camera reboots, or its power goes, in mid-session."""

from __future__ import annotations

import pytest

from tests.device.fixtures import (
    ended_sessions,
    monitoring,
    open_sessions,
    session_log,
    use,
    wait_for_descriptions,
    wait_for_end,
    wait_for_session,
)
from tools.app_client import AppClient
from tools.camera import Trigger, VirtualCamera
from tools.deploy import wait_until_it_answers
from tools.describer.scripted import Hang, ScriptedDescriber
from tools.settings import APP_NAME


@pytest.mark.hard_case(11, virtual_only="no test reboots a camera in use")
@pytest.mark.hard_case(12, virtual_only="no test reboots a camera in use")
@pytest.mark.parametrize(
    ("power_cut", "reason"), [(False, "shutdown"), (True, "interrupted")], ids=["reboot", "power"]
)
def test_a_session_does_not_outlive_the_boot_it_began_in(
    virtual: VirtualCamera,
    app: AppClient,
    describer: ScriptedDescriber,
    trigger: Trigger,
    power_cut: bool,
    reason: str,
) -> None:
    watch = monitoring("watch", trigger)
    use(app, watch)
    virtual.set_trigger(trigger, True)
    before = wait_for_descriptions(app, watch, 1)
    describer.otherwise(Hang())
    asked = len(describer.requests())
    describer.wait_for_requests(asked + 1)

    virtual.control.reboot(power_cut=power_cut)

    wait_until_it_answers(virtual.vapix, APP_NAME, timeout=60)
    assert [profile["id"] for profile in app.profiles()] == [watch["id"]]
    assert open_sessions(app, watch) == []
    assert any(line.endswith(f"({reason})") for line in session_log(virtual, before))
    left_over = [(s.id, s.end_reason) for s in ended_sessions(app, watch)]
    assert left_over == ([(before.id, "interrupted")] if power_cut else [])
    virtual.set_trigger(trigger, True)
    assert wait_for_session(app, watch).id != before.id
    virtual.set_trigger(trigger, False)
    assert wait_for_end(app, watch, 2 if power_cut else 1).end_reason == "inactive"
