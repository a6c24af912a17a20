# SPDX-License-Identifier: MIT
"""The deployed app under AddressSanitizer and UndefinedBehaviorSanitizer, in the main scenario."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tools import debian, eap, manifest, toolchain
from tools.app_client import AppClient
from tools.bootstrap import PROJECT
from tools.camera import Trigger, start_virtual_camera
from tools.errors import AppError
from tools.os_lines import os_line

APP = "batondescribe"


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's package, built with the sanitizers for this machine."""
    debian.require("build", "camera")
    folder = tmp_path_factory.mktemp("sanitized")
    described = manifest.render(os_line(12), "host")
    (folder / "manifest.json").write_text(json.dumps(described, indent=4))
    tools = toolchain.find("host")
    platform = toolchain.build_platform("host")
    variables = [
        f"OUT={folder}",
        f"MANIFEST={folder / 'manifest.json'}",
        "SAN=address,undefined",
    ]
    path = {"PKG_CONFIG_PATH": str(platform / "lib" / "pkgconfig")}
    toolchain.run_make(tools, PROJECT / "app", variables, "the app with sanitizers", path)
    files = {APP: folder / APP, "LICENSE": PROJECT / "app" / "LICENSE"}
    return eap.pack(described, files, folder / "app.eap", epoch=0, architecture="host")


def test_the_scenario_and_the_lifecycle_pass(sanitized: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["tests/device/test_scenario.py", "tests/device/test_lifecycle.py"]

    result = subprocess.run(
        [*command, "--package", str(sanitized)], cwd=PROJECT, capture_output=True, text=True
    )

    assert result.returncode == 0, result.stdout[-4000:]


def answers(app: AppClient) -> bool:
    try:
        app.status()
    except AppError:
        return False
    return True


def test_a_session_and_a_stop_leak_nothing(sanitized: Path) -> None:
    """Leaks are looked for when the app ends: it would then end with another status than 0."""
    with start_virtual_camera(install=[sanitized]) as camera:
        app = AppClient(camera.vapix)
        wait_until(lambda: answers(app), what="the app to answer")
        trigger = Trigger(scenario="Device1Scenario1")
        profile = {
            "id": "door",
            "trigger": trigger.profile_part,
            "sessionType": "activeMonitoring",
            "prompt": "What is there?",
        }
        app.put_profiles([profile])
        camera.control.set_scenario("Device1Scenario1", True)
        wait_until(lambda: app.sessions().open, what="a session")
        camera.control.set_scenario("Device1Scenario1", False)
        wait_until(lambda: app.sessions().ended, what="its end")
        camera.vapix.stop(APP)
        log = "\n".join(camera.vapix.system_log(APP))

    assert "ended with status 0" in log
    assert "Sanitizer" not in log
    assert "runtime error" not in log
