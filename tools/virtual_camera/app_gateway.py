# SPDX-License-Identifier: MIT
"""Forwards a web request to an app's FastCGI socket and its answer back, streaming both ways."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from typing import IO

from aiohttp import web

from tools.virtual_camera.app_manager import App
from tools.virtual_camera.fastcgi import Exchange, FastCgiError, Reply
from tools.virtual_camera.server import ACCOUNT
from tools.virtual_camera.system_log import ERROR, SystemLog
from tools.virtual_camera.web import Refusal

HOP_BY_HOP = frozenset(
    [
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te"),
        *("trailer", "transfer-encoding", "upgrade"),
    ]
)
_PIECE = 1 << 16
_MAX_CHUNKED = 64 << 20
"""Bytes of a request body without a length, which has to be measured before it is forwarded."""
_NOT_FORWARDED = frozenset(["authorization", "proxy", "content-type", "content-length"])


class AppGateway:
    """The FastCGI side of every app."""

    def __init__(self, log: SystemLog) -> None:
        self._log = log

    async def forward(self, request: web.Request, app: App, script: str) -> web.StreamResponse:
        """Ask the app. `script` is the path without the query, as the app's entry names it."""
        if not app.runner.is_running:
            raise Refusal(503, f"The application {app.record.name} is not running.")
        spool = await _spool(request) if _is_chunked(request) else None
        length = spool.seek(0, 2) if spool else request.content_length or 0
        params = _parameters(request, script, length)
        exchange = Exchange(lambda said: self._note(app, said))
        try:
            body = _read_spool(spool) if spool else request.content.iter_any()
            head = await exchange.begin(app.place.fastcgi_socket, params, body)
            return await _answer(request, head, exchange)
        except FastCgiError as error:
            raise Refusal(error.status, error.message) from error
        finally:
            await exchange.close()
            if spool:
                spool.close()

    def _note(self, app: App, said: str) -> None:
        self._log.write(app.record.name, ERROR, said, pid=app.runner.pid or 0)


async def _answer(request: web.Request, head: Reply, exchange: Exchange) -> web.StreamResponse:
    response = web.StreamResponse(status=head.status, reason=head.reason)
    for name, value in head.headers:
        if name.lower() not in HOP_BY_HOP:
            response.headers.add(name, value)
    await response.prepare(request)
    bare = request.method == "HEAD" or head.status in (204, 304)
    try:
        async for piece in exchange.body():
            if not bare:
                await response.write(piece)
    except FastCgiError:
        cut(request)  # the status is sent already: only a cut connection tells the client
        return response
    await response.write_eof()
    return response


def cut(request: web.Request) -> None:
    """End the connection so that the client sees an incomplete answer."""
    if request.transport is not None:
        request.transport.abort()


def _is_chunked(request: web.Request) -> bool:
    return request.content_length is None and request.body_exists


async def _spool(request: web.Request) -> IO[bytes]:
    spool = tempfile.SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115 - the caller closes it
    size = 0
    async for piece in request.content.iter_any():
        size += len(piece)
        if size > _MAX_CHUNKED:
            spool.close()
            raise Refusal(413, f"A body without a length may have {_MAX_CHUNKED} bytes at most.")
        spool.write(piece)
    return spool


async def _read_spool(spool: IO[bytes]) -> AsyncIterator[bytes]:
    spool.seek(0)
    while piece := spool.read(_PIECE):
        yield piece


def _parameters(request: web.Request, script: str, length: int) -> dict[str, str]:
    """The CGI variables (RFC 3875) as the device's web server sets them."""
    account = request.get(ACCOUNT)
    server = request.transport.get_extra_info("sockname") if request.transport else None
    peer = request.transport.get_extra_info("peername") if request.transport else None
    path, _, query = request.raw_path.partition("?")
    host = request.headers.get("Host", "127.0.0.1")
    params = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_SOFTWARE": "Apache",
        "SERVER_PROTOCOL": f"HTTP/{request.version.major}.{request.version.minor}",
        "SERVER_NAME": host.rpartition(":")[0] or host,
        "SERVER_ADDR": str(server[0]) if server else "",
        "SERVER_PORT": str(server[1]) if server else "",
        "REMOTE_ADDR": str(peer[0]) if peer else "",
        "REMOTE_PORT": str(peer[1]) if peer else "",
        "REQUEST_SCHEME": request.scheme,
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": request.raw_path,
        "SCRIPT_NAME": script,
        "SCRIPT_FILENAME": f"/usr/html{script}",
        "DOCUMENT_ROOT": "/usr/html",
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(length) if length or request.method in ("POST", "PUT") else "",
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
    }
    if path.startswith(script) and path != script:
        params["PATH_INFO"] = path[len(script) :]
    if account is not None:
        scheme = request.headers.get("Authorization", "").partition(" ")[0].capitalize()
        params |= {"REMOTE_USER": account.name, "AUTH_TYPE": scheme}
    for name, value in request.headers.items():
        if name.lower() not in _NOT_FORWARDED:
            params[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return params
