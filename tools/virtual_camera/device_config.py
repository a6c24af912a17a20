# SPDX-License-Identifier: MIT
"""/config/discover and /config/rest (VAPIX Device Configuration APIs): the framework, with none of
its APIs. Clients that discover first find that out; a request to one of them is an error in the
framework's form, and counted."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tools.virtual_camera.unsupported import Unsupported

_VERSION = "1.0.0"
_UNKNOWN = 404
"""The error code of an API that is not there [unconfirmed]."""


class DeviceConfigApi:
    """The addresses below /config."""

    def __init__(self, unsupported: Unsupported) -> None:
        self._unsupported = unsupported

    async def discover(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"framework_version": _VERSION, "apis": {}})

    async def apis(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({})

    async def rest(self, request: web.Request) -> web.StreamResponse:
        """Every object path; $all has the data of all APIs."""
        if request.match_info["path"] == "$all" and request.method == "GET":
            return web.json_response({"status": "success", "data": {}})
        self._unsupported.note("vapix", request.path)
        message = f"{request.path} is not supported by this virtual camera"
        error: dict[str, Any] = {"code": _UNKNOWN, "message": message}
        return web.json_response({"status": "error", "error": error}, status=404)
