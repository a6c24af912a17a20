# SPDX-License-Identifier: MIT
"""emulatedStart of `invoke bench --suite build`: how long the app takes to its first answer when it
is compiled for another processor and emulated, against the same on this machine's own.

`python -m tools.bench_emulated` prints the figures alone.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import requests
from requests.auth import HTTPDigestAuth

from tools import emulation, testing
from tools.camera import VirtualCamera, start_virtual_camera
from tools.errors import AppError
from tools.settings import APP_NAME, VIRTUAL, VIRTUAL_PASSWORD, VIRTUAL_USER

_TURNS = 5
_TIMEOUT = 60.0
_POLL = 0.005
_BASELINE = "the start of the package for this machine"


@dataclass(frozen=True)
class Figure:
    """One result. `ratio` is value to baseline value: above 1 is slower."""

    name: str
    value: float
    unit: str
    baseline: str
    baselineValue: float  # noqa: N815 - as it is called in the JSON
    ratio: float


def measure(say: Callable[[str], None] = lambda _: None) -> list[dict[str, object]]:
    """A figure for each processor of cameras, half a minute in all, packages built before.

    Each is measured in turns with its baseline, and the medians are compared. SetupError and
    BuildError when something to measure with is missing, AppError when an app does not come up.
    """
    found: list[dict[str, object]] = []
    for figure in _figures():
        say(f"{figure.name}: {figure.value:g} {figure.unit} ({figure.ratio:g} of {_BASELINE})")
        found.append(asdict(figure))
    return found


def _figures() -> Iterator[Figure]:
    with TemporaryDirectory(prefix="bench-emulated-") as folder, ExitStack() as stack:
        cameras = {
            architecture: stack.enter_context(_camera(architecture, Path(folder)))
            for architecture in emulation.ARCHITECTURES
        }
        for architecture in emulation.ARCHITECTURES[1:]:
            turns = [
                (seconds_to_answer(cameras[architecture]), seconds_to_answer(cameras["host"]))
                for _ in range(_TURNS)
            ]
            ours, native = (median(column) for column in zip(*turns, strict=True))
            name = "emulatedStart" if architecture == "aarch64" else f"emulatedStart.{architecture}"
            yield Figure(
                name, round(ours, 3), "s", _BASELINE, round(native, 3), round(ours / native, 2)
            )


@contextmanager
def _camera(architecture: str, folder: Path) -> Iterator[VirtualCamera]:
    """A camera of that architecture with the app installed and stopped."""
    with start_virtual_camera(
        install=[testing.package_for(VIRTUAL, architecture)],
        options=emulation.camera_options(architecture),
        log=folder / f"{architecture}.log",
    ) as camera:
        camera.vapix.stop(APP_NAME)
        yield camera


def seconds_to_answer(camera: VirtualCamera) -> float:
    """Start the app, which must be stopped, wait for the first answer of its status.cgi, and stop
    it again."""
    session = requests.Session()
    session.auth = HTTPDigestAuth(VIRTUAL_USER, VIRTUAL_PASSWORD)
    session.get(f"{camera.settings.url}/axis-cgi/param.cgi?action=list", timeout=_TIMEOUT)
    address = f"{camera.settings.url}/local/{APP_NAME}/status.cgi"
    began = time.monotonic()
    camera.vapix.start(APP_NAME)
    while session.get(address, timeout=_TIMEOUT).status_code != requests.codes.ok:
        if time.monotonic() - began > _TIMEOUT:
            raise AppError(f"{APP_NAME} did not answer within {_TIMEOUT:g} s", "read its log")
        time.sleep(_POLL)
    seconds = time.monotonic() - began
    camera.vapix.stop(APP_NAME)
    return seconds


if __name__ == "__main__":
    json.dump(measure(lambda text: print(text, file=sys.stderr)), sys.stdout, indent=4)
    print()
