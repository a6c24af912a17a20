# SPDX-License-Identifier: MIT
"""Packages from before manifests (AXIS OS 10.6, ACAP version 3): package.conf says it all."""

from __future__ import annotations

from tools.eap.model import Manifest

_SETUP = {
    "appName": "APPNAME",
    "friendlyName": "PACKAGENAME",
    "vendor": "VENDOR",
    "appId": "APPID",
    "embeddedSdkVersion": "REQEMBDEVVERSION",
    "runMode": "STARTMODE",
    "runOptions": "APPOPTS",
    "architecture": "APPTYPE",
}
_VERSION = ("APPMAJORVERSION", "APPMINORVERSION", "APPMICROVERSION")


def manifest_of(package_conf: dict[str, str]) -> Manifest:
    """What a manifest would say, without a schemaVersion: there was no schema."""
    setup: dict[str, object] = {
        name: package_conf[key] for name, key in _SETUP.items() if package_conf.get(key)
    }
    setup["version"] = ".".join(package_conf.get(key) or "0" for key in _VERSION)
    user, group = package_conf.get("APPUSR", ""), package_conf.get("APPGRP", "")
    if user and group:
        setup["user"] = {"username": user, "group": group}
    conf: dict[str, object] = {"setup": setup}
    if package_conf.get("POSTINSTALLSCRIPT"):
        conf["installation"] = {"postInstallScript": package_conf["POSTINSTALLSCRIPT"]}
    if package_conf.get("LICENSEPAGE"):
        conf["copyProtection"] = {"method": package_conf["LICENSEPAGE"]}
    return {"acapPackageConf": conf}
