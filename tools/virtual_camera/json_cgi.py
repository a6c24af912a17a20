# SPDX-License-Identifier: MIT
"""The JSON CGIs of VAPIX: one address, several methods, always HTTP 200, errors in the envelope."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tools.virtual_camera.server import Gate
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access
from tools.virtual_camera.web import Refusal, read_body

Data = dict[str, Any]
Call = Callable[[Data], Data | None] | Callable[[Data], Awaitable[Data | None]]


class JsonCgiError(Exception):
    """A failure that the envelope reports: {"error": {"code", "message"}}."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Codes:
    """The numbers that an API gives to the failures they all have in common."""

    forbidden: int = 2001
    http_type: int = 2002
    version: int = 2003
    method: int = 2004
    json: int = 4000
    parameter: int = 4002
    internal: int = 8000


@dataclass(frozen=True)
class _Method:
    call: Call
    access: Access
    versioned: bool


class JsonCgi:
    """One such address. `versions` are those it speaks, newest last."""

    def __init__(
        self,
        name: str,
        versions: tuple[str, ...],
        gate: Gate,
        unsupported: Unsupported,
        *,
        codes: Codes | None = None,
        names_method: bool = True,
        echoes_version: bool = False,
    ) -> None:
        """`names_method`: whether answers repeat the method; basicdeviceinfo's do not.
        `echoes_version`: they have the version of the request instead of the newest."""
        self._name = name
        self._versions = versions
        self._gate = gate
        self._unsupported = unsupported
        self._codes = codes or Codes()
        self._names_method = names_method
        self._echoes_version = echoes_version
        self._methods: dict[str, _Method] = {}
        self.add("getSupportedVersions", Access.ANONYMOUS, self._list_versions, versioned=False)

    def add(self, name: str, access: Access, call: Call, *, versioned: bool = True) -> None:
        """Add a method: `call` gets params and returns data, or raises JsonCgiError. `versioned`
        ones need an apiVersion in the request."""
        self._methods[name] = _Method(call, access, versioned)

    @property
    def methods(self) -> list[str]:
        return list(self._methods)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request; Refusal 401 when its method needs an account and none was given."""
        if request.method != "POST":
            message = f"HTTP request type {request.method} is not supported, use POST"
            return self._fail({}, self._codes.http_type, message)
        try:
            body = json.loads(await read_body(request))
        except (ValueError, RecursionError):
            return self._fail({}, self._codes.json, "The request is not valid JSON")
        if not isinstance(body, dict):
            return self._fail({}, self._codes.json, "The request is no JSON object")
        try:
            method = self._find(body)
            self._require(request, method)
            data = method.call(self._params(body))
            if inspect.isawaitable(data):
                data = await data
        except JsonCgiError as error:
            return self._fail(body, error.code, error.message)
        return self._envelope(body, {} if data is None else {"data": data})

    def _find(self, body: Data) -> _Method:
        name = body.get("method")
        if not isinstance(name, str):
            raise JsonCgiError(self._codes.parameter, "The parameter 'method' is missing")
        method = self._methods.get(name)
        if method is None:
            self._unsupported.note("method", f"{self._name} {name}")
            raise JsonCgiError(self._codes.method, f"The method {name!r} is not supported")
        if method.versioned:
            self._check_version(body.get("apiVersion"))
        return method

    def _check_version(self, version: Any) -> None:
        if not isinstance(version, str):
            raise JsonCgiError(self._codes.parameter, "The parameter 'apiVersion' is missing")
        if not self._speaks(version):
            raise JsonCgiError(self._codes.version, f"The API version {version} is not supported")

    def _speaks(self, version: str) -> bool:
        major, _, minor = version.partition(".")
        newest = self._versions[-1].partition(".")
        if version == newest[0]:
            return True  # clients were seen to name the major version alone
        return major == newest[0] and minor.isdecimal() and int(minor) <= int(newest[2])

    def _require(self, request: web.Request, method: _Method) -> None:
        try:
            self._gate.require(request, method.access)
        except Refusal as refusal:
            if refusal.status == 403:
                raise JsonCgiError(self._codes.forbidden, "Access forbidden") from None
            raise

    def _params(self, body: Data) -> Data:
        params = body.get("params", {})
        if not isinstance(params, dict):
            raise JsonCgiError(self._codes.parameter, "The parameter 'params' is no object")
        return params

    def _list_versions(self, _params: Data) -> Data:
        return {"apiVersions": list(self._versions)}

    def _fail(self, body: Data, code: int, message: str) -> web.Response:
        return self._envelope(body, {"error": {"code": code, "message": message}})

    def _envelope(self, body: Data, rest: Data) -> web.Response:
        asked = body.get("apiVersion")
        echoed = self._echoes_version and isinstance(asked, str) and self._speaks(asked)
        answer: Data = {"apiVersion": asked if echoed else self._versions[-1]}
        if isinstance(body.get("context"), str):
            answer["context"] = body["context"]
        if self._names_method and isinstance(body.get("method"), str):
            answer["method"] = body["method"]
        return web.json_response({**answer, **rest})
