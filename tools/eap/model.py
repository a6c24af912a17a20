# SPDX-License-Identifier: MIT
"""What a package says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Parameter:
    """One app parameter with its default, as paramConfig (param.conf) declares it."""

    name: str
    default: str
    type: str


@dataclass(frozen=True)
class CgiEntry:
    """One HTTP endpoint of the app: /local/<appName>/<name>."""

    name: str
    access: str
    """admin, operator or viewer"""
    kind: str
    """fastCgi or transferCgi"""


@dataclass(frozen=True)
class Member:
    """One entry of the archive: its name relative to the package folder, bytes, permission bits."""

    name: str
    size: int
    mode: int


@dataclass(frozen=True)
class Package:
    """A package that was read completely and found safe to unpack.

    The manifest is authoritative (AXIS OS 10.7 and later); package.conf fills what it leaves out.
    """

    manifest: Manifest
    package_conf: dict[str, str]
    param_conf: tuple[Parameter, ...]
    cgi: tuple[CgiEntry, ...]
    members: tuple[Member, ...]
    signed: bool
    """True when bytes follow the gzip stream, where Axis appends its signature."""
    _unpack: Callable[[Path], None] = field(repr=False, compare=False)

    @property
    def has_manifest(self) -> bool:
        """False for packages from before AXIS OS 10.7: `manifest` is what package.conf says."""
        return any(member.name == "manifest.json" for member in self.members)

    @property
    def app_name(self) -> str:
        return self._setup("appName", "APPNAME")

    @property
    def friendly_name(self) -> str:
        return self._setup("friendlyName", "PACKAGENAME") or self.app_name

    @property
    def vendor(self) -> str:
        return self._setup("vendor", "VENDOR")

    @property
    def version(self) -> str:
        """Major, minor and micro alone, such as "1.2.3"; list.cgi shows no more either."""
        conf = [self.package_conf.get(f"APP{part}VERSION", "0") for part in _VERSION_PARTS]
        return (
            str(setup_of(self.manifest).get("version") or ".".join(conf))
            .split("-")[0]
            .split("+")[0]
        )

    @property
    def architecture(self) -> str:
        """all, aarch64, armv7hf, or host for packages that only the virtual camera takes."""
        return self._setup("architecture", "APPTYPE")

    @property
    def run_mode(self) -> str:
        """never, once, respawn or respawnOnFailure."""
        return self._setup("runMode", "STARTMODE") or "never"

    @property
    def run_options(self) -> str:
        """The app's command line as one string, "" when it has none."""
        return self._setup("runOptions", "APPOPTS")

    @property
    def setting_page(self) -> str:
        """The page below html/, "" when there is none."""
        page = configuration_of(self.manifest).get("settingPage")
        return str(page or self.package_conf.get("SETTINGSPAGEFILE", ""))

    def contradictions(self) -> list[str]:
        """Each way in which package.conf says something else than the manifest, as a sentence."""
        setup = setup_of(self.manifest)
        version = ".".join(
            self.package_conf.get(f"APP{part}VERSION", "") for part in _VERSION_PARTS
        )
        pairs = (
            ("appName", setup.get("appName"), "APPNAME", self.package_conf.get("APPNAME")),
            (
                "architecture",
                setup.get("architecture"),
                "APPTYPE",
                self.package_conf.get("APPTYPE"),
            ),
            ("version", self.version, "APPMAJORVERSION.MINOR.MICRO", version),
        )
        return [
            f"manifest.json has {field} {ours!r}, package.conf has {key} {theirs!r}"
            for field, ours, key, theirs in pairs
            if ours and theirs and ours != theirs
        ]

    def extract(self, target: Path) -> None:
        """Unpack into `target`, which is created; files there of the same name are replaced.

        PackageError when the source can no longer be read as it was; OSError as the disk gives it.
        """
        self._unpack(target)

    def _setup(self, name: str, key: str) -> str:
        return str(setup_of(self.manifest).get(name) or self.package_conf.get(key, ""))


_VERSION_PARTS = ("MAJOR", "MINOR", "MICRO")


def setup_of(manifest: Manifest) -> dict[str, Any]:
    """acapPackageConf.setup, {} where the manifest has none."""
    return _section(_section(manifest, "acapPackageConf"), "setup")


def configuration_of(manifest: Manifest) -> dict[str, Any]:
    """acapPackageConf.configuration, {} where the manifest has none."""
    return _section(_section(manifest, "acapPackageConf"), "configuration")


def script_of(manifest: Manifest, section: str, name: str) -> str:
    """The script that e.g. installation.postInstallScript names, "" where there is none."""
    return str(_section(_section(manifest, "acapPackageConf"), section).get(name) or "")


def _section(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}
