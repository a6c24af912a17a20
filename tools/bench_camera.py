# SPDX-License-Identifier: MIT
"""`invoke bench --suite camera`: how quick and how small the virtual camera is.

Each figure is measured in turns with its baseline, and the medians are compared; the whole takes
two minutes or more. `python -m tools.bench_camera` prints the figures alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from tools import bench_camera_events, bench_camera_parts
from tools.bench_camera_parts import BareServer, HttpClient
from tools.camera import VirtualCamera, start_virtual_camera

_TURNS = 5
_REQUESTS = 100
_SNAPSHOTS = 40
_STARTS = 3
_SUBSCRIBERS = (1, 10, 100)
_CGI = "/axis-cgi"
_PARAMETERS = f"{_CGI}/param.cgi?action=list&group=Properties"
_IMAGE = f"{_CGI}/jpg/image.cgi?resolution=640x360"


@dataclass(frozen=True)
class Figure:
    """One result. `ratio` is value to baseline value: above 1 is more of `unit`."""

    name: str
    value: float
    unit: str
    baseline: str
    baselineValue: float  # noqa: N815 - as it is called in the JSON
    ratio: float


def measure(say: Callable[[str], None] = lambda _: None) -> list[dict[str, object]]:
    """Every figure. SetupError and BuildError when something to measure with is missing."""
    programs = bench_camera_parts.build_programs()
    found: list[dict[str, object]] = []
    for figure in _figures(programs):
        say(
            f"{figure.name}: {figure.value:g} {figure.unit} ({figure.ratio:g} of {figure.baseline})"
        )
        found.append(asdict(figure))
    return found


def _figures(programs: Path) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-camera-") as folder:
        files = Path(folder)
        with (
            bench_camera_parts.bare_server(files) as bare,
            start_virtual_camera(log=files / "camera.log") as camera,
        ):
            yield from _requests(camera, bare, files)
            yield from _vdo(camera, bare, programs)
            yield from _latency(camera, bare, programs)
            yield from _memory(camera, bare)
        yield from _throughput(programs, files)
        yield _start(files)


def _requests(camera: VirtualCamera, bare: BareServer, files: Path) -> Iterator[Figure]:
    ours, theirs = HttpClient(camera.settings.url, "root", "pass"), HttpClient(bare.url)
    for name, path in (("vapixRequests", _PARAMETERS), ("snapshot.imageCgi", _IMAGE)):
        (files / name).write_bytes(ours.get(path))
        values = _in_turns(
            lambda path=path: ours.rate(path, _REQUESTS),  # type: ignore[misc]
            lambda name=name: theirs.rate(f"/{name}", _REQUESTS),  # type: ignore[misc]
        )
        unit = "pictures/s" if name.startswith("snapshot") else "requests/s"
        yield _figure(name, unit, "the same bytes from disk through a bare HTTP server", values)


def _vdo(camera: VirtualCamera, bare: BareServer, programs: Path) -> Iterator[Figure]:
    client = HttpClient(bare.url)
    bus = str(camera.control.status()["bus"])
    values = _in_turns(
        lambda: bench_camera_parts.snapshot_rate(programs, bus, _SNAPSHOTS),
        lambda: client.rate("/snapshot.imageCgi", _SNAPSHOTS),
    )
    baseline = "the same bytes from disk through a bare HTTP server"
    yield _figure("snapshot.vdo", "pictures/s", baseline, values)


def _latency(camera: VirtualCamera, bare: BareServer, programs: Path) -> Iterator[Figure]:
    bus = str(camera.control.status()["bus"])
    ours = bench_camera_events.latencies(programs, camera.settings.url, bus, 300)
    client = HttpClient(bare.url)
    theirs = sorted(1000 / client.rate("/virtual", 1, post=b"{}") for _ in range(300))
    baseline = "one request to a bare HTTP server"
    for name, part in (("median", 0.5), ("p99", 0.99)):
        pair = [_quantile(ours, part)], [_quantile(theirs, part)]
        yield _figure(f"eventLatency.{name}", "ms", baseline, pair)


def _memory(camera: VirtualCamera, bare: BareServer) -> Iterator[Figure]:
    pid = int(camera.ready["pid"])
    values = [bench_camera_parts.megabytes(pid)], [bench_camera_parts.megabytes(bare.pid)]
    yield _figure("cameraMemory.afterPictures", "MB", "a bare HTTP server", values)
    with bench_camera_parts.fleet(10) as each:
        yield _figure("cameraMemory.oneOfTen", "MB", "a bare HTTP server", ([each], values[1]))


def _throughput(programs: Path, files: Path) -> Iterator[Figure]:
    for subscribers in _SUBSCRIBERS:
        values = bench_camera_events.throughput(programs, files, subscribers)
        name = f"eventThroughput.{subscribers}"
        yield _figure(name, "events/s", "signals through the bare bus", values)


def _start(files: Path) -> Figure:
    def camera() -> float:
        return bench_camera_parts.seconds_of(lambda: start_virtual_camera(log=files / "start.log"))

    def bare() -> float:
        return bench_camera_parts.seconds_of(lambda: bench_camera_parts.bare_server(files))

    return _figure(
        "cameraStart", "s", "the start of a bare HTTP server", _in_turns(camera, bare, 3)
    )


def _in_turns(
    ours: Callable[[], float], theirs: Callable[[], float], turns: int = _TURNS
) -> tuple[list[float], list[float]]:
    pairs = [(ours(), theirs()) for _ in range(turns)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _quantile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def _figure(name: str, unit: str, baseline: str, values: tuple[list[float], list[float]]) -> Figure:
    ours, theirs = median(values[0]), median(values[1])
    return Figure(name, round(ours, 3), unit, baseline, round(theirs, 3), round(ours / theirs, 3))


if __name__ == "__main__":
    json.dump(
        {"suite": "camera", "figures": measure(lambda t: print(t, file=sys.stderr))}, sys.stdout
    )
