# SPDX-License-Identifier: MIT
"""The fault knob that moves the apps' wall clock, as an app meets it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.tools.virtual_camera_helpers import MakePackage, RunningCamera, StartCamera
from tools.virtual_camera.libraries import system_folders
from tools.virtual_camera.moved_clock import find_library
from tools.virtual_camera.sandbox import Sandbox

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]
can_move = pytest.mark.skipif(
    find_library(system_folders()) is None or not Sandbox(Path("/nowhere"), "", "host").is_confined,
    reason="needs libfaketime and bubblewrap; `apt-get install libfaketime` may run this",
)
HOUR = 3600.0
NEAR = 30.0
"""seconds that a busy machine may take between two looks at the clock"""


def move(camera: RunningCamera, **body: object) -> tuple[int, Any]:
    reply = camera.request("POST", "/virtual/clock", user="", json=body)
    return reply.status_code, reply.json()


def offsets(camera: RunningCamera) -> tuple[float, float]:
    """How far the app's wall clock and its monotonic clock are ahead of this machine's."""
    wall, monotonic = map(float, camera.call("clocks.cgi").text.split())
    return wall - time.time(), monotonic - time.monotonic()


def install(camera: RunningCamera, package: MakePackage) -> None:
    camera.allow_unsigned()
    assert camera.upload(package()) == "OK"
    assert camera.control_app("start") == "OK"
    camera.wait_until_serving()


def restart(camera: RunningCamera) -> None:
    assert camera.control_app("restart") == "OK"
    camera.wait_until_serving()


@can_move
def test_the_wall_clock_jumps_and_no_other(
    start_camera: StartCamera, make_package: MakePackage
) -> None:
    camera = start_camera()
    install(camera, make_package)
    assert move(camera, movable=True) == (200, {"movable": True, "offsetSec": 0})
    restart(camera)
    assert offsets(camera) == pytest.approx((0, 0), abs=NEAR)
    process = camera.app_state()["pid"]

    for jump, offset in ((HOUR, HOUR), (-2 * HOUR, -HOUR), (1.5 * HOUR, 0.5 * HOUR)):
        assert move(camera, jumpSec=jump) == (200, {"movable": True, "offsetSec": offset})
        assert offsets(camera) == pytest.approx((offset, 0), abs=NEAR)

    assert camera.app_state()["pid"] == process
    assert move(camera, movable=False) == (200, {"movable": False, "offsetSec": 0})
    assert offsets(camera) == pytest.approx((0, 0), abs=NEAR)


@can_move
def test_an_app_that_runs_already_has_to_start_again(
    start_camera: StartCamera, make_package: MakePackage
) -> None:
    camera = start_camera()
    install(camera, make_package)
    status, answer = move(camera, jumpSec=HOUR)
    assert (status, answer["error"]["code"]) == (409, "notMovable")
    assert '{"movable": true}' in answer["error"]["message"]
    move(camera, movable=True)

    status, answer = move(camera, jumpSec=HOUR)

    assert (status, answer["error"]["code"]) == (409, "notMovable")
    assert "test_app" in answer["error"]["message"]
    assert "FAKETIME" not in camera.call("all.cgi").text
    restart(camera)
    assert move(camera, jumpSec=HOUR)[0] == 200


@can_move
def test_wrong_jumps_are_named(camera: RunningCamera) -> None:
    move(camera, movable=True)

    for body in ({}, {"jumpSec": "1"}, {"jumpSec": True}, {"jumpSec": 1e12}, {"movable": 1}):
        status, answer = move(camera, **body)
        assert (status, answer["error"]["code"]) == (400, "badValue")
    assert camera.request("GET", "/virtual/clock", user="").json() == {
        "movable": True,
        "offsetSec": 0,
    }


def test_without_the_library_it_says_so(
    camera: RunningCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.virtual_camera.moved_clock.find_library", lambda _: None)

    status, answer = move(camera, movable=True)

    assert status == 501
    assert "libfaketime" in answer["error"]["message"]


def test_without_a_sandbox_the_clock_cannot_be_moved(
    start_camera: StartCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sandbox, "_probe", lambda _: False)

    status, answer = move(start_camera(), movable=True)

    assert status == 501
    assert "bubblewrap" in answer["error"]["message"]
