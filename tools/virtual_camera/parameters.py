# SPDX-License-Identifier: MIT
"""The camera's parameters, root.Group.Name: its own and those of its apps.

Plain state, for one thread; dbus_services.py gives it to apps and VAPIX to clients. Case does not
matter in names; a listing shows them as they were first written, with an app's group capitalised
(VAPIX Parameter Management). What changes is kept in one JSON file.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tools.errors import ToolError
from tools.virtual_camera.files import write_text_atomically
from tools.virtual_camera.parameter_types import ParameterType, parse_type

_LOG = logging.getLogger(__name__)
_WILDCARD = re.compile(r"[*?[]")
_NAME = re.compile(r"[^\s.=&#*?]+(\.[^\s.=&#*?]+)+")
RESOLUTIONS = (
    (1920, 1080),
    (1280, 720),
    (1024, 576),
    (800, 450),
    (640, 480),
    (640, 360),
    (320, 180),
)
"""What the camera offers: width and height, largest first."""


class ParameterError(ToolError, ValueError):
    """The camera refuses. `kind`: NotFound, Exists, InvalidName, InvalidValue, Denied, Storage."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass
class Parameter:
    """One parameter. `app` is the name of the app that it belongs to, "" for the camera's own."""

    name: str
    """full, with root."""
    value: str
    type: ParameterType
    app: str = ""


class ParameterStore:
    """All parameters by name. Names are accepted with and without `root.`"""

    def __init__(self, path: Path | None = None, system: Mapping[str, str] | None = None) -> None:
        """`system` are the camera's own parameters, without root.; `path` keeps what changes."""
        self._path = path
        self._parameters: dict[str, Parameter] = {}
        self._unsynced: dict[str, str] = {}
        self._listeners: list[Callable[[str, str], None]] = []
        for name, value in (system or {}).items():
            self._put(Parameter(f"root.{name}", value, parse_type("string")))
        if path is not None and path.exists():
            self._load(path)

    def get(self, name: str) -> str | None:
        parameter = self.find(name)
        return None if parameter is None else parameter.value

    def find(self, name: str) -> Parameter | None:
        return self._parameters.get(_key(name))

    def describe(self, group: str) -> list[Parameter]:
        """What is in `group`, as it was added: "Brand", "root.A.*.B"; "" and "root" are all."""
        wanted = ".".join(part for part in _key(group).split(".") if part)
        if not wanted:
            return [*self._parameters.values()]
        if _WILDCARD.search(wanted):
            parts = wanted.split(".")
            return [p for key, p in self._parameters.items() if _below(key.split("."), parts)]
        below = f"{wanted}."
        return [
            parameter
            for key, parameter in self._parameters.items()
            if key.startswith(below) or key == wanted
        ]

    def list(self, group: str) -> dict[str, str]:
        """Full names and values of what `describe` finds."""
        return {parameter.name: parameter.value for parameter in self.describe(group)}

    def set(self, name: str, value: str, *, sync: bool = True, by_app: bool = False) -> None:
        """Change a value. Without `sync` it is neither stored nor announced until a set that is.

        ParameterError NotFound, InvalidValue, Denied (an app may change parameters of apps alone;
        only an app may change a read-only one) or Storage.
        """
        parameter = self._require(name)
        if (by_app and not parameter.app) or (
            not by_app and parameter.type.controls & {"readonly", "const", "internal"}
        ):
            raise ParameterError("Denied", f"parameter {parameter.name} cannot be changed here")
        if (reason := parameter.type.refusal(value)) is not None:
            raise ParameterError("InvalidValue", f"parameter {parameter.name}: {value!r} {reason}")
        before, parameter.value = parameter.value, value
        self._unsynced.setdefault(_key(name), before)
        if sync:
            self._sync()

    def add(self, name: str, value: str, type_: str = "string", *, app: str | None = None) -> None:
        """Add a parameter to an app's group, which the name gives unless `app` does.

        ParameterError Exists, InvalidName, InvalidValue or Storage.
        """
        full = f"root.{_without_root(name)}"
        if not _NAME.fullmatch(full) or full.count(".") < 2:
            raise ParameterError("InvalidName", f"parameter {name}: not a name like Group.Name")
        if self.find(full) is not None:
            raise ParameterError("Exists", f"parameter {full} exists already")
        group = full.split(".")[1]
        kind = parse_type(type_)
        if (reason := kind.refusal(value)) is not None:
            raise ParameterError("InvalidValue", f"parameter {full}: {value!r} {reason}")
        shown = f"root.{group[0].upper()}{group[1:]}" + full[len(f"root.{group}") :]
        self._put(Parameter(shown, value, kind, app or group))
        self._save()

    def remove(self, name: str) -> None:
        """Remove a parameter of an app. ParameterError NotFound or Denied."""
        parameter = self._require(name)
        if not parameter.app:
            raise ParameterError("Denied", f"parameter {parameter.name} is the camera's own")
        del self._parameters[_key(name)]
        self._unsynced.pop(_key(name), None)
        self._save()

    def remove_group(self, app: str) -> None:
        """Remove everything that belongs to `app`, as when it is uninstalled."""
        for key, parameter in list(self._parameters.items()):
            if parameter.app.lower() == app.lower():
                del self._parameters[key]
                self._unsynced.pop(key, None)
        self._save()

    def listen(self, callback: Callable[[str, str], None]) -> Callable[[], None]:
        """Call `callback(full name, value)` for each change; returns the function that stops it."""
        self._listeners.append(callback)

        def stop() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return stop

    def _require(self, name: str) -> Parameter:
        parameter = self.find(name)
        if parameter is None:
            raise ParameterError("NotFound", f"there is no parameter root.{_without_root(name)}")
        return parameter

    def _put(self, parameter: Parameter) -> None:
        self._parameters[_key(parameter.name)] = parameter

    def _sync(self) -> None:
        waiting, self._unsynced = self._unsynced, {}
        changed = [
            self._parameters[key]
            for key, before in waiting.items()
            if self._parameters[key].value != before
        ]
        if changed:
            self._save()
        for parameter in changed:
            for listener in tuple(self._listeners):
                listener(parameter.name, parameter.value)

    def _save(self) -> None:
        if self._path is None:
            return
        kept = [
            {"name": p.name, "value": self._unsynced.get(key, p.value), "type": p.type.text}
            | ({"app": p.app} if p.app else {})
            for key, p in self._parameters.items()
        ]
        try:
            write_text_atomically(self._path, json.dumps({"version": 1, "parameters": kept}))
        except OSError as error:
            raise ParameterError("Storage", f"parameters cannot be stored: {error}") from error

    def _load(self, path: Path) -> None:
        try:
            for entry in json.loads(path.read_text())["parameters"]:
                self._restore(entry)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            aside = path.with_suffix(".broken")
            path.replace(aside)
            _LOG.warning("%s does not parse (%s); kept as %s", path, error, aside.name)

    def _restore(self, entry: dict[str, Any]) -> None:
        known = self.find(entry["name"])
        if known is not None:
            # The camera's own facts win over the file, its settings do not.
            if not known.name.startswith(("root.Properties.", "root.Brand.")):
                known.value = str(entry["value"])
        elif entry.get("app"):
            kind = parse_type(str(entry["type"]))
            self._put(Parameter(str(entry["name"]), str(entry["value"]), kind, entry["app"]))


def system_parameters(
    *, serial: str, architecture: str, os_version: str, model: str
) -> dict[str, str]:
    """The camera's own parameters that clients and apps ask for (VAPIX Parameter Management)."""
    return {
        "Brand.Brand": "AXIS",
        "Brand.ProdFullName": f"{model} Network Camera",
        "Brand.ProdNbr": model.removeprefix("AXIS ").split(" ")[0],
        "Brand.ProdShortName": model,
        "Brand.ProdType": "Network Camera",
        "Brand.WebURL": "http://www.axis.com",
        "Image.I0.Appearance.Resolution": "1280x720",
        "Image.I0.Appearance.Compression": "30",
        "Image.I0.Enabled": "yes",
        "Image.NbrOfConfigs": "1",
        "Network.HTTP.AuthenticationPolicy": "basic_digest",
        "Network.SSH.Enabled": "no",
        "Properties.API.HTTP.Version": "3",
        "Properties.ApiDiscovery.ApiDiscovery": "yes",
        "Properties.EmbeddedDevelopment.EmbeddedDevelopment": "yes",
        "Properties.EmbeddedDevelopment.Version": "3.0",
        "Properties.Firmware.Version": os_version,
        "Properties.Image.Format": "jpeg,mjpeg",
        "Properties.Image.NbrOfViews": "1",
        "Properties.Image.Resolution": ",".join(f"{w}x{h}" for w, h in RESOLUTIONS),
        "Properties.Image.Rotation": "0",
        "Properties.System.Architecture": architecture,
        "Properties.System.SerialNumber": serial,
        "Properties.System.Soc": "Virtual",
        "Properties.VirtualInput.VirtualInput": "yes",
    }


def _without_root(name: str) -> str:
    return name[5:] if name.lower().startswith("root.") else name


def _key(name: str) -> str:
    lowered = name.strip().lower()
    return "" if lowered == "root" else _without_root(lowered).strip(".")


def _below(parts: list[str], wanted: list[str]) -> bool:
    return len(parts) >= len(wanted) and all(
        fnmatchcase(part, want) for part, want in zip(parts, wanted, strict=False)
    )
