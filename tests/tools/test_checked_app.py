# SPDX-License-Identifier: MIT
"""The deployed app under AddressSanitizer and UndefinedBehaviorSanitizer, and under memcheck."""

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
from tools.describer.scripted import ScriptedDescriber
from tools.errors import AppError
from tools.os_lines import os_line

APP = "batondescribe"
MEMCHECK = """#!/bin/sh
exec valgrind -q --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \\
    --error-exitcode=9 --suppressions=/usr/share/glib-2.0/valgrind/glib.supp ./checked
"""


def built(folder: Path, *options: str) -> Path:
    """The app's executable, made in `folder` for this machine."""
    debian.require("build", "camera", "check")
    (folder / "manifest.json").write_text(json.dumps(manifest.render(os_line(12), "host")))
    platform = toolchain.build_platform("host")
    variables = [f"OUT={folder}", f"MANIFEST={folder / 'manifest.json'}", *options]
    path = {"PKG_CONFIG_PATH": str(platform / "lib" / "pkgconfig")}
    tools = toolchain.find("host")
    toolchain.run_make(tools, PROJECT / "app", variables, "the app to be checked", path)
    return folder / APP


def packed(folder: Path, files: dict[str, Path]) -> Path:
    described = manifest.render(os_line(12), "host")
    files = {**files, "LICENSE": PROJECT / "app" / "LICENSE"}
    return eap.pack(described, files, folder / "app.eap", epoch=0, architecture="host")


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's package with the sanitizers compiled in."""
    folder = tmp_path_factory.mktemp("sanitized")
    return packed(folder, {APP: built(folder, "SAN=address,undefined")})


@pytest.fixture(scope="module")
def memchecked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package that runs the app under valgrind."""
    folder = tmp_path_factory.mktemp("memchecked")
    executable = built(folder).rename(folder / "checked")
    script = folder / APP
    script.write_text(MEMCHECK)
    script.chmod(0o755)
    return packed(folder, {APP: script, "checked": executable})


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


@pytest.mark.parametrize("checked", ["sanitized", "memchecked"])
def test_a_session_and_a_stop_leak_nothing(checked: str, request: pytest.FixtureRequest) -> None:
    """Leaks are looked for when the app ends: it would then end with another status than 0."""
    package: Path = request.getfixturevalue(checked)
    with ScriptedDescriber() as describer, start_virtual_camera(install=[package]) as camera:
        app = AppClient(camera.vapix)
        wait_until(lambda: answers(app), what="the app to answer")
        trigger = Trigger(scenario="Device1Scenario1")
        profile = {
            "id": "door",
            "trigger": trigger.profile_part,
            "sessionType": "activeMonitoring",
            "prompt": "What is there?",
        }
        app.change_settings(describer={"url": describer.url})
        app.put_profiles([profile])
        camera.control.set_scenario("Device1Scenario1", True)
        wait_until(lambda: app.descriptions()[0], what="a description")
        camera.control.set_scenario("Device1Scenario1", False)
        wait_until(lambda: app.sessions().ended, what="its end")
        camera.vapix.stop(APP)
        log = "\n".join(camera.vapix.system_log(APP))

    assert "ended with status 0" in log
    assert "Sanitizer" not in log
    assert "runtime error" not in log
