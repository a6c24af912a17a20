# SPDX-License-Identifier: MIT
"""reverseProxy entries of manifests: HTTP and WebSocket over TCP or a unix socket.

A target URL with a path has that path in place of the entry's; without one the whole address is
forwarded. Reports differ on both [unconfirmed], so `target_path` is the one place that decides.
"""

from __future__ import annotations

import asyncio
import contextlib
import re

import aiohttp
from aiohttp import web
from yarl import URL

from tools.virtual_camera.app_gateway import HOP_BY_HOP, cut
from tools.virtual_camera.app_manager import App
from tools.virtual_camera.app_record import Proxy
from tools.virtual_camera.web import Refusal

_CONNECT_SECONDS = 5.0
_SILENCE_SECONDS = 300.0
_PLAIN = re.compile(r"[\w\-./~]*")


def find_proxy(app: App, path: str) -> Proxy | None:
    """The entry that serves `path` (below /local/<app>/), the longest apiPath first."""
    for proxy in sorted(app.record.proxies, key=lambda proxy: -len(proxy.path)):
        if _serves(proxy.path.strip("/"), path):
            return proxy
    return None


def target_path(proxy: Proxy, raw_path: str, app: str) -> str:
    """The path and query to ask the target for."""
    base = "/" + proxy.target.partition("://")[2].partition("/")[2]
    if not _is_url(proxy) or "/" not in proxy.target.partition("://")[2]:
        return raw_path
    prefix = f"/local/{app}/{proxy.path.strip('/')}"
    plain = raw_path.startswith(prefix)
    rest = raw_path[len(prefix) :] if plain else "/" + raw_path.split("/", 3)[3]
    return base.rstrip("/") + rest if rest.startswith(("/", "?")) else base + rest


async def forward(request: web.Request, app: App, proxy: Proxy) -> web.StreamResponse:
    """Pass the request on; Refusal 503 when nobody answers there, 502 when the answer is broken."""
    if not app.runner.is_running:
        raise Refusal(503, f"The application {app.record.name} is not running.")
    upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=_CONNECT_SECONDS, sock_read=None if upgrade else _SILENCE_SECONDS
    )
    host = proxy.target.partition("://")[2].partition("/")[0] if _is_url(proxy) else "localhost"
    url = f"http://{host}{target_path(proxy, request.raw_path, app.record.name)}"
    async with aiohttp.ClientSession(
        connector=_connector(app, proxy),
        timeout=timeout,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        try:
            if upgrade:
                return await _forward_socket(request, session, url)
            return await _forward_request(request, session, url)
        except aiohttp.ClientConnectorError as error:
            raise Refusal(503, "The application does not answer.") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refusal(502, "The application's answer is broken.") from error


async def _forward_request(
    request: web.Request, session: aiohttp.ClientSession, url: str
) -> web.StreamResponse:
    body = request.content if request.body_exists else None
    headers = _headers(request)
    async with session.request(
        request.method,
        _literal(url),
        headers=headers,
        data=body,
        allow_redirects=False,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    ) as answer:
        response = web.StreamResponse(status=answer.status, reason=answer.reason)
        for name, value in answer.headers.items():
            if name.lower() not in HOP_BY_HOP:
                response.headers.add(name, value)
        await response.prepare(request)
        try:
            async for piece in answer.content.iter_any():
                await response.write(piece)
        except (aiohttp.ClientError, TimeoutError):
            cut(request)
            return response
        await response.write_eof()
        return response


async def _forward_socket(
    request: web.Request, session: aiohttp.ClientSession, url: str
) -> web.StreamResponse:
    offered = request.headers.get("Sec-WebSocket-Protocol", "")
    protocols = [name.strip() for name in offered.split(",") if name.strip()]
    async with session.ws_connect(_literal(url), protocols=protocols, max_msg_size=0) as far:
        chosen = [far.protocol] if far.protocol else []
        near = web.WebSocketResponse(protocols=chosen, max_msg_size=0)
        await near.prepare(request)
        ways = [asyncio.create_task(_pump(near, far)), asyncio.create_task(_pump(far, near))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await way
        await near.close()
        return near


async def _pump(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    target: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)


def _headers(request: web.Request) -> dict[str, str]:
    dropped = HOP_BY_HOP | {"host", "authorization", "content-length"}
    headers = {n: v for n, v in request.headers.items() if n.lower() not in dropped}
    if request.content_length is not None and request.body_exists:
        headers["Content-Length"] = str(request.content_length)
    headers["X-Forwarded-For"] = request.remote or ""
    headers["X-Forwarded-Host"] = request.headers.get("Host", "")
    return headers


def _connector(app: App, proxy: Proxy) -> aiohttp.BaseConnector:
    if _is_url(proxy):
        return aiohttp.TCPConnector()
    # The app's own view of its files is reached through its process: its /tmp is private.
    view = f"root{proxy.target}" if proxy.target.startswith("/") else f"cwd/{proxy.target}"
    return aiohttp.UnixConnector(path=f"/proc/{app.runner.pid}/{view}")


def _is_url(proxy: Proxy) -> bool:
    return "://" in proxy.target


def _serves(pattern: str, path: str) -> bool:
    if _PLAIN.fullmatch(pattern):
        return path == pattern or path.startswith(f"{pattern}/")
    with contextlib.suppress(re.error):
        return re.match(pattern, path) is not None
    return False


def _literal(url: str) -> URL:
    """The URL as it stands, without decoding and encoding it again."""
    return URL(url, encoded=True)
