# SPDX-License-Identifier: MIT
"""Which packages the camera takes: its settings for that, and the checks with their error codes.

The codes are those of upload.cgi (VAPIX Application API). What a device does beyond the documented
rules is [unconfirmed] and marked so.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import eap
from tools.eap import Package
from tools.errors import PackageError
from tools.virtual_camera.app_record import AppRecord, entries, names_method
from tools.virtual_camera.files import write_text_atomically
from tools.virtual_camera.service_accounts import METHOD as SERVICE_ACCOUNTS
from tools.virtual_camera.web import as_object

NOT_A_PACKAGE, UNSIGNED, NO_ROOM, INCOMPATIBLE = 1, 2, 3, 5
UNSPECIFIED, BUSY, FORBIDDEN_USER, OTHER_CASE = 10, 12, 13, 14
OTHER_VENDOR, INVALID_MANIFEST = 27, 29

_APP_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,25}")
_RUN_MODES = ("never", "once", "respawn", "respawnOnFailure")
_ACCESS = ("viewer", "operator", "admin")
_GROUPS_V2 = (
    *("admin", "audiod", "gpu", "hidraw", "operator", "pipewire", "ptzadm", "sdk", "storage"),
    *("video", "viewer"),
)
_METHODS = (SERVICE_ACCOUNTS,)
"""The D-Bus methods that an app may require and that the virtual camera knows."""
_ENFORCED_MIN_OS = (12, 10)
"""From here compatibleOsVersions.min is enforced on AXIS OS 12 [unconfirmed]; all of it from 13."""


class Refused(Exception):
    """The camera does not take the package or do what was asked; `code` as VAPIX numbers it."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def read_package(source: Path) -> Package:
    """Read a package; what tools.eap refuses becomes the matching code of upload.cgi."""
    try:
        return eap.read(source)
    except PackageError as error:
        message = str(error)
        if "larger than" in message:
            raise Refused(NO_ROOM, message) from error
        if "package.conf:" in message or "manifest.json is no JSON" in message:
            raise Refused(INVALID_MANIFEST, message) from error
        if "acapPackageConf.setup.appName" in message:
            raise Refused(INVALID_MANIFEST, message) from error
        raise Refused(NOT_A_PACKAGE, message) from error


class InstallSettings:
    """AllowUnsigned and AllowRoot of config.cgi, with each AXIS OS version's default, kept on disk.

    Unsigned packages: allowed on 11, refused on 12 and 13 until the setting is changed. AllowRoot
    exists on 11 alone. How 13 lets developers in is [unconfirmed]; here it is the same setting.
    """

    def __init__(self, path: Path, os_version: tuple[int, ...]) -> None:
        self._path = path
        self._values = {"AllowUnsigned": os_version[0] < 12}
        if os_version[0] < 12:
            self._values["AllowRoot"] = False
        if path.exists():
            stored = json.loads(path.read_text())
            self._values |= {name: bool(stored.get(name, v)) for name, v in self._values.items()}

    @property
    def allows_unsigned(self) -> bool:
        return self._values["AllowUnsigned"]

    @property
    def allows_root(self) -> bool:
        return self._values.get("AllowRoot", False)

    def get(self, name: str) -> bool | None:
        """None for a setting that this camera does not have."""
        return self._values.get(name)

    def set(self, name: str, value: bool) -> bool:
        """False for a setting that this camera does not have."""
        if name not in self._values:
            return False
        self._values[name] = value
        write_text_atomically(self._path, json.dumps(self._values))
        return True


@dataclass(frozen=True)
class PackageCheck:
    """All checks that a package must pass before anything of it is written."""

    architecture: str
    os_version: tuple[int, ...]
    settings: InstallSettings

    def check(self, package: Package, installed: dict[str, AppRecord], *, trusted: bool) -> None:
        """Refused with the documented code and a reason for the log. `trusted` packages (those that
        the camera's own command line installs) need no signature."""
        _check_manifest(package)
        if not package.signed and not trusted and not self.settings.allows_unsigned:
            raise Refused(
                UNSIGNED,
                "it is not signed; allow that with config.cgi?action=set&name=AllowUnsigned",
            )
        if package.architecture not in ("all", self.architecture):
            reason = f"it is for {package.architecture}, this camera is {self.architecture}"
            raise Refused(INCOMPATIBLE, reason)
        self._check_os(package)
        self._check_user(package)
        _check_methods(package)
        _check_installed(package, installed)

    def _check_os(self, package: Package) -> None:
        major = _schema_major(package.manifest)
        if self.os_version[0] >= 13 and major < 2:
            raise Refused(INCOMPATIBLE, "AXIS OS 13 needs a manifest of schema version 2")
        sdk = str(_setup(package).get("embeddedSdkVersion") or "")
        if sdk and _numbers(sdk) >= (4,):
            raise Refused(INCOMPATIBLE, f"embeddedSdkVersion {sdk} does not exist; write 3.0")
        ranges = entries(_setup(package), "compatibleOsVersions")
        if not ranges or self.os_version < _ENFORCED_MIN_OS:
            return
        if not any(self._fits(entry) for entry in ranges):
            mine = ".".join(map(str, self.os_version))
            raise Refused(INCOMPATIBLE, f"compatibleOsVersions leaves out AXIS OS {mine}")

    def _fits(self, entry: dict[str, Any]) -> bool:
        lowest, highest = _numbers(entry.get("min")), _numbers(entry.get("max"))
        if self.os_version < lowest:
            return False
        enforced = self.os_version[0] >= 13 and bool(highest)
        return not enforced or self.os_version[: len(highest)] <= highest

    def _check_user(self, package: Package) -> None:
        user = as_object(_setup(package).get("user"))
        name, group = str(user.get("username") or ""), str(user.get("group") or "")
        if "root" in (name, group) and not self.settings.allows_root:
            raise Refused(FORBIDDEN_USER, "it wants to run as root")
        if _schema_major(package.manifest) < 2:
            return
        if name not in ("", "sdk"):
            raise Refused(FORBIDDEN_USER, f"it wants to run as {name}; only sdk is allowed")
        linux = as_object(as_object(package.manifest.get("resources")).get("linux"))
        wanted = as_object(linux.get("user")).get("groups") or []
        for wanted_group in [group, *wanted] if group else wanted:
            if wanted_group not in _GROUPS_V2:
                raise Refused(FORBIDDEN_USER, f"it wants the group {wanted_group}")


def _check_manifest(package: Package) -> None:
    setup = _setup(package)
    for wrong, reason in (
        (
            not _APP_NAME.fullmatch(package.app_name),
            f"appName {package.app_name!r} is no valid name",
        ),
        (package.run_mode not in _RUN_MODES, f"runMode {package.run_mode!r} does not exist"),
        (
            package.has_manifest and _schema_major(package.manifest) not in (1, 2),
            "schemaVersion is not 1.x or 2.x",
        ),
        (not _has_program(package), f"the package has no program named {package.app_name}"),
        (*_contradiction(package),),
        (*_version_2(package.manifest, setup),),
        (*_http_config(package),),
    ):
        if wrong:
            raise Refused(INVALID_MANIFEST, reason)


def _has_program(package: Package) -> bool:
    return any(member.name == package.app_name for member in package.members)


def _contradiction(package: Package) -> tuple[bool, str]:
    found = package.contradictions()
    return bool(found), "; ".join(found)


def _version_2(manifest: dict[str, Any], setup: dict[str, Any]) -> tuple[bool, str]:
    if "resources" in as_object(manifest.get("acapPackageConf")):
        return True, "resources belongs to the top level of the manifest"
    if _schema_major(manifest) < 2:
        return False, ""
    missing = [name for name in ("vendorId", "compatibleOsVersions") if not setup.get(name)]
    if missing:
        return True, f"a manifest of schema version 2 needs {missing[0]}"
    return "embeddedSdkVersion" in setup, "schema version 2 has no embeddedSdkVersion"


def _http_config(package: Package) -> tuple[bool, str]:
    conf = as_object(package.manifest.get("acapPackageConf"))
    for entry in entries(as_object(conf.get("configuration")), "httpConfig"):
        if entry.get("access") not in _ACCESS:
            return True, f"httpConfig has the access {entry.get('access')!r}"
    return False, ""


def _check_methods(package: Package) -> None:
    dbus = as_object(as_object(package.manifest.get("resources")).get("dbus"))
    for method in dbus.get("requiredMethods") or []:
        pattern = str(method)
        if not any(names_method([pattern], known) for known in _METHODS):
            raise Refused(
                INCOMPATIBLE, f"it requires the D-Bus method {pattern}, which is not here"
            )


def _check_installed(package: Package, installed: dict[str, AppRecord]) -> None:
    for name, record in installed.items():
        if name != package.app_name and name.lower() == package.app_name.lower():
            raise Refused(OTHER_CASE, f"{name} is installed, which differs only in letter case")
        vendor_id = str(_setup(package).get("vendorId") or "")
        if name == package.app_name and record.vendor_id and vendor_id != record.vendor_id:
            raise Refused(
                OTHER_VENDOR,
                f"its vendorId is {vendor_id!r}, the installed app's {record.vendor_id!r}",
            )


def _setup(package: Package) -> dict[str, Any]:
    return as_object(as_object(package.manifest.get("acapPackageConf")).get("setup"))


def _schema_major(manifest: dict[str, Any]) -> int:
    return (_numbers(manifest.get("schemaVersion")) or (0,))[0]


def _numbers(version: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", str(version or "")))
