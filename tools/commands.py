# SPDX-License-Identifier: MIT
"""What each task does, from the words of its command line to what it prints.

Each loads what it needs when it is called: `build`, typed all day, needs neither cameras nor tests.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tools import console, settings
from tools.errors import AppError, UsageError

if TYPE_CHECKING:
    from tools.app_client import AppClient, Status


def build(
    architecture: str, os_number: int, sdk: str, sdk_image: str, version: str, camera: str
) -> None:
    """Build for what is asked, else for the camera, else for aarch64 and the current line."""
    from tools import build as builder
    from tools import os_lines

    if camera and not (architecture and os_number):
        from tools.camera import connect

        known = settings.find_camera(camera)
        if not (known.architecture and known.os):
            info = connect(camera).vapix.device_info()
            architecture = architecture or known.architecture or info.architecture
            os_number = os_number or known.os or info.os_line
        architecture = architecture or known.architecture
        os_number = os_number or known.os
    built = builder.build(
        architecture or "aarch64", os_number or os_lines.DEFAULT, sdk, sdk_image, version
    )
    size = f"{built.size / 1024:.0f} KiB"
    console.result(f"{_shown(built.path)} ({size}, sha256 {built.sha256[:16]}...)")


def deploy(camera: str, package: str, allow_unsigned: bool) -> None:
    """Build unless a package is named, then deploy it."""
    from tools import build as builder
    from tools import deploy as deployer
    from tools import testing
    from tools.camera import connect

    target = connect(camera)
    path = (
        _existing(package, "package")
        if package
        else testing.package_for(camera, target.settings.architecture)
    )
    reason = builder.experimental(path)
    if reason and not target.settings.is_virtual:
        console.notice(f"{path.name} is {reason}")
    done = deployer.deploy(
        target.vapix, path, allow_unsigned=allow_unsigned or target.settings.is_virtual
    )
    console.result(f"{done.app} {done.version} runs at {done.url} ({done.seconds:.1f} s)")


def trigger(name: str, on: bool, off: bool, camera: str) -> None:
    """Switch the trigger `name`."""
    from tools.camera import Trigger, connect

    if name.startswith("-"):
        raise UsageError("say which trigger", "`invoke --help trigger` tells more")
    if on == off:
        raise UsageError("say which: --on or --off", f"`invoke trigger {name} --on`")
    wanted = Trigger.parse(name)
    connect(camera).set_trigger(wanted, on)
    console.result(f"{wanted.name} is {'active' if on else 'inactive'}")


def sessions(camera: str, as_json: bool) -> None:
    """Print the app's sessions."""
    from tools import watch
    from tools.app_client import AppClient, Sessions
    from tools.camera import connect

    app = AppClient(connect(camera).vapix)
    answer = app.call("GET", "sessions")
    if as_json:
        console.result(json.dumps(answer, indent=4))
        return
    found = Sessions.decode(answer)
    for line in watch.session_lines(found):
        console.result(line)
    console.result(f"{len(found.open)} open; ended: {watch.summary(found.ended)}")


def logs(camera: str, follow: bool, everything: bool) -> None:
    """Print the app's log, or the camera's."""
    from tools import watch
    from tools.camera import connect

    vapix = connect(camera).vapix
    app = "" if everything else settings.APP_NAME
    lines = watch.follow_log(vapix, app) if follow else vapix.system_log(app)
    for line in lines:
        console.result(line)


def status(camera: str, as_json: bool) -> None:
    """Print what the camera and the app say of themselves."""
    from tools import watch
    from tools.app_client import AppClient
    from tools.camera import connect

    target = connect(camera)
    app = AppClient(target.vapix)
    if as_json:
        console.result(json.dumps(app.call("GET", "status"), indent=4))
        return
    installed = target.vapix.application(settings.APP_NAME)
    answer = None
    if installed is not None and installed.running:
        answer = _status(app)
    for line in watch.status_lines(target.vapix.device_info(), installed, answer):
        console.result(line)


def test_on_device(
    camera: str,
    package: str,
    select: str,
    report: str,
    describer_host: str,
    architecture: str,
) -> None:
    """Run tests/device on the camera."""
    from tools import testing

    testing.test_on_device(
        camera,
        _existing(package, "package") if package else None,
        select,
        Path(report) if report else None,
        describer_host,
        architecture,
    )


def demo(keep: bool, json_path: str, source: str) -> None:
    """Play the demo."""
    from tools import demo as player

    player.run(keep=keep, json_path=Path(json_path) if json_path else None, source=source or None)


def lint(fix: bool) -> None:
    """Check everything, or first mend what can be mended."""
    from tools import lint as linter

    if fix:
        linter.fix()
    linter.lint()


def _status(app: AppClient) -> Status | None:
    try:
        return app.status()
    except AppError as error:
        console.notice(error.message)
        return None


def _existing(name: str, what: str) -> Path:
    path = Path(name)
    if not path.exists():
        raise UsageError(f"there is no {what} {name}", "check the path")
    return path


def _shown(path: Path) -> str:
    """Relative to where the user stands, if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
