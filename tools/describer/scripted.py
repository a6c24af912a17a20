# SPDX-License-Identifier: MIT
"""The describer's twin for tests: same protocol, but it does what it is told.

    with ScriptedDescriber() as vision:
        vision.then(Status(429, retry_after=1), Hang())     # the next two requests
        vision.otherwise(Reply("A cat."))                   # all others; the default is a Reply
        ...
        first, second = vision.wait_for_requests(2)
        vision.release()                                    # hanging requests are answered now

It runs in a thread of its own; every method may be called from the test's thread.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

from tools.describer.behaviours import Behaviour, Cut, Garbage, Hang, Raw, Reply, Status
from tools.describer.chat import ChatError, ChatRequest, encode_reply

__all__ = [
    "Behaviour",
    "Cut",
    "Garbage",
    "Hang",
    "Raw",
    "Recorded",
    "Reply",
    "ScriptedDescriber",
    "Status",
]


@dataclass
class Recorded:
    """One request as it came. `headers` has the key masked; `has_key` compares it.

    `outcome`: "in flight", "answered", or "aborted" when the client went away.
    `pictures`: the JPEG bytes. `schema`: the schema asked for, None for plain text.
    """

    model: str
    prompt: str
    pictures: tuple[bytes, ...]
    schema: Mapping[str, Any] | None
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    arrived: float  # time.monotonic()
    outcome: str = "in flight"
    key_digest: str = ""

    @property
    def picture(self) -> bytes:
        """The first picture."""
        return self.pictures[0]

    def has_key(self, key: str) -> bool:
        """Whether it came with `Authorization: Bearer key`."""
        return self.key_digest == _digest(f"Bearer {key}")


class ScriptedDescriber:
    """An OpenAI-compatible endpoint on 127.0.0.1 (or `host`, where a real camera must reach it)."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.url = ""  # known once it is entered
        self.model = "scripted"
        self._address = (host, port)
        self._script: deque[Behaviour] = deque()
        self._otherwise: Behaviour = Reply()
        self._requests: list[Recorded] = []
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._released = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted", daemon=True)
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._complete)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # What it shall do.

    def then(self, *behaviours: Behaviour) -> Self:
        """Queue what the next requests get, one each."""
        with self._changed:
            self._script.extend(behaviours)
        return self

    def otherwise(self, behaviour: Behaviour) -> Self:
        """What every request gets that the queue does not cover."""
        with self._changed:
            self._otherwise = behaviour
        return self

    def release(self) -> None:
        """Answer all requests that hang now; later ones hang again."""

        def wake() -> None:
            self._released.set()
            self._released = asyncio.Event()

        self._loop.call_soon_threadsafe(wake)

    def refuse_connections(self) -> None:
        """Stop listening and drop what is open, as a server that went down."""
        self._call(self._runner.cleanup())

    # What it saw.

    def requests(self) -> list[Recorded]:
        """All requests so far, in the order of their arrival."""
        with self._changed:
            return list(self._requests)

    def wait_for_requests(self, count: int, timeout: float = 10.0) -> list[Recorded]:
        """Block until `count` requests have come in all. Raises TimeoutError."""
        self._wait(lambda: len(self._requests) >= count, f"{count} requests", timeout)
        return self.requests()

    def wait_for_aborted(self, count: int, timeout: float = 10.0) -> None:
        """Block until the clients of `count` requests have gone away. Raises TimeoutError."""
        self._wait(lambda: self._count("aborted") >= count, f"{count} aborted requests", timeout)

    def in_flight(self) -> int:
        """Requests that came and are neither answered nor given up by the client."""
        with self._changed:
            return self._count("in flight")

    def aborted(self) -> int:
        """Requests whose client went away before the answer."""
        with self._changed:
            return self._count("aborted")

    def open_connections(self) -> int:
        """TCP connections that are open now, idle ones included."""
        server = self._runner.server
        return len(server.connections) if server else 0

    # The server, on its own thread.

    async def _start(self) -> None:
        await self._runner.setup()
        host, port = self._address
        await web.TCPSite(self._runner, host, port).start()
        self._address = (host, self._runner.addresses[0][1])
        self.url = f"http://{host}:{self._address[1]}/v1"

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            chat = ChatRequest.decode(body)
        except ChatError as error:
            return web.json_response(error.body(), status=error.status)
        recorded = _record(request, chat, body)
        with self._changed:
            self._requests.append(recorded)
            behaviour = self._script.popleft() if self._script else self._otherwise
            self._changed.notify_all()
        outcome = "aborted"
        try:
            response = await self._behave(behaviour, request, chat)
            outcome = "answered"
            return response
        finally:
            with self._changed:
                recorded.outcome = outcome
                self._changed.notify_all()

    async def _behave(
        self, behaviour: Behaviour, request: web.Request, chat: ChatRequest
    ) -> web.StreamResponse:
        if isinstance(behaviour, Hang):
            await self._released.wait()
            behaviour = behaviour.reply
        match behaviour:
            case Reply(text, answers, delay):
                await asyncio.sleep(delay)
                return web.json_response(
                    encode_reply(chat.model, _content(chat, text, answers), chat.prompt)
                )
            case Status(status, retry_after, message):
                headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
                error = ChatError(message, status=status)
                return web.json_response(error.body(), status=status, headers=headers)
            case Raw(data, content_type):
                return web.Response(body=data, content_type=content_type)
            case Garbage(data):
                return _drop(request, data)
            case Cut(after_headers):
                half = b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": "chatcmpl'
                return _drop(request, half if after_headers else b"")

    def _count(self, outcome: str) -> int:
        return sum(recorded.outcome == outcome for recorded in self._requests)

    def _wait(self, reached: Callable[[], bool], what: str, timeout: float) -> None:
        with self._changed:
            if not self._changed.wait_for(reached, timeout):
                came = ", ".join(recorded.outcome for recorded in self._requests) or "none"
                raise TimeoutError(f"no {what} within {timeout:g} s; there were: {came}")

    def _call(self, work: Any) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        done.result(timeout=10)


def _record(request: web.Request, chat: ChatRequest, body: bytes) -> Recorded:
    key = request.headers.get("Authorization", "")
    headers = {name: value for name, value in request.headers.items() if name != "Authorization"}
    if key:
        headers["Authorization"] = f"{key.split(' ')[0]} ***"
    return Recorded(
        model=chat.model,
        prompt=chat.prompt,
        pictures=chat.pictures,
        schema=chat.schema,
        headers=headers,
        body=json.loads(body),
        arrived=time.monotonic(),
        key_digest=_digest(key),
    )


def _content(chat: ChatRequest, text: str, answers: Mapping[str, Any]) -> str:
    """The text, or the JSON that the request's schema asks for."""
    if chat.schema is None:
        return text
    empty = {"boolean": False, "integer": 0, "number": 0, "string": ""}
    blank = {
        name: empty.get(part.get("type")) if isinstance(part.get("type"), str) else None
        for name, part in chat.schema["properties"].items()
    }
    return json.dumps({**blank, "description": text, **answers})


def _drop(request: web.Request, data: bytes) -> web.StreamResponse:
    """Send raw bytes and close; without any, reset the connection."""
    transport = request.transport
    if transport is not None and data:
        transport.write(data)
        transport.close()
    elif transport is not None:
        transport.abort()
    return web.Response()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
