# SPDX-License-Identifier: MIT
"""What every web handler shares: refusals, answers in the device's shapes, request arguments."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from aiohttp import web
from multidict import CIMultiDict

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MAX_FORM = 1 << 20
"""Bytes of a form or JSON body; packages are streamed and have their own limit."""


class Refusal(Exception):
    """A request that is answered with an HTTP error status and a page like the device's."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers: Mapping[str, str] = headers or {}


_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def error_page(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """An HTML error page as the device's web server makes them."""
    title = _TITLES.get(status, "Error")
    found = CIMultiDict(headers or {})
    found["Content-Type"] = "text/html; charset=iso-8859-1"
    body = (
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
        f"<title>{status} {title}</title>\n</head><body>\n<h1>{title}</h1>\n"
        f"<p>{html.escape(message)}</p>\n</body></html>\n"
    )
    return web.Response(
        status=status,
        body=body.encode("iso-8859-1", "replace"),
        headers=found,
    )


def text(body: str, status: int = 200) -> web.Response:
    """text/plain, as the older CGIs answer."""
    return web.Response(text=body, status=status, content_type="text/plain")


def xml(root: ElementTree.Element) -> web.Response:
    """text/xml, indented."""
    ElementTree.indent(root)
    declaration = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    body = declaration + ElementTree.tostring(root, encoding="utf-8") + b"\n"
    return web.Response(body=body, headers={"Content-Type": "text/xml; charset=UTF-8"})


def json_error(status: int, code: str, message: str) -> web.Response:
    """The error shape of the control API: {"error": {"code", "message"}}."""
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


async def arguments(request: web.Request) -> list[tuple[str, str]]:
    """The arguments of an older CGI, in order: of the query, then of a form body.

    Clients in the field send their forms as text/plain too. A device was seen to ignore the query
    of a POST to param.cgi [unconfirmed]; here both count.
    """
    found = list(request.query.items())
    if request.method == "POST" and not request.content_type.startswith("multipart/"):
        body = (await read_body(request)).decode("utf-8", "replace")
        found += parse_qsl(body.strip(), keep_blank_values=True)
    return found


async def read_body(request: web.Request, limit: int = MAX_FORM) -> bytes:
    """The whole body; Refusal 413 when it is longer than `limit` bytes."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.content.iter_any():
        size += len(piece)
        if size > limit:
            raise Refusal(413, f"The request body is larger than {limit} bytes.")
        pieces.append(piece)
    return b"".join(pieces)


def as_object(value: Any) -> dict[str, Any]:
    """`value` when it is a JSON object, else {}."""
    return value if isinstance(value, dict) else {}
