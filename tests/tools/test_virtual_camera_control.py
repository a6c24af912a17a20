# SPDX-License-Identifier: MIT
"""The control API, and the command line `python -m tools.virtual_camera`."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.tools.virtual_camera_helpers import APP, MakePackage, RunningCamera
from tests.waiting import wait_until
from tools.virtual_camera.__main__ import main

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

PROJECT = Path(__file__).resolve().parents[2]


def control(camera: RunningCamera, method: str, path: str, **options: Any) -> requests.Response:
    return camera.request(method, f"/virtual/{path}", user="", **options)


def test_scenarios_are_set_created_renamed_and_deleted(camera: RunningCamera) -> None:
    def post(topic: str, **body: Any) -> requests.Response:
        return control(camera, "POST", f"scenarios/{topic}", json=body)

    first = post("Device1Scenario1", active=True).json()
    assert first == {"topic": "Device1Scenario1", "active": True, "changed": True}
    assert post("Device1Scenario1", active=True).json()["changed"] is False
    created = control(camera, "PUT", "scenarios/Device1Scenario7", json={"name": "Dogs"})
    assert created.status_code == 201
    assert created.json() == {
        "id": 7,
        "name": "Dogs",
        "topic": "Device1Scenario7",
        "active": False,
    }
    listed = control(camera, "GET", "scenarios").json()["scenarios"]
    assert [entry["active"] for entry in listed] == [True, False, False]
    renamed = control(camera, "PUT", "scenarios/Device1Scenario7", json={"name": "Cats"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Cats")
    assert control(camera, "DELETE", "scenarios/Device1Scenario7").status_code == 200
    assert post("Device1Scenario7", active=True).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("scenarios/Device1Scenario1", {"active": 1}, 400, "badValue"),
        ("scenarios/Device1Scenario1", [], 400, "badJson"),
        ("scenarios/Device1Scenario9", {"active": True}, 404, "unknownScenario"),
        ("inputs/65", {"active": True}, 404, "unknownInput"),
        ("inputs/1", {}, 400, "badValue"),
        ("events", {}, 400, "badTopic"),
        ("events", {"topic": "tns1:A", "data": {"x": []}}, 400, "badValue"),
        ("video", {}, 400, "badSource"),
        ("video", {"source": "/nothing/here.avi"}, 400, "badSource"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(
    camera: RunningCamera, path: str, body: Any, status: int, code: str
) -> None:
    reply = control(camera, "POST", path, json=body)

    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


def test_a_web_page_cannot_send_control_requests(camera: RunningCamera) -> None:
    form = control(camera, "POST", "scenarios/Device1Scenario1", data={"active": "true"})
    foreign = control(camera, "GET", "status", headers={"Host": "evil.example:80"})

    assert form.status_code == 415
    assert foreign.status_code == 403
    assert control(camera, "GET", "nothing").status_code == 404
    assert control(camera, "POST", "status", json={}).status_code == 405


def test_any_event_can_be_sent(camera: RunningCamera) -> None:
    event = {"topic": "tnsaxis:Storage/Disk", "source": {"disk": "SD"}, "data": {"full": True}}

    first = control(camera, "POST", "events", json=event | {"stateful": True})
    second = control(camera, "POST", "events", json=event)
    wrong = control(camera, "POST", "events", json=event | {"data": {"other": 1}})

    assert (first.json()["declared"], second.json()["declared"]) == (True, False)
    assert wrong.status_code == 400
    assert "other" in wrong.json()["error"]["message"]


def test_inputs_and_video_source(camera: RunningCamera) -> None:
    answer = control(camera, "POST", "inputs/3", json={"active": True}).json()

    assert answer == {"port": 3, "active": True, "changed": True}
    assert control(camera, "GET", "video").json() == {"source": "pattern"}
    changed = control(camera, "POST", "video", json={"source": "pattern"})
    assert changed.json() == {"source": "pattern"}


@contextlib.contextmanager
def command(*options: str) -> Iterator[subprocess.Popen[str]]:
    """The command line in a process of its own, killed at the end if it still runs."""
    argv = [sys.executable, "-m", "tools.virtual_camera", "--port", "0", *options]
    pipe = subprocess.PIPE
    process = subprocess.Popen(argv, cwd=PROJECT, stdout=pipe, stderr=pipe, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


def read_ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    ready: dict[str, Any] = json.loads(line)
    return ready


def is_alive(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def children_of(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                child = int(path.parent.name)
                found += [child, *children_of(child)]
    return found


def test_the_command_line_announces_itself_and_stops_cleanly(
    make_package: MakePackage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    package = make_package(runMode="respawn")
    started = time.monotonic()

    with command("--json", "--name", "gate", "--install", str(package)) as process:
        ready = read_ready(process)
        seconds = time.monotonic() - started
        status = requests.get(f"{ready['control']}/status", timeout=5).json()
        below = children_of(process.pid)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=15)

    assert ready["pid"] == process.pid
    assert (ready["name"], ready["user"], ready["arch"]) == ("gate", "root", "host")
    assert status["apps"][0]["status"] == "Running"
    assert status["apps"][0]["pid"] in below
    assert (process.returncode, output, errors) == (0, "", "")
    assert not any(map(is_alive, below))
    assert list(tmp_path.glob("virtual-camera*")) == []
    assert seconds < 10


def test_a_killed_camera_takes_its_apps_along(
    make_package: MakePackage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with command("--json", "--install", str(make_package())) as process:
        ready = read_ready(process)
        pid = requests.get(f"{ready['control']}/status", timeout=5).json()["apps"][0]["pid"]
        below = children_of(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    assert pid in below
    wait_until(lambda: not any(map(is_alive, below)), "the app and the bus to end")
    (left,) = tmp_path.glob("virtual-camera-run-*")
    with command("--json") as process:
        read_ready(process)
        assert not left.exists()


def test_a_second_start_of_a_kept_state_needs_no_install(
    make_package: MakePackage, tmp_path: Path
) -> None:
    state = ["--json", "--state", str(tmp_path / "state")]
    with command(*state, "--install", str(make_package(runMode="respawn"))) as process:
        read_ready(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0

    with command(*state) as process:
        ready = read_ready(process)
        apps = requests.get(f"{ready['control']}/status", timeout=5).json()["apps"]

    assert [(app["name"], app["status"]) for app in apps] == [(APP, "Running")]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--port", "{taken}"], 3, "cure: choose another with --port"),
        (["--install", "/nothing.eap"], 2, "/nothing.eap does not exist"),
        (["--install", "{broken}"], 4, "refused (error 1)"),
        (["--os", "7"], 2, "AXIS OS 7 is not emulated"),
        (["--source", "/nothing.avi"], 2, "/nothing.avi"),
        (["--state", "/proc/state"], 3, "/proc/state"),
    ],
)
def test_what_prevents_a_start_is_said_in_a_line(
    camera: RunningCamera,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr("tools.virtual_camera.__main__.adopt_orphans", lambda: None)
    (tmp_path / "broken.eap").write_bytes(b"broken")
    taken = camera.url.rpartition(":")[2]
    filled = [o.format(taken=taken, broken=tmp_path / "broken.eap") for o in options]

    assert main(["--port", "0", *filled]) == code

    output, errors = capfd.readouterr()
    assert output == ""
    assert errors.startswith("error: ")
    assert said in errors
    assert len(errors.splitlines()) <= 2
