# SPDX-License-Identifier: MIT
"""`demo` itself: real footage, the real detector, the deployed app."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import requests

from tests.waiting import wait_until
from tools.bootstrap import PROJECT
from tools.camera import VirtualCamera
from tools.demo_footage import fetch_street_clip

PICTURE = re.compile(r"#\d+ vtest\.avi#\d+: The scene is ")


def play(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tasks.py", "demo", *options]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def test_the_demo_ends_well(virtual: VirtualCamera, tmp_path: Path) -> None:
    fetch_street_clip()

    done = play("--json", str(tmp_path / "demo.json"))

    assert done.returncode == 0, done.stdout + done.stderr
    outcome = json.loads((tmp_path / "demo.json").read_text())
    assert set(outcome) == {"profiles", "openSessions", "describer", "secondsToFirstDescription"}
    assert outcome["openSessions"] == 0
    assert outcome["describer"] == "batondescribe-yolov3-tiny-detector"
    a, b, c = outcome["profiles"]
    assert (a["sessionType"], a["endReason"]) == ("oneShot", "completed")
    for profile in (b, c):
        assert (profile["sessionType"], profile["endReason"]) == ("activeMonitoring", "inactive")
        assert profile["descriptions"] >= 2
        assert profile["endDelayMs"] < 50
    described = sum(profile["descriptions"] for profile in outcome["profiles"])
    assert len(PICTURE.findall(done.stdout)) == described
    assert "verdict: A completed; B and C ended with their trigger" in done.stdout
    assert len(list((PROJECT / "build" / "demo").glob("*.jpg"))) == described


def test_keep_leaves_camera_and_describer_running(virtual: VirtualCamera) -> None:
    done = play("--keep")
    found = re.search(r"until `kill (\d+) (\d+)`", done.stdout)
    assert found, done.stdout + done.stderr
    pids = [int(found[1]), int(found[2])]
    try:
        assert done.returncode == 0
        control = re.search(r"control +(http://\S+)", done.stdout)
        describer = re.search(r"describer +(http://\S+)", done.stdout)
        assert control
        assert describer
        (app,) = requests.get(f"{control[1]}/status", timeout=5).json()["apps"]
        assert app["status"] == "Running"
        assert requests.get(f"{describer[1]}/models", timeout=5).ok
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not any(map(_is_alive, pids)), "both to end", timeout=15)


def test_a_result_file_that_cannot_be_written_is_told_first(virtual: VirtualCamera) -> None:
    done = play("--json", "/no/such/folder/demo.json")

    assert done.returncode == 2
    assert "there is no folder for /no/such/folder/demo.json" in done.stderr
    assert done.stdout == ""


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return False
    return state != "Z"
