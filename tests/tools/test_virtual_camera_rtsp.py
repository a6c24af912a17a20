# SPDX-License-Identifier: MIT
"""media.amp over RTSP: the events and the pictures, over TCP, UDP and through HTTP."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from urllib.parse import urlsplit
from xml.etree import ElementTree

import cv2
import pytest

from tests.tools.virtual_camera_helpers import TIMEOUT, RunningCamera, StartCamera
from tools.errors import UsageError
from tools.virtual_camera import rtsp_session
from tools.virtual_camera.digest import hash_password, parse_fields
from tools.virtual_camera.settings import CameraSettings

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

EVENTS = "?video=0&audio=0&event=on"
INPUT = "onvif:Device/axis:IO/VirtualInput"
TCP = "RTP/AVP/TCP;unicast;interleaved=0-1"
SCHEMA = {
    "tt": "http://www.onvif.org/ver10/schema",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
}


class Answer:
    """A parsed answer; `headers` may name one more than once."""

    def __init__(self, head: str, body: str) -> None:
        first, *lines = head.split("\r\n")
        self.status = int(first.split(" ")[1])
        self.headers = [tuple(line.split(": ", 1)) for line in lines]
        self.body = body

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


class Client:
    """Speaks RTSP over whatever sends and receives bytes."""

    def __init__(self, url: str, send: Callable[[bytes], None], receive: Callable[[], bytes]):
        self.url = url
        self.packets: list[tuple[int, bytes]] = []
        self.session = ""
        self.credentials: tuple[str, str] | None = ("root", "pass")
        self._send = send
        self._receive = receive
        self._data = b""
        self._sequence = 0
        self._challenge: dict[str, str] = {}

    def ask(self, method: str, url: str = "", **headers: str) -> Answer:
        self._sequence += 1
        lines = [f"{method} {url or self.url} RTSP/1.0", f"CSeq: {self._sequence}"]
        if self._challenge:
            lines.append(f"Authorization: {self._authorization(method)}")
        if self.session:
            lines.append(f"Session: {self.session}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._send(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = self._answer()
        if answer.status == 401 and self.credentials and not self._challenge:
            self._challenge = parse_fields(answer.get("WWW-Authenticate"))
            return self.ask(method, url, **headers)
        assert answer.get("CSeq") == str(self._sequence)
        return answer

    def play(self, transport: str = TCP) -> Answer:
        """DESCRIBE, SETUP of the first stream, PLAY; the answer to SETUP."""
        described = self.ask("DESCRIBE")
        assert described.status == 200
        control = re.findall(r"a=control:(\S+/stream=0\S*)", described.body)[0]
        setup = self.ask("SETUP", control, Transport=transport)
        if setup.status == 200:
            self.session = setup.get("Session").partition(";")[0]
            assert self.ask("PLAY").status == 200
        return setup

    def packet(self) -> tuple[int, bytes]:
        while not self.packets:
            self._step()
        return self.packets.pop(0)

    def document(self) -> ElementTree.Element:
        """The next event, which may come in several packets."""
        text = b""
        while True:
            channel, packet = self.packet()
            if channel == 0:
                text += packet[12:]
                if packet[1] & 0x80:
                    return ElementTree.fromstring(text)

    def _authorization(self, method: str) -> str:
        """As public clients make it: always of the address of the stream, without qop."""
        assert self.credentials is not None
        realm, nonce = self._challenge["realm"], self._challenge["nonce"]
        user, password = self.credentials
        ha1 = hash_password(user, realm, password)
        ha2 = hashlib.md5(f"{method}:{self.url}".encode()).hexdigest()
        response = hashlib.md5(f"{ha1}:{nonce}:{ha2}".encode()).hexdigest()
        return (
            f'Digest username="{user}", realm="{realm}", algorithm="MD5", nonce="{nonce}", '
            f'uri="{self.url}", response="{response}"'
        )

    def _answer(self) -> Answer:
        while (answer := self._step()) is None:
            pass
        return answer

    def _step(self) -> Answer | None:
        """Take one packet, or one answer, which is returned."""
        self._need(4)
        if self._data[:1] == b"$":
            size = 4 + int.from_bytes(self._data[2:4], "big")
            self._need(size)
            self.packets.append((self._data[1], self._data[4:size]))
            self._data = self._data[size:]
            return None
        while b"\r\n\r\n" not in self._data:
            self._need(len(self._data) + 1)
        head, _, rest = self._data.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        size = int(length[1]) if length else 0
        self._data = rest
        self._need(size)
        body, self._data = self._data[:size], self._data[size:]
        return Answer(head.decode(), body.decode())

    def _need(self, size: int) -> None:
        while len(self._data) < size:
            piece = self._receive()
            assert piece, "the camera closed the connection"
            self._data += piece


@contextmanager
def connect(camera: RunningCamera, query: str = EVENTS) -> Iterator[Client]:
    url = camera.rtsp + query
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), TIMEOUT) as line:
        yield Client(url, line.sendall, lambda: line.recv(65536))


def message(document: ElementTree.Element) -> tuple[str, str, dict[str, str], dict[str, str]]:
    """Topic, operation, source and data."""
    found = document.find("tt:Event/wsnt:NotificationMessage", SCHEMA)
    assert found is not None
    inner = found.find("wsnt:Message/tt:Message", SCHEMA)
    assert inner is not None
    items = {
        name: {
            item.attrib["Name"]: item.attrib["Value"]
            for item in inner.iterfind(f"tt:{name}/tt:SimpleItem", SCHEMA)
        }
        for name in ("Source", "Data")
    }
    topic = found.findtext("wsnt:Topic", "", SCHEMA)
    return topic, inner.get("PropertyOperation", ""), items["Source"], items["Data"]


def activate(camera: RunningCamera, port: int, active: bool = True) -> None:
    body = {"active": active}
    assert camera.post(f"/virtual/inputs/{port}", user="", json=body).status_code == 200


def test_events_come_over_tcp_first_states_then_changes(camera: RunningCamera) -> None:
    with connect(camera, f"{EVENTS}&eventtopic={INPUT}") as client:
        assert "DESCRIBE" in client.ask("OPTIONS").get("Public")
        client.play()

        topic, operation, source, data = message(client.document())
        assert topic == "tns1:Device/tnsaxis:IO/VirtualInput"
        assert (operation, source, data) == ("Initialized", {"port": "1"}, {"active": "0"})
        activate(camera, 7)
        changes = (message(client.document()) for _ in iter(int, 1))
        changed = next(each for each in changes if each[1] == "Changed")
        assert changed[2:] == ({"port": "7"}, {"active": "1"})


def test_a_stateless_event_has_no_operation_and_its_text_is_escaped(
    camera: RunningCamera,
) -> None:
    event = {"topic": "tnsaxis:Mine/Door", "data": {"who": '<a&"b>'}, "stateful": False}

    with connect(camera, f"{EVENTS}&eventtopic=axis:Mine//.") as client:
        client.play()
        camera.post("/virtual/events", user="", json=event)

        assert message(client.document()) == ("tnsaxis:Mine/Door", "", {}, {"who": '<a&"b>'})


def test_the_answers_are_those_of_a_device(camera: RunningCamera) -> None:
    with connect(camera) as client:
        client.credentials = None
        refused = client.ask("DESCRIBE")
        challenges = [value for name, value in refused.headers if name == "WWW-Authenticate"]
        realm = f'realm="AXIS_{camera.settings.serial}"'
        assert challenges[0].startswith(f"Digest {realm}, nonce=")
        assert challenges[0].endswith(", stale=FALSE")
        assert challenges[1] == f"Basic {realm}"

    with connect(camera) as client:
        described = client.ask("DESCRIBE")
        assert described.get("Content-Type") == "application/sdp"
        assert described.get("Content-Base") == f"{camera.rtsp}/"
        lines = described.body.split("\r\n")
        media = lines.index("m=application 0 RTP/AVP 98")
        assert "a=rtpmap:98 vnd.onvif.metadata/90000" in lines[media:]
        assert f"a=control:{camera.rtsp}/stream=0{EVENTS}" in lines[media:]
        setup = client.play()
        assert re.fullmatch(
            r"RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=[0-9A-F]{8};mode=\"PLAY\"",
            setup.get("Transport"),
        )
        assert re.fullmatch(r"[\w-]+;timeout=60", setup.get("Session"))
        assert client.ask("GET_PARAMETER").status == 200
        assert client.ask("TEARDOWN").status == 200
        assert client.ask("PLAY").status == 454


def test_events_come_over_udp_one_in_a_datagram(camera: RunningCamera) -> None:
    with (
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as ear,
        connect(camera, f"{EVENTS}&eventtopic={INPUT}") as client,
    ):
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(TIMEOUT)
        port = ear.getsockname()[1]
        setup = client.play(f"RTP/AVP;unicast;client_port={port}-{port + 1}")

        assert f";client_port={port}-{port + 1};server_port=" in setup.get("Transport")
        packet = ear.recv(2048)
        version, kind, _, _, ssrc = struct.unpack(">BBHII", packet[:12])
        assert (version, kind) == (0x80, 0x80 | 98)
        assert f"ssrc={ssrc:08X}" in setup.get("Transport")
        assert message(ElementTree.fromstring(packet[12:]))[2] == {"port": "1"}


@pytest.mark.parametrize("qop", [True, False], ids=["the GET's challenge", "Basic"])
def test_rtsp_goes_through_http(camera: RunningCamera, qop: bool) -> None:
    """As public clients do it: the POST is sent at once, with credentials that HTTP does not take,
    and every message is base64 of its own."""
    parts = urlsplit(camera.url)
    path = "/axis-media/media.amp"
    common = "Host: 127.0.0.1\r\nx-sessioncookie: abc\r\n"
    basic = "Authorization: Basic " + base64.b64encode(b"root:pass").decode()
    challenge = parse_fields(camera.get(path, user="").headers["WWW-Authenticate"])
    ha1 = hash_password("root", challenge["realm"], "pass")
    ha2 = hashlib.md5(f"GET:{path}".encode()).hexdigest()
    whole = f"{ha1}:{challenge['nonce']}:00000001:x:auth:{ha2}"
    answer = hashlib.md5(whole.encode()).hexdigest()
    digest = (
        f'Authorization: Digest username="root", realm="{challenge["realm"]}", '
        f'nonce="{challenge["nonce"]}", uri="{path}", qop=auth, nc=00000001, cnonce="x", '
        f'response="{answer}"'
    )
    address = (parts.hostname, parts.port)
    with (
        socket.create_connection(address, TIMEOUT) as talk,
        socket.create_connection(address, TIMEOUT) as ear,
    ):
        talk.sendall(
            f"POST {path} HTTP/1.1\r\n{common}Content-Length: 32767\r\n{basic}\r\n\r\n".encode()
        )
        ear.sendall(f"GET {path} HTTP/1.1\r\n{common}{digest}\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += ear.recv(1)
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"application/x-rtsp-tunnelled" in head
        assert b"chunked" not in head.lower()
        url = f"{path}{EVENTS}&eventtopic={INPUT}"
        client = Client(
            url,
            lambda data: talk.sendall(base64.b64encode(data)),
            lambda: ear.recv(65536),
        )
        if not qop:
            lines = f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 0\r\n{basic}\r\n\r\n".encode()
            talk.sendall(base64.b64encode(lines))
            assert client._answer().status == 200
        client.play()
        assert message(client.document())[1] == "Initialized"


def test_half_a_tunnel_is_turned_away(camera: RunningCamera) -> None:
    assert camera.get("/axis-media/media.amp").status_code == 400
    cookie = {"x-sessioncookie": "abc"}
    assert camera.get("/axis-media/media.amp", user="", headers=cookie).status_code == 401


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?videocodec=h264", 415),
        ("?resolution=big", 400),
        ("?resolution=642x362", 400),
        ("?camera=2", 400),
        ("?video=0", 400),
        (f"{EVENTS}&eventtopic=a:b:c", 400),
    ],
)
def test_what_cannot_be_streamed_is_refused(camera: RunningCamera, query: str, status: int) -> None:
    with connect(camera, query) as client:
        assert client.ask("DESCRIBE").status == status


def test_requests_that_make_no_sense_are_refused(camera: RunningCamera) -> None:
    with connect(camera) as client:
        assert client.ask("PLAY").status == 454
        assert client.ask("RECORD").status == 405
        other = camera.rtsp.replace("media.amp", "other.amp")
        assert client.ask("DESCRIBE", other).status == 404
        assert client.ask("SETUP", f"{camera.rtsp}/stream=9", Transport=TCP).status == 404
        assert client.play("RTP/AVP;multicast").status == 461
        assert client.play("RTP/AVP/TCP;interleaved=300-301").status == 461
    with connect(camera) as client:
        client.credentials = ("root", "wrong")
        assert client.ask("DESCRIBE").status == 401
    parts = urlsplit(camera.rtsp)
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"x" * 100_000):
        with socket.create_connection((parts.hostname, parts.port), TIMEOUT) as line:
            line.sendall(nonsense)
            assert not _rest_of(line)


def _rest_of(line: socket.socket) -> bytes:
    """What still comes; a reset is an end too."""
    try:
        return line.recv(1)
    except ConnectionError:
        return b""


def test_a_client_that_is_no_part_of_this_project_reads_the_pictures(
    camera: RunningCamera,
) -> None:
    address = camera.rtsp.replace("rtsp://", "rtsp://root:pass@")
    video = cv2.VideoCapture(f"{address}?resolution=640x360&fps=20", cv2.CAP_FFMPEG)
    try:
        for _ in range(3):
            done, pixels = video.read()
            assert done
            assert pixels.shape == (360, 640, 3)
            assert pixels.std() > 10  # a picture, not a grey plane
    finally:
        video.release()


def test_a_silent_client_is_cut_unless_it_reads_from_its_line(
    camera: RunningCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtsp_session, "_TIMEOUT_SECONDS", 0.3)
    with connect(camera) as silent, connect(camera, f"{EVENTS}&eventtopic={INPUT}") as reading:
        reading.play()
        with pytest.raises(AssertionError, match="closed"):
            silent.packet()

        activate(camera, 9)
        while message(reading.document())[2:] != ({"port": "9"}, {"active": "1"}):
            pass


def test_a_flood_of_requests_ends_the_connection_and_nothing_else(camera: RunningCamera) -> None:
    parts = urlsplit(camera.rtsp)
    with socket.create_connection((parts.hostname, parts.port), TIMEOUT) as line:
        line.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n" * 1000)
        while _rest_of(line):
            pass

    with connect(camera) as client:
        assert client.ask("OPTIONS").status == 200


def test_two_cameras_do_not_quarrel_over_the_port(start_camera: StartCamera) -> None:
    ports = {urlsplit(start_camera(name=name).rtsp).port for name in ("one", "two")}

    assert len(ports) == 2
    assert 0 not in ports


@pytest.mark.parametrize("name", ["port", "https_port", "rtsp_port", "service_port"])
def test_a_port_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="65536 is no port"):
        replace(CameraSettings(), **{name: 65536})  # type: ignore[arg-type]
