# SPDX-License-Identifier: MIT
"""Requests to apps: FastCGI, pages, reverse proxy, and who may ask for what."""

from __future__ import annotations

import asyncio
import http.server
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import pytest
import requests
from aiohttp import web

from tests.tools.virtual_camera_helpers import APP, MakePackage, RunningCamera
from tests.waiting import wait_until

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]


@pytest.fixture
def app(camera: RunningCamera, make_package: MakePackage) -> RunningCamera:
    """A camera on which the test app answers, with a viewer joe and an operator ann."""
    assert camera.upload(make_package()) == "OK"
    camera.control_app("start")
    camera.wait_until_serving()
    for name, groups in (("joe", "viewer"), ("ann", "operator:viewer")):
        camera.get(f"/axis-cgi/pwdgrp.cgi?action=add&user={name}&pwd=pw&grp=users&sgrp={groups}")
    return camera


def test_endpoints_have_the_access_of_the_manifest(app: RunningCamera) -> None:
    def status(name: str, user: str) -> int:
        return app.call(name, user=user, password="pw").status_code

    assert [status("viewer.cgi", user) for user in ("", "joe", "ann")] == [401, 200, 200]
    assert [status("operator.cgi", user) for user in ("", "joe", "ann")] == [401, 403, 200]
    assert [status("all.cgi", user) for user in ("", "joe", "ann")] == [401, 403, 403]
    assert app.call("all.cgi").status_code == 200


def test_pages_have_the_access_of_their_folder(app: RunningCamera) -> None:
    page = app.call("index.html", user="ann", password="pw")
    script = app.call("sub/page.js", user="ann", password="pw")

    assert page.text == "<p>settings</p>"
    assert page.headers["Content-Type"].startswith("text/html")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert app.call("index.html", user="joe", password="pw").status_code == 403
    assert app.call("", user="ann", password="pw").text == page.text
    assert app.call("nothing.html").status_code == 404
    assert app.call("../package.conf").status_code == 404
    assert app.get(f"/local/{APP}/%2e%2e/package.conf").status_code == 404
    assert app.get("/local/nobody/index.html").status_code == 404
    assert app.request("DELETE", f"/local/{APP}/index.html").status_code == 405


def test_methods_bodies_and_headers_are_passed_on(app: RunningCamera) -> None:
    body = bytes(range(256)) * 2000

    reply = app.request("PUT", f"/local/{APP}/viewer.cgi?x=%2F", data=body)

    head, _, echoed = reply.content.partition(b"\n\n")
    assert b"param.REQUEST_METHOD=PUT\n" in head
    assert f"param.CONTENT_LENGTH={len(body)}\n".encode() in head
    assert b"param.QUERY_STRING=x=%2F\n" in head
    assert echoed == body
    assert reply.headers["X-App"] == "yes"


def test_a_body_without_a_length_is_passed_on(app: RunningCamera) -> None:
    pieces = [b"one", b"two", b"three"]
    app.get("/axis-cgi/param.cgi?action=update&Network.HTTP.AuthenticationPolicy=basic")

    reply = requests.post(
        f"{app.url}/local/{APP}/viewer.cgi", data=iter(pieces), auth=("root", "pass"), timeout=10
    )

    assert "param.CONTENT_LENGTH=11\n" in reply.text
    assert reply.text.endswith("\n\nonetwothree")


def test_an_answers_status_is_kept(app: RunningCamera) -> None:
    reply = app.call("missing.cgi")

    assert (reply.status_code, reply.reason, reply.text) == (404, "Not Here", "no\n")


def test_a_head_request_has_headers_and_no_body(app: RunningCamera) -> None:
    reply = app.request("HEAD", f"/local/{APP}/viewer.cgi")

    assert reply.status_code == 200
    assert reply.headers["X-App"] == "yes"
    assert reply.content == b""


def test_broken_silent_and_stopped_apps_are_told_apart(app: RunningCamera) -> None:
    assert app.call("broken.cgi").status_code == 502
    assert app.call("silent.cgi").status_code == 502

    app.control_app("stop")

    reply = app.call("viewer.cgi")
    assert reply.status_code == 503
    assert "is not running" in reply.text


def test_a_long_answer_is_streamed(app: RunningCamera) -> None:
    reply = app.call("stream.cgi?chunks=2000", stream=True)

    sizes = [len(piece) for piece in reply.iter_content(65536)]

    assert sum(sizes) == 2000 * 4096


def test_a_client_that_leaves_in_mid_answer_harms_nobody(app: RunningCamera) -> None:
    reply = app.call("stream.cgi?chunks=20000", stream=True)
    next(reply.iter_content(4096))

    reply.close()

    assert app.call("viewer.cgi").status_code == 200


def test_long_polls_wait_without_blocking_others(app: RunningCamera) -> None:
    with ThreadPoolExecutor(8) as pool:
        polls = [pool.submit(app.call, "wait.cgi") for _ in range(8)]
        wait_until(lambda: app.call("waiting.cgi").text == "waiting=8\n", "all polls to wait")

        assert app.call("open.cgi").text == "waiting=8\n"

        assert {poll.result(10).text for poll in polls} == {"opened\n"}


def test_many_requests_at_once_are_all_answered(app: RunningCamera) -> None:
    """More than the app has threads, and more than its socket's queue of five."""
    with ThreadPoolExecutor(40) as pool:
        replies = list(pool.map(lambda n: app.call(f"viewer.cgi?n={n}"), range(200)))

    assert [reply.status_code for reply in replies] == [200] * 200
    assert all(f"QUERY_STRING=n={n}\n" in reply.text for n, reply in enumerate(replies))


def test_an_app_that_crashes_in_a_request_is_a_bad_gateway(app: RunningCamera) -> None:
    assert app.call("crash.cgi").status_code == 502
    assert app.call("viewer.cgi").status_code == 503


class _Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        answer = f"{self.command} {self.path} {body.decode()}".encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Seen", self.headers.get("X-Forwarded-For", ""))
        self.send_header("X-Secret", self.headers.get("Authorization", "none"))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815 - http.server names it

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a web server such as an app could have."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_the_reverse_proxy_reaches_tcp_ports_and_sockets(
    camera: RunningCamera, make_package: MakePackage, echo: int
) -> None:
    rules = [
        {"apiPath": "api", "target": f"http://localhost:{echo}/base", "access": "viewer"},
        {"apiPath": "whole", "target": f"http://localhost:{echo}", "access": "anonymous"},
        {"apiPath": "away", "target": "http://localhost:1/", "access": "viewer"},
        {"apiPath": r"re/.+\.cgi$", "target": f"http://localhost:{echo}", "access": "viewer"},
        {"apiPath": "sock", "apiType": "http", "target": "/tmp/proxy.sock", "access": "viewer"},
    ]
    camera.upload(make_package(configuration={"reverseProxy": rules}))
    camera.control_app("start")
    camera.wait_until_serving()

    reply = camera.post(f"/local/{APP}/api/items?x=%20", data=b"body")
    assert (reply.status_code, reply.text) == (201, "POST /base/items?x=%20 body")
    assert reply.headers["X-Seen"] == "127.0.0.1"
    assert reply.headers["X-Secret"] == "none"
    whole = camera.get(f"/local/{APP}/whole/x", user="").text
    assert whole == f"GET /local/{APP}/whole/x "
    assert camera.get(f"/local/{APP}/api/items", user="").status_code == 401
    assert camera.get(f"/local/{APP}/away/x").status_code == 503
    assert camera.get(f"/local/{APP}/re/a.cgi").text == f"GET /local/{APP}/re/a.cgi "
    assert camera.get(f"/local/{APP}/re/a.txt").status_code == 404
    sock = camera.get(f"/local/{APP}/sock/hello").text
    assert sock == f"GET /local/{APP}/sock/hello HTTP/1.1"


async def _echo_messages(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=["talk"])
    await socket.prepare(request)
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT:
            await socket.send_str(f"{request.path}: {message.data}")
        else:
            await socket.send_bytes(message.data)
    return socket


def test_the_reverse_proxy_passes_websockets(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    async def converse() -> tuple[str, bytes, str]:
        server = web.Application()
        server.router.add_get("/{path:.*}", _echo_messages)
        runner = web.AppRunner(server)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        rule = {"apiPath": "ws", "target": f"ws://localhost:{port}/live", "access": "anonymous"}
        camera.upload(make_package(configuration={"reverseProxy": [rule]}))
        camera.control_app("start")
        url = f"{camera.url}/local/{APP}/ws"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, protocols=["talk"]) as socket,
        ):
            await socket.send_str("hello")
            await socket.send_bytes(b"\x00\xff")
            heard = await socket.receive_str(), await socket.receive_bytes(), str(socket.protocol)
        await runner.cleanup()
        return heard

    assert asyncio.run(converse()) == ("/live: hello", b"\x00\xff", "talk")
