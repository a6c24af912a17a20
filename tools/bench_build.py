# SPDX-License-Identifier: MIT
"""`invoke bench --suite build`: what a build costs, against the bare calls made by hand.

`python -m tools.bench_build` prints the figures alone. Where no container engine can be started,
the figures of the docker path are left out, and that is said.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tools import build, console, engine, manifest, os_lines, sdk, sdk_standin, toolchain
from tools.bootstrap import PROJECT
from tools.errors import BuildError, SetupError
from tools.settings import APP_NAME, BUILD

_TURNS = 5
_ARCHITECTURE = "aarch64"
_SIZE_LIMIT = 150_000


@dataclass(frozen=True)
class Figure:
    """One result. `ratio` is value to baseline value."""

    name: str
    value: float
    unit: str
    baseline: str
    baselineValue: float  # noqa: N815 - as it is called in the JSON
    ratio: float


def measure(say: Callable[[str], None] = lambda _: None) -> list[dict[str, object]]:
    """All figures, each measured in turns with its baseline; the medians are compared."""
    found: list[dict[str, object]] = []
    for figure in _figures():
        against = f"{figure.baseline}: {figure.baselineValue:g} {figure.unit}"
        say(f"{figure.name}: {figure.value:g} {figure.unit} ({against}, ratio {figure.ratio:g})")
        found.append(asdict(figure))
    return found


def _figures() -> Iterator[Figure]:
    built = build.build(_ARCHITECTURE, sdk_name="debian")
    yield Figure(
        "packageSize", built.size, "B", "the limit", _SIZE_LIMIT, round(built.size / _SIZE_LIMIT, 3)
    )
    yield _no_change("buildNoChange", "debian", _ARCHITECTURE)
    yield _no_change("buildNoChangeHost", "host", "host")
    yield from _cross()
    try:
        with engine.required():
            image = sdk_standin.require(_ARCHITECTURE)
            yield _no_change("buildNoChangeDocker", "docker", _ARCHITECTURE, image)
            yield _overhead(image)
    except SetupError as error:
        console.notice(f"figures of the docker path are left out: {error.message}")


def _no_change(name: str, sdk_name: str, architecture: str, image: str = "") -> Figure:
    """The task as it is typed, when nothing changed, against make alone."""
    build.build(architecture, sdk_name=sdk_name, sdk_image=image)
    task = [sys.executable, str(PROJECT / "tasks.py"), "build"]
    task += ["--arch", architecture, "--sdk", sdk_name]
    if image:
        task += ["--sdk-image", image]
    return _compare(name, "make alone", lambda: _run(task), _make(architecture))


def _cross() -> Iterator[Figure]:
    """The cross build of everything, then of nothing, against make alone."""
    bare = _make(_ARCHITECTURE)

    def from_nothing(work: Callable[[], None]) -> Callable[[], float]:
        def timed() -> float:
            shutil.rmtree(BUILD / _ARCHITECTURE / "obj", ignore_errors=True)
            return _seconds(work)

        return timed

    def ours() -> None:
        build.build(_ARCHITECTURE, sdk_name="debian")

    cold = from_nothing(ours), from_nothing(bare)
    yield _compared("crossBuildCold", "make alone", *cold, turns=3)
    yield _compare("crossBuildWarm", "make alone", ours, bare)


def _make(architecture: str) -> Callable[[], None]:
    tools = toolchain.find(architecture)
    folder = BUILD / architecture
    command = ["make", f"-j{os.cpu_count()}", "-C", str(PROJECT / "app"), f"OUT={folder}"]
    command.append(f"MANIFEST={folder / 'manifest.json'}")
    path = {"PKG_CONFIG_PATH": str(tools.platform / "lib" / "pkgconfig")}
    environment = {**os.environ, **tools.environment, **path}
    return lambda: _run(command, environment)


def _overhead(image: str) -> Figure:
    """A build in the image by the task's code, against the engine's own program by hand."""
    with TemporaryDirectory(prefix="bench-build-") as name:
        folder = Path(name)
        described = manifest.render(os_lines.os_line(os_lines.DEFAULT), _ARCHITECTURE)
        context = folder / "context.tar"
        context.write_bytes(sdk.context(described))

        def by_hand() -> None:
            tag = "batondescribe/by-hand"
            arguments = ["--build-arg", f"SDK_IMAGE={image}", "--platform=linux/amd64", "-t", tag]
            arguments += ["--build-arg", f"SOURCE_DATE_EPOCH={build.source_epoch()}"]
            with context.open("rb") as stdin:
                _run(["docker", "build", *arguments, "-"], stdin=stdin.fileno())
            container = subprocess.check_output(["docker", "create", tag], text=True).strip()
            _run(["docker", "cp", f"{container}:/opt/app", str(folder / APP_NAME)])
            _run(["docker", "rm", container])
            _run(["docker", "rmi", tag])

        def ours() -> None:
            sdk.forget(BUILD / f"{_ARCHITECTURE}-docker")
            build.build(_ARCHITECTURE, sdk_name="docker", sdk_image=image)

        return _compare("buildOverhead", "docker build, create, cp, rm by hand", ours, by_hand, 3)


def _compare(
    name: str,
    baseline: str,
    ours: Callable[[], None],
    bare: Callable[[], None],
    turns: int = _TURNS,
) -> Figure:
    return _compared(name, baseline, lambda: _seconds(ours), lambda: _seconds(bare), turns)


def _compared(
    name: str,
    baseline: str,
    ours: Callable[[], float],
    bare: Callable[[], float],
    turns: int,
) -> Figure:
    pairs = [(ours(), bare()) for _ in range(turns)]
    value, by_hand = (median(times) for times in zip(*pairs, strict=True))
    return Figure(
        name, round(value, 3), "s", baseline, round(by_hand, 3), round(value / by_hand, 3)
    )


def _seconds(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _run(command: list[str], env: dict[str, str] | None = None, stdin: int | None = None) -> None:
    done = subprocess.run(command, capture_output=True, env=env, stdin=stdin, check=False)
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip()[-300:]
        raise BuildError(f"{command[0]} failed: {why}")


if __name__ == "__main__":
    print(json.dumps(measure(console.progress), indent=4))
