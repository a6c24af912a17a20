# SPDX-License-Identifier: MIT
"""Cameras behind one protocol: the virtual one as a process, a real one as a scripted server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.scripted_camera import PASSWORD, USER, Answer, ScriptedCamera, scripted_camera
from tests.waiting import wait_until
from tools.bootstrap import PROJECT
from tools.camera import RealCamera, Trigger, VirtualCamera, start_virtual_camera
from tools.errors import CameraError, Refused, UsageError
from tools.settings import CameraSettings
from tools.vapix import VapixClient


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualCamera]:
    log = tmp_path_factory.mktemp("camera") / "camera.log"
    with start_virtual_camera(log=log) as camera:
        yield camera


def test_a_virtual_camera_answers_like_a_camera(virtual: VirtualCamera) -> None:
    info = virtual.vapix.device_info()

    assert virtual.settings.is_virtual
    assert (info.architecture, info.os_line) == ("host", 12)
    assert virtual.vapix.snapshot("320x240").startswith(b"\xff\xd8")
    assert virtual.address_of_this_machine() == "127.0.0.1"


def test_its_scenarios_are_triggers_that_can_be_held(virtual: VirtualCamera) -> None:
    triggers = virtual.triggers()
    assert triggers[:2] == (
        Trigger(scenario="Device1Scenario1"),
        Trigger(scenario="Device1Scenario2"),
    )

    virtual.set_trigger(triggers[0], True)
    states = {s["topic"]: s["active"] for s in virtual.control.scenarios()}
    assert states["Device1Scenario1"] is True
    assert states["Device1Scenario2"] is False

    assert virtual.control.set_scenario("Device1Scenario1", True) is False, "it was active already"
    virtual.set_trigger(triggers[0], False)


def test_its_virtual_inputs_are_triggers_too(virtual: VirtualCamera) -> None:
    virtual.set_trigger(Trigger(port=1), True)

    assert virtual.vapix.set_virtual_input(1, True) is False, "it was active already"
    virtual.set_trigger(Trigger(port=1), False)


def test_vapix_and_control_see_the_same_scenarios(virtual: VirtualCamera) -> None:
    virtual.control.create_scenario("Device1Scenario7", "Loading bay")
    try:
        assert "Device1Scenario7" in [s.topic for s in virtual.vapix.scenarios()]
    finally:
        virtual.control.delete_scenario("Device1Scenario7")
    assert "Device1Scenario7" not in [s.topic for s in virtual.vapix.scenarios()]


def test_pictures_that_were_handed_out_can_be_looked_up(virtual: VirtualCamera) -> None:
    picture = virtual.vapix.snapshot("320x240")

    last = virtual.control.snapshots()[-1]

    assert (last.width, last.height, last.client) == (320, 240, "image.cgi")
    assert last.name.startswith("pattern#")
    assert virtual.control.snapshot_jpeg(last.sha256) == picture


def test_a_scenario_that_is_not_there_is_refused(virtual: VirtualCamera) -> None:
    with pytest.raises(Refused, match="Device9Scenario9"):
        virtual.set_trigger(Trigger(scenario="Device9Scenario9"), True)


def test_its_process_ends_with_the_block_even_after_an_error(tmp_path: Path) -> None:
    pids: list[int] = []

    def fail_in_the_block() -> None:
        with start_virtual_camera(log=tmp_path / "log") as camera:
            pids.append(camera.ready["pid"])
            assert alive(pids[0])
            raise RuntimeError("in the block")

    with pytest.raises(RuntimeError, match="in the block"):
        fail_in_the_block()
    assert not alive(pids[0])


def test_a_camera_that_cannot_start_says_why(tmp_path: Path) -> None:
    log = tmp_path / "camera.log"

    with (
        pytest.raises(CameraError, match="the virtual camera ended with exit code") as raised,
        start_virtual_camera(log=log, source=str(tmp_path / "missing.avi")),
    ):
        pass
    assert "missing.avi" in raised.value.message
    assert str(log) in raised.value.cure


@pytest.fixture
def announcement(tmp_path: Path) -> Path:
    """Where the task announces its camera, so that a developer's own is left alone."""
    return tmp_path / "camera.json"


def camera_task(announcement: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(PROJECT / "tasks.py"), "camera", "--port", "0", "--json"],
        env={**os.environ, "BATONDESCRIBE_CAMERA_FILE": str(announcement)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_task_prints_one_line_and_leaves_nothing(
    announcement: Path, number: signal.Signals, code: int
) -> None:
    with camera_task(announcement) as task:
        assert task.stdout is not None
        ready = json.loads(task.stdout.readline())
        assert set(ready) == {"name", "url", "https", "rtsp", "control", "user", "arch", "pid"}
        assert json.loads(announcement.read_text())["pid"] == ready["pid"]

        task.send_signal(number)
        out, _ = task.communicate(timeout=30)

    assert (task.returncode, out) == (code, b"")
    assert not alive(ready["pid"])
    assert not announcement.exists()


def test_the_task_ends_when_its_camera_ends(announcement: Path) -> None:
    with camera_task(announcement) as task:
        assert task.stdout is not None
        ready = json.loads(task.stdout.readline())

        os.kill(ready["pid"], signal.SIGTERM)

        assert task.wait(timeout=30) == 0


def test_a_killed_task_takes_its_camera_along(announcement: Path) -> None:
    with camera_task(announcement) as task:
        assert task.stdout is not None
        ready = json.loads(task.stdout.readline())
        task.kill()
    wait_until(lambda: not alive(ready["pid"]), "the camera's process to end", timeout=30)


@pytest.mark.parametrize(
    ("name", "expected", "key"),
    [
        (
            "Device1Scenario2",
            Trigger(scenario="Device1Scenario2"),
            "objectAnalytics:Device1Scenario2",
        ),
        ("VirtualInput3", Trigger(port=3), "virtualInput:3"),
    ],
)
def test_a_trigger_has_one_name(name: str, expected: Trigger, key: str) -> None:
    assert Trigger.parse(name) == expected
    assert (expected.name, expected.key) == (name, key)


@pytest.mark.parametrize("name", ["door", "VirtualInput", "VirtualInputx", "VirtualInput0", ""])
def test_what_is_no_trigger_is_said(name: str) -> None:
    with pytest.raises(UsageError):
        Trigger.parse(name)


AOA = "local/objectanalytics/control.cgi"


@pytest.fixture
def server() -> Iterator[ScriptedCamera]:
    with scripted_camera() as scripted:
        scripted.answer_json(
            AOA, {"data": {"scenarios": [{"id": 4, "name": "Gate", "devices": [{"id": 1}]}]}}
        )
        scripted.answers["axis-cgi/virtualinput/activate.cgi"] = Answer(
            "<V><Success><StateChanged>true</StateChanged></Success></V>"
        )
        yield scripted


@pytest.fixture
def real(server: ScriptedCamera) -> RealCamera:
    settings = CameraSettings("gate", server.url, USER, virtual_inputs=(5,))
    return RealCamera(settings, VapixClient(server.url, USER, PASSWORD))


def test_a_real_camera_prefers_its_virtual_inputs(server: ScriptedCamera, real: RealCamera) -> None:
    assert real.triggers() == (Trigger(port=5), Trigger(scenario="Device1Scenario4"))

    real.set_trigger(Trigger(port=5), True)

    assert server.requests[-1].path == "axis-cgi/virtualinput/activate.cgi"
    assert server.requests[-1].query["port"] == "5"


def test_a_real_scenario_is_alarmed_and_its_end_waited_for(
    server: ScriptedCamera, real: RealCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)

    real.set_trigger(Trigger(scenario="Device1Scenario4"), True)
    assert server.requests[-1].json["method"] == "sendAlarmEvent"
    assert server.requests[-1].json["params"] == {"scenario": 4}

    real.set_trigger(Trigger(scenario="Device1Scenario4"), False)
    assert 2.5 < waited[0] <= 3.0


def test_a_real_scenario_that_is_not_there_names_the_others(real: RealCamera) -> None:
    with pytest.raises(Refused, match="Device1Scenario9") as raised:
        real.set_trigger(Trigger(scenario="Device1Scenario9"), True)
    assert "Device1Scenario4" in raised.value.cure


def test_this_machines_address_is_the_one_towards_the_camera(real: RealCamera) -> None:
    assert real.address_of_this_machine() == "127.0.0.1"
