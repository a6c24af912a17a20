# SPDX-License-Identifier: MIT
"""`invoke deploy`: install the app on a camera, start it, and wait until it answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from tools import console, eap
from tools.app_client import AppClient, Status
from tools.errors import AppError, CameraError, Refused, ToolError, Unauthorized, Unreachable
from tools.vapix import VapixClient
from tools.vapix.applications import UNSIGNED, UPLOAD_BUSY

ANSWER_TIMEOUT = 60.0
"""Seconds until a started app must answer; small cameras take a while."""
_RETRY = 0.1


@dataclass(frozen=True)
class Deployed:
    """What is running where, and how long it took."""

    app: str
    version: str
    url: str
    """The app's address on the camera"""
    seconds: float


def deploy(
    vapix: VapixClient,
    package_path: Path,
    *,
    allow_unsigned: bool = False,
    timeout: float = ANSWER_TIMEOUT,
) -> Deployed:
    """Upload the package, start the app and wait for its status.cgi; doing it again is harmless.

    Refused explains what the camera has against it; with `allow_unsigned` a camera that takes only
    signed packages is told to take others too. AppError when the app does not come up.
    """
    began = time.monotonic()
    package = eap.read(package_path)
    _check_architecture(vapix, package)
    console.progress(f"uploading {package_path.name} to {vapix.url}")
    _upload(vapix, package_path, allow_unsigned)
    console.progress(f"starting {package.app_name}")
    _start(vapix, package.app_name)
    status = wait_until_it_answers(vapix, package.app_name, timeout)
    if status.version and status.version != package.version:
        raise AppError(
            f"the camera runs {package.app_name} {status.version}, not {package.version}",
            "deploy again; if it stays, remove the app on the camera's Apps page first",
        )
    return Deployed(
        app=package.app_name,
        version=package.version,
        url=f"{vapix.url}/local/{package.app_name}/",
        seconds=time.monotonic() - began,
    )


def wait_until_it_answers(vapix: VapixClient, app: str, timeout: float) -> Status:
    """The first status that `app` gives; AppError with its last log lines when it gives none."""
    deadline = time.monotonic() + timeout
    client = AppClient(vapix, app)
    while True:
        try:
            return client.status()
        except Unauthorized:
            raise
        except (AppError, Unreachable, Refused) as error:
            if time.monotonic() >= deadline:
                raise _did_not_come_up(vapix, app, timeout, error) from error
        time.sleep(_RETRY)


def _check_architecture(vapix: VapixClient, package: eap.Package) -> None:
    """Say what is wrong before a large package is sent for nothing."""
    info = vapix.device_info()
    if not info.architecture or package.architecture in ("all", info.architecture):
        return
    raise Refused(
        f"the package is for {package.architecture}, but {vapix.url} is {info.architecture}",
        f"build for it: `invoke build --arch {info.architecture}`",
    )


def _upload(vapix: VapixClient, package_path: Path, allow_unsigned: bool) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            vapix.upload(package_path)
            return
        except Refused as error:
            if error.code == UNSIGNED and allow_unsigned and not vapix.allow_unsigned():
                console.notice(
                    f"{vapix.url} takes signed packages only; telling it to take unsigned ones too"
                    " (its `Allow unsigned apps` stays on)"
                )
                vapix.set_allow_unsigned(True)
            elif error.code == UPLOAD_BUSY and time.monotonic() < deadline:
                time.sleep(1)
            else:
                raise


def _start(vapix: VapixClient, app: str) -> None:
    """Start the app; the answer may be cut while the camera's web server takes the app in."""
    try:
        vapix.start(app)
    except Unreachable:
        installed = vapix.application(app)
        if installed is None:
            raise
        if not installed.running:
            vapix.start(app)


def _did_not_come_up(vapix: VapixClient, app: str, timeout: float, error: ToolError) -> AppError:
    lines: tuple[str, ...] = ()
    try:
        installed = vapix.application(app)
        state = installed.status if installed else "not installed"
        lines = vapix.system_log(app)[-5:]
    except CameraError as second:
        state = str(second)
    for line in lines:
        console.detail(f"  {line}")
    return AppError(
        f"{app} does not answer after {timeout:g} s ({error}); the camera says: {state}",
        "read why: `invoke logs`",
    )
