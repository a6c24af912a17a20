# SPDX-License-Identifier: MIT
"""VAPIX service accounts: how an app gets credentials for the camera's own VAPIX (ACAP: VAPIX
access for ACAP applications).

com.axis.HTTPConf1 on the apps' bus gives them out, the loopback address 127.0.0.12 takes them, with
Basic authentication. They live in memory, as on a device, where a reboot ends them.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tools.errors import ToolError
from tools.virtual_camera.bus_server import Call, Reply, Service
from tools.virtual_camera.users import Access, Account

ADDRESS = "127.0.0.12"
MAX_ACCOUNTS = 200
_BUS_NAME = "com.axis.HTTPConf1"
_INTERFACE = "com.axis.HTTPConf1.VAPIXServiceAccounts1"
METHOD = f"{_INTERFACE}.GetCredentials"
"""As a manifest names it, under resources.dbus.requiredMethods."""
Warn = Callable[[str], None]
_LABEL = re.compile(r"[^\x00-\x1f\x7f:]{1,64}")


class AccountError(ToolError):
    """No credentials; the app gets it as a D-Bus error."""


class AccessDeniedError(AccountError):
    """As the bus of a device says it."""

    dbus_name = "org.freedesktop.DBus.Error.AccessDenied"


@dataclass(frozen=True)
class ServiceAddress:
    """Where the camera listens for its apps' VAPIX calls."""

    port: int = 0
    unreachable: str = ""
    """why nobody can use it, "" if one can"""
    remark: str = ""
    """what whoever uses it has to know"""


@dataclass(frozen=True)
class Callers:
    """Who calls: the process behind a name on the bus, and why it must not call a method ("" when
    it may)."""

    process_of: Callable[[str], Awaitable[int]]
    refusal: Callable[[int, str], str]


class ServiceAccounts:
    """All accounts. The same label gets the same credentials until the camera ends: an app that
    asks at each of its starts does not use the accounts up."""

    def __init__(self) -> None:
        self._passwords: dict[str, str] = {}

    def credentials(self, label: str) -> str:
        """`<id>:<password>`. AccountError for a label that cannot be one, or too many accounts."""
        if not _LABEL.fullmatch(label):
            raise AccountError("the name of the account is empty, too long or has a colon")
        account = f"a0-{label}"
        if account not in self._passwords:
            if len(self._passwords) >= MAX_ACCOUNTS:
                raise AccountError(f"there are {MAX_ACCOUNTS} service accounts, no more are made")
            self._passwords[account] = secrets.token_urlsafe(24)
        return f"{account}:{self._passwords[account]}"

    def forget(self) -> None:
        """As a reboot does."""
        self._passwords.clear()

    def find(self, name: str, password: str) -> Account | None:
        """The account, an administrator, when the password is right."""
        known = self._passwords.get(name)
        if known is None or not hmac.compare_digest(known.encode(), password.encode()):
            return None
        return Account(name, "", Access.ADMIN)


class ServiceAccountsOnBus:
    """The accounts as apps ask for them: those whose manifest names the method."""

    def __init__(
        self, accounts: ServiceAccounts, address: ServiceAddress, callers: Callers, warn: Warn
    ) -> None:
        self._accounts = accounts
        self._address = address
        self._callers = callers
        self._warn = warn
        self.service = Service(_INTERFACE, {"GetCredentials": ("s", self._get)}, bus_name=_BUS_NAME)

    async def _get(self, call: Call) -> Reply:
        refusal = self._callers.refusal(await self._callers.process_of(call.sender), METHOD)
        if refusal:
            raise AccessDeniedError(refusal)
        said = self._address.unreachable or self._address.remark
        if said:
            self._warn(said)
        if self._address.unreachable:
            raise AccountError(self._address.unreachable)
        return Reply("s", [self._accounts.credentials(call.body[0])])
