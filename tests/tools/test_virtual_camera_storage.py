# SPDX-License-Identifier: MIT
"""The virtual SD card and network share: as an app meets them, over HTTP, and their state."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tools.virtual_camera_helpers import APP, SOURCE, RunningCamera, StartCamera
from tools import eap
from tools.errors import SetupError
from tools.virtual_camera.sandbox import Sandbox
from tools.virtual_camera.storage import Card, Storage, StorageError

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

PROJECT = Path(__file__).parents[2]
PLATFORM = PROJECT / "tools" / "platform"


@pytest.fixture(scope="module")
def libraries() -> Iterator[Path]:
    """libaxstorage, built for this machine, where every user can read it."""
    with tempfile.TemporaryDirectory(prefix="platform-") as folder:
        Path(folder).chmod(0o755)
        target = f"{folder}/lib/libaxstorage.so"
        command = ["make", "-s", "-C", str(PLATFORM), f"OUT={folder}", target]
        subprocess.run(command, check=True, timeout=60)
        yield Path(folder) / "lib"


@pytest.fixture
def storage_package(libraries: Path, tmp_path: Path) -> Path:
    """An app that writes to the SD card, and says so in its log."""
    program, license_ = tmp_path / APP, tmp_path / "LICENSE"
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "gio-2.0"], check=True, capture_output=True, text=True
    ).stdout.split()
    source = SOURCE.with_name("storage.c")
    command = ["gcc", f"-I{PLATFORM}/include", str(source), "-o", str(program), f"-L{libraries}"]
    subprocess.run([*command, "-laxstorage", *flags], check=True, timeout=60)
    license_.write_text("free\n")
    setup = {"appName": APP, "vendor": "Tests", "version": "1.0.0", "runMode": "never"}
    manifest = {"schemaVersion": "1.7.3", "acapPackageConf": {"setup": setup}}
    files = {APP: program, "LICENSE": license_}
    return eap.pack(manifest, files, tmp_path / "storage.eap", epoch=1, architecture="host")


def change(camera: RunningCamera, id_: str = "SD_DISK", **changes: Any) -> dict[str, Any]:
    reply = camera.request("POST", "/virtual/storage", user="", json={"id": id_, **changes})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_an_app_uses_a_card_that_comes_and_goes(
    start_camera: StartCamera, storage_package: Path, libraries: Path
) -> None:
    first = play_with_the_card(start_camera(platform=libraries), storage_package)

    if Sandbox(libraries, "", "host").is_confined:
        assert f"1 letters in /var/spool/storage/SD_DISK/areas/{APP}" in first


def test_an_app_without_a_sandbox_uses_the_card_too(
    start_camera: StartCamera,
    storage_package: Path,
    libraries: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tools.virtual_camera.sandbox.Sandbox._probe", lambda _: False)

    first = play_with_the_card(start_camera(platform=libraries), storage_package)

    assert f"/SD_DISK/areas/{APP}" in first


def play_with_the_card(camera: RunningCamera, package: Path) -> str:
    """Take the card out and put it back; returns the app's log of its first use."""
    camera.allow_unsigned()
    assert camera.upload(package) == "OK"
    assert camera.control_app("start") == "OK"

    first = camera.wait_for_log("1 letters in ")
    assert change(camera, inserted=False)["inserted"] is False
    camera.wait_for_log("released")
    camera.wait_for_log("not writable")
    change(camera, inserted=True)
    camera.wait_for_log("2 letters in ")
    assert change(camera, full=True)["users"] == 1
    camera.wait_for_log("full")
    return first


def test_cards_over_http(camera: RunningCamera) -> None:
    reply = camera.request("GET", "/virtual/storage", user="").json()["storage"]
    assert [(card["id"], card["type"], card["inserted"]) for card in reply] == [
        ("SD_DISK", "local", True),
        ("NetworkShare", "external", False),
    ]

    assert change(camera, full=True, writable=False) == {
        "id": "SD_DISK",
        "type": "local",
        "inserted": True,
        "exiting": False,
        "writable": False,
        "full": True,
        "users": 0,
    }
    assert change(camera, "NetworkShare", inserted=True)["inserted"] is True


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({}, 400, "id"),
        ({"id": 3}, 400, "id"),
        ({"id": "FLOPPY", "full": True}, 404, "FLOPPY"),
        ({"id": "SD_DISK", "full": "yes"}, 400, "full"),
        ({"id": "SD_DISK", "fill": True}, 400, "fill"),
    ],
)
def test_bad_changes_are_refused(
    camera: RunningCamera, body: dict[str, Any], status: int, word: str
) -> None:
    reply = camera.request("POST", "/virtual/storage", user="", json=body)

    assert reply.status_code == status
    assert word in reply.json()["error"]["message"]


def test_a_card_goes_when_its_last_user_has_released_it(tmp_path: Path) -> None:
    async def play() -> list[Card]:
        storage, seen = Storage(tmp_path, exit_grace=60), list[Card]()
        exiting = asyncio.Event()
        storage.listen(seen.append)
        storage.listen(lambda _: exiting.set())
        storage.set_up("SD_DISK", ":1")
        storage.set_up("SD_DISK", ":2")
        removal = asyncio.create_task(storage.change("SD_DISK", inserted=False))
        await asyncio.wait_for(exiting.wait(), 10)
        with pytest.raises(StorageError, match="not there"):
            storage.set_up("SD_DISK", ":3")
        storage.release("SD_DISK", ":1")
        await asyncio.sleep(0)
        assert not removal.done()
        storage.forget(":2")
        await asyncio.wait_for(removal, 10)
        return seen

    seen = asyncio.run(play())

    assert [(card.available, card.exiting) for card in seen] == [(True, True), (False, False)]


def test_a_card_goes_after_the_grace_when_nobody_releases_it(tmp_path: Path) -> None:
    storage = Storage(tmp_path, exit_grace=0.05)
    storage.set_up("SD_DISK", ":1")

    card = asyncio.run(asyncio.wait_for(storage.change("SD_DISK", inserted=False), 10))

    assert (card.available, storage.users("SD_DISK")) == (False, 0)


def test_what_is_on_a_card_stays_on_it(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    seen = storage.view("app", os.geteuid())
    file = seen / "SD_DISK" / "areas" / "app" / "file"
    file.write_text("kept")

    asyncio.run(storage.change("SD_DISK", inserted=False))
    assert not (seen / "SD_DISK").exists()
    later = Storage(tmp_path)
    assert later.card("SD_DISK").available is False
    assert later.view("app", os.geteuid()) == seen
    asyncio.run(later.change("SD_DISK", inserted=True))

    assert file.read_text() == "kept"


def test_a_write_protected_card_takes_no_new_files(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    area = storage.view("app", os.geteuid()) / "SD_DISK" / "areas" / "app"

    asyncio.run(storage.change("SD_DISK", writable=False))
    assert area.stat().st_mode & 0o222 == 0
    asyncio.run(storage.change("SD_DISK", writable=True))
    assert area.stat().st_mode & 0o200 != 0


def test_a_broken_state_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "cards.json").write_text('{"SD_DISK": 3}')

    with pytest.raises(SetupError, match=r"cards\.json"):
        Storage(tmp_path)
