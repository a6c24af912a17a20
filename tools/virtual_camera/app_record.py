# SPDX-License-Identifier: MIT
"""What the camera keeps about an installed app, beside its package folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tools.eap import Package
from tools.virtual_camera.files import write_text_atomically
from tools.virtual_camera.web import as_object


@dataclass(frozen=True)
class Endpoint:
    """One fastCgi or transferCgi entry: /local/<app>/<name>."""

    name: str
    access: str
    kind: str


@dataclass(frozen=True)
class Proxy:
    """One reverseProxy entry. `kind` is http, ws or fcgi; `target` a URL or a socket's path."""

    path: str
    target: str
    kind: str
    access: str


@dataclass(frozen=True)
class AppRecord:
    """An installed app, decoded once from its package."""

    name: str
    nice_name: str
    vendor: str
    vendor_id: str
    vendor_url: str
    version: str
    app_id: str
    architecture: str
    run_mode: str
    run_options: str
    setting_page: str
    copy_protection: str
    post_install: str
    pre_uninstall: str
    signed: bool
    page_access: str = "admin"
    """who may read html/; a directory entry of httpConfig says otherwise"""
    endpoints: tuple[Endpoint, ...] = ()
    proxies: tuple[Proxy, ...] = ()
    parameters: tuple[str, ...] = ()
    os_versions: tuple[tuple[str, str], ...] = ()
    """(min, max) as the manifest writes them"""
    dbus_methods: tuple[str, ...] = ()
    """which the app may call, as the manifest writes them"""
    members: tuple[str, ...] = field(default=(), repr=False)
    was_running: bool = False
    """whether the app is to be started when the camera starts"""

    @property
    def uses_fastcgi(self) -> bool:
        kinds = [e.kind for e in self.endpoints] + [p.kind for p in self.proxies]
        return "fastCgi" in kinds or "fcgi" in kinds

    def save(self, path: Path) -> None:
        write_text_atomically(path, json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> AppRecord:
        values = json.loads(path.read_text())
        values["endpoints"] = tuple(Endpoint(**entry) for entry in values["endpoints"])
        values["proxies"] = tuple(Proxy(**entry) for entry in values["proxies"])
        values["os_versions"] = tuple(tuple(pair) for pair in values["os_versions"])
        for name in ("parameters", "members", "dbus_methods"):
            values[name] = tuple(values.get(name, ()))
        return cls(**values)

    @classmethod
    def of(cls, package: Package) -> AppRecord:
        """The record of a package that passed the checks."""
        conf = as_object(package.manifest.get("acapPackageConf"))
        setup = as_object(conf.get("setup"))
        configuration = as_object(conf.get("configuration"))
        return cls(
            name=package.app_name,
            nice_name=package.friendly_name,
            vendor=package.vendor,
            vendor_id=str(setup.get("vendorId") or ""),
            vendor_url=str(setup.get("vendorUrl") or ""),
            version=package.version,
            app_id=str(setup.get("appId") or package.package_conf.get("APPID", "")),
            architecture=package.architecture,
            run_mode=package.run_mode,
            run_options=package.run_options,
            setting_page=package.setting_page,
            copy_protection=str(as_object(conf.get("copyProtection")).get("method") or "none"),
            post_install=str(as_object(conf.get("installation")).get("postInstallScript") or ""),
            pre_uninstall=str(
                as_object(conf.get("uninstallation")).get("preUninstallScript") or ""
            ),
            signed=package.signed,
            page_access=_page_access(configuration),
            endpoints=tuple(Endpoint(e.name, e.access, e.kind) for e in package.cgi),
            proxies=tuple(_proxy(entry) for entry in entries(configuration, "reverseProxy")),
            parameters=tuple(parameter.name for parameter in package.param_conf),
            os_versions=tuple(
                (str(r.get("min") or ""), str(r.get("max") or ""))
                for r in entries(setup, "compatibleOsVersions")
            ),
            dbus_methods=_dbus_methods(package.manifest),
            members=tuple(member.name for member in package.members),
        )


def entries(section: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of the list that a manifest section has under `name`."""
    value = section.get(name)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def names_method(patterns: Iterable[str], method: str) -> bool:
    """Whether one of a manifest's D-Bus names is that method's, or ends in .* and begins it."""
    return any(
        method == name or (name.endswith(".*") and method.startswith(name[:-1]))
        for name in patterns
    )


def _dbus_methods(manifest: dict[str, Any]) -> tuple[str, ...]:
    dbus = as_object(as_object(manifest.get("resources")).get("dbus"))
    lists = (dbus.get("requiredMethods"), dbus.get("conditionalMethods"))
    return tuple(str(name) for found in lists if isinstance(found, list) for name in found)


def _page_access(configuration: dict[str, Any]) -> str:
    for entry in entries(configuration, "httpConfig"):
        if entry.get("type") == "directory":
            return str(entry.get("access") or "admin")
    return "admin"


def _proxy(entry: dict[str, Any]) -> Proxy:
    target = str(entry.get("target") or "")
    scheme = target.partition("://")[0] if "://" in target else ""
    kind = str(entry.get("apiType") or scheme or "http")
    return Proxy(str(entry.get("apiPath") or ""), target, kind, str(entry.get("access") or "admin"))
