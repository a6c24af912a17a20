# SPDX-License-Identifier: MIT
"""Apps that use the camera's own VAPIX from inside their sandbox."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.tools.virtual_camera_helpers import APP, EPOCH, SOURCE, StartCamera, make_manifest
from tools import eap

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]
METHOD = "com.axis.HTTPConf1.VAPIXServiceAccounts1.GetCredentials"
PRELOADED = Path(__file__).parents[2] / "tools/platform/virtualloopback/VirtualLoopback.c"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """service.c, compiled; beside it a platform folder with what is preloaded into such apps."""
    if shutil.which("gcc") is None or shutil.which("pkg-config") is None:
        pytest.skip("`apt-get install gcc pkg-config libglib2.0-dev` would run this")
    folder = tmp_path_factory.mktemp("service")
    asked = ["pkg-config", "--cflags", "--libs", "gio-2.0"]
    flags = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    source = SOURCE.parent / "service.c"
    subprocess.run(["gcc", str(source), "-o", str(folder / APP), *flags], check=True, timeout=60)
    (folder / "platform").mkdir()
    library = str(folder / "platform" / "libvirtualloopback.so")
    options = ["-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library]
    subprocess.run(["gcc", str(PRELOADED), *options, "-ldl"], check=True, timeout=60)
    return folder / APP


def package(program: Path, folder: Path, **resources: Any) -> Path:
    (folder / "LICENSE").write_text("free\n")
    manifest = make_manifest(APP, "1.0.0", resources=resources)
    files = {APP: program, "LICENSE": folder / "LICENSE"}
    return eap.pack(manifest, files, folder / "a.eap", epoch=EPOCH, architecture="host")


@pytest.mark.parametrize("named", [METHOD, METHOD.rpartition(".")[0] + ".*"])
def test_an_app_asks_its_camera(
    program: Path, tmp_path: Path, start_camera: StartCamera, named: str
) -> None:
    """It calls port 80, where this camera is not: it is brought to where it is."""
    camera = start_camera(service_port=0, platform=program.parent / "platform")
    camera.allow_unsigned()
    camera.upload(package(program, tmp_path, dbus={"requiredMethods": [named]}))

    assert camera.control_app("start").strip() == "OK"

    log = camera.wait_for_log("Brand.Brand=")
    assert "has an account" in log
    assert "200 OK" in log


def test_an_app_whose_manifest_does_not_say_so_is_denied(
    program: Path, tmp_path: Path, start_camera: StartCamera
) -> None:
    camera = start_camera(service_port=0)
    camera.allow_unsigned()
    camera.upload(package(program, tmp_path))

    camera.control_app("start")

    log = camera.wait_for_log("has no account")
    assert "org.freedesktop.DBus.Error.AccessDenied" in log
    assert f"a D-Bus call is denied: its manifest does not name {METHOD}" in log


def test_an_app_with_a_sanitizer_is_not_put_off_by_what_is_preloaded(
    program: Path, tmp_path: Path, start_camera: StartCamera
) -> None:
    """AddressSanitizer wants to be the first library, unless it is told otherwise."""
    asked = ["pkg-config", "--cflags", "--libs", "gio-2.0"]
    flags = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    command = ["gcc", "-fsanitize=address", str(SOURCE.parent / "service.c"), *flags]
    subprocess.run([*command, "-o", str(tmp_path / APP)], check=True, timeout=60)
    camera = start_camera(service_port=0, platform=program.parent / "platform")
    camera.allow_unsigned()
    camera.upload(package(tmp_path / APP, tmp_path, dbus={"requiredMethods": [METHOD]}))

    camera.control_app("start")

    camera.wait_for_log("Brand.Brand=")
