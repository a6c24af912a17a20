# SPDX-License-Identifier: MIT
"""What one bad app or client does to the camera and to the apps beside it: nothing."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from pathlib import Path

import pytest
from requests.auth import HTTPDigestAuth

from tests.tools.virtual_camera_helpers import (
    APP,
    EPOCH,
    TIMEOUT,
    MakePackage,
    RunningCamera,
    make_manifest,
)
from tests.waiting import wait_until
from tools import eap
from tools.virtual_camera import task_limit

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]
BAD = "bad_app"


@pytest.fixture
def good(camera: RunningCamera, make_package: MakePackage) -> RunningCamera:
    """A camera with an app that serves and has stored something."""
    assert camera.upload(make_package()) == "OK"
    assert camera.control_app("start") == "OK"
    camera.wait_until_serving()
    assert stored(camera, "kept") == "kept"
    return camera


def stored(camera: RunningCamera, text: str = "") -> str:
    reply = camera.request("POST", f"/local/{APP}/store.cgi", data=text)
    return reply.text.splitlines()[-1]


def answers_soon(camera: RunningCamera) -> bool:
    began = time.monotonic()
    assert camera.call("viewer.cgi").status_code == 200
    assert camera.get("/axis-cgi/param.cgi?action=list&group=Brand").status_code == 200
    return time.monotonic() - began < 5


def test_an_app_that_crashes_in_a_loop_harms_nobody(
    good: RunningCamera, make_package: MakePackage
) -> None:
    pid = good.app_state()["pid"]
    package = make_package(BAD, runMode="respawn", runOptions="--exit 3")
    assert good.upload(package) == "OK"
    good.control_app("start", BAD)
    wait_until(lambda: good.app_state(BAD)["starts"] > 3, "several crashes")

    assert answers_soon(good)
    assert (good.app_state()["pid"], stored(good)) == (pid, "kept")
    assert good.control_app("stop", BAD) == "OK"
    starts = good.app_state(BAD)["starts"]
    assert good.control_app("remove", BAD) == "OK"
    assert good.app_state(BAD) == {}
    assert starts > 3


def test_an_app_that_floods_its_log_keeps_that_of_others(
    good: RunningCamera, make_package: MakePackage
) -> None:
    good.call("log.cgi?lines=3")
    good.wait_for_log("line 3 of 3")
    assert good.upload(make_package(BAD)) == "OK"
    good.control_app("start", BAD)
    good.wait_until_serving(BAD)

    good.call("log.cgi?lines=200000", BAD)

    assert answers_soon(good)
    assert "line 3 of 3" in good.app_log()
    assert len(good.app_log(BAD)) < 16 << 20
    assert stored(good) == "kept"


@pytest.fixture
def bomb(tmp_path: Path) -> Path:
    """A program all of whose processes fork without end."""
    code = "#include <unistd.h>\nint main(void) { for (;;) fork(); }"
    command = ["gcc", "-x", "c", "-", "-o", str(tmp_path / BAD)]
    subprocess.run(command, input=code, text=True, check=True, timeout=60)
    return tmp_path / BAD


def test_a_fork_bomb_stops_neither_camera_nor_other_apps(
    good: RunningCamera, bomb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_limit, "MAX_TASKS", 200)
    files = {BAD: bomb, "LICENSE": tmp_path / "LICENSE"}
    manifest = make_manifest(BAD, "1.0.0")
    package = eap.pack(manifest, files, tmp_path / "b.eap", epoch=EPOCH, architecture="host")
    assert good.upload(package) == "OK"

    good.control_app("start", BAD)

    wait_until(lambda: _processes(BAD) > 100, "the bomb to go off")
    assert answers_soon(good)
    assert stored(good) == "kept"
    assert _processes(BAD) < 400
    assert good.control_app("remove", BAD) == "OK"
    wait_until(lambda: _processes(BAD) == 0, "its processes to end")


def _processes(name: str) -> int:
    """How many processes of this machine run a program of that name."""
    count = 0
    for path in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            count += path.read_text() == f"{name}\n"
    return count


def test_a_broken_upgrade_keeps_the_app_and_its_data(
    good: RunningCamera, make_package: MakePackage
) -> None:
    pid = good.app_state()["pid"]
    whole = make_package(version="2.0.0").read_bytes()

    for part in (whole[: len(whole) // 2], whole[:-9], b"", bytes(len(whole))):
        assert good.upload(part).startswith("Error: ")

    assert good.applications()[APP]["Version"] == "1.0.0"
    assert (good.app_state()["pid"], stored(good)) == (pid, "kept")


def test_a_client_that_never_reads_its_stream_costs_little(good: RunningCamera) -> None:
    path = "/axis-cgi/mjpg/video.cgi?resolution=1920x1080&fps=30"
    host, _, port = good.url.removeprefix("http://").rpartition(":")
    auth = HTTPDigestAuth("root", "pass")
    auth.init_per_thread_state()
    challenge = good.request("GET", path, user="").headers["WWW-Authenticate"]
    fields = dict(part.split("=", 1) for part in challenge.partition(" ")[2].split(", "))
    auth._thread_local.chal = {name: text.strip('"') for name, text in fields.items()}  # type: ignore[attr-defined]
    header = auth.build_digest_header("GET", good.url + path)  # type: ignore[no-untyped-call]
    before = _megabytes()

    with socket.create_connection((host, int(port)), TIMEOUT) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {header}\r\n\r\n"
        client.sendall(request.encode())
        assert client.recv(12) == b"HTTP/1.1 200"
        for _ in range(20):
            assert answers_soon(good)

        assert _megabytes() - before < 100


def _megabytes() -> float:
    """Resident memory of this process, in which the camera runs."""
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * 4096 / (1 << 20)
