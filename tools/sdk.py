# SPDX-License-Identifier: MIT
"""Builds the app in a container of Axis's ACAP Native SDK, by the docker package.

The build context is made here, of the sources alone, so that no stale output of an earlier build
gets into an image and every file has the permissions that a camera wants.
"""

from __future__ import annotations

import io
import re
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import docker
import docker.errors

from tools import console, eap
from tools.bootstrap import PROJECT
from tools.built_by import BuiltBy
from tools.eap.writer import manifest_text, write_atomically
from tools.errors import BuildError, SetupError
from tools.settings import APP_NAME

PACKAGE = "acap-build.eap"
_LABEL = "batondescribe.build"
_TIDY_TIMEOUT = 60.0  # a busy machine takes long to end the step that Ctrl-C interrupted
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_COMPILED = re.compile(r" -o (\S+\.o)\b")
_PLATFORM = "linux/amd64"  # Axis publishes its SDK for this platform alone
_NO_IMAGE = re.compile(
    r"pull access denied|not found|no such image|manifest unknown|no such host|dial tcp|timeout",
    re.I,
)
_CURE_ENGINE = "start Docker, or build without it: --sdk debian"


def build(manifest: eap.Manifest, folder: Path, image: str, *, epoch: int) -> BuiltBy:
    """Run acap-build in `image`; PACKAGE and the unstripped executable land in `folder`.

    SetupError without an engine or the image, BuildError with the compiler's own words. Neither
    containers nor dangling images of this build stay behind.
    """
    with _engine() as engine:
        console.progress(f"building in {image}")
        try:
            made = _run_build(engine, context(manifest), image, epoch)
            try:
                _take_results(engine, made, folder)
                compiler, flags = _compiler(engine, made)
                digest = _digest(engine, image)
            finally:
                engine.images.remove(made, force=True)
        finally:
            _tidy(engine)
    return BuiltBy(compiler=compiler, flags=flags, image=image, digest=digest)


@contextmanager
def _engine() -> Iterator[docker.DockerClient]:
    try:
        engine = docker.from_env(timeout=600)
        engine.ping()
    except docker.errors.DockerException as error:
        raise SetupError("no container engine answers on this machine", _CURE_ENGINE) from error
    try:
        yield engine
    finally:
        engine.close()


def _tidy(engine: docker.DockerClient) -> None:
    """Remove what an unfinished build leaves; after Ctrl-C its last step may still be ending."""
    ours = {"dangling": True, "label": [_LABEL]}
    deadline = time.monotonic() + _TIDY_TIMEOUT
    while time.monotonic() < deadline:
        with suppress(docker.errors.APIError):
            engine.images.prune(filters=ours)
            if not engine.images.list(filters=ours):
                return
        time.sleep(0.2)


def _digest(engine: docker.DockerClient, image: str) -> str:
    """The digest of `image` in its registry; its id when it came from none."""
    try:
        found = engine.images.get(image)
    except docker.errors.ImageNotFound:
        return ""
    digests = found.attrs.get("RepoDigests") or [f"@{found.id}"]
    return str(digests[0]).partition("@")[2]


def _run_build(engine: docker.DockerClient, context: bytes, image: str, epoch: int) -> str:
    """Stream the classic builder's output; the id of the image it made."""
    lines: list[str] = []
    made = ""
    try:
        answers = engine.api.build(
            fileobj=io.BytesIO(context),
            custom_context=True,
            rm=True,
            forcerm=True,
            platform=_PLATFORM,
            buildargs={"SDK_IMAGE": image, "SOURCE_DATE_EPOCH": str(epoch)},
            decode=True,
        )
        for answer in answers:
            if "error" in answer:
                raise _failure(str(answer["error"]).strip(), lines, image)
            made = answer.get("aux", {}).get("ID", made)
            for line in _ESCAPE.sub("", str(answer.get("stream", ""))).splitlines():
                _show(line.rstrip(), lines)
    except docker.errors.APIError as error:
        raise _failure(str(error.explanation or error), lines, image) from error
    return made


def _show(line: str, lines: list[str]) -> None:
    if line:
        lines.append(line)
    compiled = _COMPILED.search(line)
    if line.startswith("Step "):
        console.progress(f"  {line[:80]}")
    elif compiled:
        console.progress(f"  {Path(compiled[1]).name}")


def _failure(message: str, lines: list[str], image: str) -> SetupError | BuildError:
    compiled = any(line.startswith("Step 7") for line in lines)
    if not compiled and _NO_IMAGE.search(message):
        return SetupError(
            f"the SDK image {image} is not here and cannot be fetched: {message[:200]}",
            "pull it where the network allows, name another with --sdk-image, or use --sdk debian",
        )
    for line in lines:
        if not _COMPILED.search(line):
            console.detail(line)
    if compiled:
        return BuildError(
            f"the app could not be built in {image}", "mend what the compiler names above"
        )
    return BuildError(f"the build in {image} failed: {message[:200]}", "see the output above")


def context(manifest: eap.Manifest) -> bytes:
    """Dockerfile, the app's sources and the rendered manifest, as a tar archive."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        _add(archive, "Dockerfile", (PROJECT / "Dockerfile").read_bytes())
        _add(archive, "app/manifest.json", manifest_text(manifest).encode())
        for path in sorted((PROJECT / "app").rglob("*")):
            name = path.relative_to(PROJECT).as_posix()
            if path.is_file() and _is_source(path):
                _add(archive, name, path.read_bytes())
    return context.getvalue()


def _is_source(path: Path) -> bool:
    in_html = "html" in path.relative_to(PROJECT / "app").parts
    return in_html or path.suffix in (".c", ".h") or path.name in ("Makefile", "LICENSE")


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    archive.addfile(member, io.BytesIO(content))


def _take_results(engine: docker.DockerClient, image: str, folder: Path) -> None:
    """Copy the package and the unstripped executable out of what the build left."""
    container = engine.containers.create(image)
    try:
        stream, _ = container.get_archive("/opt/app")
        content = io.BytesIO(b"".join(stream))
    finally:
        container.remove(force=True)
    targets: dict[str, Path] = {}
    with tarfile.open(fileobj=content) as archive:
        for member in archive:
            name = member.name.removeprefix("app/")
            source = archive.extractfile(member) if member.isreg() else None
            if source and name == f"debug/{APP_NAME}":
                targets[name] = folder / APP_NAME
            elif source and "/" not in name and name.endswith(".eap"):
                targets["package"] = folder / PACKAGE
            else:
                continue
            write_atomically(list(targets.values())[-1], source.read())
    if len(targets) != 2:
        raise BuildError(f"acap-build in {image} left no package", "see what the image's tool does")


def _compiler(engine: docker.DockerClient, image: str) -> tuple[str, str]:
    """The compiler's version line, and the flags of the SDK's environment."""
    shell = (
        ". /opt/axis/acapsdk/environment-setup* >/dev/null 2>&1;"
        ' $CC --version | head -n 1; echo "$CC $CFLAGS $LDFLAGS"'
    )
    answer: Any = engine.containers.run(image, ["/bin/sh", "-c", shell], remove=True)
    lines = bytes(answer).decode(errors="replace").splitlines()
    return (lines[0], " ".join(lines[1].split())) if len(lines) == 2 else ("", "")
