# SPDX-License-Identifier: MIT
"""cameras.toml, passwords, and the virtual camera that is running."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools import settings
from tools.bootstrap import PROJECT
from tools.errors import SetupError, UsageError
from tools.settings import CameraSettings


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "cameras.toml"
    path.write_text(text)
    return path


def test_the_example_is_a_good_file() -> None:
    cameras = settings.read_cameras(PROJECT / "cameras.toml.example")

    assert cameras["gate"].url.startswith("https://")
    assert cameras["gate"].virtual_inputs == (1, 2)


def test_a_camera_is_found_by_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, '[gate]\nurl = "http://192.0.2.1"\narchitecture = "armv7hf"\nos = 11\n')

    camera = settings.find_camera("gate", path)

    assert camera == CameraSettings("gate", "http://192.0.2.1", "root", "armv7hf", 11)
    assert camera.is_virtual is False


def test_an_unknown_camera_names_the_known_ones(tmp_path: Path) -> None:
    path = write(tmp_path, '[gate]\nurl = "http://192.0.2.1"\n[door]\nurl = "http://192.0.2.2"\n')

    with pytest.raises(UsageError, match="'yard'") as raised:
        settings.find_camera("yard", path)
    assert "virtual, door, gate" in raised.value.cure


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[gate\n", r"cameras\.toml: "),
        ("gate = 1\n", r"\[gate\] is no table"),
        ("[gate]\n", "url must be an address"),
        ("[gate]\nurl = 7\n", "url must be an address"),
        ('[gate]\nurl = "http://x"\npassword = "p"\n', "holds a password"),
        ('[gate]\nurl = "http://x"\nhost = "p"\n', "has no 'host'"),
        ('[gate]\nurl = "http://x"\nos = 9\n', "os must be 11, 12 or 13"),
        ('[gate]\nurl = "http://x"\narchitecture = "x86"\n', "architecture must be"),
        ('[gate]\nurl = "http://x"\nvirtual_inputs = ["a"]\n', "virtual_inputs must be"),
        ('[virtual]\nurl = "http://x"\n', "taken by the virtual camera"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        settings.read_cameras(write(tmp_path, text))


def test_no_file_means_no_cameras(tmp_path: Path) -> None:
    assert settings.read_cameras(tmp_path / "cameras.toml") == {}


GATE = CameraSettings("front-gate", "http://192.0.2.1", "root")


def test_a_camera_has_its_own_password_before_the_common_one() -> None:
    environment = {"BATONDESCRIBE_PASSWORD": "common", "BATONDESCRIBE_PASSWORD_FRONT_GATE": "own"}

    assert settings.password_of(GATE, environment) == "own"
    del environment["BATONDESCRIBE_PASSWORD_FRONT_GATE"]
    assert settings.password_of(GATE, environment) == "common"


def test_without_a_password_the_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)

    with pytest.raises(SetupError, match="front-gate") as raised:
        settings.password_of(GATE, {})
    assert "BATONDESCRIBE_PASSWORD_FRONT_GATE" in raised.value.cure


def ready(pid: int) -> dict[str, object]:
    return {
        "name": "virtual",
        "url": "http://127.0.0.1:8080",
        "control": "http://127.0.0.1:8080/virtual",
        "user": "root",
        "arch": "host",
        "pid": pid,
    }


@pytest.fixture
def announcement(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "build" / "camera.json"
    monkeypatch.setattr(settings, "_RUNNING_FILE", path)
    return path


def test_a_running_virtual_camera_is_found_until_it_is_withdrawn(announcement: Path) -> None:
    settings.announce_virtual_camera(ready(os.getpid()))

    camera = settings.find_camera("virtual")
    assert (camera.url, camera.architecture) == ("http://127.0.0.1:8080", "host")
    assert camera.is_virtual
    assert settings.password_of(camera, {}) == "pass"
    assert "pass" not in announcement.read_text()

    settings.withdraw_virtual_camera(os.getpid())
    with pytest.raises(SetupError, match="no virtual camera is running"):
        settings.find_camera("virtual")


def test_the_announcement_of_another_camera_stays(announcement: Path) -> None:
    settings.announce_virtual_camera(ready(os.getpid()))

    settings.withdraw_virtual_camera(os.getpid() + 1)

    assert settings.find_camera("virtual").is_virtual


def test_an_announcement_that_outlived_its_camera_does_not_count(announcement: Path) -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    settings.announce_virtual_camera(ready(child.pid))

    with pytest.raises(SetupError, match="no virtual camera is running") as raised:
        settings.find_camera("virtual")
    assert "invoke camera" in raised.value.cure


def test_half_an_announcement_does_not_count(announcement: Path) -> None:
    announcement.parent.mkdir()
    announcement.write_text('{"name": "virt')

    with pytest.raises(SetupError, match="no virtual camera is running"):
        settings.find_camera("virtual")
