# SPDX-License-Identifier: MIT
"""pwdgrp.cgi (VAPIX System settings): add, update, remove and list the camera's accounts."""

from __future__ import annotations

import re

from aiohttp import web

from tools.virtual_camera.server import Gate
from tools.virtual_camera.users import Access, Account, UserStore
from tools.virtual_camera.web import arguments

_NAME = re.compile(r"[A-Za-z0-9]{1,14}")
_GROUPS = {"viewer": Access.VIEWER, "operator": Access.OPERATOR, "admin": Access.ADMIN}


class UserApi:
    """The CGI. The first administrator may be made without authentication, as on a new device."""

    def __init__(self, users: UserStore, gate: Gate) -> None:
        self._users = users
        self._gate = gate

    async def handle(self, request: web.Request) -> web.StreamResponse:
        given = dict(await arguments(request))
        action = given.get("action", "")
        if not self._users.has_admin():
            return self._add_first(given) if action == "add" else _first_admin_missing()
        self._gate.require(request, Access.ADMIN)
        acts = {"add": self._add, "update": self._update, "remove": self._remove}
        if action == "get":
            return self._list()
        if action not in acts:
            return _answer("Error: action operation type.")
        return acts[action](given)

    def _add_first(self, given: dict[str, str]) -> web.Response:
        access, _ = _parse_groups(given.get("sgrp", ""))
        if access is not Access.ADMIN:
            return _answer("Error: not a valid initial admin user.", 401)
        return self._add(given)

    def _add(self, given: dict[str, str]) -> web.Response:
        name, password = given.get("user", ""), given.get("pwd", "")
        access, ptz = _parse_groups(given.get("sgrp", ""))
        if not _NAME.fullmatch(name):
            return _answer("Error: account user name.")
        if self._users.find(name) is not None:
            return _answer("Error: this user name already exists, consult the system log file.")
        if not password or access is None:
            return _answer("Error: consult the system log file.")
        self._users.put(name, password, access, ptz=ptz)
        return _answer(f"Created account {name}.")

    def _update(self, given: dict[str, str]) -> web.Response:
        account = self._users.find(given.get("user", ""))
        if account is None:
            return _answer("Error: account user name.")
        access: Access | None = None
        ptz: bool | None = None
        if "sgrp" in given:
            access, ptz = _parse_groups(given["sgrp"])
            if access is None or self._is_last_admin(account, access):
                return _answer("Error: consult the system log file.")
        self._users.change(account, given.get("pwd") or None, access, ptz)
        return _answer(f"Modified account {account.name}.")

    def _remove(self, given: dict[str, str]) -> web.Response:
        account = self._users.find(given.get("user", ""))
        if account is None:
            return _answer("Error: account user name.")
        if self._is_last_admin(account, Access.ANONYMOUS):
            return _answer("Error: consult the system log file.")
        self._users.remove(account.name)
        return _answer(f"Removed account {account.name}.")

    def _is_last_admin(self, account: Account, future: Access) -> bool:
        admins = [a.name for a in self._users.list() if a.access is Access.ADMIN]
        return admins == [account.name] and future is not Access.ADMIN

    def _list(self) -> web.Response:
        accounts = self._users.list()
        groups = {
            "admin": [a.name for a in accounts if a.access >= Access.ADMIN],
            "operator": [a.name for a in accounts if a.access >= Access.OPERATOR],
            "viewer": [a.name for a in accounts if a.access >= Access.VIEWER],
            "ptz": [a.name for a in accounts if a.ptz or a.access is Access.ADMIN],
            "digusers": [a.name for a in accounts],
        }
        lines = "".join(f'{group}="{",".join(names)}"\n' for group, names in groups.items())
        return web.Response(text=lines, content_type="text/plain")


def _parse_groups(text: str) -> tuple[Access | None, bool]:
    """What sgrp grants: the access level, None when it names none, and whether PTZ is included.
    The groups may stand in any order."""
    names = text.split(":")
    levels = [_GROUPS.get(name) for name in names if name != "ptz"]
    known = [level for level in levels if level is not None]
    return (max(known) if known and len(known) == len(levels) else None), "ptz" in names


def _answer(line: str, status: int = 200) -> web.Response:
    """The line in the page that a device puts around it."""
    head = "<html><head><title>User accounts</title></head>"
    text = f"{head}<body bgcolor=#ffffff>{line}\n</body>\n\n</html>\n"
    return web.Response(text=text, status=status, content_type="text/html")


def _first_admin_missing() -> web.Response:
    return _answer("Error: initial admin user must be created first.", 401)
