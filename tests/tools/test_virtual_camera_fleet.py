# SPDX-License-Identifier: MIT
"""Many cameras in one run: what they share, what is their own, how they end, what they need."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from tests.waiting import wait_until
from tools.bootstrap import PROJECT
from tools.camera import VirtualCamera, start_virtual_camera, start_virtual_cameras
from tools.errors import CameraError, SetupError, UsageError
from tools.virtual_camera.__main__ import announce
from tools.virtual_camera.camera import VirtualCamera as CameraHere
from tools.virtual_camera.fleet import fleet_settings
from tools.virtual_camera.settings import CameraSettings

COUNT = 4
MOST_MEGABYTES = 60.0


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[VirtualCamera]]:
    log = tmp_path_factory.mktemp("fleet") / "cameras.log"
    with start_virtual_cameras(COUNT, ["--port", "0", "--name", "gate"], log=log) as started:
        yield started


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_each_has_a_name_a_serial_number_and_a_port(cameras: list[VirtualCamera]) -> None:
    assert {camera.ready["name"] for camera in cameras} == {f"gate-{n + 1}" for n in range(COUNT)}
    assert len({camera.vapix.device_info().serial_number for camera in cameras}) == COUNT
    assert len({camera.ready["pid"] for camera in cameras}) == COUNT


def test_what_is_done_to_one_is_not_seen_on_another(cameras: list[VirtualCamera]) -> None:
    cameras[0].control.set_scenario("Device1Scenario1", True)

    assert cameras[0].control.scenarios()[0]["active"] is True
    assert cameras[1].control.scenarios()[0]["active"] is False


def test_each_needs_little_memory(cameras: list[VirtualCamera]) -> None:
    for camera in cameras:
        assert camera.vapix.snapshot().startswith(b"\xff\xd8")

    sizes = [_megabytes(int(camera.ready["pid"])) for camera in cameras]

    assert max(sizes) < MOST_MEGABYTES


def test_a_single_one_needs_little_memory_too(tmp_path: Path) -> None:
    with start_virtual_camera(log=tmp_path / "log") as camera:
        for _ in range(20):
            camera.vapix.snapshot()
        pid = int(camera.ready["pid"])
        assert _megabytes(pid) < MOST_MEGABYTES
        loaded = Path(f"/proc/{pid}/maps").read_text()
        assert "/PIL/" in loaded
        assert "/cv2/" not in loaded
        assert "/numpy/" not in loaded


def _megabytes(pid: int) -> float:
    """What a process and its bus need, where shared memory counts for each user's part (PSS)."""
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    texts = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in pids]
    return sum(float(re.findall(r"^Pss:\s+(\d+)", text, re.M)[0]) for text in texts) / 1024


def fleet(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tools.virtual_camera", "--json", "--port", "0", *options]
    return subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_them_all(number: signal.Signals) -> None:
    with fleet("--count", "3") as process:
        assert process.stdout is not None
        pids = [int(re.findall(r'"pid": (\d+)', process.stdout.readline())[0]) for _ in range(3)]
        process.send_signal(number)
        assert process.wait(20) == 0

    assert not any(alive(pid) for pid in pids)


def test_they_end_with_their_parent() -> None:
    with fleet("--count", "2") as process:
        assert process.stdout is not None
        pids = [int(re.findall(r'"pid": (\d+)', process.stdout.readline())[0]) for _ in range(2)]
        process.kill()

    wait_until(lambda: not any(alive(pid) for pid in pids), "the cameras to end")


def test_one_that_cannot_start_ends_the_run_with_its_reason(tmp_path: Path) -> None:
    options = ["--port", "0", "--install", str(tmp_path / "missing.eap")]

    with (
        pytest.raises(CameraError, match="exit code 3"),
        start_virtual_cameras(2, options, log=tmp_path / "log"),
    ):
        pytest.fail("it started")

    assert "missing.eap does not exist" in (tmp_path / "log").read_text()


def test_a_camera_that_is_killed_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    with start_virtual_cameras(2, ["--port", "0"], log=tmp_path / "log") as two:
        os.kill(int(two[0].ready["pid"]), signal.SIGKILL)
        said = f"{two[0].ready['name']} ended with -9"
        wait_until(lambda: said in (tmp_path / "log").read_text(), "the warning")
        assert two[1].control.status()["pid"] == two[1].ready["pid"]


def test_what_a_camera_says_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pieces(io.StringIO):
        written: ClassVar[list[str]] = []

        def write(self, piece: str) -> int:
            self.written.append(piece)
            return super().write(piece)

    monkeypatch.setattr("sys.stdout", Pieces())

    announce(CameraHere(CameraSettings(name="gate")), as_json=True)

    (line,) = filter(None, Pieces.written)
    assert json.loads(line)["name"] == "gate"
    assert line.endswith("}\n")


def test_ports_that_are_taken_are_left_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = [settings.port for settings in fleet_settings(CameraSettings(port=port), 3)]

    assert port not in found
    assert found == sorted(set(found))
    with pytest.raises(SetupError, match="not 5 free ports"):
        fleet_settings(CameraSettings(port=65533), 5)


def test_a_count_that_cannot_be_meant_is_refused() -> None:
    for count in ("0", "-1", "100000"):
        with fleet("--count", count) as process:
            _, said = process.communicate(timeout=20)
        assert process.returncode == UsageError.exit_code
        assert "cameras are not possible" in said
