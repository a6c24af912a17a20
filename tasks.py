#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The project's tasks. `python3 tasks.py TASK` needs nothing but Python; `--list` names them.

Each is a docstring and one call; what it does lives in tools/.
"""

import signal
import sys

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until a task begins there is nothing to tidy

from pathlib import Path

from tools import bootstrap, errors

if __name__ == "__main__":
    try:
        bootstrap.enter(Path(__file__).resolve(), sys.argv[1:])
    except errors.ToolError as error:
        sys.exit(errors.report(error))
    except KeyboardInterrupt:
        sys.exit(130)
    from tools import program

    program.run(sys.argv[1:])

from tools.program import Context, task  # invoke itself is only in .venv

_CAMERA = {"camera": "a camera of cameras.toml, or virtual (the one that `camera` started)"}


@task(
    help={
        "arch": "aarch64, armv7hf, or host for the virtual camera on this machine",
        "os": "AXIS OS line: 11, 12 or 13",
        "sdk": "docker (Axis's SDK image), debian (cross compiler) or host (this machine's)",
        "sdk-image": "another SDK image than the line's own",
        "version": "another version than the project's",
        **_CAMERA,
    }
)
def build(
    _context: Context,
    arch: str = "",
    os: int = 0,
    sdk: str = "",
    sdk_image: str = "",
    version: str = "",
    camera: str = "",
) -> None:
    """Build the app and pack it: build/batondescribe_VERSION_ARCH.eap.

    Without --arch and --os it builds for --camera if one is named, otherwise for aarch64 and 12.
    """
    from tools import commands

    commands.build(arch, os, sdk, sdk_image, version, camera)


@task(
    help={
        "arch": "its processor: aarch64 or armv7hf (emulated), or host for this machine's own",
        "port": "where it listens on 127.0.0.1; 0 for any free port",
        "user": "its administrator",
        "password": "its administrator's password",
        "source": "its picture: a video file, a folder of photos, an MJPEG address, or pattern",
        "state": "a folder to keep its state in; otherwise it forgets everything",
        "install": "an .eap to install and start; may be given again",
        "os": "AXIS OS line: 11, 12 or 13",
        "model": "its product name",
        "name": "its own name, from which its serial number follows",
        "count": "this many cameras, on the next free ports",
        "clock": "draw date and time on the picture",
        "coverage": "print which VAPIX calls and library functions it has, and end",
        "json": "print one line of JSON when it is ready",
    },
    iterable=["install"],
)
def camera(
    _context: Context,
    arch: str = "host",
    port: int = 8080,
    user: str = "root",
    password: str = "pass",
    source: str = "pattern",
    state: str = "",
    install: list[str] | None = None,
    os: int = 12,
    model: str = "",
    name: str = "virtual",
    count: int = 1,
    clock: bool = True,
    coverage: bool = False,
    json: bool = False,
) -> None:
    """Start a virtual camera, or many, and keep it running until Ctrl-C."""
    from tools import camera_run

    if coverage:
        camera_run.coverage(arch, json)
        return
    camera_run.run(
        camera_run.CameraRun(
            port, user, password, source, state, install or [], os, model, name, count, clock, json
        ),
        arch,
    )


@task(
    help={
        "os": "AXIS OS line: 11, 12 or 13",
        "arch": "the architecture that is filled in",
        "version": "another version than the project's",
        "check": "a manifest.json of any app, to find all its faults instead",
    }
)
def manifest(
    _context: Context, os: int = 12, arch: str = "aarch64", version: str = "", check: str = ""
) -> None:
    """Print the app's manifest for an AXIS OS line, or check any manifest."""
    from tools import inspection

    if check:
        inspection.check_manifest(Path(check))
    else:
        inspection.show_manifest(os, arch, version)


@task(positional=["file"], help={"file": "an .eap, signed or not"})
def eap_info(_context: Context, file: str) -> None:
    """Print what an .eap holds, and what is wrong with it."""
    from tools import inspection

    inspection.show_package(Path(file))


@task(
    help={
        "package": "the .eap to install; built for the camera unless given",
        "allow-unsigned": "tell a camera that takes only signed packages to take this one",
        **_CAMERA,
    }
)
def deploy(
    _context: Context, camera: str = "virtual", package: str = "", allow_unsigned: bool = False
) -> None:
    """Install the app on a camera, start it, and wait until it answers. May be repeated."""
    from tools import commands

    commands.deploy(camera, package, allow_unsigned)


@task(
    positional=["name"],
    help={
        "name": "Device1Scenario1 for an AOA scenario, VirtualInput1 for a virtual input",
        "on": "make it active (an AOA scenario of a real camera: for 3 seconds)",
        "off": "make it inactive",
        **_CAMERA,
    },
)
def trigger(
    _context: Context, name: str, on: bool = False, off: bool = False, camera: str = "virtual"
) -> None:
    """Make a trigger active or inactive."""
    from tools import commands

    commands.trigger(name, on, off, camera)


@task(help={"json": "print what the app answers", **_CAMERA})
def sessions(_context: Context, camera: str = "virtual", json: bool = False) -> None:
    """Show the app's open and recently ended sessions."""
    from tools import commands

    commands.sessions(camera, json)


@task(
    help={
        "follow": "go on with new lines until Ctrl-C",
        "all": "the log of the whole camera, not of the app alone",
        **_CAMERA,
    }
)
def logs(
    _context: Context,
    camera: str = "virtual",
    follow: bool = False,
    all: bool = False,  # noqa: A002 - it is the option's name
) -> None:
    """Show the app's log."""
    from tools import commands

    commands.logs(camera, follow, all)


@task(help={"json": "print what the app answers", **_CAMERA})
def status(_context: Context, camera: str = "virtual", json: bool = False) -> None:
    """Show the camera, the app on it, and how the app is doing."""
    from tools import commands

    commands.status(camera, json)


@task(
    help={
        "camera": "a camera of cameras.toml, or virtual (one is started for the run)",
        "arch": "the virtual camera's processor: aarch64, armv7hf (emulated) or host",
        "package": "the .eap to test; built for the camera unless given",
        "select": "only the tests that match this, as pytest's -k",
        "report": "a folder for report.xml and hard-cases.json",
        "describer-host": "this machine's address for a real camera, if the route's is not right",
    }
)
def test_on_device(
    _context: Context,
    camera: str = "virtual",
    arch: str = "host",
    package: str = "",
    select: str = "",
    report: str = "",
    describer_host: str = "",
) -> None:
    """Run the integration tests on a camera, real or virtual."""
    from tools import commands

    commands.test_on_device(camera, package, select, report, describer_host, arch)


@task(
    help={
        "keep": "leave the virtual camera running, and print its addresses",
        "json": "write the result to this file",
        "source": "the camera's picture instead of the street clip: a video, a folder, pattern",
    }
)
def demo(_context: Context, keep: bool = False, json: str = "", source: str = "") -> None:
    """Play the whole story on a virtual camera: trigger, descriptions, prompt end."""
    from tools import commands

    commands.demo(keep, json, source)


@task(
    help={
        "only": "lint, builds, c, threads, prove, python, device, emulated: some, with commas",
        "one-by-one": "not two of them at a time",
    }
)
def test(_context: Context, only: str = "", one_by_one: bool = False) -> None:
    """Run all tests: lint, C unit tests, Python tests, and the device tests on a virtual camera."""
    from tools import testing

    testing.test(only, one_by_one)


@task(help={"fix": "mend what formatters and ruff can mend"})
def lint(_context: Context, fix: bool = False) -> None:
    """Check the format, types and common mistakes of all C and Python code."""
    from tools import commands

    commands.lint(fix)


@task(
    help={
        "histories": "how many",
        "steps-per-history": "how long each is, 900 at most",
        "seed": "what they are made from; a fresh one is taken, and printed, without it",
        "json": "write the figures to this file",
        "checker": "asan or memcheck: run the engine under that as well (slower)",
        "replay": "run this one history, and show its steps and the app's log",
    }
)
def prove(
    _context: Context,
    histories: int = 500,
    steps_per_history: int = 100,
    seed: str = "",
    json: str = "",
    checker: str = "",
    replay: str = "",
) -> None:
    """Prove the session engine: random histories, compared with a model after every step."""
    from tools import prove as prover

    prover.run(histories, steps_per_history, seed, json, checker, replay)


@task()
def tsan(_context: Context) -> None:
    """Run the C unit tests, with their real threads, under ThreadSanitizer."""
    from tools import tsan as checker

    checker.tsan()


@task(
    help={
        "suite": "what to measure: engine, build or camera",
        "only": "some of its figures, separated by commas",
        "json": "write the figures to this file",
        "quick": "a few rounds only: whether it works, not how fast",
    }
)
def bench(
    _context: Context, suite: str = "engine", only: str = "", json: str = "", quick: bool = False
) -> None:
    """Measure: a table of figures, each beside its baseline and its aim."""
    from tools import bench as measurer

    measurer.run(suite, only, json, quick)
