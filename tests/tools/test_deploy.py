# SPDX-License-Identifier: MIT
"""Deploying: what is sent to the camera, in which order, and what is said when it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.tools.scripted_camera import (
    PASSWORD,
    USER,
    Answer,
    Request,
    ScriptedCamera,
    scripted_camera,
)
from tools import eap
from tools.deploy import deploy
from tools.errors import AppError, PackageError, Refused, Unauthorized
from tools.vapix import VapixClient

APPS = "axis-cgi/applications"


@dataclass
class Device:
    """The state behind the scripted camera: as much of a camera as a deployment touches."""

    server: ScriptedCamera
    installed: bool = False
    running: bool = False
    unsigned: bool = True
    version: str = "1.2.3"
    silent_calls: int = 0
    upload_answers: list[str] = field(default_factory=list)
    control_answer: str = ""

    def __post_init__(self) -> None:
        self.server.answers |= {
            f"{APPS}/list.cgi": self.list,
            f"{APPS}/upload.cgi": self.upload,
            f"{APPS}/control.cgi": self.control,
            f"{APPS}/config.cgi": self.config,
            "local/door_watch/status.cgi": self.status,
            "axis-cgi/admin/systemlog.cgi": Answer("door_watch[7]: cannot open the video\n"),
        }
        properties = {"Architecture": "aarch64", "Version": "12.4.1", "ProdNbr": "Q1656"}
        self.server.answer_json(
            "axis-cgi/basicdeviceinfo.cgi", {"data": {"propertyList": properties}}
        )

    def list(self, _request: Request) -> Answer:
        status = "Running" if self.running else "Stopped"
        app = f'<application Name="door_watch" Status="{status}"/>' if self.installed else ""
        return Answer(f'<reply result="ok">{app}</reply>', kind="text/xml")

    def upload(self, _request: Request) -> Answer:
        if self.upload_answers:
            return Answer(self.upload_answers.pop(0))
        if not self.unsigned:
            return Answer("Error: 2")
        self.installed = True
        return Answer("OK")

    def control(self, request: Request) -> Answer:
        if self.control_answer:
            return Answer(self.control_answer)
        if self.running:
            return Answer("Error: 6")
        self.running = request.query["action"] == "start"
        return Answer("OK")

    def config(self, request: Request) -> Answer:
        if request.query["action"] == "set":
            self.unsigned = request.query["value"] == "true"
        value = "true" if self.unsigned else "false"
        text = f'<reply result="ok"><param name="AllowUnsigned" value="{value}" /></reply>'
        return Answer(text, kind="text/xml")

    def status(self, _request: Request) -> Answer:
        if not self.running or self.silent_calls:
            self.silent_calls = max(0, self.silent_calls - 1)
            return Answer("Service Unavailable", 503)
        return Answer(json.dumps({"app": {"version": self.version}}), kind="application/json")


@pytest.fixture
def device() -> Iterator[Device]:
    with scripted_camera() as server:
        yield Device(server)


@pytest.fixture
def vapix(device: Device) -> VapixClient:
    return VapixClient(device.server.url, USER, PASSWORD)


def packed(folder: Path, architecture: str) -> Path:
    (folder / "door_watch").write_bytes(b"elf")
    (folder / "LICENSE").write_text("free")
    setup = {"appName": "door_watch", "vendor": "V", "version": "1.2.3", "runMode": "respawn"}
    described = {"schemaVersion": "1.7.1", "acapPackageConf": {"setup": setup}}
    files = {name: folder / name for name in ("door_watch", "LICENSE")}
    target = folder / f"door_watch_1_2_3_{architecture}.eap"
    return eap.pack(described, files, target, epoch=0, architecture=architecture)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return packed(tmp_path, "aarch64")


def test_it_uploads_starts_and_waits_until_the_app_answers(
    device: Device, vapix: VapixClient, package: Path
) -> None:
    device.silent_calls = 3

    done = deploy(vapix, package)

    assert (done.app, done.version) == ("door_watch", "1.2.3")
    assert done.url == f"{vapix.url}/local/door_watch/"
    steps = [path for path in device.server.paths() if path.endswith(("upload.cgi", "control.cgi"))]
    assert steps == [f"{APPS}/upload.cgi", f"{APPS}/control.cgi"]
    assert device.server.paths().count("local/door_watch/status.cgi") == 4


def test_doing_it_again_is_harmless(device: Device, vapix: VapixClient, package: Path) -> None:
    deploy(vapix, package)

    assert deploy(vapix, package).version == "1.2.3"
    assert device.running


def test_an_unsigned_package_is_explained(
    device: Device, vapix: VapixClient, package: Path
) -> None:
    device.unsigned = False

    with pytest.raises(Refused, match="no valid signature") as raised:
        deploy(vapix, package)
    assert "--allow-unsigned" in raised.value.cure
    assert device.unsigned is False, "nobody asked for it"


def test_unsigned_packages_are_allowed_where_asked_and_it_is_said(
    device: Device, vapix: VapixClient, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    device.unsigned = False

    deploy(vapix, package, allow_unsigned=True)

    assert device.unsigned is True
    assert "takes signed packages only" in capsys.readouterr().err


def test_a_bad_signature_is_not_asked_about_twice(
    device: Device, vapix: VapixClient, package: Path
) -> None:
    device.upload_answers = ["Error: 2", "Error: 2"]

    with pytest.raises(Refused, match="error 2"):
        deploy(vapix, package, allow_unsigned=True)


def test_another_upload_in_progress_is_waited_for(
    device: Device, vapix: VapixClient, package: Path
) -> None:
    device.upload_answers = ["Error: 12"]

    assert deploy(vapix, package).app == "door_watch"


def test_the_wrong_architecture_is_said_before_anything_is_sent(
    device: Device, vapix: VapixClient, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=r"for armv7hf, but .* is aarch64") as raised:
        deploy(vapix, packed(tmp_path, "armv7hf"))
    assert "--arch aarch64" in raised.value.cure
    assert f"{APPS}/upload.cgi" not in device.server.paths()


def test_a_cut_package_is_not_sent(device: Device, vapix: VapixClient, package: Path) -> None:
    package.write_bytes(package.read_bytes()[:200])

    with pytest.raises(PackageError, match="cut"):
        deploy(vapix, package)
    assert device.server.paths() == []


def test_a_refused_start_is_explained(device: Device, vapix: VapixClient, package: Path) -> None:
    device.control_answer = "Error: 9"

    with pytest.raises(Refused, match="too many apps"):
        deploy(vapix, package)


def test_an_app_that_does_not_come_up_shows_its_log(
    device: Device, vapix: VapixClient, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    device.silent_calls = 10**6

    with pytest.raises(AppError, match=r"does not answer after 0\.3 s .*the camera says: Running"):
        deploy(vapix, package, timeout=0.3)
    assert "cannot open the video" in capsys.readouterr().err


def test_another_version_than_deployed_is_noticed(
    device: Device, vapix: VapixClient, package: Path
) -> None:
    device.version = "1.0.0"

    with pytest.raises(AppError, match=r"runs door_watch 1\.0\.0, not 1\.2\.3"):
        deploy(vapix, package)


def test_a_wrong_password_stops_it(device: Device, package: Path) -> None:
    with pytest.raises(Unauthorized):
        deploy(VapixClient(device.server.url, USER, "wrong"), package)
