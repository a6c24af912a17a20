# SPDX-License-Identifier: MIT
"""What the camera's figures are measured with: a light HTTP client, a bare server, programs."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tools import build, debian
from tools.bootstrap import PROJECT
from tools.camera import start_virtual_cameras
from tools.errors import AppError, BuildError
from tools.settings import BUILD

_SOURCES = PROJECT / "tests" / "bench" / "camera"
_PROGRAM_SECONDS = 60.0


def build_programs() -> Path:
    """The folder with the C programs, built."""
    debian.require("build", "camera")
    build.build_platform()
    target = BUILD / "bench" / "camera"
    done = subprocess.run(
        ["make", "-s", "-C", str(_SOURCES), f"OUT={target}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BuildError(f"the bench programs do not build: {done.stderr.strip()[-300:]}")
    return target


class HttpClient:
    """One connection that is kept; with a user, digest (RFC 7616, MD5, qop auth)."""

    def __init__(self, url: str, user: str = "", password: str = "") -> None:
        self._url = url
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._user, self._password = user, password
        self._challenge: dict[str, str] = {}
        self._count = 0

    def get(self, path: str) -> bytes:
        """The answer's body. AppError for any other status than 200."""
        return self._send("GET", path)

    def post(self, path: str, body: bytes) -> bytes:
        return self._send("POST", path, body)

    def rate(self, path: str, count: int, post: bytes | None = None) -> float:
        """Requests a second, one after the other."""
        began = time.perf_counter()
        for _ in range(count):
            self._send("GET" if post is None else "POST", path, post)
        return count / (time.perf_counter() - began)

    def _send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        status, challenge, answer = self._try(method, path, body)
        if status == 401 and self._user:
            self._challenge = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
            self._count = 0
            status, _, answer = self._try(method, path, body)
        if status != 200:
            raise AppError(f"{self._url}{path}: HTTP {status}")
        return answer

    def _try(self, method: str, path: str, body: bytes | None) -> tuple[int, str, bytes]:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self._challenge:
            headers["Authorization"] = self._authorization(method, path)
        self._connection.request(method, path, body, headers)
        reply = self._connection.getresponse()
        return reply.status, reply.headers.get("WWW-Authenticate", ""), reply.read()

    def _authorization(self, method: str, path: str) -> str:
        self._count += 1
        realm, nonce = self._challenge["realm"], self._challenge["nonce"]
        number = f"{self._count:08x}"
        secret = _md5(f"{self._user}:{realm}:{self._password}")
        response = _md5(f"{secret}:{nonce}:{number}:bench:auth:{_md5(f'{method}:{path}')}")
        return (
            f'Digest username="{self._user}", realm="{realm}", nonce="{nonce}", uri="{path}", '
            f'qop=auth, nc={number}, cnonce="bench", response="{response}"'
        )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class BareServer:
    """A running tests/bench/camera/bare_http.py."""

    url: str
    pid: int


@contextmanager
def bare_server(folder: Path) -> Iterator[BareServer]:
    """The baseline server over a folder."""
    command = [sys.executable, str(_SOURCES / "bare_http.py"), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            yield BareServer(f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.terminate()


@contextmanager
def fleet(count: int) -> Iterator[float]:
    """`count` cameras that have each given a picture; yields the megabytes of each."""
    with start_virtual_cameras(count, ["--port", "0"]) as cameras:
        for camera in cameras:
            camera.vapix.snapshot()
        yield sum(megabytes(int(camera.ready["pid"])) for camera in cameras) / count


def megabytes(pid: int) -> float:
    """What a process and its children need; shared memory counts for each user's part (PSS)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = int(re.findall(r"^Pss:\s+(\d+)", text, re.M)[0]) / 1024
    return own + sum(megabytes(int(child)) for child in children)


def seconds_of(start: Callable[[], AbstractContextManager[object]]) -> float:
    """How long something takes to get ready; it is ended then."""
    began = time.perf_counter()
    with start():
        return time.perf_counter() - began


def snapshot_rate(programs: Path, bus: str, count: int) -> float:
    """Pictures a second that an app gets."""
    said = run_program([str(programs / "cameraClient"), "snapshots", str(count)], bus)
    return count / (int(said) / 1e9)


def run_program(command: list[str], bus: str) -> str:
    """What a program on the camera's bus prints. AppError when it fails."""
    done = subprocess.run(
        command,
        env=environment(bus),
        capture_output=True,
        text=True,
        timeout=_PROGRAM_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise AppError(f"{Path(command[0]).name}: {done.stderr.strip()[-200:]}")
    return done.stdout


def environment(bus: str) -> dict[str, str]:
    """That of an app whose system bus is at this address."""
    return {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus}
