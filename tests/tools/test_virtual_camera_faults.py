# SPDX-License-Identifier: MIT
"""The fault knobs, as apps on the camera's bus meet them, and over HTTP."""

from __future__ import annotations

import asyncio
import json
import mmap
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import cv2
import numpy
import pytest
from dbus_fast import Message, MessageType, Variant

from tests.tools.test_camera_services import EVENTS, VIDEO, Client, connected, running, until
from tests.tools.virtual_camera_helpers import MakePackage, RunningCamera, StartCamera
from tools.errors import UsageError
from tools.virtual_camera.faults import Faults
from tools.virtual_camera.sandbox import Sandbox
from tools.virtual_camera.services import CameraServices

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

TOPICS = ("tnsaxis:A", "tnsaxis:B")
Play = Callable[[CameraServices, "Listener"], Awaitable[None]]


class Listener:
    """An app that notes every event it gets: the topic's letter and the value, such as "A1"."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.got: list[str] = []

    async def listen(self) -> None:
        self.client.bus.add_message_handler(self._note)
        daemon = "org.freedesktop.DBus"
        rule = f"type='signal',interface='{EVENTS}',member='Event'"
        call = Message(
            daemon, "/org/freedesktop/DBus", daemon, "AddMatch", signature="s", body=[rule]
        )
        await self.client.bus.call(call)

    def _note(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.member == "Event":
            topic, _, keys = message.body
            value = next(key[3].value for key in keys if key[0] == "value")
            self.got.append(f"{topic.strip('/')}{value:d}")

    async def states(self, topic: str) -> list[int]:
        reply = await self.client.call(EVENTS, "GetStates", "as", [topic])
        return [
            next(key[3].value for key in keys if key[0] == "value") for _, keys in reply.body[0]
        ]


def play(folder: Path, act: Play) -> list[str]:
    """What an app got of what `act` did with the events A and B, both stateful and 0 at first."""

    async def run() -> list[str]:
        async with running(folder) as services, connected(services) as client:
            for topic in TOPICS:
                services.events.declare(
                    topic, data={"value": 0}, stateful=True, property_key="value"
                )
            services.events.declare("tnsaxis:End", data={"value": 0}, stateful=False)
            listener = Listener(client)
            await listener.states("A")  # its answer comes after the first states went out
            await listener.listen()
            await act(services, listener)
            services.faults.clear()
            send(services, "tnsaxis:End", 0)
            await until(lambda: "End0" in listener.got, "the last event")
            return listener.got[: listener.got.index("End0")]

    return asyncio.run(run())


def send(services: CameraServices, topic: str, *values: int) -> None:
    declaration = services.events.find(topic)
    assert declaration is not None
    for value in values:
        services.events.send(declaration, {"value": value})


def test_nothing_is_disturbed_at_rest(tmp_path: Path) -> None:
    async def act(services: CameraServices, _: Listener) -> None:
        send(services, "tnsaxis:A", *range(50))

    assert play(tmp_path, act) == [f"A{number}" for number in range(50)]


def test_edges_are_lost_and_the_state_stays_true(tmp_path: Path) -> None:
    told: list[int] = []

    async def act(services: CameraServices, listener: Listener) -> None:
        services.faults.change({"loseEdges": 0.3, "seed": 7})
        send(services, "tnsaxis:A", *range(1, 201))
        told.extend(await listener.states("A"))

    got = play(tmp_path, act)

    assert told == [200]
    assert 100 < len(got) < 180
    assert got == sorted(got, key=lambda name: int(name[1:]))


def test_all_edges_can_be_lost_but_no_stateless_event(tmp_path: Path) -> None:
    async def act(services: CameraServices, _: Listener) -> None:
        services.faults.change({"loseEdges": 1})
        send(services, "tnsaxis:A", 1, 2)
        send(services, "tnsaxis:End", 5)

    assert play(tmp_path, act) == ["End5"]


def test_the_same_seed_gives_the_same_faults_whatever_others_do(tmp_path: Path) -> None:
    def lossy(seed: int, others: int) -> list[str]:
        async def act(services: CameraServices, _: Listener) -> None:
            services.faults.change({"loseEdges": 0.5, "duplicateEdges": 0.2, "seed": seed})
            for number in range(100):
                send(services, "tnsaxis:A", number)
                send(services, "tnsaxis:B", *range(others))

        return [name for name in play(tmp_path, act) if name.startswith("A")]

    first = lossy(7, 0)

    assert lossy(7, 0) == first
    assert lossy(7, 3) == first
    assert lossy(8, 0) != first


def test_a_seed_begins_the_lots_anew(tmp_path: Path) -> None:
    async def act(services: CameraServices, _: Listener) -> None:
        for _turn in range(2):
            services.faults.change({"loseEdges": 0.5, "seed": 3})
            send(services, "tnsaxis:A", *range(40))

    got = play(tmp_path, act)

    assert len(got) % 2 == 0
    assert got[: len(got) // 2] == got[len(got) // 2 :]


def test_edges_are_delivered_twice(tmp_path: Path) -> None:
    async def act(services: CameraServices, _: Listener) -> None:
        services.faults.change({"duplicateEdges": 1})
        send(services, "tnsaxis:A", 1, 2)

    assert play(tmp_path, act) == ["A1", "A1", "A2", "A2"]


def test_an_edge_is_overtaken_by_the_next_one_of_any_event(tmp_path: Path) -> None:
    async def act(services: CameraServices, _: Listener) -> None:
        services.faults.change({"reorderEdges": 1, "reorderHoldMs": 60_000})
        send(services, "tnsaxis:A", 1)
        send(services, "tnsaxis:B", 1)
        send(services, "tnsaxis:A", 2)
        send(services, "tnsaxis:End", 7)
        assert services.faults.counts["reordered"] == 2

    assert play(tmp_path, act) == ["B1", "A1", "End7", "A2"]


def test_an_edge_is_overtaken_by_the_next_one_of_its_own_event(tmp_path: Path) -> None:
    async def act(services: CameraServices, _: Listener) -> None:
        wanted = {"reorderEdges": 1, "reorderHoldMs": 60_000, "reorderScope": "event"}
        services.faults.change(wanted)
        send(services, "tnsaxis:A", 1)
        send(services, "tnsaxis:B", 1)
        send(services, "tnsaxis:A", 2)

    assert play(tmp_path, act) == ["A2", "A1", "B1"]


def test_a_held_edge_comes_when_no_other_follows(tmp_path: Path) -> None:
    async def act(services: CameraServices, listener: Listener) -> None:
        services.faults.change({"reorderEdges": 1, "reorderHoldMs": 20})
        send(services, "tnsaxis:A", 1)
        await until(lambda: listener.got == ["A1"], "the edge that was held back")
        assert services.faults.counts["reordered"] == 0

    play(tmp_path, act)


def test_edges_come_late_and_in_order(tmp_path: Path) -> None:
    async def act(services: CameraServices, listener: Listener) -> None:
        services.faults.change({"delayEdgesMs": 60})
        began = asyncio.get_running_loop().time()
        send(services, "tnsaxis:A", 1, 2)
        assert await listener.states("A") == [2]
        assert listener.got == []
        await until(lambda: len(listener.got) == 2, "the late edges")
        assert asyncio.get_running_loop().time() - began >= 0.06
        services.faults.change({"delayEdgesMs": 60_000})
        send(services, "tnsaxis:A", 3)

    assert play(tmp_path, act) == ["A1", "A2", "A3"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"loseEdges": 1.5}, "loseEdges"),
        ({"loseEdges": float("nan")}, "loseEdges"),
        ({"duplicateEdges": -0.1}, "duplicateEdges"),
        ({"reorderEdges": "1"}, "reorderEdges"),
        ({"delayEdgesMs": True}, "delayEdgesMs"),
        ({"reorderHoldMs": 1e9}, "reorderHoldMs"),
        ({"reorderScope": "none"}, "reorderScope"),
        ({"snapshot": "blurred"}, "snapshot"),
        ({"snapshot": []}, "snapshot"),
        ({"seed": 1.5}, "seed"),
        ({"lose_edges": 0.1}, "lose_edges"),
        ({"loseEdges": 0.1, "fly": 1}, "fly"),
    ],
)
def test_a_wrong_setting_is_named_and_changes_nothing(wanted: dict[str, Any], field: str) -> None:
    faults = Faults()
    before = faults.settings

    with pytest.raises(UsageError, match=f"^{field}: "):
        faults.change(wanted)

    assert faults.settings == before


async def take(client: Client) -> tuple[bytes, int]:
    """The JPEG of a snapshot and its time in microseconds."""
    size_wanted = {"width": Variant("u", 64), "height": Variant("u", 48)}
    reply = await client.call(VIDEO, "Snapshot", "a{sv}", size_wanted)
    if reply.message_type is MessageType.ERROR:
        raise AssertionError(reply.error_name)
    _, _, taken, size, handle = reply.body
    descriptor = reply.unix_fds[handle]
    with mmap.mmap(descriptor, size, prot=mmap.PROT_READ) as memory:
        jpeg = memory[:]
    os.close(descriptor)
    return jpeg, int(taken)


def test_snapshots_fail(tmp_path: Path) -> None:
    async def act(services: CameraServices, listener: Listener) -> None:
        services.faults.change({"snapshot": "error"})
        with pytest.raises(AssertionError, match=rf"{VIDEO}\.Error\.NoVideo"):
            await take(listener.client)
        services.faults.clear()
        await take(listener.client)

    play(tmp_path, act)


def test_snapshots_are_black(tmp_path: Path) -> None:
    async def act(services: CameraServices, listener: Listener) -> None:
        services.faults.change({"snapshot": "black"})
        jpeg, _ = await take(listener.client)
        pixels = cv2.imdecode(numpy.frombuffer(jpeg, numpy.uint8), cv2.IMREAD_COLOR)
        assert pixels is not None
        assert pixels.shape == (48, 64, 3)
        assert pixels.max() == 0
        assert services.snapshots.list()[-1].name == "black"

    play(tmp_path, act)


def test_snapshots_are_stale_and_so_is_their_time(tmp_path: Path) -> None:
    async def act(services: CameraServices, listener: Listener) -> None:
        services.faults.change({"snapshot": "stale"})
        first = await take(listener.client)
        name = services.pictures.frame().name
        await until(lambda: services.pictures.frame().name != name, "the picture to go on")
        assert await take(listener.client) == first
        services.faults.change({"snapshot": "ok"})
        assert (await take(listener.client))[1] > first[1]

    play(tmp_path, act)


def test_snapshots_are_slow_and_hold_up_nothing_else(tmp_path: Path) -> None:
    async def act(services: CameraServices, listener: Listener) -> None:
        services.faults.change({"snapshot": "slow", "slowSnapshotMs": 80})
        began = asyncio.get_running_loop().time()
        pending = asyncio.ensure_future(take(listener.client))
        assert await listener.states("A") == [0]
        assert not pending.done()
        await pending
        assert asyncio.get_running_loop().time() - began >= 0.08

    play(tmp_path, act)


def test_the_event_service_goes_and_comes_back_with_its_states(tmp_path: Path) -> None:
    async def act(services: CameraServices, listener: Listener) -> None:
        await services.stop_events()
        await services.stop_events()
        reply = await listener.client.call(EVENTS, "GetStates", "as", ["A"])
        assert reply.message_type is MessageType.ERROR
        send(services, "tnsaxis:A", 4)
        await services.start_events()
        await services.start_events()
        assert await listener.states("A") == [4]

    assert play(tmp_path, act) == []


def test_faults_over_http(camera: RunningCamera) -> None:
    def call(method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        reply = camera.request(method, f"/virtual/{path}", user="", json=body)
        return reply.status_code, json.loads(reply.text)

    status, settings = call("PUT", "faults", {"loseEdges": 0.25, "snapshot": "slow", "seed": 9})
    assert (status, settings["loseEdges"], settings["snapshot"]) == (200, 0.25, "slow")
    assert call("GET", "faults") == (200, settings)
    status, answer = call("PUT", "faults", {"loseEdges": 2})
    assert status == 400
    assert answer["error"]["message"].startswith("loseEdges: ")
    assert call("PUT", "faults", [1])[0] == 400
    status, settings = call("DELETE", "faults")
    assert (status, settings["loseEdges"], settings["snapshot"]) == (200, 0, "ok")


def test_the_event_service_over_http(camera: RunningCamera) -> None:
    def switch(body: object) -> tuple[int, Any]:
        reply = camera.request("POST", "/virtual/event-service", user="", json=body)
        return reply.status_code, reply.json()

    assert switch({"running": False}) == (200, {"running": False})
    assert switch({"running": True}) == (200, {"running": True})
    assert switch({"restart": True, "downMs": 10}) == (200, {"running": True})
    for body in ({}, {"running": 1}, {"restart": True, "downMs": -1}, {"restart": "yes"}):
        assert switch(body)[0] == 400
    answer = camera.request("GET", "/virtual/event-service", user="").json()
    assert answer == {"running": True}


def can_fill_disk() -> bool:
    return Sandbox(Path("/nowhere"), "", "host").can_fill_disk


@pytest.mark.skipif(not can_fill_disk(), reason="needs root and bubblewrap")
def test_a_full_disk_can_be_read_but_not_written(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    def store(text: str) -> list[str]:
        reply = camera.request("POST", "/local/test_app/store.cgi", data=text)
        return reply.text.splitlines()

    def fill(full: bool) -> None:
        reply = camera.request("POST", "/virtual/disk", user="", json={"full": full})
        assert (reply.status_code, reply.json()) == (200, {"full": full})

    assert camera.upload(make_package()) == "OK"
    assert camera.control_app("start") == "OK"
    camera.wait_until_serving()
    assert store("before") == ["stored", "before"]
    fill(True)
    fill(True)
    assert store("during") == ["No space left on device", "before"]
    camera.control_app("restart")
    camera.wait_until_serving()
    assert store("during") == ["No space left on device", "before"]
    fill(False)
    assert store("later") == ["stored", "latere"]


@pytest.mark.skipif(not can_fill_disk(), reason="needs root and bubblewrap")
def test_a_full_card_can_be_read_but_not_written(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    def store(text: str) -> list[str]:
        reply = camera.request("POST", "/local/test_app/store.cgi?card=1", data=text)
        return reply.text.splitlines()

    def change(**changes: bool) -> None:
        body = {"id": "SD_DISK", **changes}
        reply = camera.request("POST", "/virtual/storage", user="", json=body)
        assert reply.status_code == 200

    full = ["No space left on device", "before"]
    assert camera.upload(make_package()) == "OK"
    assert camera.control_app("start") == "OK"
    camera.wait_until_serving()
    assert store("before") == ["stored", "before"]
    change(full=True)
    assert store("during") == full
    change(inserted=False)
    assert store("nowhere") == ["No such file or directory"]
    change(inserted=True)
    assert store("during") == full
    camera.control_app("restart")
    camera.wait_until_serving()
    assert store("during") == full
    change(inserted=False, full=False)
    change(inserted=True)
    assert store("later") == ["stored", "latere"]
    camera.control_app("restart")
    camera.wait_until_serving()
    change(inserted=False, full=True)
    change(inserted=True)
    assert store("during") == ["No space left on device", "latere"]
    change(full=False)
    assert store("again") == ["stored", "againe"]


def test_without_a_sandbox_the_disk_cannot_be_filled(
    start_camera: StartCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sandbox, "_probe", lambda _: False)
    camera = start_camera()

    reply = camera.request("POST", "/virtual/disk", user="", json={"full": True})

    assert reply.status_code == 501
    assert "bubblewrap" in reply.json()["error"]["message"]
