# SPDX-License-Identifier: MIT
"""streamprofile.cgi (VAPIX Stream profiles) over the parameters StreamProfile.S0, S1, ... which
param.cgi adds and removes too, and what a profile means for a request for pictures."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from tools.virtual_camera.dynamic_parameters import DynamicGroups
from tools.virtual_camera.json_cgi import Codes, Data, JsonCgi, JsonCgiError
from tools.virtual_camera.parameters import ParameterStore
from tools.virtual_camera.server import Gate
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access

_CODES = Codes(
    forbidden=1000,
    http_type=2001,
    version=2000,
    method=2005,
    json=2001,
    parameter=2003,
    internal=1000,
)
_FAILED, _FORMAT, _INCOHERENT, _MISSING, _INVALID, _ABSENT = 1000, 2001, 2002, 2003, 2004, 2006
_GROUP = "StreamProfile"


class StreamProfiles:
    """The profiles by name."""

    def __init__(self, store: ParameterStore) -> None:
        self._store = store
        self._groups = DynamicGroups(store)

    def group_of(self, name: str) -> str | None:
        """The group, such as StreamProfile.S0, of the profile of this name."""
        for parameter in self._store.describe(f"{_GROUP}.*.Name"):
            if parameter.value == name:
                return parameter.name.removeprefix("root.").rpartition(".")[0]
        return None

    def arguments(self, name: str) -> dict[str, str] | None:
        """What a request says that names this profile; None when there is none."""
        group = self.group_of(name)
        if group is None:
            return None
        return dict(parse_qsl(self._field(group, "Parameters"), keep_blank_values=True))

    def cgi(self, gate: Gate, unsupported: Unsupported) -> JsonCgi:
        api = JsonCgi("streamprofile", ("1.0",), gate, unsupported, codes=_CODES)
        api.add("list", Access.VIEWER, self._list)
        api.add("create", Access.OPERATOR, self._create)
        api.add("update", Access.OPERATOR, self._update)
        api.add("remove", Access.OPERATOR, self._remove)
        return api

    def _list(self, params: Data) -> Data:
        names = _names(params, default=[])
        if not names:
            found = self._store.describe(f"{_GROUP}.*.Name")
            groups = [each.name.removeprefix("root.").rpartition(".")[0] for each in found]
        else:
            groups = [self._require(name) for name in names]
        shown = [
            {
                "name": self._field(group, "Name"),
                "description": self._field(group, "Description"),
                "parameters": self._field(group, "Parameters"),
            }
            for group in groups
        ]
        return {"streamProfile": shown, "maxProfiles": self._limit()}

    def _create(self, params: Data) -> Data:
        profiles = _profiles(params)
        names = [profile["name"] for profile in profiles]
        if len(set(names)) < len(names) or any(self.group_of(name) for name in names):
            raise JsonCgiError(_INCOHERENT, "There is a profile of this name already")
        if len(self._store.describe(f"{_GROUP}.*.Name")) + len(names) > self._limit():
            raise JsonCgiError(_FAILED, f"There are at most {self._limit()} profiles")
        for profile in profiles:
            values = {f"{_GROUP}.S.{key.capitalize()}": text for key, text in profile.items()}
            answer = self._groups.add("streamprofile", _GROUP, values)
            if answer.startswith("#"):
                raise JsonCgiError(_FAILED, answer.removeprefix("# Error: ").strip())
        return {}

    def _update(self, params: Data) -> Data:
        profiles = _profiles(params)
        groups = [self._require(profile["name"]) for profile in profiles]
        for group, profile in zip(groups, profiles, strict=True):
            for key, text in profile.items():
                self._store.set(f"{group}.{key.capitalize()}", text)
        return {}

    def _remove(self, params: Data) -> Data:
        for group in [self._require(name) for name in _names(params)]:
            self._groups.remove(group)
        return {}

    def _require(self, name: str) -> str:
        group = self.group_of(name)
        if group is None:
            raise JsonCgiError(_ABSENT, f"The profile {name!r} does not exist")
        return group

    def _field(self, group: str, name: str) -> str:
        return self._store.get(f"{group}.{name}") or ""

    def _limit(self) -> int:
        return int(self._store.get(f"{_GROUP}.MaxGroups") or 0)


def _entries(params: Data, name: str, default: list[Any] | None = None) -> list[dict[str, Any]]:
    entries = params.get(name, default)
    if entries is None:
        raise JsonCgiError(_MISSING, f"{name} is missing")
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise JsonCgiError(_FORMAT, f"{name} is no list of objects")
    return entries


def _names(params: Data, default: list[Any] | None = None) -> list[str]:
    return [_text(entry, "name") for entry in _entries(params, "streamProfileName", default)]


def _profiles(params: Data) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for entry in _entries(params, "streamProfile"):
        keys = ["name", *(key for key in ("description", "parameters") if key in entry)]
        found.append({key: _text(entry, key) for key in keys})
    return found


def _text(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    if value is None:
        raise JsonCgiError(_MISSING, f"{key} is missing")
    if not isinstance(value, str) or len(value) > 1024 or (key == "name" and not value):
        raise JsonCgiError(_INVALID, f"{key} is no text of at most 1024 characters")
    return value
