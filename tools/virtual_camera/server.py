# SPDX-License-Identifier: MIT
"""The web server: authentication, roles, the device's headers, and errors that never leak."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import socket
import ssl
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDict

from tools.virtual_camera.digest import DigestAuthenticator
from tools.virtual_camera.service_accounts import ADDRESS as APP_ADDRESS
from tools.virtual_camera.service_accounts import ServiceAccounts
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access, Account, UserStore
from tools.virtual_camera.web import Handler, Refusal, error_page, json_error

_log = logging.getLogger(__name__)

ACCOUNT = web.RequestKey("account", Account)
_IDENTITY = web.RequestKey("identity", tuple[Account | None, bool])
SHUTDOWN_SECONDS = 0.3
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "X-XSS-Protection": "1; mode=block",
}
_CONTROL = "/virtual/"


class Gate:
    """Decides who may pass, and by which scheme: Network.HTTP.AuthenticationPolicy says basic,
    digest, basic_digest for both [unconfirmed], or recommended: digest on HTTP, Basic on HTTPS.

    The loopback address of the apps takes their service accounts alone, by Basic.
    """

    def __init__(
        self, users: UserStore, policy: Callable[[], str], accounts: ServiceAccounts | None = None
    ) -> None:
        self.users = users
        self._policy = policy
        self._accounts = accounts or ServiceAccounts()
        self._digest = DigestAuthenticator(users.realm, users.find_ha1)

    def require(self, request: web.Request, access: Access) -> Account | None:
        """The account behind the request, None for an anonymous one where that is enough.

        Refusal 401 without good credentials, 403 when the account's role is too low.
        """
        header = request.headers.get("Authorization", "")
        if access is Access.ANONYMOUS and not header:
            return None
        if _IDENTITY not in request:  # a second look at the same answer would be a replay
            request[_IDENTITY] = self._identify(request, header)
        account, stale = request[_IDENTITY]
        if account is None:
            if access is Access.ANONYMOUS:
                return None
            raise self._unauthorized(request, stale=stale or not header)
        request[ACCOUNT] = account
        if account.access < access:
            raise Refusal(403, f"The user {account.name} may not access this resource.")
        return account

    def identify_stream(self, method: str, header: str) -> Account | None:
        """The account behind an RTSP request's Authorization header, None when it is no good."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "basic":
            return self._basic_user(token)
        verdict = self._digest.check_stream(method, header)
        return self.users.find(verdict.user) if verdict.user else None

    def stream_challenges(self) -> list[str]:
        """What RTSP asks for: Digest first, then Basic."""
        return [self._digest.stream_challenge(), f'Basic realm="{self.users.realm}"']

    def _schemes(self, request: web.Request) -> tuple[str, ...]:
        policy = self._policy()
        if _is_for_apps(request) or policy == "basic":
            return ("basic",)
        if policy == "digest":
            return ("digest",)
        if policy == "basic_digest":
            return ("digest", "basic")
        return ("basic",) if request.secure else ("digest",)

    def _identify(self, request: web.Request, header: str) -> tuple[Account | None, bool]:
        scheme, _, token = header.partition(" ")
        if scheme.lower() not in self._schemes(request):
            return None, True  # as good as no credentials, to which devices say stale too
        if scheme.lower() == "basic":
            return self._check_basic(request, token), False
        verdict = self._digest.check(request.method, request.raw_path, header)
        return self.users.find(verdict.user) if verdict.user else None, verdict.stale

    def _check_basic(self, request: web.Request, token: str) -> Account | None:
        if _is_for_apps(request):
            return self._accounts.find(*_credentials(token))
        return self._basic_user(token)

    def _basic_user(self, token: str) -> Account | None:
        user, password = _credentials(token)
        return self.users.find(user) if self.users.verify(user, password) else None

    def _unauthorized(self, request: web.Request, *, stale: bool) -> Refusal:
        headers = CIMultiDict[str]()
        for scheme in self._schemes(request):
            basic = f'Basic realm="{self.users.realm}"'
            challenge = basic if scheme == "basic" else self._digest.challenge(stale=stale)
            headers.add("WWW-Authenticate", challenge)
        return Refusal(
            401,
            "This server could not verify that you are authorized to access this document.",
            headers,
        )


def _credentials(token: str) -> tuple[str, str]:
    """User and password of Basic, both "" when the token has none."""
    try:
        user, _, password = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return user, password


def _is_for_apps(request: web.Request) -> bool:
    """Whether it came in on the apps' loopback address."""
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return isinstance(name, tuple) and name[0] == APP_ADDRESS


@dataclass(frozen=True)
class Address:
    """Something that the camera serves; `access` None: the handler itself asks for credentials, or
    nobody does."""

    path: str
    methods: tuple[str, ...]
    handler: Handler
    access: Access | None


class WebServer:
    """All routes behind one middleware. Add routes, then start; stop cuts what is still open."""

    def __init__(self, gate: Gate, unsupported: Unsupported) -> None:
        self.gate = gate
        self._unsupported = unsupported
        self._app = web.Application(middlewares=[self._answer])
        self._app.on_response_prepare.append(_add_headers)
        self._runner = web.AppRunner(
            self._app,
            access_log=None,
            shutdown_timeout=SHUTDOWN_SECONDS,
            auto_decompress=False,
        )
        self._transports: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()
        self.is_up: Callable[[], bool] = lambda: True
        """while it says False, nobody but the control API gets an answer"""
        self.port = 0
        self.addresses: list[Address] = []
        """everything that is served, as it was added"""

    def add(
        self,
        path: str,
        access: Access,
        handler: Handler,
        methods: tuple[str, ...] = ("GET", "POST"),
    ) -> None:
        """Route `path`; who is below `access` is turned away before `handler` sees the request.

        A HEAD is answered like a GET, without the body.
        """

        async def guarded(request: web.Request) -> web.StreamResponse:
            self.gate.require(request, access)
            method = "GET" if request.method == "HEAD" else request.method
            if method not in methods:
                raise _wrong_method(request, methods)
            return await handler(request)

        self._app.router.add_route("*", path, guarded)
        self.addresses.append(Address(path, methods, handler, access))

    def add_open(self, method: str, path: str, handler: Handler) -> None:
        """Route `path` without authentication; for the control API and handlers that ask the gate
        themselves."""
        self._app.router.add_route(method, path, handler)
        self.addresses.append(Address(path, (method,), handler, None))

    async def start(self, port: int) -> None:
        """Listen on 127.0.0.1; `port` 0 takes any free one. OSError when it is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, backlog=512)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def listen(self, host: str, port: int, context: ssl.SSLContext | None = None) -> int:
        """Listen on one more address, after `start`; the port. OSError when it is taken."""
        listener = socket.create_server((host, port), backlog=512)
        try:
            await web.SockSite(self._runner, listener, ssl_context=context).start()
        except BaseException:
            listener.close()
            raise
        return int(listener.getsockname()[1])

    def disconnect(self) -> None:
        """Cut every connection but those to the control API."""
        for transport in tuple(self._transports):
            transport.abort()

    async def stop(self) -> None:
        await self._runner.cleanup()

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        transport = request.transport
        if transport is not None and not request.path.startswith(_CONTROL):
            self._transports.add(transport)
            if not self.is_up():
                transport.abort()
                return error_page(503, "The camera is rebooting.")
        try:
            return await self._answer_known(request, handler)
        except Refusal as refusal:
            if request.path.startswith(_CONTROL):
                return json_error(refusal.status, "refused", refusal.message)
            return error_page(refusal.status, refusal.message, refusal.headers)
        except (ConnectionError, TimeoutError) as error:
            _log.info("%s %s: the connection ended (%s)", request.method, request.path, error)
            return error_page(503, "The connection ended early.")
        except Exception:
            _log.exception("%s %s failed", request.method, request.path)
            return error_page(500, "The virtual camera failed; its own log says where.")

    async def _answer_known(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPNotFound:
            if request.path.startswith(_CONTROL):
                raise Refusal(404, f"there is no {request.path}") from None
            return self._unknown(request)
        except web.HTTPMethodNotAllowed as error:
            raise _wrong_method(request, error.allowed_methods) from None

    def _unknown(self, request: web.Request) -> web.StreamResponse:
        """An address that nobody serves: VAPIX calls are counted, so that they can be told apart
        from mistakes (GET /virtual/unsupported)."""
        if request.path.startswith(
            ("/axis-cgi/", "/vapix/", "/config/", "/onvif-cgi/", "/onvif/", "/local/")
        ):
            self.gate.require(request, Access.VIEWER)
        if request.path.startswith(("/axis-cgi/", "/vapix/", "/config/", "/onvif-cgi/", "/onvif/")):
            self._unsupported.note("vapix", request.path)
            message = f"The requested URL {request.path} is not supported by this virtual camera."
            return error_page(404, message)
        return error_page(404, f"The requested URL {request.path} was not found on this server.")


def _wrong_method(request: web.Request, allowed: Iterable[str]) -> Refusal:
    allow = {"Allow": ", ".join(sorted(allowed))}
    return Refusal(405, f"{request.method} is not allowed here.", allow)


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "Apache"
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
