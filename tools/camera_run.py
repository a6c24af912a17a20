# SPDX-License-Identifier: MIT
"""`invoke camera`: virtual cameras in the foreground, until Ctrl-C."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import console, emulation, settings
from tools.camera import VirtualCamera, start_virtual_cameras
from tools.errors import SetupError, UsageError


@dataclass(frozen=True)
class CameraRun:
    """What the task is asked for."""

    port: int = 8080
    user: str = settings.VIRTUAL_USER
    password: str = field(default=settings.VIRTUAL_PASSWORD, repr=False)
    source: str = "pattern"
    state: str = ""
    install: Sequence[str] = ()
    os: int = 12
    model: str = ""
    name: str = settings.VIRTUAL
    count: int = 1
    clock: bool = True
    as_json: bool = False

    def options(self) -> list[str]:
        """As tools.virtual_camera takes them. UsageError for what cannot be meant."""
        if not 0 <= self.port <= 65535:
            raise UsageError(
                f"{self.port} is no port", "take one from 1 to 65535, or 0 for any free one"
            )
        if self.os not in (11, 12, 13):
            raise UsageError(f"AXIS OS {self.os} is not emulated", "take 11, 12 or 13")
        given = ["--port", str(self.port), "--user", self.user, "--password", self.password]
        given += ["--source", _source(self.source), "--os", str(self.os), "--name", self.name]
        given += ["--model", self.model] if self.model else []
        given += ["--state", str(Path(self.state).resolve())] if self.state else []
        given += [] if self.clock else ["--no-clock"]
        for package in self.install:
            given += ["--install", str(_existing(package, "package").resolve())]
        return given


def run(wanted: CameraRun, architecture: str = "host") -> None:
    """Run them until Ctrl-C or SIGTERM, or until they end by themselves."""
    options = wanted.options()
    options += emulation.camera_options(architecture)
    with start_virtual_cameras(wanted.count, options, password=wanted.password) as cameras:
        lines = [{**camera.ready, "name": camera.settings.name} for camera in cameras]
        settings.announce_virtual_camera(lines[0], lines if wanted.count > 1 else ())
        try:
            _say_ready(lines, wanted.as_json)
            code = _wait(cameras)
        finally:
            settings.withdraw_virtual_camera(int(lines[0]["pid"]))
    if code != 0:
        raise SetupError(f"the virtual camera ended with exit code {code}", "read its log above")


def coverage(architecture: str, as_json: bool) -> None:
    """Print what the virtual camera of `architecture` has of what a camera has."""
    from tools.virtual_camera import coverage as table
    from tools.virtual_camera.settings import CameraSettings

    platform = emulation.camera_options(architecture)[-1]
    rows = table.coverage(CameraSettings(platform=Path(platform)))
    for line in [json.dumps(table.as_json(rows))] if as_json else table.show(rows):
        console.result(line)


def _wait(cameras: Sequence[VirtualCamera]) -> int:
    return cameras[0].wait()  # all are of one process


def _say_ready(lines: Sequence[dict[str, Any]], as_json: bool) -> None:
    for line in lines:
        if as_json:
            console.result(json.dumps(line))
        elif len(lines) > 1:
            console.result(f"{line['name']:<12} {line['url']}  control {line['control']}")
    if not as_json:
        if len(lines) == 1:
            console.result(f"camera   {lines[0]['url']} (user {lines[0]['user']})")
            console.result(f"control  {lines[0]['control']}")
        console.result(
            "Ctrl-C stops it; in another terminal: `invoke deploy`, then `invoke status`"
        )


def _source(given: str) -> str:
    if given == "pattern" or given.startswith(("http://", "https://")):
        return given
    return str(_existing(given, "picture source").resolve())


def _existing(name: str, what: str) -> Path:
    path = Path(name)
    if not path.exists():
        raise UsageError(f"there is no {what} {name}", "check the path")
    return path
