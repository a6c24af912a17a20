# SPDX-License-Identifier: MIT
"""Makes the stand-in's images: one base for the machine, and one image for each architecture."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import docker
import docker.errors
import requests

from tools import console, debian, sysroot, toolchain
from tools.bootstrap import PROJECT
from tools.errors import SetupError

NAME = "standin"
"""What --sdk-image calls it"""
_HERE = Path(__file__).resolve().parent
_BASE = "batondescribe/sdk-standin-base"
_IMAGE = "batondescribe/sdk-standin"
_LABEL = "batondescribe.inputs"
_CURE_ENGINE = "start Docker, or build without it: --sdk debian"
_SUITE = "bookworm"
_PACKAGES = (
    "make",
    "pkg-config",
    "python3-minimal",
    "python3-jinja2",
    "python3-jsonschema",
    "gcc-aarch64-linux-gnu",
    "libc6-dev-arm64-cross",
    "gcc-arm-linux-gnueabihf",
    "libc6-dev-armhf-cross",
)
_SETUP = {
    "aarch64": ("cortexa53-crypto-poky-linux", "aarch64", "64", "arm64"),
    "armv7hf": ("cortexa9hf-neon-poky-linux-gnueabi", "arm", "32", "arm"),
}
_TOOLS = (
    "tools/__init__.py",
    "tools/bootstrap.py",
    "tools/console.py",
    "tools/debian.py",
    "tools/errors.py",
    "tools/manifest.py",
    "tools/os_lines.py",
    "tools/settings.py",
    "tools/eap/*.py",
    "tools/schemas/*.json",
)
_ACAP_BUILD = """#!/bin/sh
export PYTHONPATH=/opt/axis/acapsdk/standin PYTHONDONTWRITEBYTECODE=1
exec python3 -m acap_build "$@"
"""


def require(architecture: str) -> str:
    """The name of the stand-in for `architecture`; made unless it is there and up to date.

    SetupError without an engine, or without what it is made of.
    """
    target = sysroot.target_of(architecture)
    root = sysroot.require(architecture)
    platform = toolchain.build_platform(architecture)
    tag = f"{_IMAGE}:{architecture}"
    with debian.locked(PROJECT / ".cache" / "standin.lock", "another build of the stand-in"):
        engine = _engine()
        try:
            base = _base(engine)
            files = dict(_files(architecture, target, platform))
            inputs = _fingerprint(base, root.path, files)
            if _label(engine, tag) != inputs:
                with console.timed(f"making the stand-in SDK image {tag}"):
                    _build(engine, tag, architecture, base, inputs, root.path, files)
        except requests.exceptions.RequestException as error:
            raise SetupError("the container engine went away", _CURE_ENGINE) from error
        finally:
            engine.close()
    return tag


def _engine() -> docker.DockerClient:
    try:
        engine = docker.from_env(timeout=600)
        engine.ping()
    except docker.errors.DockerException as error:
        raise SetupError("no container engine answers on this machine", _CURE_ENGINE) from error
    return engine


def _label(engine: docker.DockerClient, tag: str) -> str:
    try:
        return str(engine.images.get(tag).labels.get(_LABEL, ""))
    except docker.errors.ImageNotFound:
        return ""


def _base(engine: docker.DockerClient) -> str:
    """Debian with the compilers, as an image; its name."""
    inputs = hashlib.sha256("\n".join((_SUITE, *_PACKAGES)).encode()).hexdigest()[:12]
    tag = f"{_BASE}:{inputs}"
    if _label(engine, tag) == inputs:
        return tag
    debian.require("engine")
    if not shutil.which("mmdebstrap"):
        raise SetupError("this machine lacks mmdebstrap", "install it")
    with (
        tempfile.TemporaryDirectory(prefix="batondescribe-base-") as folder,
        console.timed("making the stand-in's base from Debian packages (once, half a minute)"),
    ):
        archive = Path(folder) / "base.tar"
        command = ["mmdebstrap", "--variant=essential", f"--include={','.join(_PACKAGES)}"]
        command += ["--dpkgopt=path-exclude=/usr/share/doc/*", _SUITE, str(archive)]
        lines: list[str] = []
        if console.stream(command, lines.append) != 0:
            why = next((line for line in lines if line.startswith("E: ")), "mmdebstrap failed")
            raise SetupError(f"the base could not be made: {why[:200]}", "check the network")
        changes = ['CMD ["/bin/bash"]', f"LABEL {_LABEL}={inputs}"]
        engine.api.import_image_from_file(
            str(archive), repository=_BASE, tag=inputs, changes=changes
        )
    return tag


def _files(
    architecture: str, target: sysroot.Target, platform: Path
) -> Iterator[tuple[str, tuple[bytes, int]]]:
    """Names in the build context, each with content and mode, but for the sysroot's own."""
    suffix, oecore, bits, kernel = _SETUP[architecture]
    words = {"ARCH": architecture, "OECORE_ARCH": oecore, "BITS": bits, "KERNEL_ARCH": kernel}
    setup = (_HERE / "environment-setup").read_text()
    for key, value in {**words, "TRIPLET": target.triplet}.items():
        setup = setup.replace(f"@{key}@", value)
    yield "Dockerfile", ((_HERE / "Dockerfile").read_bytes(), 0o644)
    yield f"sdk/environment-setup-{suffix}", (setup.encode(), 0o644)
    yield "acap-build", (_ACAP_BUILD.encode(), 0o755)
    yield "sdk/standin/acap_build.py", ((_HERE / "acap_build.py").read_bytes(), 0o644)
    for pattern in _TOOLS:
        for path in sorted(PROJECT.glob(pattern)):
            name = f"sdk/standin/{path.relative_to(PROJECT).as_posix()}"
            yield name, (path.read_bytes(), 0o644)
    for part in ("lib", "include"):
        for path in sorted((platform / part).rglob("*")):
            if path.is_file():
                yield f"platform/{path.relative_to(platform)}", (path.read_bytes(), 0o644)


def _fingerprint(base: str, root: Path, files: dict[str, tuple[bytes, int]]) -> str:
    total = hashlib.sha256(f"{base}\n{root.name}\n".encode())
    for name, (content, mode) in sorted(files.items()):
        total.update(f"{name} {mode} {len(content)}\n".encode())
        total.update(content)
    return total.hexdigest()[:16]


def _build(
    engine: docker.DockerClient,
    tag: str,
    architecture: str,
    base: str,
    inputs: str,
    root: Path,
    files: dict[str, tuple[bytes, int]],
) -> None:
    with tempfile.TemporaryFile() as context:
        with tarfile.open(fileobj=context, mode="w") as archive:
            for name, (content, mode) in files.items():
                member = tarfile.TarInfo(name)
                member.size, member.mode = len(content), mode
                archive.addfile(member, io.BytesIO(content))
            archive.add(root, "sysroot", filter=_of_root)
        context.seek(0, os.SEEK_SET)
        try:
            engine.images.build(
                fileobj=context,
                custom_context=True,
                tag=tag,
                buildargs={"BASE": base, "ARCH": architecture},
                labels={_LABEL: inputs},
                rm=True,
                forcerm=True,
            )
        except (docker.errors.BuildError, docker.errors.APIError) as error:
            raise SetupError(f"the stand-in image could not be made: {error}") from error
    engine.images.prune(filters={"dangling": True, "label": [_LABEL]})


def _of_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member
