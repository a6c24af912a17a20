# SPDX-License-Identifier: MIT
"""The fault knob that cuts the apps' outgoing network, as an app meets it."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.tools.virtual_camera_helpers import MakePackage, RunningCamera, StartCamera
from tests.waiting import wait_until
from tools.errors import SetupError
from tools.virtual_camera.network_cut import NetworkCut
from tools.virtual_camera.packet_filter import PacketFilter
from tools.virtual_camera.sandbox import Sandbox

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]
HANGS = "Resource temporarily unavailable"
REFUSED = "Operation now in progress"
"""what connect says after SO_SNDTIMEO"""


def why_not() -> str:
    """Why this machine cannot cut an app's network, "" when it can."""
    cut = NetworkCut(Sandbox(Path("/nowhere"), "", "host"))
    try:
        cut.cut([])
    except SetupError as error:
        return str(error)
    cut.restore()
    return ""


can_cut = pytest.mark.skipif(bool(why_not()), reason=why_not())


class Echo(socketserver.BaseRequestHandler):
    """Sends back what it gets, until the other end closes."""

    def handle(self) -> None:
        while piece := self.request.recv(4096):
            self.request.sendall(piece)


@contextmanager
def echo() -> Iterator[int]:
    """A server somewhere in the network; its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def switch(camera: RunningCamera, cut: object) -> tuple[int, Any]:
    reply = camera.request("POST", "/virtual/network", user="", json={"cut": cut})
    return reply.status_code, reply.json()


def dial(camera: RunningCamera, text: str, port: int = 0) -> str:
    """What comes back to the app, on a new connection when `port` is given."""
    query = f"?port={port}" if port else ""
    return camera.request("POST", f"/local/test_app/dial.cgi{query}", data=text).text


@pytest.fixture
def serving(camera: RunningCamera, make_package: MakePackage) -> RunningCamera:
    """A camera on which the test app runs."""
    assert camera.upload(make_package()) == "OK"
    assert camera.control_app("start") == "OK"
    camera.wait_until_serving()
    return camera


@can_cut
def test_open_connections_hang_and_go_on_later(serving: RunningCamera) -> None:
    with echo() as port:
        assert dial(serving, "one", port) == "one"
        assert switch(serving, True) == (200, {"cut": True})
        assert switch(serving, True) == (200, {"cut": True})
        assert dial(serving, "two") == HANGS
        assert switch(serving, False) == (200, {"cut": False})
        assert switch(serving, False) == (200, {"cut": False})
        got = wait_until(lambda: "two" in dial(serving, "+"), "what was sent meanwhile")
        assert got


@can_cut
def test_no_new_connection_is_made_by_a_running_and_by_a_restarted_app(
    serving: RunningCamera,
) -> None:
    with echo() as port:
        switch(serving, True)
        assert dial(serving, "one", port) == REFUSED
        serving.control_app("restart")
        serving.wait_until_serving()
        assert dial(serving, "one", port) == REFUSED
        switch(serving, False)
        assert dial(serving, "two", port) == "two"


@can_cut
def test_others_and_the_camera_itself_are_still_reached(
    serving: RunningCamera, start_camera: StartCamera, make_package: MakePackage
) -> None:
    other = start_camera()
    other.allow_unsigned()
    assert other.upload(make_package()) == "OK"
    assert other.control_app("start") == "OK"
    other.wait_until_serving()
    with echo() as port:
        switch(serving, True)
        assert dial(other, "from the app of another camera", port)[:4] == "from"
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            line.sendall(b"from the machine")
            assert line.recv(100) == b"from the machine"
    request = "GET /axis-cgi/param.cgi HTTP/1.0\r\n\r\n"
    assert dial(serving, request, int(serving.url.rpartition(":")[2]))[:12] == "HTTP/1.0 401"
    assert "hello from syslog" in serving.app_log()


@can_cut
def test_a_camera_that_stops_leaves_no_rules(
    start_camera: StartCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = 1_999_999_999
    monkeypatch.setattr("tools.virtual_camera.sandbox.own_group", lambda: group)
    camera = start_camera()
    switch(camera, True)
    assert camera.request("GET", "/virtual/network", user="").json() == {"cut": True}
    kernel, question = PacketFilter(), f"add chain inet virtual_camera_{group} none"
    with pytest.raises(SetupError, match="not permitted"):
        kernel.run(question)

    camera.stop()

    with pytest.raises(SetupError, match="No such file"):
        kernel.run(question)
    kernel.close()


@can_cut
def test_without_a_group_of_their_own_apps_keep_their_network(
    start_camera: StartCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.virtual_camera.sandbox.own_group", lambda: None)

    status, answer = switch(start_camera(), True)

    assert status == 501
    assert "takes root" in answer["error"]["message"]


def test_where_it_cannot_be_cut_it_says_why(
    camera: RunningCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.virtual_camera.packet_filter._LIBRARY", "libnftables.so.none")

    status, answer = switch(camera, True)

    assert status == 501
    assert "libnftables" in answer["error"]["message"]
    assert switch(camera, "yes")[0] == 400
    assert camera.request("GET", "/virtual/network", user="").json() == {"cut": False}
