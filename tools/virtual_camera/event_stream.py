# SPDX-License-Identifier: MIT
"""Events over WebSocket: /vapix/ws-data-stream?sources=events (VAPIX Event streaming over
WebSocket), and the tokens of wssession.cgi for clients that cannot do digest on the upgrade."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

from tools.virtual_camera.content_filter import Predicate, parse_content_filter
from tools.virtual_camera.event_message import (
    format_topic,
    message_of,
    milliseconds,
)
from tools.virtual_camera.events import Event, EventService
from tools.virtual_camera.server import Gate
from tools.virtual_camera.topic_filter import FilterError, TopicFilter, parse_topic_filter
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access
from tools.virtual_camera.web import Refusal, text

_log = logging.getLogger(__name__)

SENDS_STATES = True
"""Whether the current states of stateful events follow a configuration [unconfirmed]."""
TOKEN_SECONDS = 15.0
QUEUE_LIMIT = 2000
"""Messages that wait for a slow client; one that falls further behind is cut off."""
MAX_REQUEST = 64 << 10
_MAX_MESSAGE = 4 << 20
_MAX_TOKENS = 1000
_VERSION = "1.0"
_VERSIONS = (_VERSION, "1")
"""public clients name the major version alone"""
_PING_SECONDS = 30.0

UNSUPPORTED_VERSION, BAD_JSON, UNKNOWN_METHOD = 2100, 2101, 2102
MISSING, INVALID, TOO_LARGE = 2103, 2104, 2107


class StreamError(Exception):
    """Answered in the envelope: {"error": {"code", "message"}}."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class SessionTokens:
    """Tokens of wssession.cgi: for 15 seconds, for one connection."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._made: dict[str, float] = {}

    def make(self) -> str:
        """A decimal number."""
        now = self._clock()
        self._made = {t: at for t, at in self._made.items() if now - at <= TOKEN_SECONDS}
        while len(self._made) >= _MAX_TOKENS:
            del self._made[next(iter(self._made))]
        token = str(secrets.randbelow(9 * 10**18) + 10**18)
        self._made[token] = now
        return token

    def redeem(self, token: str) -> bool:
        """Whether `token` is good; it is not any more afterwards."""
        made = self._made.pop(token, None)
        return made is not None and self._clock() - made <= TOKEN_SECONDS


@dataclass(frozen=True)
class EventFilter:
    """One entry of eventFilterList: both parts have to fit."""

    topic: TopicFilter | None
    content: Predicate | None

    def matches(self, event: Event, message: dict[str, dict[str, str]]) -> bool:
        if self.topic is not None and not self.topic.matches(event.levels):
            return False
        if self.content is None:
            return True
        return self.content([*message["source"].items(), *message["data"].items()])


class EventStreamApi:
    """Both addresses."""

    def __init__(self, events: EventService, gate: Gate, unsupported: Unsupported) -> None:
        self._events = events
        self._gate = gate
        self._unsupported = unsupported
        self.tokens = SessionTokens()
        self._connections: set[_Connection] = set()

    async def make_token(self, _request: web.Request) -> web.StreamResponse:
        return text(self.tokens.make())

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Open the socket; Refusal 401 without a good token and without good credentials."""
        token = request.query.get("wssession")
        if token is None or not self.tokens.redeem(token):
            self._gate.require(request, Access.VIEWER)
        sources = request.query.get("sources", "").split(",")
        if "events" not in sources:
            self._unsupported.note("vapix", f"ws-data-stream sources={','.join(sources)}")
            raise Refusal(400, "sources must be events; this camera has no other source.")
        socket = web.WebSocketResponse(heartbeat=_PING_SECONDS, max_msg_size=_MAX_MESSAGE)
        if not socket.can_prepare(request).ok:
            raise Refusal(400, "This address wants a WebSocket upgrade request.")
        await socket.prepare(request)
        connection = _Connection(socket, request, self._events)
        self._connections.add(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)
        return socket

    async def close(self) -> None:
        """Cut every connection; for the camera's end."""
        for connection in tuple(self._connections):
            connection.cut()


class _Connection:
    """One client: answers its requests and sends what its filters let through."""

    def __init__(
        self, socket: web.WebSocketResponse, request: web.Request, events: EventService
    ) -> None:
        self._socket = socket
        self._request = request
        self._events = events
        self._filters: tuple[EventFilter, ...] = ()
        self._waiting: deque[str] = deque()
        self._wake = asyncio.Event()

    async def serve(self) -> None:
        stop = self._events.listen(self._notify)
        sender = asyncio.create_task(self._send_waiting())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self._handle(message.data)
                elif message.type is WSMsgType.BINARY:
                    self._handle(message.data.decode("utf-8", "replace"))
        finally:
            stop()
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sender

    def cut(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    def _handle(self, data: str) -> None:
        body: dict[str, Any] = {}
        try:
            body = _parse(data)
            self._filters = _configure(body)
            self._put(_envelope(body, {"data": {}}))
        except StreamError as error:
            self._put(_envelope(body, {"error": {"code": error.code, "message": error.message}}))
            return
        if SENDS_STATES:
            for state in self._events.states([]):
                self._notify(state)

    def _notify(self, event: Event) -> None:
        """An event that fits several filters is sent as often: each is a subscription."""
        if not self._filters:
            return
        message = message_of(event)
        times = sum(entry.matches(event, message) for entry in self._filters)
        if times:
            notification = {
                "timestamp": milliseconds(event.at),
                "topic": format_topic(event.levels),
                "message": message,
            }
            text_ = json.dumps(
                {
                    "apiVersion": _VERSION,
                    "method": "events:notify",
                    "params": {"notification": notification},
                }
            )
            for _ in range(times):
                self._put(text_)

    def _put(self, message: str) -> None:
        if len(self._waiting) >= QUEUE_LIMIT:
            self._filters = ()
            _log.warning(
                "%s does not read its events: %d wait, the connection is closed",
                self._request.remote,
                len(self._waiting),
            )
            self._waiting.clear()
            self.cut()
            return
        self._waiting.append(message)
        self._wake.set()

    async def _send_waiting(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    await self._socket.send_str(self._waiting.popleft())


def _parse(data: str) -> dict[str, Any]:
    if len(data) > MAX_REQUEST:
        raise StreamError(TOO_LARGE, f"Request too large: at most {MAX_REQUEST} bytes")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StreamError(BAD_JSON, "Invalid JSON") from error
    if not isinstance(body, dict):
        raise StreamError(BAD_JSON, "Invalid JSON: the request is no object")
    return body


def _configure(body: dict[str, Any]) -> tuple[EventFilter, ...]:
    for name in ("apiVersion", "method"):
        if name not in body:
            raise StreamError(MISSING, f"Required parameter missing: {name}")
    if body["apiVersion"] not in _VERSIONS:
        raise StreamError(UNSUPPORTED_VERSION, "API version not supported")
    if body["method"] != "events:configure":
        raise StreamError(UNKNOWN_METHOD, f"Method not supported: {body['method']}")
    params = body.get("params")
    entries = params.get("eventFilterList") if isinstance(params, dict) else None
    if entries is None:
        raise StreamError(MISSING, "Required parameter missing: params.eventFilterList")
    if not isinstance(entries, list):
        raise StreamError(INVALID, "Invalid parameter value specified: eventFilterList is no list")
    if not entries:
        raise StreamError(INVALID, "Invalid event datasource payload: eventFilterList is empty")
    return tuple(_filter(entry) for entry in entries)


def _filter(entry: Any) -> EventFilter:
    if not isinstance(entry, dict):
        raise StreamError(INVALID, "Invalid parameter value specified: a filter is no object")
    topic, content = entry.get("topicFilter"), entry.get("contentFilter")
    if topic is None and content is None:
        raise StreamError(MISSING, "Required parameter missing: topicFilter or contentFilter")
    for name, value in (("topicFilter", topic), ("contentFilter", content)):
        if value is not None and not isinstance(value, str):
            raise StreamError(INVALID, f"Invalid parameter value specified: {name} is no text")
    try:
        return EventFilter(
            None if topic is None else parse_topic_filter(topic),
            None if content is None else parse_content_filter(content),
        )
    except FilterError as error:
        raise StreamError(INVALID, f"Invalid parameter value specified: {error}") from error


def _envelope(body: dict[str, Any], rest: dict[str, Any]) -> str:
    asked = body.get("apiVersion")
    answer: dict[str, Any] = {"apiVersion": asked if isinstance(asked, str) else _VERSION}
    for name in ("context", "method"):
        if isinstance(body.get(name), str):
            answer[name] = body[name]
    return json.dumps({**answer, **rest})
