# SPDX-License-Identifier: MIT
"""What the camera's figures are measured with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.virtual_camera_helpers import RunningCamera
from tools.bench_camera import _figure, _quantile
from tools.bench_camera_parts import HttpClient, bare_server, megabytes, seconds_of
from tools.errors import AppError

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]


def test_the_light_client_speaks_digest(camera: RunningCamera) -> None:
    path = "/axis-cgi/param.cgi?action=list&group=Brand"
    client = HttpClient(camera.url, "root", "pass")

    assert client.get(path) == camera.get(path).content
    assert client.rate(path, 5) > 1
    with pytest.raises(AppError, match="HTTP 401"):
        HttpClient(camera.url, "root", "wrong").get(path)
    with pytest.raises(AppError, match="HTTP 404"):
        client.get("/axis-cgi/never.cgi")


def test_the_bare_server_gives_files_as_they_are(tmp_path: Path) -> None:
    with bare_server(tmp_path) as server:
        for content in (b"one", b"two"):
            (tmp_path / "file").write_bytes(content)
            assert HttpClient(server.url).get("/file") == content
        assert HttpClient(server.url).post("/file", b"{}") == b"{}"
        assert megabytes(server.pid) > 1


def test_a_start_is_timed(tmp_path: Path) -> None:
    assert 0 < seconds_of(lambda: bare_server(tmp_path)) < 30


def test_figures_compare_medians() -> None:
    figure = _figure("name", "ms", "other", ([3.0, 1.0, 2.0], [4.0, 5.0, 3.0]))

    assert (figure.value, figure.baselineValue, figure.ratio) == (2.0, 4.0, 0.5)
    assert _quantile([float(number) for number in range(100)], 0.99) == 99.0
