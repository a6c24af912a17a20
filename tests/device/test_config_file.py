# SPDX-License-Identifier: MIT
"""config.json on the camera: what an older version or an accident left there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.device.fixtures import monitoring
from tests.waiting import wait_until
from tools.app_client import AppClient
from tools.camera import Trigger, VirtualCamera, start_virtual_camera
from tools.deploy import deploy, wait_until_it_answers
from tools.settings import APP_NAME

OLD = {
    "subscriptions": [
        {
            "trigger": {"type": "Object", "port": 1, "profile": "Device1Scenario1"},
            "profiles": [
                {
                    "name": "Loitering at the door",
                    "prompt": "Who is at the door?",
                    "activeMonitoring": {
                        "enabled": True,
                        "intervalMs": 5000,
                        "maxDurationSec": 120,
                    },
                },
                {
                    "name": "Parcel",
                    "prompt": "Is there a parcel?",
                    "activeMonitoring": {"enabled": False},
                },
            ],
        }
    ]
}


@pytest.fixture
def own(
    virtual: VirtualCamera, package: Path, tmp_path: Path, camera_options: list[str]
) -> Iterator[VirtualCamera]:
    """A camera of its own, whose files lie in tmp_path, with the app deployed but not running."""
    log = tmp_path / "camera.log"
    state = tmp_path / "state"
    with start_virtual_camera(state=state, log=log, options=camera_options) as camera:
        deploy(camera.vapix, package, allow_unsigned=True)
        camera.vapix.stop(APP_NAME)
        yield camera


def localdata(tmp_path: Path) -> Path:
    (folder,) = (tmp_path / "state").rglob(f"{APP_NAME}/**/localdata")
    return folder


def start(camera: VirtualCamera) -> AppClient:
    camera.vapix.start(APP_NAME)
    wait_until_it_answers(camera.vapix, APP_NAME, timeout=30)
    return AppClient(camera.vapix)


def write(tmp_path: Path, content: bytes) -> None:
    """Put content into config.json, which stays the app's."""
    path = localdata(tmp_path) / "config.json"
    path.touch()
    path.chmod(0o666)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "content",
    [b"{", b"", b"\0" * 1000, b'{"version": 2, "profiles": [{"id": "door"}]}', b'{"version": 99}'],
)
def test_a_config_that_cannot_be_read_is_kept_and_reported(
    own: VirtualCamera, tmp_path: Path, content: bytes
) -> None:
    write(tmp_path, content)

    app = start(own)

    status = app.status()
    assert status.health == "degraded"
    assert any("config" in problem for problem in status.problems)
    assert app.profiles() == []
    app.put_profiles([monitoring("new", Trigger(scenario="Device1Scenario1"))])
    kept = [path.read_bytes() for path in localdata(tmp_path).iterdir() if path.is_file()]
    assert content in kept, "the file is overwritten"
    assert "config" in "\n".join(own.vapix.system_log(APP_NAME))


def test_the_old_shape_is_migrated_and_kept(own: VirtualCamera, tmp_path: Path) -> None:
    old = json.dumps(OLD).encode()
    write(tmp_path, old)

    app = start(own)

    first, second = app.profiles()
    assert first["trigger"] == second["trigger"]
    assert first["trigger"] == {"type": "objectAnalytics", "scenario": "Device1Scenario1"}
    assert (first["name"], first["sessionType"]) == ("Loitering at the door", "activeMonitoring")
    assert (first["intervalMs"], first["maxDurationSec"]) == (5000, 120)
    assert (second["name"], second["sessionType"]) == ("Parcel", "oneShot")
    assert first["id"] != second["id"]
    wait_until(
        lambda: [s.state for s in app.status().subscriptions] == ["inactive"] * 2,
        "both profiles to be subscribed",
    )
    assert old in [path.read_bytes() for path in localdata(tmp_path).iterdir() if path.is_file()]


def test_profiles_survive_an_upgrade(own: VirtualCamera, package: Path) -> None:
    app = start(own)
    app.put_profiles([monitoring("kept", Trigger(scenario="Device1Scenario1"))])
    profiles = app.profiles()

    deploy(own.vapix, package, allow_unsigned=True)

    assert app.profiles() == profiles
