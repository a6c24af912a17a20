# SPDX-License-Identifier: MIT
"""/axis-cgi/applications/*.cgi (VAPIX Application API): HTTP 200 with OK or Error: <n>."""

from __future__ import annotations

import asyncio
import errno
import html
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from aiohttp import BodyPartReader, web

from tools.virtual_camera.app_manager import (
    ALREADY_RUNNING,
    NOT_RUNNING,
    App,
    AppManager,
)
from tools.virtual_camera.install_policy import (
    NO_ROOM,
    NOT_A_PACKAGE,
    UNSPECIFIED,
    InstallSettings,
    Refused,
)
from tools.virtual_camera.libraries import Missing
from tools.virtual_camera.sandbox import Place
from tools.virtual_camera.scenarios import APP as ANALYTICS
from tools.virtual_camera.scenarios import ObjectAnalytics
from tools.virtual_camera.web import arguments, text, xml

_log = logging.getLogger(__name__)
MAX_PACKAGE = 512 << 20
"""Bytes of an upload; a device's limit is its free flash."""
_BAD_REQUEST = 1
_LICENSE_UPLOAD, _LICENSE_REMOVAL, _LICENSE_NOT_INSTALLED = 22, 23, 24
_RELOADED = {
    "start": "package_started=yes",
    "stop": "package_stopped=yes",
    "remove": "package_removed=yes",
}
_LICENSES = {"none": "None", "custom": "Custom", "axis": "Missing"}


class ApplicationsApi:
    """The CGIs over the app manager; the analytics app can be listed, stopped and started too."""

    def __init__(
        self,
        manager: AppManager,
        settings: InstallSettings,
        analytics: ObjectAnalytics,
        os_version: tuple[int, ...],
        spool: Path,
        missing: Callable[[Place, str], Missing],
    ) -> None:
        """`spool` is a folder for packages on their way in; `missing` tells what an app lacks."""
        self._manager = manager
        self._settings = settings
        self._analytics = analytics
        self._os_version = os_version
        self._spool = spool
        self._missing = missing

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Install the file part of a multipart form, whatever its field is called."""
        code = await self._upload(request)
        if request.query.get("reload_page") == "yes":
            return _reload("package_uploaded=yes" if code is None else f"error={code}")
        return text("OK") if code is None else _error(code)

    async def _upload(self, request: web.Request) -> int | None:
        """The code of the error, None when the package is installed."""
        try:
            self._manager.begin_upload()
        except Refused as refusal:
            return refusal.code
        try:
            with tempfile.NamedTemporaryFile(dir=self._spool, suffix=".eap") as spooled:
                await _receive(request, spooled.write)
                spooled.flush()
                await asyncio.shield(self._manager.install(Path(spooled.name)))
        except Refused as refusal:
            return refusal.code
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            _log.warning("upload failed: %s", error)
            return NO_ROOM if full else UNSPECIFIED
        finally:
            self._manager.end_upload()
        return None

    async def control(self, request: web.Request) -> web.StreamResponse:
        """start, stop, restart or remove; with `returnpage` a success answers with that page, with
        `reload_page` both outcomes do, as the installer of the SDK wants it."""
        given = dict(await arguments(request))
        action, page = given.get("action", ""), given.get("returnpage", "")
        code = await self._control(action, given.get("package", ""), page)
        if given.get("reload_page") == "yes":
            return _reload(f"error={code}" if code is not None else _RELOADED.get(action, ""))
        if code is not None:
            return _error(code)
        return _forward(page) if page else text("OK")

    async def _control(self, action: str, name: str, page: str) -> int | None:
        """The code of the error, None when it is done."""
        if not name or action not in ("start", "stop", "restart", "remove") or "://" in page:
            return _BAD_REQUEST
        try:
            await asyncio.shield(self._act(action, name))
        except Refused as refusal:
            return refusal.code
        except OSError as error:
            _log.warning("%s %s failed: %s", action, name, error)
            return UNSPECIFIED
        return None

    async def config(self, request: web.Request) -> web.StreamResponse:
        """Get or set AllowUnsigned, and on AXIS OS 11 AllowRoot."""
        given = dict(await arguments(request))
        action, name, value = (given.get(key, "") for key in ("action", "name", "value"))
        if action == "set" and value not in ("true", "false"):
            if self._os_version >= (12, 2):
                return text("Error: value must be true or false\n", 400)
            return _config_error()
        if action == "set" and not self._settings.set(name, value == "true"):
            return _config_error()
        current = self._settings.get(name)
        if action not in ("get", "set") or current is None:
            return _config_error()
        reply = ElementTree.Element("reply", {"result": "ok"})
        shown = {"name": name, "value": "true" if current else "false"}
        ElementTree.SubElement(reply, "param", shown)
        return xml(reply)

    async def list(self, _request: web.Request) -> web.StreamResponse:
        reply = ElementTree.Element("reply", {"result": "ok"})
        ElementTree.SubElement(reply, "application", _describe_analytics(self._analytics))
        for app in sorted(self._manager.apps.values(), key=lambda app: app.record.name):
            element = ElementTree.SubElement(reply, "application", _describe(app))
            missing = await asyncio.to_thread(self._missing, app.place, app.record.name)
            if missing.libraries or missing.functions:
                _add_missing(element, missing)
            if app.record.os_versions:
                _add_versions(element, app.record.os_versions)
        return xml(reply)

    async def info(self, _request: web.Request) -> web.StreamResponse:
        reply = ElementTree.Element("reply", {"result": "ok"})
        supported = ElementTree.SubElement(reply, "supportedSdks")
        ElementTree.SubElement(supported, "sdk").text = "acap4-native"
        return xml(reply)

    async def license(self, request: web.Request) -> web.StreamResponse:
        """This camera has no licence service: keys can neither be stored nor removed."""
        given = dict(await arguments(request))
        if given.get("package", "") not in self._manager.apps:
            return _error(_LICENSE_NOT_INSTALLED)
        removing = given.get("action") == "removelicensekey"
        return _error(_LICENSE_REMOVAL if removing else _LICENSE_UPLOAD)

    async def _act(self, action: str, name: str) -> None:
        if name == ANALYTICS:
            self._act_on_analytics(action)
            return
        acts = {
            "start": self._manager.start,
            "stop": self._manager.stop,
            "restart": self._manager.restart,
            "remove": self._manager.remove,
        }
        await acts[action](name)

    def _act_on_analytics(self, action: str) -> None:
        running = self._analytics.is_running
        if action == "remove":
            raise Refused(UNSPECIFIED, "it belongs to the firmware")
        if action == "start" and running:
            raise Refused(ALREADY_RUNNING, f"{ANALYTICS} is running")
        if action != "start" and not running:
            raise Refused(NOT_RUNNING, f"{ANALYTICS} is not running")
        if action in ("stop", "restart"):
            self._analytics.stop()
        if action in ("start", "restart"):
            self._analytics.start()


async def _receive(request: web.Request, write: Callable[[bytes], object]) -> None:
    """Stream the first file of the form into `write`."""
    if not request.content_type.startswith("multipart/"):
        raise Refused(NOT_A_PACKAGE, "the request is no multipart form")
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.filename is None:
                continue
            size = 0
            while piece := await part.read_chunk(1 << 16):
                size += len(piece)
                if size > MAX_PACKAGE:
                    raise Refused(NO_ROOM, f"the package is larger than {MAX_PACKAGE >> 20} MiB")
                write(piece)
            return
    except (ValueError, AssertionError) as error:
        raise Refused(NOT_A_PACKAGE, f"the form is broken: {error}") from error
    raise Refused(NO_ROOM, "the form has no part with a file name")


def _describe(app: App) -> dict[str, str]:
    """What a device says of an app; what the package does not name is left out."""
    record = app.record
    page = f"local/{record.name}/{record.setting_page}" if record.setting_page else ""
    optional = {
        "ApplicationID": record.app_id,
        "ConfigurationPage": page,
        "VendorHomePage": record.vendor_url,
    }
    return {
        "Name": record.name,
        "NiceName": record.nice_name,
        "Vendor": record.vendor,
        "Version": record.version,
        "Bundled": "No",
        "Status": "Running" if app.runner.is_running else "Stopped",
        "License": _LICENSES.get(record.copy_protection, "None"),
        "SignatureStatus": "Signed" if record.signed else "Unknown",
        "LicenseName": "available",
        **{name: value for name, value in optional.items() if value},
    }


def _describe_analytics(analytics: ObjectAnalytics) -> dict[str, str]:
    return {
        "Name": ANALYTICS,
        "NiceName": "AXIS Object Analytics",
        "Vendor": "Axis Communications",
        "Version": "1.6.0",
        "Bundled": "Yes",
        "Status": "Running" if analytics.is_running else "Stopped",
        "License": "None",
        "SignatureStatus": "Signed",
        "LicenseName": "available",
        "ApplicationID": "412806",
        "VendorHomePage": "http://www.axis.com",
    }


def _add_versions(element: ElementTree.Element, ranges: tuple[tuple[str, str], ...]) -> None:
    versions = ElementTree.SubElement(element, "CompatibleOsVersions")
    for lowest, highest in ranges:
        entry = ElementTree.SubElement(versions, "VersionRange")
        ElementTree.SubElement(entry, "Min").text = lowest
        ElementTree.SubElement(entry, "Max").text = highest


def _add_missing(element: ElementTree.Element, missing: Missing) -> None:
    """What no device says: why an app cannot run on this camera though it could on another."""
    element.set("MissingLibraries", " ".join(missing.libraries))
    element.set("MissingFunctions", " ".join(missing.functions))
    element.set("MissingNote", "this virtual camera does not have them")


def _error(code: int) -> web.Response:
    return text(f"Error: {code}")


def _reload(outcome: str) -> web.Response:
    return _forward(f"/devtools.shtml?{outcome}")


def _forward(page: str) -> web.Response:
    link = html.escape(page, quote=True)
    body = f'<html><head><meta http-equiv="refresh" content="0;URL={link}"></head></html>\n'
    return web.Response(text=body, content_type="text/html")


def _config_error() -> web.Response:
    reply = ElementTree.Element("reply", {"result": "error"})
    ElementTree.SubElement(reply, "error", {"type": "1", "message": "Error: gdbus call failed"})
    return xml(reply)
