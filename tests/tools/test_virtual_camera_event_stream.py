# SPDX-License-Identifier: MIT
"""Events over WebSocket, as clients read them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import requests

from tests.tools.virtual_camera_helpers import TIMEOUT, RunningCamera
from tests.waiting import wait_until
from tools.virtual_camera.digest import hash_password, parse_fields
from tools.virtual_camera.event_stream import QUEUE_LIMIT, SessionTokens

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

PATH = "/vapix/ws-data-stream?sources=events"
TOKEN = "/axis-cgi/wssession.cgi"
INPUT = "tns1:Device/tnsaxis:IO/VirtualInput"
Answer = dict[str, Any]


def digest(camera: RunningCamera, password: str = "pass") -> dict[str, str]:
    """The header that answers the challenge to an upgrade request."""
    challenge = requests.get(camera.url + PATH, timeout=TIMEOUT).headers["WWW-Authenticate"]
    fields = parse_fields(challenge)
    realm, nonce = fields["realm"], fields["nonce"]
    first = hash_password("root", realm, password)
    second = hashlib.md5(f"GET:{PATH}".encode()).hexdigest()
    whole = f"{first}:{nonce}:00000001:abc:auth:{second}"
    answer = hashlib.md5(whole.encode()).hexdigest()
    return {
        "Authorization": f'Digest username="root", realm="{realm}", nonce="{nonce}", '
        f'uri="{PATH}", response="{answer}", qop=auth, nc=00000001, cnonce="abc"'
    }


class Client:
    """A connected client."""

    def __init__(self, web_socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = web_socket

    async def ask(self, **body: Any) -> Answer:
        await self.socket.send_json({"apiVersion": "1.0", "context": "me"} | body)
        while True:
            answer = await self.next()
            if answer["method"] != "events:notify":
                return answer

    async def configure(self, *filters: dict[str, str]) -> Answer:
        return await self.ask(method="events:configure", params={"eventFilterList": [*filters]})

    async def next(self) -> Answer:
        answer: Answer = await self.socket.receive_json(timeout=TIMEOUT)
        return answer

    async def notification(self) -> Answer:
        answer = await self.next()
        assert (answer["apiVersion"], answer["method"]) == ("1.0", "events:notify")
        found: Answer = answer["params"]["notification"]
        return found


def talk(camera: RunningCamera, talk_: Callable[[Client], Awaitable[None]]) -> None:
    """Connect with digest and run `talk_`."""
    headers = digest(camera)

    async def run() -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(camera.url + PATH, headers=headers) as web_socket,
        ):
            await talk_(Client(web_socket))

    asyncio.run(asyncio.wait_for(run(), TIMEOUT * 2))


def activate(camera: RunningCamera, port: int, active: bool = True) -> None:
    body = {"active": active}
    assert camera.post(f"/virtual/inputs/{port}", user="", json=body).status_code == 200


def test_the_major_version_alone_is_enough(camera: RunningCamera) -> None:
    async def check(client: Client) -> None:
        answer = await client.ask(
            apiVersion="1",
            method="events:configure",
            params={"eventFilterList": [{"topicFilter": INPUT}]},
        )
        assert answer["data"] == {}

    talk(camera, check)


def test_current_states_come_first_then_changes(camera: RunningCamera) -> None:
    activate(camera, 2)

    async def check(client: Client) -> None:
        port = 'boolean(//SimpleItem[@Name="port" and @Value="2"])'
        answer = await client.configure({"topicFilter": INPUT, "contentFilter": port})
        assert answer == {
            "apiVersion": "1.0",
            "context": "me",
            "method": "events:configure",
            "data": {},
        }
        first = await client.notification()
        assert first["topic"] == INPUT
        assert first["message"] == {
            "source": {"port": "2"},
            "key": {},
            "data": {"active": "1"},
        }
        assert isinstance(first["timestamp"], int)
        await asyncio.to_thread(activate, camera, 3)
        await asyncio.to_thread(activate, camera, 2, False)
        assert (await client.notification())["message"]["data"] == {"active": "0"}

    talk(camera, check)


def test_a_later_configuration_replaces_the_filter_and_filters_add_up(
    camera: RunningCamera,
) -> None:
    ready = {"topicFilter": "tns1:Device/tnsaxis:Status/SystemReady"}

    async def check(client: Client) -> None:
        await client.configure({"topicFilter": INPUT})
        await client.configure(ready, ready)
        found: list[Answer] = []
        while len(found) < 2:
            notification = await client.notification()
            if notification["topic"] != INPUT:  # states that the first filter had under way
                found.append(notification)
        assert found[0] == found[1]
        assert found[0]["message"]["data"] == {"ready": "1"}
        await client.configure({"topicFilter": "tnsaxis:Nothing"})
        await asyncio.to_thread(activate, camera, 5)
        assert "error" in await client.ask(method="nothing")

    talk(camera, check)


def test_scenarios_and_control_events_are_streamed(camera: RunningCamera) -> None:
    async def check(client: Client) -> None:
        platform = "tnsaxis:CameraApplicationPlatform"
        await client.configure({"topicFilter": f"{platform}/ObjectAnalytics/Device1Scenario1"})
        assert (await client.notification())["message"]["data"]["active"] == "0"
        path = "/virtual/scenarios/Device1Scenario1"
        await asyncio.to_thread(camera.post, path, user="", json={"active": True})
        notification = await client.notification()
        assert notification["topic"] == f"{platform}/ObjectAnalytics/Device1Scenario1"
        assert notification["message"]["data"]["active"] == "1"

    talk(camera, check)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", 2101),
        ("[]", 2101),
        ("[" * 50_000, 2101),
        ('{"method": "events:configure"}', 2103),
        ('{"apiVersion": "1.0"}', 2103),
        ('{"apiVersion": "9.0", "method": "events:configure"}', 2100),
        ('{"apiVersion": "1.0", "method": "events:nothing"}', 2102),
        ('{"apiVersion": "1.0", "method": "events:configure", "params": {}}', 2103),
        ('{"apiVersion": "1.0", "method": "events:configure", "params": 7}', 2103),
        ("filters 7", 2104),
        ("filters [7]", 2104),
        ("filters []", 2104),
        ("filters [{}]", 2103),
        ('filters [{"topicFilter": 7}]', 2104),
        ('filters [{"topicFilter": "tns1:Device/*"}]', 2104),
        ('filters [{"contentFilter": "count(//x) > 2"}]', 2104),
        ('"' + "x" * 70_000, 2107),
    ],
)
def test_a_bad_request_has_its_code_and_the_stream_goes_on(
    camera: RunningCamera, message: str, code: int
) -> None:
    if message.startswith("filters "):
        params = f'{{"eventFilterList": {message.removeprefix("filters ")}}}'
        message = f'{{"apiVersion": "1.0", "method": "events:configure", "params": {params}}}'

    async def check(client: Client) -> None:
        await client.socket.send_str(message)
        answer = await client.next()
        assert answer["error"]["code"] == code
        assert answer["error"]["message"]
        assert "data" in await client.configure({"topicFilter": "tnsaxis:Nothing"})

    talk(camera, check)


def test_a_token_opens_one_stream(camera: RunningCamera) -> None:
    reply = camera.get(TOKEN)
    token = reply.text
    assert token.isdigit()
    assert reply.headers["Content-Type"].startswith("text/plain")
    address = f"{camera.url}/vapix/ws-data-stream?wssession={token}&sources=events"

    async def run() -> None:
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(address) as web_socket:
                assert "data" in await Client(web_socket).configure(
                    {"topicFilter": "tnsaxis:Nothing"}
                )
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(address)
            assert refused.value.status == 401

    asyncio.run(asyncio.wait_for(run(), TIMEOUT))


def test_tokens_last_fifteen_seconds() -> None:
    now = 0.0
    tokens = SessionTokens(lambda: now)
    first, second = tokens.make(), tokens.make()

    now = 15.0
    assert tokens.redeem(first)
    assert not tokens.redeem(first)
    now = 15.1
    assert not tokens.redeem(second)
    assert not tokens.redeem("1")


def test_streams_are_for_those_who_may(camera: RunningCamera) -> None:
    assert camera.get(PATH, user="").status_code == 401
    assert camera.get(TOKEN, user="").status_code == 401
    assert camera.get(PATH).status_code == 400
    assert camera.get("/vapix/ws-data-stream?sources=video").status_code == 400
    wrong = digest(camera, password="wrong")
    assert camera.get(PATH, user="", headers=wrong).status_code == 401


def test_a_used_digest_answer_opens_nothing_more(camera: RunningCamera) -> None:
    headers = digest(camera)

    async def run() -> None:
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(camera.url + PATH, headers=headers) as web_socket:
                assert "data" in await Client(web_socket).configure(
                    {"topicFilter": "tnsaxis:Nothing"}
                )
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(camera.url + PATH, headers=headers)
            assert refused.value.status == 401

    asyncio.run(asyncio.wait_for(run(), TIMEOUT))


def open_raw(camera: RunningCamera) -> socket.socket:
    """A WebSocket of which nobody reads anything, with a small buffer."""
    token = camera.get(TOKEN).text
    host, port = camera.url.removeprefix("http://").split(":")
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(TIMEOUT)
    raw.connect((host, int(port)))
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /vapix/ws-data-stream?wssession={token}&sources=events HTTP/1.1\r\n"
        f"Host: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    raw.sendall(request.encode())
    assert b" 101 " in raw.recv(64)
    return raw


def send_frame(raw: socket.socket, text: str) -> None:
    """One masked text frame; the mask is zero, so the text is sent as it is."""
    data = text.encode()
    header = bytes([0x81, 0x80 | 126]) + len(data).to_bytes(2, "big")
    raw.sendall(header + bytes(4) + data)


def test_a_client_that_never_reads_is_cut_off(
    camera: RunningCamera, caplog: pytest.LogCaptureFixture
) -> None:
    with open_raw(camera) as raw:
        params = {"eventFilterList": [{"topicFilter": "tnsaxis:Flood"}]}
        send_frame(
            raw,
            json.dumps({"apiVersion": "1.0", "method": "events:configure", "params": params}),
        )
        body = {"topic": "tnsaxis:Flood", "data": {"text": "x" * 100_000}, "stateful": False}
        sent = 0
        while "does not read" not in caplog.text:
            assert sent < QUEUE_LIMIT + 2000
            camera.post("/virtual/events", user="", json=body)
            sent += 1
            if sent == 50:
                body["data"] = {"text": "short"}

    assert camera.get(TOKEN).text.isdigit()


def test_garbage_in_place_of_frames_ends_only_its_own_stream(camera: RunningCamera) -> None:
    with open_raw(camera) as raw:
        raw.sendall(b"\xff" * 5000)
        wait_until(lambda: not raw.recv(4096), "the camera to close the connection")

    assert camera.get(TOKEN).text.isdigit()
