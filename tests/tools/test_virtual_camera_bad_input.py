# SPDX-License-Identifier: MIT
"""Requests that no honest client sends: the camera answers as it should, and stays up."""

from __future__ import annotations

import contextlib
import socket
import ssl

import pytest
import requests

from tests.tools.virtual_camera_helpers import TIMEOUT, RunningCamera
from tests.waiting import wait_until

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

BRAND = "/axis-cgi/param.cgi?action=list&group=Brand.Brand"
INFO = "/axis-cgi/basicdeviceinfo.cgi"
DEEP = "[" * 200_000


def answers(camera: RunningCamera) -> bool:
    return camera.get(BRAND).text == "root.Brand.Brand=AXIS\n"


def connect(camera: RunningCamera, url: str = "") -> socket.socket:
    host, port = (url or camera.url).rpartition("//")[2].split(":")
    return socket.create_connection((host, int(port)), TIMEOUT)


def first_line(raw: socket.socket) -> str:
    """Of the answer; "" when the connection is closed without one."""
    with contextlib.suppress(ConnectionError):
        return raw.recv(4096).decode("latin-1").partition("\r\n")[0]
    return ""


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /axis-cgi/param.cgi HTTP/1.1\r\nX: " + b"a" * (1 << 20) + b"\r\n\r\n",
        b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 100_000 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
    ],
    ids=["header", "path", "headers", "tls", "nonsense", "length", "chunks"],
)
def test_what_is_no_request_ends_its_own_connection(camera: RunningCamera, request_: bytes) -> None:
    with connect(camera) as raw:
        with contextlib.suppress(ConnectionError):
            raw.sendall(request_)
        line = first_line(raw)

    assert line == "" or line.split(" ")[1] in ("400", "401", "404", "431")
    assert answers(camera)


def test_plain_http_on_the_https_port_is_no_answer(camera: RunningCamera) -> None:
    with connect(camera, camera.https) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: not first_line(raw).startswith("HTTP/1.1 2"), "the end")

    with connect(camera, camera.https) as raw, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(raw, server_hostname="127.0.0.1")
    assert answers(camera)


def test_many_clients_that_never_finish_a_request_hurt_nobody(camera: RunningCamera) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            raw = stack.enter_context(connect(camera))
            raw.sendall(b"GET /axis-cgi/param.cgi HTTP/1.1\r\nHost: ")

        assert answers(camera)


def test_a_viewer_of_video_who_does_not_read_hurts_nobody(camera: RunningCamera) -> None:
    camera.get("/axis-cgi/pwdgrp.cgi?action=add&user=joe&pwd=pw&grp=users&sgrp=viewer")
    video = "/axis-cgi/mjpg/video.cgi?resolution=1280x720"
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(contextlib.closing(camera.get(video, stream=True)))

        assert answers(camera)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (INFO, 4000),
        ("/axis-cgi/systemready.cgi", 4000),
        ("/axis-cgi/apidiscovery.cgi", 4000),
        ("/axis-cgi/mqtt/client.cgi", 2101),
        ("/axis-cgi/time.cgi", 3000),
        ("/local/objectanalytics/control.cgi", 2003),
    ],
)
@pytest.mark.parametrize("body", [DEEP, "{", "7", "\udcff", '{"method": "\\ud800"}'])
def test_broken_json_has_the_code_of_the_api(
    camera: RunningCamera, path: str, code: int, body: str
) -> None:
    reply = camera.post(path, data=body.encode("utf-8", "surrogatepass"))

    assert reply.status_code == 200
    if not body.startswith('{"'):
        assert reply.json()["error"]["code"] == code
    else:
        assert "error" in reply.json()


def test_broken_json_is_refused_by_the_control_api(camera: RunningCamera) -> None:
    headers = {"Content-Type": "application/json"}

    reply = camera.post("/virtual/events", user="", data=DEEP, headers=headers)

    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "badJson"


def test_a_digest_answer_serves_once(camera: RunningCamera) -> None:
    reply = camera.get(BRAND)
    sent = {"Authorization": reply.request.headers["Authorization"]}

    again = requests.get(camera.url + BRAND, headers=sent, timeout=TIMEOUT)

    assert reply.status_code == 200
    assert again.status_code == 401
    assert "stale=true" in again.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "header",
    [
        "Digest",
        "Digest " + "x" * 6000,
        'Digest username="root", realm="AXIS", nonce="\x00"',
        "Basic",
        "Basic ====",
        "Basic /////w==",
        "Bearer abc",
        "\xff\xfe",
    ],
)
def test_an_odd_authorization_is_none(camera: RunningCamera, header: str) -> None:
    headers = {b"Authorization": header.replace("\x00", "!").encode("latin-1")}

    reply = requests.get(
        camera.url + BRAND, headers={k.decode(): v for k, v in headers.items()}, timeout=TIMEOUT
    )

    assert reply.status_code == 401
    assert answers(camera)
