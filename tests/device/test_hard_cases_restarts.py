# SPDX-License-Identifier: MIT
"""Hard cases of a camera that goes down, and of an app that is taken away."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.device.fixtures import (
    ended_sessions,
    monitoring,
    one_shot,
    open_sessions,
    use,
    wait_for_edge,
    wait_for_session,
)
from tests.waiting import wait_until
from tools.app_client import AppClient
from tools.camera import Trigger, VirtualCamera, start_virtual_camera
from tools.deploy import deploy, wait_until_it_answers
from tools.describer.scripted import Hang, ScriptedDescriber
from tools.settings import APP_NAME

TRIGGER = Trigger(scenario="Device1Scenario1")
EXIT_SECONDS = 2.0


@contextmanager
def camera_with(state: Path, options: list[str]) -> Iterator[VirtualCamera]:
    """A camera of its own that keeps its state in `state`."""
    log = state.parent / "camera.log"
    with start_virtual_camera(state=state, log=log, options=options) as camera:
        yield camera


def prepared(camera: VirtualCamera, package: Path, describer: ScriptedDescriber) -> AppClient:
    """The app, deployed and told to use `describer`."""
    deploy(camera.vapix, package, allow_unsigned=True)
    app = AppClient(camera.vapix)
    app.change_settings(describer={"url": describer.url, "model": describer.model})
    return app


@pytest.mark.hard_case(12, virtual_only="a camera in use is not restarted for a test")
@pytest.mark.parametrize(
    ("how", "leftovers"),
    [("SIGKILL", ["interrupted"]), ("SIGTERM", [])],
    ids=["power cut", "orderly restart"],
)
def test_a_camera_restarts_in_mid_session(
    virtual: VirtualCamera,
    package: Path,
    describer: ScriptedDescriber,
    tmp_path: Path,
    camera_options: list[str],
    how: str,
    leftovers: list[str],
) -> None:
    watch, once = monitoring("watch", TRIGGER), one_shot("once", TRIGGER)
    describer.otherwise(Hang())
    with camera_with(tmp_path / "state", camera_options) as camera:
        app = prepared(camera, package, describer)
        use(app, watch)
        camera.set_trigger(TRIGGER, True)
        describer.wait_for_requests(1)
        before = wait_for_session(app, watch)
        os.kill(camera.ready["pid"], getattr(signal, how))
        camera.wait()
        describer.wait_for_aborted(1)

    with camera_with(tmp_path / "state", camera_options) as camera:
        app = AppClient(camera.vapix)
        wait_until_it_answers(camera.vapix, APP_NAME, timeout=30)
        wait_for_edge(app, watch, "inactive")
        assert open_sessions(app, watch) == []
        assert [s.end_reason for s in ended_sessions(app, watch)] == leftovers
        assert {s.id for s in ended_sessions(app, watch)} <= {before.id}
        assert describer.in_flight() == 0
        use(app, watch, once)
        camera.set_trigger(TRIGGER, True)
        wait_for_session(app, watch)
        describer.release()
        describer.wait_for_requests(2)


@pytest.mark.hard_case(21, virtual_only="it would cost a real camera the app's settings and key")
def test_an_app_is_uninstalled_in_mid_call(
    virtual: VirtualCamera,
    package: Path,
    describer: ScriptedDescriber,
    tmp_path: Path,
    camera_options: list[str],
) -> None:
    watch, once = monitoring("watch", TRIGGER), one_shot("once", TRIGGER)
    with camera_with(tmp_path / "state", camera_options) as camera:
        app = prepared(camera, package, describer)
        use(app, watch, once)
        describer.otherwise(Hang())
        camera.set_trigger(TRIGGER, True)
        describer.wait_for_requests(2)
        sessions = [wait_for_session(app, watch), wait_for_session(app, once)]

        began = time.monotonic()
        camera.vapix.remove(APP_NAME)
        describer.wait_for_aborted(2, timeout=EXIT_SECONDS)
        wait_until(lambda: camera.vapix.application(APP_NAME) is None, "the app to be gone")
        assert time.monotonic() - began < EXIT_SECONDS

        log = camera.vapix.system_log()  # of everything: the camera no longer knows the app
        for session in sessions:
            ended = [line for line in log if f"session {session.id} " in line]
            assert any(line.endswith("stopping -> ended (shutdown)") for line in ended), ended
        wait_until(lambda: describer.open_connections() == 0, "all sockets to be closed")
        app = prepared(camera, package, describer)
        assert app.profiles() == []
        assert app.sessions().open + app.sessions().ended == ()
