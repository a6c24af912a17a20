# SPDX-License-Identifier: MIT
"""`invoke build`: from the sources to an .eap, for this machine or for a camera."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from tools import console, debian, eap, manifest, os_lines, sdk
from tools.bootstrap import PROJECT
from tools.eap.conf import split_version
from tools.eap.writer import manifest_text, write_atomically
from tools.errors import BuildError, UsageError
from tools.settings import APP_NAME, BUILD

ARCHITECTURES = ("aarch64", "armv7hf", "host")
SDKS = {"docker": ("aarch64", "armv7hf"), "host": ("host",)}
HOST_PLATFORM = BUILD / "platform" / "host"
"""Where this machine's platform libraries are installed."""
_COMPILED = re.compile(r"(?:^|\s)-o (\S+)")
_JOBS = min(os.cpu_count() or 1, 8)


@dataclass(frozen=True)
class Built:
    """What a build made, and of what; the same is in build/<package>.json."""

    package: str
    """The .eap's file name in the build folder"""
    architecture: str
    version: str
    axis_os: int
    sdk: str
    sdk_image: str
    """The SDK image and its id, "" for a build without one"""
    compiler: str
    revision: str
    """git's, with "+changes" where the tree differs from it; "" outside git"""
    sha256: str
    size: int

    @property
    def path(self) -> Path:
        return BUILD / self.package


def build(
    architecture: str = "aarch64",
    os_number: int = os_lines.DEFAULT,
    sdk_name: str = "",
    sdk_image: str = "",
    version: str = "",
) -> Built:
    """Make the package for one architecture and AXIS OS line.

    UsageError for a combination that does not exist, ManifestError, SetupError, and BuildError with
    the compiler's own words.
    """
    sdk_name = sdk_name or ("host" if architecture == "host" else "docker")
    _check(architecture, sdk_name)
    line = os_lines.os_line(os_number)
    described = manifest.render(line, architecture, version)
    folder = BUILD / architecture
    with debian.locked(BUILD / ".lock", "another build"):
        manifest_path = folder / "manifest.json"
        write_atomically(manifest_path, manifest_text(described).encode())
        if sdk_name == "host":
            built_by = _build_here(folder, manifest_path)
        else:
            image = sdk_image or line.sdk_image(architecture)
            built_by = sdk.build(described, folder, image, epoch=source_epoch())
        package = _collect(described, folder, sdk_name)
        built = _describe(package, described, line.number, sdk_name, built_by)
        write_atomically(
            package.with_suffix(".json"), json.dumps(asdict(built), indent=4).encode() + b"\n"
        )
    return built


def build_platform() -> Path:
    """Build this machine's platform libraries; the folder where they are installed."""
    debian.require("build")
    with debian.locked(BUILD / ".platform.lock", "another build of the platform libraries"):
        _make(PROJECT / "tools" / "platform", [f"OUT={HOST_PLATFORM}"], "the platform libraries")
    return HOST_PLATFORM


def source_epoch() -> int:
    """Seconds of the last commit, for reproducible archives; SOURCE_DATE_EPOCH overrides it."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isdigit():
        return int(given)
    return int(_git("log", "-1", "--pretty=%ct") or 0)


def package_path(architecture: str, version: str) -> Path:
    """Where the package of this app goes."""
    return BUILD / f"{APP_NAME}_{'_'.join(split_version(version))}_{architecture}.eap"


def _check(architecture: str, sdk_name: str) -> None:
    if architecture not in ARCHITECTURES:
        raise UsageError(
            f"there is no architecture {architecture!r}", f"known: {', '.join(ARCHITECTURES)}"
        )
    if sdk_name not in SDKS:
        raise UsageError(f"there is no SDK {sdk_name!r}", f"known: {', '.join(SDKS)}")
    if architecture not in SDKS[sdk_name]:
        fitting = next(name for name, able in SDKS.items() if architecture in able)
        raise UsageError(
            f"--sdk {sdk_name} cannot build for {architecture}", f"use --sdk {fitting}"
        )


def _build_here(folder: Path, manifest_path: Path) -> sdk.BuiltBy:
    """Build with this machine's compiler against the platform libraries."""
    prefix = build_platform()
    variables = [f"OUT={folder}", f"MANIFEST={manifest_path}"]
    search = str(prefix / "lib" / "pkgconfig")
    inherited = os.environ.get("PKG_CONFIG_PATH")
    search = f"{search}:{inherited}" if inherited else search
    # Debug information, and with it the build id, must not depend on where the project lies.
    flags = f"{os.environ.get('CFLAGS', '-O2 -g')} -ffile-prefix-map={PROJECT}=."
    _make(PROJECT / "app", variables, "the app", {"PKG_CONFIG_PATH": search, "CFLAGS": flags})
    compiler = os.environ.get("CC", "cc")
    first_line = _output([compiler, "--version"]).partition("\n")[0]
    return sdk.BuiltBy(image="", compiler=first_line or compiler)


def _make(
    folder: Path, variables: list[str], what: str, extra: dict[str, str] | None = None
) -> None:
    console.progress(f"building {what}")
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        match = _COMPILED.search(line)
        if match:
            console.progress(f"  {Path(match[1]).name}")

    command = ["make", "--no-print-directory", f"-j{_JOBS}", "-C", str(folder), *variables]
    environment = {**os.environ, **(extra or {}), "LC_ALL": "C"}
    if console.stream(command, on_line, env=environment) != 0:
        for line in lines:
            if not _COMPILED.search(line):
                console.detail(line)
        raise BuildError(f"{what} could not be built", "mend what the compiler names above")


def _collect(described: eap.Manifest, folder: Path, sdk_name: str) -> Path:
    """Put package, licence and unstripped executable where they belong; the package's path."""
    setup = described["acapPackageConf"]["setup"]
    target = package_path(setup["architecture"], setup["version"])
    if sdk_name == "host":
        _pack(described, folder, target)
    else:
        content = (folder / sdk.PACKAGE).read_bytes()
        eap.read(content)  # whatever tool wrote it: nothing broken leaves the build
        write_atomically(target, content)
    license_text = (PROJECT / "app" / "LICENSE").read_bytes()
    write_atomically(target.with_name(f"{target.stem}_LICENSE.txt"), license_text)
    debug = BUILD / "debug" / target.stem / APP_NAME
    debug.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(folder / APP_NAME, debug)
    return target


def _pack(described: eap.Manifest, folder: Path, target: Path) -> None:
    binary = folder / APP_NAME
    if not binary.is_file():
        raise BuildError(f"the build left no {binary}", f"see what `make -C app OUT={folder}` does")
    stripped = folder / "package" / APP_NAME
    stripped.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["strip", "-o", str(stripped), str(binary)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BuildError(f"strip failed: {done.stderr.strip()[:200]}")
    files = {APP_NAME: stripped, "LICENSE": PROJECT / "app" / "LICENSE"}
    html = PROJECT / "app" / "html"
    if html.is_dir():
        files["html"] = html
    eap.pack(described, files, target, epoch=source_epoch())


def _describe(
    package: Path, described: eap.Manifest, os_number: int, sdk_name: str, by: sdk.BuiltBy
) -> Built:
    content = package.read_bytes()
    setup = described["acapPackageConf"]["setup"]
    return Built(
        package=package.name,
        architecture=setup["architecture"],
        version=setup["version"],
        axis_os=os_number,
        sdk=sdk_name,
        sdk_image=by.image,
        compiler=by.compiler or platform.machine(),
        revision=_revision(),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )


def _revision() -> str:
    revision = _git("rev-parse", "HEAD")
    changed = revision and _git("status", "--porcelain", "--untracked-files=no")
    return f"{revision}+changes" if changed else revision


def _git(*arguments: str) -> str:
    return _output(["git", "-C", str(PROJECT), *arguments])


def _output(command: list[str]) -> str:
    """What `command` prints, "" when it fails or does not exist."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
