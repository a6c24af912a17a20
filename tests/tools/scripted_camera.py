# SPDX-License-Identifier: MIT
"""A camera's web server that answers what a test tells it, behind Digest or Basic."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import parse_http_list, parse_keqv_list

USER, PASSWORD = "root", "pa:ss wörd"
REALM = "AXIS_ACCC8E000001"
NONCE = "x1Yz=0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Request:
    """One request that passed the authentication."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> dict[str, Any]:
        decoded = json.loads(self.body)
        assert isinstance(decoded, dict)
        return decoded


@dataclass(frozen=True)
class Answer:
    body: bytes | str = b""
    status: int = 200
    kind: str = "text/plain"


Reaction = Answer | Callable[[Request], Answer]


@dataclass
class ScriptedCamera:
    """`answers` maps a path without its leading slash to what it answers; others get 404."""

    url: str = ""
    schemes: tuple[str, ...] = ("digest",)
    answers: dict[str, Reaction] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    challenges: int = 0
    forbidden: set[str] = field(default_factory=set)

    def answer_json(self, path: str, data: dict[str, Any]) -> None:
        self.answers[path] = Answer(json.dumps(data), kind="application/json")

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def admits(self, method: str, uri: str, authorization: str) -> bool:
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() not in self.schemes:
            return False
        if scheme == "Basic":
            return base64.b64decode(rest).decode() == f"{USER}:{PASSWORD}"
        got = parse_keqv_list(parse_http_list(rest))
        ha1 = _md5(f"{USER}:{REALM}:{PASSWORD}")
        ha2 = _md5(f"{method}:{uri}")
        middle = f"{NONCE}:{got['nc']}:{got['cnonce']}:auth"
        return got["uri"] == uri and got["response"] == _md5(f"{ha1}:{middle}:{ha2}")


@contextmanager
def scripted_camera() -> Iterator[ScriptedCamera]:
    """A scripted camera on a free port of 127.0.0.1."""
    camera = ScriptedCamera()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # head and body in one packet

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if not camera.admits(self.command, self.path, self.headers.get("Authorization", "")):
                self.refuse()
                return
            parts = urlsplit(self.path)
            path = parts.path.lstrip("/")
            request = Request(
                self.command, path, dict(parse_qsl(parts.query)), body, dict(self.headers)
            )
            camera.requests.append(request)
            reaction = camera.answers.get(path, Answer("not found", 404))
            answer = reaction(request) if callable(reaction) else reaction
            if path in camera.forbidden:
                answer = Answer("forbidden", 403)
            content = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - http.server's names

        def refuse(self) -> None:
            camera.challenges += 1
            self.send_response(401)
            for scheme in camera.schemes:
                self.send_header("WWW-Authenticate", _CHALLENGES[scheme])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    camera.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield camera
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# The form that cameras send, "VAPIX Authentication".
_CHALLENGES = {
    "digest": f'Digest realm="{REALM}", nonce="{NONCE}", algorithm=MD5, stale=true, qop="auth"',
    "basic": f'Basic realm="{REALM}"',
}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
