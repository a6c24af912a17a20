# SPDX-License-Identifier: MIT
"""The one door to a camera's HTTP server: authentication, time-outs and errors live here."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import requests
import urllib3
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from tools.errors import Refused, Unauthorized, Unreachable, UsageError

_log = logging.getLogger(__name__)


class Transport:
    """HTTP to one camera as one user; any thread may call it."""

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        *,
        timeout: float = 10.0,
        verify: bool | str = True,
    ) -> None:
        """`url` such as "http://192.0.2.7"; `verify` as requests takes it (False, or a CA file)."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(
                f"{url!r} is no camera address", "write it as http://HOST or https://HOST"
            )
        self.url = url.rstrip("/")
        self.user = user
        self.timeout = timeout
        self._session = requests.Session()
        self._session.auth = _NegotiatedAuth(user, password)
        self._session.verify = verify
        # A camera is on the local network, and a proxy from the environment hides it.
        self._session.trust_env = False
        if verify is False:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def request(
        self, method: str, path: str, *, timeout: float | None = None, **options: Any
    ) -> requests.Response:
        """Send one request to `path` ("axis-cgi/..."); `options` are those of requests.

        Unreachable when nobody answers in time, Unauthorized for 401 and 403; any other status is
        returned, since some servers behind the camera carry their own message in it.
        """
        url = f"{self.url}/{path.lstrip('/')}"
        try:
            reply = self._session.request(method, url, timeout=timeout or self.timeout, **options)
        except requests.exceptions.SSLError as error:
            raise Unreachable(
                f"{self.url}: its TLS certificate is not trusted ({_reason(error)})",
                "set verify = false for this camera in cameras.toml, or name its CA file there",
            ) from error
        except requests.exceptions.Timeout as error:
            raise Unreachable(
                f"{url} did not answer within {timeout or self.timeout:g} s", _CURE_ADDRESS
            ) from error
        except requests.RequestException as error:
            raise Unreachable(
                f"{self.url} is not reachable: {_reason(error)}", _CURE_ADDRESS
            ) from error
        _log.debug("%s %s -> %d", method, url, reply.status_code)
        self._check_access(reply, path)
        return reply

    def text(self, method: str, path: str, **options: Any) -> str:
        """The body of a 2xx answer; Refused for any other status."""
        return self.checked(method, path, **options).text

    def checked(self, method: str, path: str, **options: Any) -> requests.Response:
        """A 2xx answer; Refused for any other status."""
        reply = self.request(method, path, **options)
        if not reply.ok:
            raise Refused(
                f"{self.url}/{path.lstrip('/')} answered {reply.status_code} {reply.reason}",
                "the camera may not have this API; compare its AXIS OS version",
                code=reply.status_code,
            )
        return reply

    def xml(self, method: str, path: str, **options: Any) -> ElementTree.Element:
        """The root of an XML answer; Refused when it is none."""
        text = self.text(method, path, **options)
        try:
            return ElementTree.fromstring(text.strip())
        except ElementTree.ParseError as error:
            raise Refused(f"{self.url}/{path} answered no XML: {text[:80]!r}") from error

    def call(
        self, path: str, method: str, params: dict[str, Any] | None = None, version: str = "1.0"
    ) -> dict[str, Any]:
        """One method of a JSON CGI; returns its data ({} where it has none).

        These answer 200 even for failures; Refused then carries the error's own code.
        """
        body: dict[str, Any] = {"apiVersion": version, "method": method}
        if params is not None:
            body["params"] = params
        reply = self.checked("POST", path, json=body)
        try:
            answer = reply.json()
        except ValueError as error:
            raise Refused(f"{self.url}/{path} answered no JSON: {reply.text[:80]!r}") from error
        if not isinstance(answer, dict):
            raise Refused(f"{self.url}/{path} answered no JSON object: {reply.text[:80]!r}")
        if "error" in answer:
            failure = answer["error"] if isinstance(answer["error"], dict) else {}
            raise Refused(
                f"{path} {method}: {failure.get('message', 'error without a message')}"
                f" (code {failure.get('code')})",
                code=failure.get("code"),
            )
        data = answer.get("data", {})
        return data if isinstance(data, dict) else {}

    def _check_access(self, reply: requests.Response, path: str) -> None:
        if reply.status_code == 401:
            raise Unauthorized(
                f"{self.url} refuses user {self.user!r} or the password",
                "give the right ones: --user, BATONDESCRIBE_PASSWORD, or user in cameras.toml",
            )
        if reply.status_code == 403:
            raise Unauthorized(
                f"user {self.user!r} may not use {path.split('?')[0]} of {self.url}",
                "use an account with a higher role (viewer < operator < administrator)",
            )


class _NegotiatedAuth(AuthBase):
    """Digest where the camera offers it, Basic where it offers nothing better.

    The camera's Network.HTTP.AuthenticationPolicy decides, so the first request goes out bare and
    the challenge is answered; after that each request carries credentials at once.
    """

    def __init__(self, user: str, password: str) -> None:
        self._basic = HTTPBasicAuth(user.encode(), password.encode())
        self._digest = HTTPDigestAuth(user, password)
        self._use_basic = False

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._use_basic:
            self._basic(request)
        else:
            self._digest(request)
        request.register_hook("response", self._answer_challenge)  # type: ignore[no-untyped-call]
        return request

    def _answer_challenge(self, reply: requests.Response, **options: Any) -> requests.Response:
        """Change the scheme and send again where the camera asks for the other one."""
        offered = reply.headers.get("WWW-Authenticate", "").lower()
        use_basic = "basic" in offered and "digest" not in offered
        if reply.status_code != 401 or not offered or use_basic == self._use_basic:
            return reply
        self._use_basic = use_basic
        again = reply.request.copy()
        if not use_basic:
            self._digest(again)  # readies its state of this thread for the challenge
            return self._digest.handle_401(reply, **options)  # type: ignore[no-untyped-call,no-any-return]
        reply.content  # noqa: B018 - read to the end, so that the connection can be used again
        reply.close()
        answer: requests.Response = reply.connection.send(self._basic(again), **options)
        answer.history.append(reply)
        answer.request = again
        return answer


_CURE_ADDRESS = (
    "check the address and that the camera is on; a virtual one is started with `invoke camera`"
)


def _reason(error: BaseException) -> str:
    """The innermost cause in a few words, such as "Connection refused"."""
    cause: BaseException | None = error
    text = type(error).__name__
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            text = cause.strerror
        reason = getattr(cause, "reason", None)
        args = [a for a in cause.args if isinstance(a, BaseException)]
        cause = (
            reason if isinstance(reason, BaseException) else args[0] if args else cause.__cause__
        )
    return text
