# SPDX-License-Identifier: MIT
"""Packages on their way in: what is taken, upgraded and removed, and each documented refusal."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from requests.auth import HTTPDigestAuth

from tests.tools.virtual_camera_helpers import APP, MakePackage, RunningCamera, StartCamera
from tests.waiting import wait_until
from tools.eap import conf
from tools.virtual_camera.digest import parse_fields

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

V2 = {"schemaVersion": "2.0.0", "vendorId": "1234567890", "compatibleOsVersions": [{"max": "13"}]}


def repack(package: Path, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The package with its members changed, as a stranger could send it."""
    with tarfile.open(package) as archive:
        files = {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}  # type: ignore[union-attr]
    change(files)
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(raw.getvalue())


def with_manifest(package: Path, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The package with another manifest, and the package.conf that belongs to it."""

    def change_files(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["manifest.json"])
        change(manifest)
        files["manifest.json"] = json.dumps(manifest).encode()
        files["package.conf"] = conf.package_conf(manifest, "host", []).encode()

    return repack(package, change_files)


def test_a_package_is_installed_and_not_started(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    reply = camera.upload(make_package(friendlyName="Test App", vendorUrl="http://example.org"))

    assert reply == "OK"
    listed = camera.applications()[APP]
    assert listed["NiceName"] == "Test App"
    assert listed["Version"] == "1.0.0"
    assert listed["Vendor"] == "Tests"
    assert listed["Status"] == "Stopped"
    assert listed["License"] == "None"
    assert listed["ConfigurationPage"] == f"local/{APP}/index.html"
    assert camera.get(f"/axis-cgi/param.cgi?action=list&group={APP}").text == (
        "root.Test_app.Level=info\nroot.Test_app.Secret=******\n"
    )


def test_axis_os_12_takes_unsigned_packages_only_when_allowed(
    start_camera: StartCamera, make_package: MakePackage
) -> None:
    camera = start_camera()

    assert camera.upload(make_package()) == "Error: 2"
    assert "AllowUnsigned" in camera.app_log()
    assert camera.applications() == {}

    camera.allow_unsigned()

    assert camera.upload(make_package()) == "OK"


def test_a_signature_or_axis_os_11_make_the_setting_unnecessary(
    start_camera: StartCamera, make_package: MakePackage
) -> None:
    signed = make_package().read_bytes() + b"signature"

    assert start_camera(os_version="12.10.68").upload(signed) == "OK"
    assert start_camera(os_version="11.11.212").upload(make_package()) == "OK"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"architecture": "aarch64"}, 5),
        ({"embeddedSdkVersion": "4.0"}, 5),
        ({"resources": {"dbus": {"requiredMethods": ["com.axis.Nothing1.Call"]}}}, 5),
        ({"user": {"username": "root", "group": "root"}}, 13),
        (V2 | {"user": {"username": "sdk", "group": "audio"}}, 13),
        (V2 | {"resources": {"linux": {"user": {"groups": ["wheel"]}}}}, 13),
        ({"runMode": "always"}, 29),
        ({"schemaVersion": "7.0.0"}, 29),
        (V2 | {"vendorId": ""}, 29),
        (V2 | {"embeddedSdkVersion": "3.0"}, 29),
        ({"appName": "other_name"}, 29),
    ],
)
def test_what_a_manifest_asks_for_in_vain_has_its_code(
    camera: RunningCamera, make_package: MakePackage, changes: dict[str, Any], code: int
) -> None:
    def change(manifest: dict[str, Any]) -> None:
        for key, value in changes.items():
            top = key in ("schemaVersion", "resources")
            (manifest if top else manifest["acapPackageConf"]["setup"])[key] = value

    assert camera.upload(with_manifest(make_package(), change)) == f"Error: {code}"
    assert camera.applications() == {}


def test_axis_os_13_wants_a_manifest_that_names_it(
    start_camera: StartCamera, make_package: MakePackage
) -> None:
    camera = start_camera(os_version="13.0.33")
    camera.allow_unsigned()

    def set_versions(**versions: str) -> bytes:
        def change(manifest: dict[str, Any]) -> None:
            manifest["schemaVersion"] = "2.0.0"
            setup = manifest["acapPackageConf"]["setup"]
            setup |= {"vendorId": "1234567890", "compatibleOsVersions": [versions]}

        return with_manifest(make_package(), change)

    assert camera.upload(make_package()) == "Error: 5"
    assert camera.upload(set_versions(min="11.11", max="12")) == "Error: 5"
    assert camera.upload(set_versions(min="14.0", max="14")) == "Error: 5"
    assert camera.upload(set_versions(min="11.11", max="13")) == "OK"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda data: data[: len(data) // 2], 1),
        (lambda _: b"this is no package", 1),
        (lambda _: gzip.compress(b"this is no tar"), 1),
        (lambda _: b"", 1),
    ],
)
def test_a_broken_package_is_no_package(
    camera: RunningCamera, make_package: MakePackage, spoil: Callable[[bytes], bytes], code: int
) -> None:
    assert camera.upload(spoil(make_package().read_bytes())) == f"Error: {code}"
    assert camera.applications() == {}


@pytest.mark.parametrize("name", ["../../escape", "/tmp/escape", "localdata/../../escape"])
def test_a_member_that_leads_out_is_refused(
    camera: RunningCamera, make_package: MakePackage, name: str, tmp_path: Path
) -> None:
    package = repack(make_package(), lambda files: files.update({name: b"out"}))

    assert camera.upload(package) == "Error: 1"
    assert not list(tmp_path.rglob("escape"))


def test_a_manifest_that_is_no_json_and_a_contradicting_package_conf_are_29(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    def spoil_manifest(files: dict[str, bytes]) -> None:
        files["manifest.json"] = b"{"

    def contradict(files: dict[str, bytes]) -> None:
        files["package.conf"] = files["package.conf"].replace(APP.encode(), b"another")

    assert camera.upload(repack(make_package(), spoil_manifest)) == "Error: 29"
    assert camera.upload(repack(make_package(), contradict)) == "Error: 29"


def test_a_member_of_ten_gigabytes_is_too_large(camera: RunningCamera) -> None:
    member = tarfile.TarInfo("huge")
    member.size = 10 << 30
    head = member.tobuf(tarfile.GNU_FORMAT)

    assert camera.upload(gzip.compress(head + bytes(1 << 20))) == "Error: 3"


def test_a_form_without_a_file_is_refused(camera: RunningCamera) -> None:
    path = "/axis-cgi/applications/upload.cgi"

    assert camera.post(path, files={"packfil": (None, "text")}).text == "Error: 3"
    assert camera.post(path, data=b"no form").text == "Error: 1"
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert camera.post(path, data=b"no boundary here", headers=broken).text == "Error: 1"


def test_names_and_vendors_are_kept_apart(camera: RunningCamera, make_package: MakePackage) -> None:
    def owned_by(vendor: str) -> bytes:
        def change(manifest: dict[str, Any]) -> None:
            manifest["acapPackageConf"]["setup"]["vendorId"] = vendor

        return with_manifest(make_package(), change)

    assert camera.upload(owned_by("1234567890")) == "OK"
    assert camera.upload(make_package("Test_App")) == "Error: 14"
    assert camera.upload(owned_by("0987654321")) == "Error: 27"
    assert camera.upload(owned_by("1234567890")) == "OK"


class SlowUpload:
    """An upload over a bare connection that sends its body when the test says so."""

    def __init__(self, camera: RunningCamera, package: bytes) -> None:
        head = b"--b\r\nContent-Disposition: form-data; name=f; filename=f.eap\r\n\r\n"
        self._body = head + package + b"\r\n--b--\r\n"
        host, port = camera.url.removeprefix("http://").split(":")
        self._connection = socket.create_connection((host, int(port)), timeout=20)
        lines = (
            "POST /axis-cgi/applications/upload.cgi HTTP/1.1",
            f"Host: {host}:{port}",
            f"Authorization: {authorization(camera)}",
            f"Content-Length: {len(self._body)}",
            "Content-Type: multipart/form-data; boundary=b",
            "Connection: close",
            "",
            "",
        )
        self._connection.sendall("\r\n".join(lines).encode() + self._body[:500])

    def finish(self) -> str:
        """Send the rest and return the answer."""
        self._connection.sendall(self._body[500:])
        answer = b""
        while piece := self._connection.recv(4096):
            answer += piece
        return answer.partition(b"\r\n\r\n")[2].decode()

    def break_off(self) -> None:
        self._connection.close()


def authorization(camera: RunningCamera) -> str:
    """A digest header for one upload."""
    path = "/axis-cgi/applications/upload.cgi"
    digest = HTTPDigestAuth("root", "pass")
    digest.init_per_thread_state()
    challenge = camera.get("/axis-cgi/param.cgi", user="").headers["WWW-Authenticate"]
    digest._thread_local.chal = parse_fields(challenge)  # type: ignore[attr-defined]
    header = digest.build_digest_header("POST", camera.url + path)  # type: ignore[no-untyped-call]
    return str(header)


def test_of_two_uploads_at_once_the_second_is_refused(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    data = make_package().read_bytes()
    first = SlowUpload(camera, data)

    wait_until(lambda: camera.upload(b"x") == "Error: 12", "the second upload to be refused")

    assert first.finish() == "OK"
    assert camera.upload(data) == "OK"


def test_a_client_that_goes_away_in_mid_upload_blocks_nobody(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    data = make_package().read_bytes()
    first = SlowUpload(camera, data)
    wait_until(lambda: camera.upload(b"x") == "Error: 12", "the first upload to be under way")

    first.break_off()

    wait_until(lambda: camera.upload(data) == "OK", "the camera to take uploads again")


def test_an_upgrade_keeps_what_the_app_wrote(
    start_camera: StartCamera, make_package: MakePackage, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    camera = start_camera(state=state)
    camera.allow_unsigned()
    (tmp_path / "old.txt").write_text("old")
    (tmp_path / "data.txt").write_text("packed")
    extra = {"old.txt": tmp_path / "old.txt", "localdata/data.txt": tmp_path / "data.txt"}
    assert camera.upload(make_package(extra=extra)) == "OK"
    folder = state / "apps" / APP / "package"
    (folder / "localdata" / "kept").write_text("kept")
    (folder / "localdata" / "data.txt").write_text("changed")
    (folder / "written").write_text("by the app")
    camera.get(f"/axis-cgi/param.cgi?action=update&{APP}.Level=debug")

    del extra["old.txt"]
    assert camera.upload(make_package(version="1.1.0", extra=extra)) == "OK"

    assert camera.applications()[APP]["Version"] == "1.1.0"
    assert (folder / "localdata" / "kept").read_text() == "kept"
    assert (folder / "localdata" / "data.txt").read_text() == "changed"
    assert (folder / "written").read_text() == "by the app"
    assert not (folder / "old.txt").exists()
    assert sorted(path.name for path in folder.parent.iterdir()) == ["app.json", "package"]
    assert "root.Test_app.Level=debug" in camera.get("/axis-cgi/param.cgi?action=list").text


def test_an_upgrade_follows_no_link_that_the_app_left(
    start_camera: StartCamera, make_package: MakePackage, tmp_path: Path
) -> None:
    state, outside = tmp_path / "state", tmp_path / "outside"
    camera = start_camera(state=state)
    camera.allow_unsigned()
    camera.upload(make_package())
    folder = state / "apps" / APP / "package"
    outside.mkdir()
    (outside / "index.html").write_text("precious")
    (folder / "html").rename(folder / "moved")
    (folder / "html").symlink_to(outside)
    (folder / "localdata").rmdir()
    (folder / "localdata").symlink_to(outside)

    assert camera.upload(make_package()) == "OK"

    assert (outside / "index.html").read_text() == "precious"
    assert outside.stat().st_uid == os.getuid()
    assert not (folder / "html").is_symlink()


def test_a_removed_app_leaves_nothing(
    start_camera: StartCamera, make_package: MakePackage, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    camera = start_camera(state=state)
    camera.allow_unsigned()
    camera.upload(make_package())

    assert camera.control_app("remove") == "OK"

    assert camera.applications() == {}
    assert list((state / "apps").iterdir()) == []
    group = camera.get(f"/axis-cgi/param.cgi?action=list&group={APP}").text
    assert group == f"# Error: Error -1 getting param in group '{APP}'\n"
    assert camera.call("viewer.cgi").status_code == 404
    assert camera.control_app("remove") == "Error: 4"


def test_the_kept_state_survives_a_restart_of_the_camera(
    start_camera: StartCamera, make_package: MakePackage, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    first = start_camera(state=state)
    first.allow_unsigned()
    first.upload(make_package(runMode="respawn"))
    first.control_app("start")
    first.wait_until_serving()
    first.stop()

    second = start_camera(state=state)

    assert second.applications()[APP]["Status"] == "Running"
    second.wait_until_serving()


def test_scripts_run_as_the_app_in_its_folder(
    camera: RunningCamera, make_package: MakePackage, tmp_path: Path
) -> None:
    (tmp_path / "after.sh").write_text("id -u; pwd; echo done > localdata/after\nexit 3\n")
    (tmp_path / "before.sh").write_text("echo leaving; cat localdata/after\n")
    package = make_package(
        extra={"after.sh": tmp_path / "after.sh", "before.sh": tmp_path / "before.sh"},
        scripts={
            "installation": {"postInstallScript": "after.sh"},
            "uninstallation": {"preUninstallScript": "before.sh"},
        },
    )

    assert camera.upload(package) == "OK"

    log = camera.app_log()
    assert f"/{APP}\n" in log
    assert "after.sh failed: status 3" in log
    assert camera.control_app("remove") == "OK"


def test_what_the_camera_cannot_write_is_error_10_and_keeps_the_app(
    start_camera: StartCamera, make_package: MakePackage, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    camera = start_camera(state=state)
    camera.allow_unsigned()
    assert camera.upload(make_package()) == "OK"
    (state / "apps" / APP / "new").write_text("in the way of an upgrade")

    said = camera.upload(make_package(version="2.0.0"))

    assert said == "Error: 10"
    assert camera.applications()[APP]["Version"] == "1.0.0"
    assert "it cannot be unpacked" in camera.app_log()


def test_a_package_from_before_manifests_runs_up_to_axis_os_12(
    start_camera: StartCamera, make_package: MakePackage
) -> None:
    def without_manifest(files: dict[str, bytes]) -> None:
        del files["manifest.json"]

    package = repack(make_package(runOptions="--name old"), without_manifest)
    for os_version, answer in (("11.11.73", "OK"), ("12.11.2", "OK"), ("13.0.33", "Error: 5")):
        camera = start_camera(os_version=os_version)
        camera.allow_unsigned()
        assert camera.upload(package) == answer, os_version
        if answer == "OK":
            assert camera.control_app("start") == "OK"
            camera.wait_until_serving()
            assert camera.applications()[APP]["Status"] == "Running"
            shown = camera.get(f"/axis-cgi/param.cgi?action=list&group={APP}.Level").text
            assert shown == "root.Test_app.Level=info\n"
