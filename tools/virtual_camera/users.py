# SPDX-License-Identifier: MIT
"""The camera's accounts and their roles, kept as digest hashes in one JSON file."""

from __future__ import annotations

import enum
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tools.virtual_camera.digest import hash_password
from tools.virtual_camera.files import write_text_atomically


class Access(enum.IntEnum):
    """What a request needs and what an account has; each level includes those below it."""

    ANONYMOUS = 0
    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @classmethod
    def named(cls, name: str) -> Access:
        """The level that manifests and group names write as anonymous, viewer, operator, admin."""
        return cls[name.upper()]


@dataclass(frozen=True)
class Account:
    """One user. `ha1` is MD5(name:realm:password): the password itself is never stored."""

    name: str
    ha1: str
    access: Access
    ptz: bool = False
    comment: str = ""


class UserStore:
    """All accounts, by name. Every change is on disk before the call returns."""

    def __init__(self, path: Path, realm: str) -> None:
        self._path = path
        self.realm = realm
        self._accounts: dict[str, Account] = {}
        if path.exists():
            for entry in json.loads(path.read_text()):
                account = Account(**{**entry, "access": Access(entry["access"])})
                self._accounts[account.name] = account

    def find(self, name: str) -> Account | None:
        return self._accounts.get(name)

    def find_ha1(self, name: str) -> str | None:
        account = self._accounts.get(name)
        return account.ha1 if account else None

    def list(self) -> list[Account]:
        return list(self._accounts.values())

    def has_admin(self) -> bool:
        return any(account.access is Access.ADMIN for account in self._accounts.values())

    def put(self, name: str, password: str, access: Access, *, ptz: bool = False) -> None:
        """Create the account, or replace the one of that name."""
        ha1 = hash_password(name, self.realm, password)
        self._accounts[name] = Account(name, ha1, access, ptz)
        self._save()

    def change(
        self, account: Account, password: str | None, access: Access | None, ptz: bool | None
    ) -> None:
        """Change what is not None of an existing account."""
        if password is not None:
            account = replace(account, ha1=hash_password(account.name, self.realm, password))
        if access is not None:
            account = replace(account, access=access)
        if ptz is not None:
            account = replace(account, ptz=ptz)
        self._accounts[account.name] = account
        self._save()

    def remove(self, name: str) -> None:
        del self._accounts[name]
        self._save()

    def verify(self, name: str, password: str) -> bool:
        """Whether `password` is right; for Basic authentication."""
        return self.find_ha1(name) == hash_password(name, self.realm, password)

    def _save(self) -> None:
        entries = [asdict(account) for account in self._accounts.values()]
        write_text_atomically(self._path, json.dumps(entries, indent=1), mode=0o600)
