# SPDX-License-Identifier: MIT
"""Where things are, and which cameras there are: pyproject.toml, cameras.toml, the environment."""

from __future__ import annotations

import getpass
import importlib
import json
import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.bootstrap import PROJECT
from tools.errors import BuildError, SetupError, UsageError

BUILD = PROJECT / "build"
CAMERAS_FILE = PROJECT / "cameras.toml"
VIRTUAL = "virtual"
"""The camera that always exists: the project's own virtual one."""
APP_NAME = "batondescribe"
VIRTUAL_USER = "root"
VIRTUAL_PASSWORD = "pass"
"""Its documented default; it answers on the loopback address alone."""
_RUNNING_FILE = Path(os.environ.get("BATONDESCRIBE_CAMERA_FILE") or BUILD / "camera.json")
"""Where a running `invoke camera` announces itself; tests use one of their own."""
_KEYS = {"url", "user", "architecture", "os", "verify", "virtual_inputs"}


@dataclass(frozen=True)
class CameraSettings:
    """One camera of cameras.toml, or the running virtual one; never its password."""

    name: str
    url: str
    user: str
    architecture: str = ""
    """aarch64, armv7hf or host; "" to ask the camera"""
    os: int = 0
    """AXIS OS line, 0 to ask the camera"""
    verify: bool | str = True
    """Whether to check its TLS certificate, or the CA file to check it with"""
    virtual_inputs: tuple[int, ...] = ()
    """Virtual input ports that tests may switch"""
    control: str = ""
    """A virtual camera's control API, "" for a real one"""

    @property
    def is_virtual(self) -> bool:
        return bool(self.control)


def project_version(project: Path = PROJECT) -> str:
    """The version that everything built here carries; BuildError when pyproject.toml names none."""
    path = project / "pyproject.toml"
    try:
        return str(tomllib.loads(path.read_text())["project"]["version"])
    except (OSError, ValueError, KeyError) as error:
        raise BuildError(
            f"{path} names no version ({error})", 'below [project] it has version = "1.2.3"'
        ) from error


def read_cameras(path: Path = CAMERAS_FILE) -> dict[str, CameraSettings]:
    """The cameras of cameras.toml by name, {} without the file; UsageError names a wrong field."""
    if not path.is_file():
        return {}
    try:
        tables = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path.name}: {error}", "compare cameras.toml.example") from error
    return {name: _decode(path, name, table) for name, table in tables.items()}


def find_camera(name: str, path: Path = CAMERAS_FILE) -> CameraSettings:
    """The camera called `name`; "virtual" is the one that a running `invoke camera` announced."""
    if name == VIRTUAL:
        return running_virtual_camera()
    cameras = read_cameras(path)
    if name not in cameras:
        for line in _read_running().get("fleet", []):
            if line["name"] == name and _is_alive(int(line["pid"])):
                return virtual_settings(line)
        known = ", ".join([VIRTUAL, *sorted(cameras)])
        raise UsageError(
            f"there is no camera called {name!r}",
            f"known are: {known}; add it to cameras.toml (see cameras.toml.example)",
        )
    return cameras[name]


def password_of(camera: CameraSettings, environment: Mapping[str, str] | None = None) -> str:
    """The password of `camera.user`: from the environment, the keyring, or asked for."""
    environment = os.environ if environment is None else environment
    own = f"BATONDESCRIBE_PASSWORD_{camera.name.upper().replace('-', '_')}"
    for variable in (own, "BATONDESCRIBE_PASSWORD"):
        if variable in environment:
            return environment[variable]
    if camera.is_virtual:
        return VIRTUAL_PASSWORD
    stored = _from_keyring(camera)
    if stored is not None:
        return stored
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass.getpass(f"password of {camera.user} at {camera.url}: ")
    raise SetupError(f"no password for camera {camera.name!r} is known", f"set {own}")


def announce_virtual_camera(
    ready: Mapping[str, Any], fleet: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Let other tasks find the virtual camera that has just reported `ready` (its --json line), as
    "virtual"; and those of the same run by their own names."""
    _RUNNING_FILE.parent.mkdir(parents=True, exist_ok=True)
    _RUNNING_FILE.write_text(json.dumps({**ready, "fleet": [dict(line) for line in fleet]}))


def withdraw_virtual_camera(pid: int) -> None:
    """Take the announcement back if it is still the one of process `pid`."""
    if _read_running().get("pid") == pid:
        _RUNNING_FILE.unlink(missing_ok=True)


def running_virtual_camera() -> CameraSettings:
    """The virtual camera that a running `invoke camera` announced."""
    ready = _read_running()
    if not ready or not _is_alive(int(ready.get("pid", 0))):
        raise SetupError(
            "no virtual camera is running", "start one in another terminal: `invoke camera`"
        )
    return virtual_settings(ready)


def virtual_settings(ready: Mapping[str, Any]) -> CameraSettings:
    """Settings of a virtual camera from the line that it prints with --json."""
    return CameraSettings(
        name=str(ready["name"]),
        url=str(ready["url"]),
        user=str(ready["user"]),
        architecture=str(ready["arch"]),
        virtual_inputs=(1, 2),
        control=str(ready["control"]),
    )


def _decode(path: Path, name: str, table: object) -> CameraSettings:
    where = f"{path.name}: [{name}]"
    if not isinstance(table, dict):
        raise UsageError(
            f"{where} is no table", f'write: [{name}] and below it url = "https://HOST"'
        )
    if name == VIRTUAL:
        raise UsageError(f"{where}: this name is taken by the virtual camera", "choose another one")
    for key in table:
        if "password" in key:
            raise UsageError(
                f"{where} holds a password, which does not belong into a file",
                f"take it out and set BATONDESCRIBE_PASSWORD_{name.upper().replace('-', '_')}",
            )
        if key not in _KEYS:
            raise UsageError(f"{where} has no {key!r}", f"known are: {', '.join(sorted(_KEYS))}")
    _check(where, table)
    return CameraSettings(
        name=name,
        url=table["url"],
        user=table.get("user", "root"),
        architecture=table.get("architecture", ""),
        os=table.get("os", 0),
        verify=table.get("verify", True),
        virtual_inputs=tuple(table.get("virtual_inputs", ())),
    )


def _check(where: str, table: dict[str, Any]) -> None:
    inputs = table.get("virtual_inputs", [])
    rules = (
        ("url", "url" in table and isinstance(table["url"], str), 'an address, "https://HOST"'),
        ("user", isinstance(table.get("user", ""), str), "a user's name"),
        (
            "architecture",
            table.get("architecture", "") in ("", "aarch64", "armv7hf"),
            "aarch64 or armv7hf",
        ),
        ("os", table.get("os", 0) in (0, 11, 12, 13), "11, 12 or 13"),
        ("verify", isinstance(table.get("verify", True), (bool, str)), "true, false or a CA file"),
        (
            "virtual_inputs",
            isinstance(inputs, list) and all(isinstance(i, int) for i in inputs),
            "port numbers",
        ),
    )
    for field, holds, rule in rules:
        if not holds:
            raise UsageError(f"{where}: {field} must be {rule}", "compare cameras.toml.example")


def _from_keyring(camera: CameraSettings) -> str | None:
    try:
        keyring = importlib.import_module("keyring")  # used where it is installed, not required
    except ImportError:
        return None
    stored = keyring.get_password(f"batondescribe:{camera.name}", camera.user)
    return None if stored is None else str(stored)


def _read_running() -> dict[str, Any]:
    try:
        ready = json.loads(_RUNNING_FILE.read_text())
    except (OSError, ValueError):
        return {}
    return ready if isinstance(ready, dict) else {}


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
