# SPDX-License-Identifier: MIT
"""Fixtures `start_camera`, `camera` and `make_package`, for test modules that say
`pytest_plugins = ["tests.tools.virtual_camera_fixtures"]`."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tools.virtual_camera_helpers import (
    APP,
    EPOCH,
    SOURCE,
    MakePackage,
    RunningCamera,
    StartCamera,
    make_manifest,
)
from tools import eap
from tools.virtual_camera.app_runner import RestartPolicy
from tools.virtual_camera.settings import CameraSettings


@pytest.fixture(scope="session")
def app_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test app, compiled."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed; `apt-get install gcc libfcgi-dev` would run this")
    target = tmp_path_factory.mktemp("app") / APP
    command = ["gcc", "-std=c11", "-D_GNU_SOURCE", "-O1", str(SOURCE), "-o", str(target)]
    subprocess.run([*command, "-lfcgi", "-pthread"], check=True, timeout=60)
    return target


@pytest.fixture
def make_package(app_binary: Path, tmp_path: Path) -> MakePackage:
    (tmp_path / "LICENSE").write_text("free\n")
    html = tmp_path / "html"
    (html / "sub").mkdir(parents=True)
    (html / "index.html").write_text("<p>settings</p>")
    (html / "sub" / "page.js").write_text("export {};")

    def make(name: str = APP, version: str = "1.0.0", **changes: Any) -> Path:
        extra: dict[str, Path] = changes.pop("extra", {})
        files = {name: app_binary, "LICENSE": tmp_path / "LICENSE", "html": html, **extra}
        target = tmp_path / f"{name}_{version}_{len(list(tmp_path.glob('*.eap')))}.eap"
        manifest = make_manifest(name, version, **changes)
        return eap.pack(manifest, files, target, epoch=EPOCH, architecture="host")

    return make


@pytest.fixture
def start_camera(tmp_path: Path) -> Iterator[StartCamera]:
    """Starts cameras with settings changed by keyword; all are stopped at the end."""
    policy = RestartPolicy(first_delay=0.05, longest_delay=0.2, stable_after=60, stop_grace=0.5)
    settings = CameraSettings(port=0, platform=tmp_path / "platform", restart=policy)
    with contextlib.ExitStack() as stack:

        def start(**changes: Any) -> RunningCamera:
            camera = RunningCamera(replace(settings, **changes))
            camera.start()
            stack.callback(camera.stop)
            return camera

        yield start


@pytest.fixture
def camera(start_camera: StartCamera) -> RunningCamera:
    """A camera that takes unsigned packages."""
    camera = start_camera()
    camera.allow_unsigned()
    return camera
