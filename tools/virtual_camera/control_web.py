# SPDX-License-Identifier: MIT
"""What the handlers of the control API share: their errors, checks and JSON bodies."""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web

from tools.virtual_camera.web import Handler, json_error, read_body

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
Body = dict[str, Any]


class ControlError(Exception):
    """Answered as {"error": {"code", "message"}} with the status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def guarded(handler: Handler) -> Handler:
    """The handler behind the checks that keep web pages out, its ControlErrors answered."""

    async def checked(request: web.Request) -> web.StreamResponse:
        host = request.headers.get("Host", "")
        if re.sub(r":\d+$", "", host) not in _LOOPBACK:
            return json_error(403, "notLoopback", f"the host {host} is not this machine")
        if request.method in ("POST", "PUT") and request.content_type != "application/json":
            return json_error(415, "notJson", "send Content-Type: application/json")
        try:
            return await handler(request)
        except ControlError as error:
            return json_error(error.status, error.code, error.message)

    return checked


async def json_body(request: web.Request) -> Body:
    """The request's JSON object, {} when there is none. ControlError 400 when it is no object."""
    try:
        body = json.loads(await read_body(request) or b"{}")
    except (ValueError, RecursionError) as error:
        raise ControlError(400, "badJson", f"the body is not valid JSON: {error}") from error
    if not isinstance(body, dict):
        raise ControlError(400, "badJson", "the body is no JSON object")
    return body


def boolean(body: Body, name: str) -> bool:
    """The boolean that `body` must have. ControlError 400."""
    value = body.get(name)
    if not isinstance(value, bool):
        raise ControlError(400, "badValue", f"{name} must be true or false")
    return value
