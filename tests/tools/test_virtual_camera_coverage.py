# SPDX-License-Identifier: MIT
"""The coverage table tells the truth: what is there answers, what is not there does not."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tools.virtual_camera_helpers import RunningCamera
from tools.errors import SetupError
from tools.virtual_camera import documented
from tools.virtual_camera.coverage import ABSENT, EXISTS, PARTIAL, Row, coverage, show
from tools.virtual_camera.settings import CameraSettings

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]
WEBSOCKET = "/vapix/ws-data-stream"
RESTART = "/axis-cgi/restart.cgi"
"""has a test of its own, since the camera is gone for a moment"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform folder with one library that has two functions of axparameter."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    folder = tmp_path_factory.mktemp("platform")
    source = "void ax_parameter_new(void) {} void ax_parameter_free(void) {}"
    command = ["gcc", "-x", "c", "-", "-shared", "-fPIC", "-o", str(folder / "libaxparameter.so.1")]
    subprocess.run(command, input=source, text=True, check=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def rows(platform: Path) -> list[Row]:
    return coverage(CameraSettings(platform=platform))


def test_calls_are_there_or_not_as_the_table_says(camera: RunningCamera, rows: list[Row]) -> None:
    for row in rows:
        path, _, method = row.name.partition(" ")
        if row.part != "VAPIX" or path in (WEBSOCKET, RESTART):
            continue
        if method and camera.post(path, json={}).status_code == 404:
            assert row.status == ABSENT
        elif method:
            body = {"apiVersion": "1.0", "method": f"{method}Never", "params": {}}
            answer = camera.post(path, json=body).json()
            unknown = answer["error"]["code"]
            known = camera.post(path, json={**body, "apiVersion": None, "method": method}).json()
            is_there = known.get("error", {}).get("code") != unknown
            assert is_there == (row.status != ABSENT), row
        else:
            served = camera.post(path, stream=True).status_code != 404
            assert served == (row.status != ABSENT), row


def test_functions_are_those_of_the_built_libraries(rows: list[Row]) -> None:
    found = {row.name: row.status for row in rows if row.part == "libaxparameter.so.1"}

    assert found["ax_parameter_new"] == found["ax_parameter_free"] == EXISTS
    assert found["ax_parameter_set"] == ABSENT
    assert Row("libvdostream.so.1", "", ABSENT) in rows


def test_every_note_is_about_something_documented(rows: list[Row]) -> None:
    assert documented.PARTIAL.keys() <= {row.name for row in rows}
    assert all(bool(row.note) == (row.status == PARTIAL) for row in rows)


def test_people_can_read_it(rows: list[Row]) -> None:
    lines = list(show(rows))

    assert lines[0] == "VAPIX"
    assert "  exists    /axis-cgi/basicdeviceinfo.cgi getAllProperties" in lines
    assert "libvdostream.so.1: not there" in lines
    assert any(line.startswith("libaxparameter.so.1: 2 of ") for line in lines)


def test_libraries_that_are_not_built_are_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no platform libraries"):
        coverage(CameraSettings(platform=tmp_path))
