# SPDX-License-Identifier: MIT
"""The HTTP server of the built-in describer.

    POST /v1/chat/completions   as OpenAI's API has it; `model` may be left out, as there is but one
    GET  /v1/models             the one model there is
    GET  /stats                 {"inFlight", "completed", "aborted", "failed"}

A client that goes away in mid-request is noticed at once, its request is given up and counted as
aborted. The detector runs in threads; the event loop stays free.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from aiohttp import web

from tools.describer import MODEL_NAME
from tools.describer.chat import ChatError, ChatRequest, cut, encode_reply
from tools.describer.detector import BadPicture, Detector, decode_jpeg
from tools.describer.questions import CannotAnswer, answer_all
from tools.describer.scene import Scene, describe

MOST_BYTES = 20 * 1024 * 1024  # of a request
MOST_WAITING = 64  # requests that wait for the detector; more are told to come back
WORKERS = min(2, os.cpu_count() or 1)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Stats:
    """Requests for a completion since the start; changed by the event loop alone."""

    inFlight: int = 0  # noqa: N815  the words of the JSON
    completed: int = 0
    aborted: int = 0
    failed: int = 0


class DescriberServer:
    """The describer on 127.0.0.1 (or `host`); `latency` seconds are added to each answer.

    The delay imitates a hosted model far away. It comes before the detector's work, so a request
    that is given up during it costs nothing.
    """

    def __init__(self, detector: Detector, *, latency: float = 0.0) -> None:
        self.stats = Stats()
        self._detector = detector
        self._latency = latency
        self._waiting = 0
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="detector")
        app = web.Application(client_max_size=MOST_BYTES, middlewares=[_errors_as_json])
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._list_models)
        app.router.add_get("/v1/models/{model}", self._show_model)
        app.router.add_get("/stats", self._show_stats)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=0.5
        )

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Listen; returns the base URL that clients are given (".../v1"). Raises OSError."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        port = self._runner.addresses[0][1]
        return f"http://{host}:{port}/v1"

    async def stop(self) -> None:
        """Close everything; requests in flight are cut off."""
        await self._runner.cleanup()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _complete(self, request: web.Request) -> web.Response:
        self.stats.inFlight += 1
        outcome = "failed"
        try:
            response = await self._answer(request)
            outcome = "completed"
            return response
        except asyncio.CancelledError:
            outcome = "aborted"
            raise
        finally:
            self.stats.inFlight -= 1
            setattr(self.stats, outcome, getattr(self.stats, outcome) + 1)

    async def _answer(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            raise ChatError("Content-Type must be application/json", status=415)
        chat = ChatRequest.decode(await request.read())
        if chat.model not in ("", MODEL_NAME):
            raise _no_model(chat.model)
        await asyncio.sleep(self._latency)
        if self._waiting >= MOST_WAITING:
            raise ChatError("too many requests", status=429, code="rate_limit_exceeded")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return web.json_response(await loop.run_in_executor(self._threads, self._look, chat))
        finally:
            self._waiting -= 1

    def _look(self, chat: ChatRequest) -> object:
        """The answer to a request; runs in a thread."""
        try:
            pictures = [decode_jpeg(picture) for picture in chat.pictures]
        except BadPicture as error:
            raise ChatError(str(error), param="messages", code="invalid_image_format") from error
        scenes = [Scene.look_at(picture, self._detector.find(picture)) for picture in pictures]
        if chat.schema is None:
            return cut(encode_reply(MODEL_NAME, describe(scenes), chat.prompt), chat.most_words)
        try:
            content = json.dumps(answer_all(chat.schema, chat.prompt, scenes))
        except CannotAnswer as error:
            return encode_reply(MODEL_NAME, None, chat.prompt, refusal=str(error))
        return cut(encode_reply(MODEL_NAME, content, chat.prompt), chat.most_words)

    async def _list_models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [_MODEL]})

    async def _show_model(self, request: web.Request) -> web.Response:
        if request.match_info["model"] != MODEL_NAME:
            raise _no_model(request.match_info["model"])
        return web.json_response(_MODEL)

    async def _show_stats(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(self.stats))


_MODEL = {"id": MODEL_NAME, "object": "model", "created": 0, "owned_by": "batondescribe"}


def _no_model(name: str) -> ChatError:
    return ChatError(
        f"the model {name[:100]!r} does not exist; there is {MODEL_NAME!r}",
        status=404,
        code="model_not_found",
        param="model",
    )


@web.middleware
async def _errors_as_json(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Every error in the shape that clients of this protocol parse."""
    try:
        return await handler(request)
    except ChatError as error:
        told = error
    except web.HTTPRequestEntityTooLarge:
        told = ChatError(f"the request is larger than {MOST_BYTES} bytes", status=413)
    except web.HTTPException as http:
        told = ChatError(f"{request.method} {request.path}: {http.reason}", status=http.status)
    except Exception as fault:  # the boundary: a fault is answered and named, never a traceback
        print(f"describer: {type(fault).__name__}: {fault}", file=sys.stderr)
        told = ChatError(f"internal error: {type(fault).__name__}", status=500)
    wait = {"Retry-After": "1"} if told.status == 429 else {}
    return web.json_response(told.body(), status=told.status, headers=wait)
