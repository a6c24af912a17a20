# SPDX-License-Identifier: MIT
"""The camera's services on their bus: start and end, who may do what, what is answered."""

from __future__ import annotations

import array
import asyncio
import mmap
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Message, MessageType, NameFlag, RequestNameReply, Variant
from dbus_fast.aio import MessageBus

from tests.waiting import wait_until
from tools.errors import SetupError, UsageError
from tools.virtual_camera.bus import Bus
from tools.virtual_camera.bus_server import PatientSocket
from tools.virtual_camera.services import CameraServices
from tools.virtual_camera.video_frames import VideoError, VideoFormat, parse_settings

EVENTS, PARAMETERS, VIDEO = (f"virtualcamera.{name}1" for name in ("Events", "Parameters", "Video"))


def make_services(folder: Path, source: str = "pattern") -> CameraServices:
    return CameraServices(
        state_dir=folder,
        serial="B8A44F000001",
        architecture="host",
        os_version="12.0.0",
        model="AXIS V1000 Virtual",
        source=source,
    )


class Client:
    """An app, as the bus sees it."""

    def __init__(self, bus: MessageBus) -> None:
        self.bus = bus

    async def call(self, service: str, member: str, signature: str = "", *body: Any) -> Message:
        path = "/" + service.replace(".", "/")
        message = Message(service, path, service, member, signature=signature, body=list(body))
        reply = await self.bus.call(message)
        assert reply is not None
        return reply

    async def call_daemon(self, member: str, argument: str) -> None:
        name = "org.freedesktop.DBus"
        path = "/org/freedesktop/DBus"
        await self.bus.call(Message(name, path, name, member, signature="s", body=[argument]))


@asynccontextmanager
async def running(folder: Path, source: str = "pattern") -> AsyncIterator[CameraServices]:
    services = make_services(folder, source)
    await services.start()
    try:
        yield services
    finally:
        await services.stop()


@asynccontextmanager
async def connected(services: CameraServices) -> AsyncIterator[Client]:
    bus = await MessageBus(bus_address=services.bus_address, negotiate_unix_fd=True).connect()
    try:
        yield Client(bus)
    finally:
        bus.disconnect()


def with_client(folder: Path, act: Callable[[CameraServices, Client], Awaitable[None]]) -> None:
    async def play() -> None:
        async with running(folder) as services, connected(services) as client:
            await act(services, client)

    asyncio.run(play())


async def until(condition: Callable[[], bool], what: str) -> None:
    """Let the event loop turn until the condition holds, at most 10 seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, f"waited 10 s in vain for {what}"
        await asyncio.sleep(0.005)


def test_starts_quickly_and_leaves_nothing(tmp_path: Path) -> None:
    async def play() -> tuple[float, Path]:
        began = time.monotonic()
        services = make_services(tmp_path)
        await services.start()
        took = time.monotonic() - began
        place = Path(services.bus_address.partition("path=")[2].partition(",")[0])
        assert place.exists()
        await services.stop()
        assert services.bus_address == ""
        return took, place

    took, place = asyncio.run(play())

    assert took < 1.0
    assert not place.parent.exists()


def test_a_bad_source_stops_before_anything_is_started(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        make_services(tmp_path, str(tmp_path / "missing.avi"))


def test_a_missing_daemon_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)

    with pytest.raises(SetupError, match="dbus-daemon") as missing:
        asyncio.run(Bus().start())

    assert missing.value.cure == "apt-get install dbus"


def test_the_bus_of_a_killed_camera_ends_and_the_next_one_clears_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "import asyncio, os, sys\n"
        "from tools.virtual_camera.bus import Bus\n"
        "async def play():\n"
        "    bus = Bus()\n"
        "    await bus.start()\n"
        "    print(bus._process.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(play())\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    ) as camera:
        assert camera.stdout is not None
        daemon = int(camera.stdout.readline())
        camera.kill()

    wait_until(lambda: _state(daemon) == "Z", what="the bus to end with its camera")
    assert list(tmp_path.iterdir())

    async def play() -> None:
        bus = Bus()
        await bus.start()
        await bus.stop()

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    asyncio.run(play())
    assert not list(tmp_path.iterdir())


def declared(type_: int, value: Variant) -> list[Any]:
    """The key topic0 of a declaration, as an app sends it."""
    return ["topic0", "tnsaxis", type_, value, 1, [], "", ""]


def _state(pid: int) -> str:
    """Of a process, as /proc tells it; "Z" also when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")
def test_another_user_may_call_but_own_no_name_of_the_camera(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from dbus_fast import Message\n"
        "from dbus_fast.aio import MessageBus\n"
        "async def play():\n"
        "    bus = await MessageBus(bus_address=sys.argv[1]).connect()\n"
        "    for name in ('virtualcamera.Fake1', 'com.axis.HTTPConf1', 'org.example.Mine'):\n"
        "        call = Message('org.freedesktop.DBus', '/org/freedesktop/DBus',\n"
        "            'org.freedesktop.DBus', 'RequestName', signature='su', body=[name, 4])\n"
        "        print((await bus.call(call)).error_name)\n"
        "    call = Message('virtualcamera.Parameters1', '/virtualcamera/Parameters1',\n"
        "        'virtualcamera.Parameters1', 'Get', signature='s', body=['Brand.Brand'])\n"
        "    print((await bus.call(call)).body[0])\n"
        "asyncio.run(play())\n"
    )

    async def play() -> str:
        async with running(tmp_path) as services:
            process = await asyncio.create_subprocess_exec(
                "setpriv",
                *("--reuid", "65534", "--regid", "65534", "--clear-groups"),
                *(sys.executable, "-c", program, services.bus_address),
                stdout=subprocess.PIPE,
            )
            output, _ = await process.communicate()
            return output.decode()

    denied = "org.freedesktop.DBus.Error.AccessDenied"
    assert asyncio.run(play()).split() == [denied, denied, "None", "AXIS"]


def test_the_services_names_are_taken(tmp_path: Path) -> None:
    async def act(services: CameraServices, client: Client) -> None:
        for name in (EVENTS, PARAMETERS, VIDEO):
            reply = await client.bus.request_name(name, NameFlag.DO_NOT_QUEUE)
            assert reply is RequestNameReply.EXISTS

    with_client(tmp_path, act)


def test_unknown_methods_are_refused_and_counted(tmp_path: Path) -> None:
    counted: list[tuple[str, str]] = []

    async def act(services: CameraServices, client: Client) -> None:
        services.on_unsupported = lambda kind, name: counted.append((kind, name))
        for member, signature, body in (("Fly", "", []), ("GetStates", "s", ["A"])):
            reply = await client.call(EVENTS, member, signature, *body)
            assert reply.error_name == "org.freedesktop.DBus.Error.UnknownMethod"

    with_client(tmp_path, act)

    assert counted == [("dbus", f"{EVENTS}.Fly()"), ("dbus", f"{EVENTS}.GetStates(s)")]


@pytest.mark.parametrize(
    ("member", "signature", "body"),
    [
        ("Undeclare", "u", [7]),
        ("Send", "uxa(ssyv)", [7, 0, []]),
        ("Declare", "ubsa(ssyvyasss)", [1, False, "", []]),
        ("Declare", "ubsa(ssyvyasss)", [1, False, "", [declared(9, Variant("s", "A"))]]),
        ("Declare", "ubsa(ssyvyasss)", [1, False, "", [declared(3, Variant("i", 5))]]),
    ],
)
def test_bad_calls_are_answered(
    tmp_path: Path, member: str, signature: str, body: list[Any]
) -> None:
    async def act(services: CameraServices, client: Client) -> None:
        reply = await client.call(EVENTS, member, signature, *body)
        assert reply.message_type is MessageType.ERROR
        assert reply.error_name == f"{EVENTS}.Error.Failed"
        assert services.events.declarations() == []

    with_client(tmp_path, act)


def test_declarations_end_with_the_connection(tmp_path: Path) -> None:
    keys = [declared(3, Variant("s", "App"))]

    async def play() -> None:
        async with running(tmp_path) as services:
            async with connected(services) as client:
                await client.call(EVENTS, "Declare", "ubsa(ssyvyasss)", 1, False, "", keys)
                assert [d.topic for d in services.events.declarations()] == ["tnsaxis:App"]
                assert services.events.declarations()[0].owner == client.bus.unique_name
            await until(lambda: not services.events.declarations(), "the declaration to end")

    asyncio.run(play())


def test_a_snapshot_travels_as_a_descriptor(tmp_path: Path) -> None:
    async def act(services: CameraServices, client: Client) -> None:
        settings = {"width": Variant("u", 64), "height": Variant("u", 48)}
        reply = await client.call(VIDEO, "Snapshot", "a{sv}", settings)
        kind, _, _, size, handle = reply.body
        descriptor = reply.unix_fds[handle]
        with mmap.mmap(descriptor, size, prot=mmap.PROT_READ) as memory:
            jpeg = memory[:]
        os.close(descriptor)

        assert kind == 16
        entry = services.snapshots.list()[0]
        assert services.snapshots.jpeg(entry.sha256) == jpeg
        assert (entry.width, entry.height, entry.client) == (64, 48, "vdo")

    with_client(tmp_path, act)


def test_snapshots_are_made_in_the_order_of_the_calls(tmp_path: Path) -> None:
    async def act(services: CameraServices, client: Client) -> None:
        async def take(width: int) -> None:
            reply = await client.call(
                VIDEO,
                "Snapshot",
                "a{sv}",
                {"width": Variant("u", width), "height": Variant("u", 64)},
            )
            os.close(reply.unix_fds[0])

        await asyncio.gather(*(take(width) for width in range(64, 84)))
        assert [entry.width for entry in services.snapshots.list()] == list(range(64, 84))

    with_client(tmp_path, act)


def test_the_loop_goes_on_while_pictures_are_made(tmp_path: Path) -> None:
    async def act(services: CameraServices, client: Client) -> None:
        settings = {"width": Variant("u", 4096), "height": Variant("u", 4096)}
        pending = [
            asyncio.ensure_future(client.call(VIDEO, "Snapshot", "a{sv}", settings))
            for _ in range(4)
        ]
        answered = 0
        while not all(future.done() for future in pending):
            assert (await client.call(PARAMETERS, "Get", "s", "Brand.Brand")).body == ["AXIS"]
            answered += 1
        for future in pending:
            os.close(future.result().unix_fds[0])
        assert answered > 20

    with_client(tmp_path, act)


def test_a_reader_that_is_slow_loses_nothing(tmp_path: Path) -> None:
    """Far more than a socket holds, with descriptors in between, while nobody reads."""
    count = 4000

    async def act(services: CameraServices, client: Client) -> None:
        rule = f"type='signal',interface='{EVENTS}'"
        await client.call_daemon("AddMatch", rule)
        received: list[str] = []
        client.bus.add_message_handler(lambda message: note(message, received))
        declaration = services.events.declare("Slow/Event", data={"text": ""}, stateful=True)
        daemon = int(
            Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()[0]
        )
        os.kill(daemon, signal.SIGSTOP)
        try:
            settings = {"width": Variant("u", 64), "height": Variant("u", 64)}
            snapshot = asyncio.ensure_future(client.call(VIDEO, "Snapshot", "a{sv}", settings))
            for number in range(count):
                services.events.send(declaration, {"text": f"{number} {'x' * 500}"})
        finally:
            os.kill(daemon, signal.SIGCONT)
        await until(lambda: len(received) == count + 1, "all events")
        assert [text.split(" ")[0] for text in received[1:]] == [str(n) for n in range(count)]
        os.close((await snapshot).unix_fds[0])

    def note(message: Message, received: list[str]) -> None:
        if message.message_type is MessageType.SIGNAL and message.member == "Event":
            values = {key[0]: key[3].value for key in message.body[2]}
            received.append(values["text"])

    with_client(tmp_path, act)


def test_a_full_socket_keeps_descriptors_for_later() -> None:
    near, far = socket.socketpair()
    near.setblocking(False)
    patient = PatientSocket(near)
    block = memoryview(bytes(100_000))
    read_end, write_end = os.pipe()
    filled = 0
    while sent := patient.send(block):
        filled += sent
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [read_end]))]

    assert patient.sendmsg([memoryview(b"message")], ancillary) == 0
    assert patient.send(memoryview(b"message")) == 0
    while filled:
        filled -= len(far.recv(min(filled, 65536)))
    assert patient.send(memoryview(b"message")) == 7
    data, descriptors, _, _ = socket.recv_fds(far, 100, 1)

    os.write(write_end, b"through")
    assert data == b"message"
    assert os.read(descriptors[0], 100) == b"through"
    for descriptor in (read_end, write_end, *descriptors):
        os.close(descriptor)
    near.close()
    far.close()


def test_the_source_can_change(tmp_path: Path) -> None:
    async def act(services: CameraServices, client: Client) -> None:
        with pytest.raises(UsageError):
            services.set_source(str(tmp_path / "missing"))
        assert services.source == "pattern"
        first = services.pictures
        services.set_source("pattern")
        assert services.pictures is not first

    with_client(tmp_path, act)


def test_settings_that_are_not_there_are_counted(tmp_path: Path) -> None:
    counted: list[str] = []

    async def act(services: CameraServices, client: Client) -> None:
        services.on_unsupported = lambda kind, name: counted.append(f"{kind}: {name}")
        settings = {"format": Variant("u", 1)}
        reply = await client.call(VIDEO, "OpenStream", "a{sv}", settings)
        assert reply.error_name == f"{VIDEO}.Error.NotSupported"
        settings = {"image.fit": Variant("s", "crop")}
        reply = await client.call(VIDEO, "Snapshot", "a{sv}", settings)
        os.close(reply.unix_fds[0])

    with_client(tmp_path, act)

    assert counted == ["vdo: format: H265 is not there", "vdo: setting image.fit"]


def test_streams_end_with_the_service(tmp_path: Path) -> None:
    async def play() -> None:
        async with running(tmp_path) as services:
            async with connected(services) as client:
                settings = {"format": Variant("u", 2), "width": Variant("u", 64)}
                reply = await client.call(VIDEO, "OpenStream", "a{sv}", settings)
                descriptor = reply.unix_fds[0]
            await services.stop()
            assert os.read(descriptor, 100) == b""
            os.close(descriptor)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ({}, (1280, 720)),
        ({"width": 640}, (640, 360)),
        ({"height": 360}, (640, 360)),
        ({"width": 640, "height": 480}, (640, 480)),
        ({"resolution": (320, 240)}, (320, 240)),
        ({"resolution": (320, 240), "width": 100}, (100, 240)),
        ({"width": 640.0, "height": 480.0}, (640, 480)),
    ],
)
def test_sizes(given: dict[str, Any], size: tuple[int, int]) -> None:
    settings = parse_settings(given, snapshot=True)

    assert settings.format is VideoFormat.JPEG
    assert (settings.width, settings.height) == size


@pytest.mark.parametrize(
    ("given", "kind", "field"),
    [
        ({"width": 15}, "InvalidArgument", "width"),
        ({"width": "640"}, "InvalidArgument", "width"),
        ({"width": True}, "InvalidArgument", "width"),
        ({"height": 5000}, "InvalidArgument", "height"),
        ({"rotation": 45}, "InvalidArgument", "rotation"),
        ({"compression": 101}, "InvalidArgument", "compression"),
        ({"format": 99}, "InvalidArgument", "format"),
        ({"format": 1}, "NotSupported", "format"),
        ({"format": 3, "subformat": "YV12"}, "NotSupported", "subformat"),
        ({"format": 3, "width": 641, "height": 480}, "InvalidArgument", "width, height"),
        ({"channel": 2}, "NotFound", "channel"),
        ({"input": 2}, "NotFound", "input"),
        ({"buffer.count": 0}, "InvalidArgument", "buffer.count"),
        ({"framerate": 0}, "InvalidArgument", "framerate"),
    ],
)
def test_bad_settings_name_their_field(given: dict[str, Any], kind: str, field: str) -> None:
    with pytest.raises(VideoError) as refused:
        parse_settings(given, snapshot=True)

    assert refused.value.kind == kind
    assert str(refused.value).startswith(f"{field}: ")


def test_a_stream_needs_a_format() -> None:
    with pytest.raises(VideoError, match="format: it is not set"):
        parse_settings({}, snapshot=False)
