# SPDX-License-Identifier: MIT
"""What one virtual camera is: decided at start, never changed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from tools.errors import UsageError
from tools.virtual_camera.app_runner import RestartPolicy

OS_RELEASES = {"11": "11.11.212", "12": "12.10.68", "13": "13.0.33"}
"""What `--os 12` stands for: a release of that AXIS OS with current behaviour."""
ARCHITECTURES = ("host", "aarch64", "armv7hf")
_OUI = "B8A44F"
_PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class CameraSettings:
    """A virtual camera's identity and surroundings."""

    name: str = "virtual"
    port: int = 8080
    """0 takes any free port"""
    https_port: int = 0
    """0 takes any free port"""
    rtsp_port: int = 554
    """any free one when this cannot be had"""
    service_port: int = 80
    """of 127.0.0.12, where apps use their service accounts; on a device always 80"""
    user: str = "root"
    password: str = field(default="pass", repr=False)
    architecture: str = "host"
    os_version: str = OS_RELEASES["12"]
    model: str = "AXIS V1000 Virtual"
    state: Path | None = None
    """a folder to keep; None for a fresh one that is removed at the end"""
    source: str = "pattern"
    clock: bool = True
    """whether date and time are drawn on the picture"""
    platform: Path | None = None
    """the platform libraries; None for build/platform/<architecture>/lib of this project"""
    sysroot: Path | None = None
    """the libraries of another architecture than this machine's; without it none of its apps run"""
    install: tuple[Path, ...] = ()
    restart: RestartPolicy = field(default_factory=RestartPolicy)

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            known = ", ".join(ARCHITECTURES)
            raise UsageError(f"there is no architecture {self.architecture}", f"one of {known}")
        if not re.fullmatch(r"1[123](\.\d+){1,3}", self.os_version):
            raise UsageError(
                f"AXIS OS {self.os_version} is not emulated", f"one of {', '.join(OS_RELEASES)}"
            )
        for port in (self.port, self.https_port, self.rtsp_port, self.service_port):
            if not 0 <= port <= 65535:
                raise UsageError(f"{port} is no port", "0 to 65535 are, 0 for any free one")
        if not self.user or not self.password or ":" in self.user:
            raise UsageError("the user's name or password is empty, or the name has a colon")

    @property
    def serial(self) -> str:
        """Twelve hexadecimal digits, the MAC address; the same for the same name."""
        return _OUI + hashlib.sha256(self.name.encode()).hexdigest()[:6].upper()

    @property
    def os_numbers(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.os_version.split("."))

    @property
    def platform_folder(self) -> Path:
        default = _PROJECT / "build" / "platform" / self.architecture / "lib"
        return (self.platform or default).resolve()
