# SPDX-License-Identifier: MIT
"""A virtual camera in this process, and packages of the test app: what the fixtures hand out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from xml.etree import ElementTree

import requests
from requests.auth import HTTPDigestAuth

from tests.waiting import wait_until
from tools.virtual_camera.camera import VirtualCamera
from tools.virtual_camera.settings import CameraSettings

APP = "test_app"
EPOCH = 1_700_000_000
TIMEOUT = 20.0
SOURCE = Path(__file__).parent / "virtual_camera_app" / "main.c"
ENDPOINTS = {
    "admin": (
        *("all.cgi", "crash.cgi", "exit.cgi", "access.cgi", "log.cgi", "fork.cgi"),
        *("store.cgi", "dial.cgi", "clocks.cgi"),
    ),
    "operator": ("operator.cgi", "wait.cgi", "open.cgi", "waiting.cgi"),
    "viewer": ("viewer.cgi", "stream.cgi", "missing.cgi", "broken.cgi", "silent.cgi"),
}
PARAMETERS = (
    {"name": "Level", "default": "info", "type": "enum:info|Info,debug|Debug"},
    {"name": "Secret", "default": "", "type": "password:maxlen=20"},
)


class RunningCamera:
    """A camera on a thread of its own, and what clients do to it. Addresses start with a slash."""

    def __init__(self, settings: CameraSettings) -> None:
        self.settings = settings
        self._camera = VirtualCamera(settings)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return self._camera.url

    @property
    def https(self) -> str:
        return self._camera.https

    @property
    def rtsp(self) -> str:
        return self._camera.rtsp

    @property
    def service_port(self) -> int:
        """Of 127.0.0.12, where apps use their service accounts; 0 when it could not be had."""
        return self._camera.service_port

    @property
    def bus_address(self) -> str:
        """The apps' system bus."""
        return self._camera.bus_address

    def start(self) -> None:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._camera.start(), self._loop).result(TIMEOUT)
        except BaseException:
            self._end_thread()
            raise

    def stop(self) -> None:
        """Harmless when it is stopped."""
        if self._loop.is_closed():
            return
        try:
            asyncio.run_coroutine_threadsafe(self._camera.stop(), self._loop).result(TIMEOUT)
        finally:
            self._end_thread()

    def _end_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT)
        self._loop.close()

    def request(
        self, method: str, path: str, user: str = "root", password: str = "pass", **options: Any
    ) -> requests.Response:
        """With digest; user "" sends no credentials."""
        auth = HTTPDigestAuth(user, password) if user else None
        options.setdefault("timeout", TIMEOUT)
        return requests.request(method, self.url + path, auth=auth, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.request("POST", path, **options)

    def upload(self, package: Path | bytes) -> str:
        data = package if isinstance(package, bytes) else package.read_bytes()
        form = {"packfil": ("package.eap", data, "application/octet-stream")}
        return self.post("/axis-cgi/applications/upload.cgi", files=form).text

    def control_app(self, action: str, app: str = APP) -> str:
        path = f"/axis-cgi/applications/control.cgi?action={action}&package={app}"
        return self.post(path).text

    def allow_unsigned(self) -> None:
        path = "/axis-cgi/applications/config.cgi?action=set&name=AllowUnsigned&value=true"
        assert 'result="ok"' in self.post(path).text

    def applications(self) -> dict[str, dict[str, str]]:
        """The attributes of list.cgi by name, without the analytics app."""
        root = ElementTree.fromstring(self.get("/axis-cgi/applications/list.cgi").content)
        found = {element.attrib["Name"]: dict(element.attrib) for element in root}
        del found["objectanalytics"]
        return found

    def app_log(self, app: str = APP) -> str:
        return self.get(f"/axis-cgi/admin/systemlog.cgi?appname={app}").text

    def app_state(self, app: str = APP) -> dict[str, Any]:
        """The app's entry in /virtual/status, {} when it is not installed."""
        apps = self.get("/virtual/status", user="").json()["apps"]
        return next((entry for entry in apps if entry["name"] == app), {})

    def call(self, name: str, app: str = APP, **options: Any) -> requests.Response:
        return self.get(f"/local/{app}/{name}", **options)

    def wait_until_serving(self, app: str = APP) -> None:
        wait_until(
            lambda: self.call("viewer.cgi", app).status_code == 200, f"{app} to answer requests"
        )

    def wait_for_log(self, text: str, app: str = APP) -> str:
        return wait_until(
            lambda: log if text in (log := self.app_log(app)) else "", f"{text!r} in the log"
        )


class MakePackage(Protocol):
    """Packs the test app; keywords are those of the manifest's setup, and these:
    `extra` files by name, `resources`, `scripts`, `configuration`, `schema`."""

    def __call__(self, name: str = APP, version: str = "1.0.0", **changes: Any) -> Path: ...


def make_manifest(name: str, version: str, **changes: Any) -> dict[str, Any]:
    schema = changes.pop("schema", "1.7.3")
    resources = changes.pop("resources", None)
    scripts = changes.pop("scripts", {})
    entries = [
        {"type": "fastCgi", "name": endpoint, "access": access}
        for access, endpoints in ENDPOINTS.items()
        for endpoint in endpoints
    ]
    configuration = {
        "settingPage": "index.html",
        "httpConfig": [*entries, {"type": "directory", "access": "operator"}],
        "paramConfig": [*PARAMETERS],
        **changes.pop("configuration", {}),
    }
    setup = {"appName": name, "vendor": "Tests", "version": version, "runMode": "never", **changes}
    conf = {"setup": setup, "configuration": configuration, **scripts}
    top = {"schemaVersion": schema, "acapPackageConf": conf}
    return top if resources is None else {**top, "resources": resources}


StartCamera = Callable[..., RunningCamera]
"""Called with settings to change, by keyword."""
