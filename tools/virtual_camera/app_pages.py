# SPDX-License-Identifier: MIT
"""Everything below /local/<app>/: FastCGI endpoints, reverse proxies and the pages in html/."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from aiohttp import web

from tools.virtual_camera.app_gateway import AppGateway
from tools.virtual_camera.app_manager import App, AppManager
from tools.virtual_camera.app_record import Endpoint
from tools.virtual_camera.reverse_proxy import find_proxy, forward
from tools.virtual_camera.server import Gate
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access
from tools.virtual_camera.web import Refusal

_INDEX = "index.html"


class AppPages:
    """Routes a request to the app that it names, with the access level of what it asks for."""

    def __init__(
        self, gate: Gate, manager: AppManager, gateway: AppGateway, unsupported: Unsupported
    ) -> None:
        self._gate = gate
        self._manager = manager
        self._gateway = gateway
        self._unsupported = unsupported

    async def serve(self, request: web.Request) -> web.StreamResponse:
        app = self._manager.apps.get(request.match_info["app"])
        path = request.match_info["path"]
        if app is None:
            self._gate.require(request, Access.VIEWER)
            raise Refusal(404, f"The requested URL {request.path} was not found on this server.")
        endpoint = _find_endpoint(app, path)
        if endpoint is not None:
            return await self._call(request, app, endpoint)
        proxy = find_proxy(app, path)
        if proxy is not None:
            self._gate.require(request, Access.named(proxy.access))
            if proxy.kind == "fcgi":
                return await self._gateway.forward(request, app, request.path)
            return await forward(request, app, proxy)
        self._gate.require(request, Access.named(app.record.page_access))
        return _page(request, app, path)

    async def _call(self, request: web.Request, app: App, endpoint: Endpoint) -> web.StreamResponse:
        self._gate.require(request, Access.named(endpoint.access))
        if endpoint.kind != "fastCgi":
            self._unsupported.note("transferCgi", request.path)
            raise Refusal(501, "transferCgi is not supported by this virtual camera; use fastCgi.")
        return await self._gateway.forward(
            request, app, f"/local/{app.record.name}/{endpoint.name}"
        )


def _find_endpoint(app: App, path: str) -> Endpoint | None:
    for endpoint in app.record.endpoints:
        if endpoint.name == path:
            return endpoint
    return None


def _page(request: web.Request, app: App, path: str) -> web.StreamResponse:
    if request.method not in ("GET", "HEAD"):
        raise Refusal(405, f"{request.method} is not allowed here.", {"Allow": "GET, HEAD"})
    root = (app.folder.package / "html").resolve()
    file = (root / path).resolve() if "\0" not in path else root / _INDEX
    if file.is_dir() and not request.path.endswith("/"):
        return web.Response(status=301, headers={"Location": request.path + "/"})
    if file.is_dir():
        file = _index(app, root, file)
    if not file.is_relative_to(root) or not file.is_file():
        raise Refusal(404, f"The requested URL {request.path} was not found on this server.")
    kind, encoding = mimetypes.guess_type(file.name)
    headers = {"Content-Type": kind or "application/octet-stream"} if not encoding else {}
    return web.FileResponse(file, headers=headers)


def _index(app: App, root: Path, folder: Path) -> Path:
    page = folder / _INDEX
    if folder == root and not page.is_file() and app.record.setting_page:
        page = root / app.record.setting_page
    return page.resolve()
