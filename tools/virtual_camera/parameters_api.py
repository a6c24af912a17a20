# SPDX-License-Identifier: MIT
"""param.cgi (VAPIX Parameter management) over the parameter store, and the parameters of apps."""

from __future__ import annotations

import contextlib
import logging
from xml.etree import ElementTree

from aiohttp import web

from tools.eap import Parameter
from tools.virtual_camera.dynamic_parameters import DynamicGroups
from tools.virtual_camera.parameters import Parameter as StoredParameter
from tools.virtual_camera.parameters import ParameterError, ParameterStore
from tools.virtual_camera.server import ACCOUNT
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access
from tools.virtual_camera.web import Refusal, arguments, text, xml

_log = logging.getLogger(__name__)
_NOT_VALUES = ("action", "group", "usergroup", "responseformat", "listformat", "force", "template")
_OPERATOR_GROUPS = ("root.image.",)
"""What an operator may change; everything else needs an administrator."""
_OPEN_GROUPS = ("root.brand.", "root.properties.", "root.image.", "root.imagesource.")
"""What a viewer may read; the parameters of apps and the rest need an operator."""


class ParametersApi:
    """The CGI. The exact wording of its errors varies between AXIS OS versions."""

    def __init__(self, store: ParameterStore, unsupported: Unsupported) -> None:
        self._store = store
        self._unsupported = unsupported
        self._groups = DynamicGroups(store)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        given = await arguments(request)
        action = dict(given).get("action", "")
        access = request[ACCOUNT].access
        if action == "list":
            return self._list(_groups(given), access)
        if action == "listdefinitions":
            return self._list_definitions(_groups(given), access)
        if action == "update":
            return self._update(given, access)
        if action in ("add", "remove"):
            return self._change_groups(action, given, access)
        return text("# Error: action must be specified\n")

    def _list(self, groups: list[str], access: Access) -> web.Response:
        lines = []
        for group in groups:
            found = self._read(group, access)
            lines += [f"{parameter.name}={_shown(parameter)}\n" for parameter in found]
            if not found:
                lines.append(f"# Error: Error -1 getting param in group '{group}'\n")
        return text("".join(lines))

    def _update(self, given: list[tuple[str, str]], access: Access) -> web.Response:
        changes = [(name, value) for name, value in given if name not in _NOT_VALUES]
        if not changes:
            return text("# Error: no parameter was given\n")
        for name, _ in changes:
            is_open = _full(name).lower().startswith(_OPERATOR_GROUPS)
            if access < (Access.OPERATOR if is_open else Access.ADMIN):
                raise Refusal(403, f"The parameter {name} may not be changed by this user.")
        errors = [self._set(name, value) for name, value in changes]
        return text("".join(error for error in errors if error) or "OK")

    def _change_groups(
        self, action: str, given: list[tuple[str, str]], access: Access
    ) -> web.Response:
        if access < Access.OPERATOR:
            raise Refusal(403, "Parameters may not be added or removed by this user.")
        options = dict(given)
        group, template = options.get("group", ""), options.get("template", "")
        if action == "remove":
            answer = self._groups.remove(group)
        else:
            values = {name: value for name, value in given if name not in _NOT_VALUES}
            answer = self._groups.add(template, group, values)
        if answer.startswith("#"):
            self._unsupported.note("vapix", f"param.cgi action={action} {template or group}")
        return text(answer)

    def _set(self, name: str, value: str) -> str:
        with contextlib.suppress(ParameterError):
            self._store.set(name, value)
            return ""
        return f"# Error: Error setting '{_full(name)}' to '{value}'!\n"

    def _list_definitions(self, groups: list[str], access: Access) -> web.Response:
        root = ElementTree.Element(
            "parameterDefinitions",
            {
                "xmlns": "http://www.axis.com/ParameterDefinitionsSchema",
                "version": "1.0",
            },
        )
        told = {"model": "Brand.ProdFullName", "firmwareVersion": "Properties.Firmware.Version"}
        for tag, name in told.items():
            ElementTree.SubElement(root, tag).text = self._store.get(name) or ""
        for group in groups:
            for parameter in self._read(group, access):
                _define(root, parameter)
        return xml(root)

    def _read(self, group: str, access: Access) -> list[StoredParameter]:
        found = self._store.describe(group)
        if access < Access.OPERATOR:
            found = [p for p in found if p.name.lower().startswith(_OPEN_GROUPS)]
        return found


class StoredAppParameters:
    """Keeps the parameters that packages declare: root.<App>.<Name>, values survive upgrades."""

    def __init__(self, store: ParameterStore) -> None:
        self._store = store

    def declare(self, app: str, parameters: tuple[Parameter, ...]) -> None:
        """Add what is new with its default. What is there keeps its value, with the new type."""
        for parameter in parameters:
            name = f"root.{app}.{parameter.name}"
            value = self._store.get(name)
            if value is not None:
                self._store.remove(name)
            self._add(app, name, parameter, value)

    def _add(self, app: str, name: str, parameter: Parameter, value: str | None) -> None:
        """Add it with `value`; else, where its type refuses that, with its default."""
        default, kind = parameter.default, parameter.type or "string"
        for attempt, type_ in ((value, kind), (default, kind), (default, "string")):
            if attempt is None:
                continue
            with contextlib.suppress(ParameterError):
                self._store.add(name, attempt, type_, app=app)
                return
        _log.warning("%s: the parameter %s cannot be added", app, parameter.name)

    def forget(self, app: str, names: tuple[str, ...] | None) -> None:
        """Remove these parameters of the app, or with None all that it has."""
        if names is None:
            self._store.remove_group(app)
            return
        for name in names:
            if self._store.get(f"root.{app}.{name}") is not None:
                self._store.remove(f"root.{app}.{name}")


def _shown(parameter: StoredParameter) -> str:
    """The value as a listing has it: passwords are masked, a value stays on its line."""
    return "******" if parameter.type.is_secret else parameter.value.replace("\n", " ")


def _define(root: ElementTree.Element, parameter: StoredParameter) -> None:
    *groups, last = parameter.name.split(".")
    parent = root
    for group in groups:
        found = [e for e in parent if e.tag == "group" and e.get("name") == group]
        parent = found[0] if found else ElementTree.SubElement(parent, "group", {"name": group})
    levels = "7716" if parameter.name.lower().startswith(_OPEN_GROUPS) else "6446"
    shown = {"name": last, "value": _shown(parameter), "securityLevel": levels, "niceName": last}
    element = ElementTree.SubElement(parent, "parameter", shown)
    controls = dict.fromkeys(sorted(parameter.type.controls), "true")
    kind = ElementTree.SubElement(element, "type", controls)
    if parameter.type.kind in ("int", "password"):
        ElementTree.SubElement(kind, parameter.type.kind, parameter.type.limits)
    elif parameter.type.kind in ("bool", "enum") and parameter.type.choices:
        choice = ElementTree.SubElement(kind, parameter.type.kind)
        for value, nice in parameter.type.choices:
            ElementTree.SubElement(choice, "entry", {"value": value, "niceValue": nice})
    else:
        ElementTree.SubElement(kind, "string", parameter.type.limits)


def _groups(given: list[tuple[str, str]]) -> list[str]:
    """The groups that a request names: separated by commas, `root.` may be left out, and clients
    were seen to send blanks and a dot at the end."""
    text_ = dict(given).get("group", "root")
    groups = [group.strip().rstrip(".") for group in text_.split(",")]
    return [group for group in groups if group] or ["root"]


def _full(name: str) -> str:
    return name if name.lower().startswith("root.") else f"root.{name}"
