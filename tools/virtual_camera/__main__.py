# SPDX-License-Identifier: MIT
"""`python -m tools.virtual_camera`: runs one virtual camera until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.errors import ToolError, UsageError, report
from tools.virtual_camera.app_process import adopt_orphans
from tools.virtual_camera.camera import VirtualCamera
from tools.virtual_camera.fleet import MOST, fleet_settings, run_fleet
from tools.virtual_camera.memory import give_back, stay_small
from tools.virtual_camera.settings import ARCHITECTURES, OS_RELEASES, CameraSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    options = _parser().parse_args(arguments)
    stay_small()
    try:
        if not 1 <= options.count <= MOST:
            raise UsageError(f"{options.count} cameras are not possible", f"1 to {MOST} are")
        settings = _settings(options)
        if options.coverage:
            return _print_coverage(settings, as_json=options.json)
        if options.count > 1:
            return run_fleet(fleet_settings(settings, options.count), _run_one(options.json))
        asyncio.run(_run(settings, as_json=options.json))
    except ToolError as error:
        return report(error)
    return 0


def _print_coverage(settings: CameraSettings, *, as_json: bool) -> int:
    from tools.virtual_camera import coverage

    rows = coverage.coverage(settings)
    lines = [json.dumps(coverage.as_json(rows))] if as_json else coverage.show(rows)
    for line in lines:
        print(line)
    return 0


def _run_one(as_json: bool) -> Callable[[CameraSettings, Callable[[], None]], None]:
    return lambda settings, ready: asyncio.run(_run(settings, as_json=as_json, ready=ready))


async def _run(
    settings: CameraSettings, *, as_json: bool, ready: Callable[[], None] = lambda: None
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    camera = VirtualCamera(settings)
    starting = asyncio.create_task(camera.start())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.wait([starting])
        return
    starting.result()
    adopt_orphans()
    give_back()
    try:
        announce(camera, as_json=as_json)
        ready()
        await stopping
    finally:
        await camera.stop()


def announce(camera: VirtualCamera, *, as_json: bool) -> None:
    """Say where the started camera is."""
    settings = camera.settings
    if as_json:
        ready = {
            "name": settings.name,
            "url": camera.url,
            "https": camera.https,
            "rtsp": camera.rtsp,
            "control": camera.control,
            "user": settings.user,
            "arch": settings.architecture,
            "pid": os.getpid(),
        }
        # One write, since other cameras may be writing there too.
        print(json.dumps(ready) + "\n", end="", flush=True)
        return
    kind = f"{settings.model} ({settings.architecture}, AXIS OS {settings.os_version})"
    print(f"{settings.name}: {kind}")
    print(f"  VAPIX    {camera.url}  user {settings.user}")
    print(f"  HTTPS    {camera.https}  with a certificate of its own")
    print(f"  RTSP     {camera.rtsp}  events with ?video=0&audio=0&event=on")
    print(f"  control  {camera.control}  (no password, this machine only)")
    print("  stop     Ctrl-C", flush=True)


def _settings(options: argparse.Namespace) -> CameraSettings:
    return CameraSettings(
        name=options.name,
        port=options.port,
        https_port=options.https_port,
        rtsp_port=options.rtsp_port,
        user=options.user,
        password=options.password,
        architecture=options.arch,
        os_version=OS_RELEASES.get(options.os, options.os),
        model=options.model,
        state=options.state,
        source=options.source,
        clock=not options.no_clock,
        platform=options.platform,
        sysroot=options.sysroot,
        install=tuple(options.install),
    )


def _parser() -> argparse.ArgumentParser:
    defaults = CameraSettings()
    parser = argparse.ArgumentParser(
        prog="python -m tools.virtual_camera", description="Run a virtual Axis camera."
    )
    add = parser.add_argument
    add("--port", type=int, default=defaults.port, help="8080 unless given; 0 for any free one")
    add("--https-port", type=int, default=defaults.https_port, help="any free one unless given")
    add("--rtsp-port", type=int, default=defaults.rtsp_port, help="554, or any free one")
    add("--user", default=defaults.user, help="the administrator (root)")
    add("--password", default=defaults.password, help="and the password (pass)")
    add("--arch", default=defaults.architecture, choices=ARCHITECTURES)
    add("--os", default="12", help="AXIS OS: 11, 12, 13 or a full version such as 12.10.68")
    add("--model", default=defaults.model, help=f"product name ({defaults.model})")
    add("--name", default=defaults.name, help="the serial number follows from it")
    add(
        "--state", type=Path, help="a folder to keep; a fresh one, removed at the end, if not given"
    )
    add(
        "--source",
        default=defaults.source,
        help="video file, folder of photos, MJPEG address or `pattern`",
    )
    add("--no-clock", action="store_true", help="no date and time on the picture")
    add("--platform", type=Path, help="folder with the platform libraries")
    add("--sysroot", type=Path, help="folder with the libraries of --arch, for its emulation")
    add("--install", type=Path, action="append", default=[], metavar="FILE.eap")
    add("--count", type=int, default=1, help="this many cameras, on the next free ports")
    add("--coverage", action="store_true", help="print what this camera has, and end")
    add("--json", action="store_true", help="print one line of JSON when ready")
    return parser


if __name__ == "__main__":
    sys.exit(main())
