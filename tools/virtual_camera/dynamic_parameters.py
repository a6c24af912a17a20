# SPDX-License-Identifier: MIT
"""Groups of parameters that clients add and remove with param.cgi (VAPIX Parameter management).

One template is known, that of stream profiles: root.StreamProfile.S0, S1, ... They are kept, and
listed as any parameter; that pictures follow a profile is not emulated.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.virtual_camera.parameters import ParameterError, ParameterStore


@dataclass(frozen=True)
class _Template:
    group: str
    letter: str
    """of the groups' names, before the number"""
    defaults: dict[str, str]
    limit: int


_TEMPLATES = {
    "streamprofile": _Template(
        "StreamProfile", "S", {"Name": "", "Description": "", "Parameters": ""}, 26
    )
}


class DynamicGroups:
    """Both calls give the text of the answer."""

    def __init__(self, store: ParameterStore) -> None:
        self._store = store

    def add(self, template: str, group: str, values: dict[str, str]) -> str:
        """ "S0 OK" with the new group's name. `values` are named like StreamProfile.S.Name."""
        known = _TEMPLATES.get(template.lower())
        if known is None or _without_root(group).lower() != known.group.lower():
            return f"# Error: there is no template {template!r} for the group {group!r}\n"
        prefix = f"{known.group}.{known.letter}.".lower()
        fields = {name.lower(): name for name in known.defaults}
        given: dict[str, str] = {}
        for name, value in values.items():
            field = fields.get(_without_root(name).lower().removeprefix(prefix))
            if field is None:
                return f"# Error: {name} is not in the template {template}\n"
            given[field] = value
        found = self._free(known)
        if found is None:
            return f"# Error: there are {known.limit} groups, which is the limit\n"
        for field, value in {**known.defaults, **given}.items():
            self._store.add(f"{known.group}.{found}.{field}", value, app=known.group)
        return f"{found} OK"

    def remove(self, group: str) -> str:
        """ "OK" when it was a dynamic group."""
        names = list(self._store.list(group))
        owners = {template.group for template in _TEMPLATES.values()}
        deep = _without_root(group).count(".") == 1
        if not names or not deep or _without_root(names[0]).split(".")[0] not in owners:
            return f"# Error: the group {group!r} cannot be removed\n"
        try:
            for name in names:
                self._store.remove(name)
        except ParameterError:
            return f"# Error: the group {group!r} cannot be removed\n"
        return "OK"

    def _free(self, template: _Template) -> str | None:
        for number in range(template.limit):
            name = f"{template.letter}{number}"
            if not self._store.describe(f"{template.group}.{name}"):
                return name
        return None


def _without_root(name: str) -> str:
    return name[5:] if name.lower().startswith("root.") else name
