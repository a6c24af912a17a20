# SPDX-License-Identifier: MIT
"""What was spent of the budget stays spent, whatever becomes of the app."""

from __future__ import annotations

from pathlib import Path

from tests.device.fixtures import ended_sessions, monitoring, use, wait_for_end
from tests.device.test_hard_cases_restarts import TRIGGER, camera_with, prepared
from tests.waiting import wait_until
from tools.app_client import Session
from tools.camera import VirtualCamera
from tools.describer.scripted import ScriptedDescriber
from tools.settings import APP_NAME

CALLS = 3


def test_a_crash_gives_no_fresh_budget(
    virtual: VirtualCamera,
    package: Path,
    describer: ScriptedDescriber,
    tmp_path: Path,
    camera_options: list[str],
) -> None:
    watch = monitoring("watch", TRIGGER)
    with camera_with(tmp_path / "state", camera_options) as camera:
        app = prepared(camera, package, describer)
        app.change_settings(budget={"callsPerHour": CALLS})
        use(app, watch)
        camera.set_trigger(TRIGGER, True)
        first = wait_for_end(app, watch)

        camera.control.signal(APP_NAME, "SIGKILL")

        def ended_again() -> list[Session]:
            if not app.request("GET", "status").ok:
                return []
            return [session for session in ended_sessions(app, watch) if session.id != first.id]

        (second,) = wait_until(ended_again, "a session to end after the crash", timeout=60)
        assert (first.end_reason, second.end_reason) == ("budget", "budget")
        assert (first.descriptions, second.descriptions) == (CALLS, 0)
        assert len(describer.requests()) == CALLS
