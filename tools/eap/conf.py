# SPDX-License-Identifier: MIT
"""package.conf, param.conf and cgi.conf: written from a manifest, and parsed.

Keys, their order, their quoting and their defaults are those of Axis's acap-build, so the text is
byte for byte what it writes for the same manifest. Nothing is escaped there, so nothing is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tools.eap.model import CgiEntry, Manifest, Parameter, configuration_of, script_of, setup_of
from tools.errors import PackageError

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:[-+].*)?")
_PARAMETER = re.compile(r'([^=]+)="(.*)" type="(.*)"')
_ACCESS_IN_CONF = {"admin": "administrator"}
_ACCESS_IN_MANIFEST = {"administrator": "admin"}


def package_conf(manifest: Manifest, architecture: str, other_files: Sequence[str]) -> str:
    """The text of package.conf. `other_files`: the packed names that have no key of their own."""
    setup = setup_of(manifest)
    major, minor, micro = split_version(str(setup.get("version") or "1.0.0"))
    user = setup.get("user") or {}
    protection = (manifest.get("acapPackageConf") or {}).get("copyProtection") or {}
    configuration = configuration_of(manifest)
    values: list[tuple[str, str | None]] = [
        ("PACKAGENAME", setup.get("friendlyName") or setup.get("appName")),
        ("APPTYPE", setup.get("architecture") or architecture),
        ("APPNAME", setup.get("appName")),
        ("APPID", setup.get("appId", "")),
        ("LICENSENAME", "Available"),
        ("LICENSEPAGE", protection.get("method", "none")),
        ("LICENSE_CHECK_ARGS", protection.get("customOptions")),
        ("VENDOR", setup.get("vendor", "-")),
        # For a v2 manifest, which has no embeddedSdkVersion, [unconfirmed].
        ("REQEMBDEVVERSION", setup.get("embeddedSdkVersion", "2.0")),
        ("APPMAJORVERSION", major),
        ("APPMINORVERSION", minor),
        ("APPMICROVERSION", micro),
        ("APPGRP", user.get("group", "sdk")),
        ("APPUSR", user.get("username", "sdk")),
        ("APPOPTS", setup.get("runOptions", "")),
        ("OTHERFILES", " ".join(other_files)),
        ("SETTINGSPAGEFILE", configuration.get("settingPage", "")),
        ("SETTINGSPAGETEXT", ""),
        ("VENDORHOMEPAGELINK", _home_page_link(str(setup.get("vendorUrl") or ""))),
        ("PREUPGRADESCRIPT", ""),
        ("POSTINSTALLSCRIPT", script_of(manifest, "installation", "postInstallScript")),
        ("STARTMODE", setup.get("runMode", "never")),
        ("HTTPCGIPATHS", "cgi.conf" if configuration.get("httpConfig") else ""),
    ]
    return "".join(_line(key, str(value)) for key, value in values if value is not None)


def param_conf(manifest: Manifest) -> str:
    """The text of param.conf, "" for an app without parameters (the file is there all the same)."""
    return "".join(
        f'{p.name}="{p.default}" type="{p.type}"\n' if p.type else f"{p.name}={p.default}\n"
        for p in declared_parameters(manifest)
    )


def cgi_conf(manifest: Manifest) -> str | None:
    """The text of cgi.conf, None when httpConfig is empty: then the file is not packed."""
    if not configuration_of(manifest).get("httpConfig"):
        return None
    return "".join(
        f"{_ACCESS_IN_CONF.get(entry.access, entry.access)} /{entry.name}"
        f"{' fastCgi' if entry.kind == 'fastCgi' else ''}\n"
        for entry in declared_cgi(manifest)
    )


def declared_parameters(manifest: Manifest) -> tuple[Parameter, ...]:
    """The manifest's paramConfig."""
    return tuple(
        Parameter(str(e.get("name", "")), str(e.get("default", "")), str(e.get("type", "")))
        for e in _entries(manifest, "paramConfig")
    )


def declared_cgi(manifest: Manifest) -> tuple[CgiEntry, ...]:
    """The manifest's httpConfig without its directory entries, which are no endpoints."""
    return tuple(
        CgiEntry(str(e.get("name", "")).lstrip("/"), str(e.get("access", "")), str(e["type"]))
        for e in _entries(manifest, "httpConfig")
        if e.get("type") in ("fastCgi", "transferCgi")
    )


def parse_package_conf(text: str) -> dict[str, str]:
    """KEY="value", KEY='value' or KEY=value on each line; comments and blank lines are skipped."""
    values: dict[str, str] = {}
    for line in _lines(text):
        key, equals, value = line.partition("=")
        if not equals:
            raise PackageError(f"package.conf: a line is no KEY=value: {line[:60]!r}")
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        values[key.strip()] = value
    return values


def parse_param_conf(text: str) -> tuple[Parameter, ...]:
    """Name="default" type="TYPE" or Name=default on each line."""
    return tuple(_parse_parameter(line) for line in _lines(text))


def parse_cgi_conf(text: str) -> tuple[CgiEntry, ...]:
    """access /name[ fastCgi] on each line."""
    entries = []
    for line in _lines(text):
        access, _, rest = line.partition(" ")
        name, _, kind = rest.strip().partition(" ")
        access = _ACCESS_IN_MANIFEST.get(access, access)
        fast = kind.strip() == "fastCgi"
        entries.append(CgiEntry(name.lstrip("/"), access, "fastCgi" if fast else "transferCgi"))
    return tuple(entries)


def split_version(version: str) -> tuple[str, str, str]:
    """Major, minor and micro of a semantic version; packages drop what follows - or +."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise PackageError(
            f"setup.version {version!r} is no semantic version",
            "write three numbers with dots, such as 1.2.3",
        )
    return match[1], match[2], match[3]


def _home_page_link(url: str) -> str:
    shown = re.sub(r"^https?://", "", url)
    return f'<a href="{url}" target="_blank">{shown}</a>' if url else ""


def _line(key: str, value: str) -> str:
    if "\n" in value or "\r" in value:
        raise PackageError(
            f"package.conf: {key} would hold a line break", "write the manifest's value on one line"
        )
    quote = "'" if key == "VENDORHOMEPAGELINK" else '"'  # it holds a link with double quotes
    return f"{key}={quote}{value}{quote}\n"


def _parse_parameter(line: str) -> Parameter:
    match = _PARAMETER.fullmatch(line)
    if match:
        return Parameter(match[1], match[2], match[3])
    name, _, default = line.partition("=")
    return Parameter(name, default, "")


def _entries(manifest: Manifest, name: str) -> Iterable[dict[str, object]]:
    entries = configuration_of(manifest).get(name)
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _lines(text: str) -> Iterable[str]:
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line
