# SPDX-License-Identifier: MIT
"""Builds the app in a container of Axis's ACAP Native SDK, by the docker package.

The build context is made here, of the sources alone, so that no stale output of an earlier build
gets into an image and every file has the permissions that a camera wants. A build of the same
context in the same image is not done again: what it left is still in the build folder.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import docker.errors
import requests
import urllib3

from tools import console, eap
from tools.bootstrap import PROJECT
from tools.built_by import BuiltBy
from tools.eap.writer import manifest_text, write_atomically
from tools.errors import BuildError, SetupError
from tools.settings import APP_NAME

PACKAGE = "acap-build.eap"
_STAMP = "acap-build.json"
_MADE_BY = "made-by"
_RESULTS = {f"debug/{APP_NAME}": APP_NAME, f"debug/{_MADE_BY}": _MADE_BY}
"""Where the Dockerfile leaves what is wanted, and what it is called in the build folder"""
_LABEL = "batondescribe.build"
_TIDY_TIMEOUT = 60.0  # a busy machine takes long to end the step that Ctrl-C interrupted
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_COMPILED = re.compile(r" -o (\S+\.o)\b")
_PLATFORM = "linux/amd64"  # Axis publishes its SDK for this platform alone
_NO_IMAGE = re.compile(
    r"pull access denied|not found|no such image|manifest unknown|no such host|dial tcp|timeout"
    r"|invalid reference format",
    re.I,
)
_NO_SDK = re.compile(
    r"/opt/axis/acapsdk/environment-setup.*(No such file|not found)|acap-build: not f"
)
_GONE = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError)
_CURE_ENGINE = "start Docker, or build without it: --sdk debian"


def build(manifest: eap.Manifest, folder: Path, image: str, *, epoch: int) -> BuiltBy:
    """Run acap-build in `image`; PACKAGE and the unstripped executable land in `folder`.

    SetupError without an engine or the image, BuildError with the compiler's own words. Neither
    containers nor dangling images of this build stay behind.
    """
    try:
        with _engine() as engine:
            sources = context(manifest)
            wanted = _fingerprint(engine, image, sources, epoch)
            if wanted == _stamped(folder):
                console.progress(f"nothing has changed since the last build in {image}")
            else:
                _build(engine, sources, folder, image, epoch)
                _stamp(folder, _fingerprint(engine, image, sources, epoch))
            return _built_by(folder, image, _digest(engine, image))
    except _GONE as error:
        raise SetupError("the container engine went away during the build", _CURE_ENGINE) from error


def _build(
    engine: docker.DockerClient, sources: bytes, folder: Path, image: str, epoch: int
) -> None:
    console.progress(f"building in {image}")
    try:
        made = _run_build(engine, sources, image, epoch)
        try:
            _take_results(engine, made, folder)
        finally:
            engine.images.remove(made, force=True)
    finally:
        _tidy(engine)


def _fingerprint(engine: docker.DockerClient, image: str, sources: bytes, epoch: int) -> str:
    """What a build's results depend on; "" for an image that has to be fetched first."""
    try:
        found = engine.images.get(image)
    except (docker.errors.ImageNotFound, docker.errors.APIError):
        return ""
    total = hashlib.sha256(f"{found.id} {_PLATFORM} {epoch}\n".encode())
    total.update(sources)
    return total.hexdigest()


def _stamp(folder: Path, fingerprint: str) -> None:
    told = {"fingerprint": fingerprint, **_hashes(folder)}
    write_atomically(folder / _STAMP, json.dumps(told).encode())


def forget(folder: Path) -> None:
    """Have the next build in `folder` be a real one, whatever has changed."""
    (folder / _STAMP).unlink(missing_ok=True)


def _stamped(folder: Path) -> str | None:
    """The fingerprint of the build whose results are in `folder`; None without all of them."""
    try:
        told = json.loads((folder / _STAMP).read_text())
        fingerprint = told.pop("fingerprint")
        whole = told == _hashes(folder)
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    return str(fingerprint) if fingerprint and whole else None


def _hashes(folder: Path) -> dict[str, str]:
    names = (PACKAGE, *_RESULTS.values())
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def _built_by(folder: Path, image: str, digest: str) -> BuiltBy:
    compiler, _, flags = (folder / _MADE_BY).read_text(errors="replace").partition("\n")
    return BuiltBy(compiler=compiler, flags=" ".join(flags.split()), image=image, digest=digest)


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
        try:
            engine.images.prune(filters=ours)
            if not engine.images.list(filters=ours):
                return
        except docker.errors.APIError:
            pass  # in use for as long as the last step runs
        except _GONE:
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
    if any(_NO_SDK.search(line) for line in lines):
        return SetupError(
            f"{image} is no image of an ACAP Native SDK: it lacks what is named above",
            "name another with --sdk-image, or use --sdk debian",
        )
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
    found = set()
    with tarfile.open(fileobj=content) as archive:
        for member in archive:
            name = member.name.removeprefix("app/")
            is_package = "/" not in name and name.endswith(".eap")
            target = PACKAGE if is_package else _RESULTS.get(name)
            source = archive.extractfile(member) if target and member.isreg() else None
            if source and target:
                write_atomically(folder / target, source.read())
                found.add(target)
    if found != {PACKAGE, *_RESULTS.values()}:
        raise BuildError(f"acap-build in {image} left no package", "see what the image's tool does")
