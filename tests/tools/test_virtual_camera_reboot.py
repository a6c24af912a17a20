# SPDX-License-Identifier: MIT
"""Reboots and power cuts: what ends, what is forgotten, and what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.tools.virtual_camera_helpers import APP, MakePackage, RunningCamera
from tests.waiting import wait_until
from tools.camera.control import ControlClient

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

FIRMWARE, READY = "/axis-cgi/firmwaremanagement.cgi", "/axis-cgi/systemready.cgi"
REBOOT = {"apiVersion": "1.0", "context": "me", "method": "reboot"}


def readiness(camera: RunningCamera) -> dict[str, Any]:
    data: dict[str, Any] = camera.post(
        READY, json={"apiVersion": "1.4", "method": "systemready"}
    ).json()["data"]
    return data


def reboot_by(camera: RunningCamera, ask: Any) -> None:
    """Ask for a reboot, and wait until it is over."""
    before = readiness(camera)["bootid"]
    ask()

    def is_over() -> bool:
        try:
            return bool(readiness(camera)["bootid"] != before)
        except requests.ConnectionError:
            return False

    wait_until(is_over, "the reboot", timeout=30)


def install(camera: RunningCamera, package: Path) -> int:
    assert camera.upload(package) == "OK"
    assert camera.control_app("start") == "OK"
    camera.wait_until_serving()
    return int(camera.app_state()["pid"])


def test_vapix_reboots_the_camera_and_its_apps(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    pid = install(camera, make_package(runMode="once"))
    answers = []

    reboot_by(camera, lambda: answers.append(camera.post(FIRMWARE, json=REBOOT).json()))

    assert (answers[0]["method"], answers[0]["data"]) == ("reboot", {})
    camera.wait_until_serving()
    assert camera.app_state()["pid"] != pid
    assert f"{APP} was ended by SIGTERM" in camera.app_log()
    assert int(readiness(camera)["uptime"]) < 30


def test_restart_cgi_does_the_same(camera: RunningCamera) -> None:
    reboot_by(camera, lambda: camera.get("/axis-cgi/restart.cgi"))

    assert readiness(camera)["systemready"] == "yes"


def test_a_power_cut_gives_apps_no_time(camera: RunningCamera, make_package: MakePackage) -> None:
    install(camera, make_package(runMode="once"))

    ControlClient(f"{camera.url}/virtual").reboot(power_cut=True)

    camera.wait_until_serving()
    assert f"{APP} was ended by SIGKILL" in camera.app_log()
    assert "SIGTERM" not in camera.app_log()


def test_what_was_stopped_stays_stopped(camera: RunningCamera, make_package: MakePackage) -> None:
    install(camera, make_package(runMode="once"))
    assert camera.control_app("stop") == "OK"

    ControlClient(f"{camera.url}/virtual").reboot()

    assert camera.applications()[APP]["Status"] == "Stopped"
    assert camera.control_app("start") == "OK"
    camera.wait_until_serving()


def test_states_are_forgotten_and_settings_kept(camera: RunningCamera) -> None:
    control = ControlClient(f"{camera.url}/virtual")
    control.set_scenario("Device1Scenario1", True)
    control.set_input(3, True)
    camera.get("/axis-cgi/param.cgi?action=update&root.Network.HostName=gate")

    control.reboot()

    assert [scenario["active"] for scenario in control.scenarios()] == [False, False]
    inputs = control.call("GET", "inputs")["inputs"]
    assert not any(entry["active"] for entry in inputs)
    listed = camera.get("/axis-cgi/param.cgi?action=list&group=Network.HostName").text
    assert "gate" in listed


def test_open_connections_end(camera: RunningCamera) -> None:
    video = camera.get("/axis-cgi/mjpg/video.cgi?resolution=320x240", stream=True)
    pieces = video.iter_content(4096)
    assert next(pieces)

    ControlClient(f"{camera.url}/virtual").reboot()

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        for _ in pieces:
            pass


def test_an_operator_may_not_reboot(camera: RunningCamera) -> None:
    camera.get("/axis-cgi/pwdgrp.cgi?action=add&user=op&pwd=secret&grp=users&sgrp=viewer:operator")
    before = readiness(camera)["bootid"]

    answer = camera.post(FIRMWARE, user="op", password="secret", json=REBOOT)

    assert answer.status_code == 403
    assert readiness(camera)["bootid"] == before
