# SPDX-License-Identifier: MIT
"""`invoke build`: from the sources to an .eap, for this machine or for a camera."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools import debian, eap, elf, manifest, os_lines, toolchain
from tools.bootstrap import PROJECT
from tools.built_by import BuiltBy
from tools.eap.conf import split_version
from tools.eap.writer import manifest_text, write_atomically
from tools.errors import BuildError, ToolError, UsageError
from tools.settings import APP_NAME, BUILD
from tools.toolchain import build_platform

__all__ = ["ARCHITECTURES", "HOST_PLATFORM", "Built", "build", "build_platform"]

ARCHITECTURES = ("aarch64", "armv7hf", "host")
SDKS = {"docker": ("aarch64", "armv7hf"), "debian": ("aarch64", "armv7hf"), "host": ("host",)}
HOST_PLATFORM = BUILD / "platform" / "host"
"""Where this machine's platform libraries are installed."""
_DEBIAN = b"GCC: (Debian "
EXPERIMENTAL = "built with Debian's libraries instead of AXIS OS's: experimental on a real camera"


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
    """The SDK image's name, "" for a build without one"""
    sdk_digest: str
    """The image's digest in its registry, or its id where it has none"""
    compiler: str
    flags: str
    """CFLAGS and LDFLAGS that the build was given"""
    revision: str
    """git's, with "+changes" where the tree differs from it; "" outside git"""
    sha256: str
    size: int
    """In bytes"""
    experimental: str
    """Why the package is only an experiment on a real camera; "" when it is none"""

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
    if sdk_image and sdk_name != "docker":
        raise UsageError(f"--sdk {sdk_name} uses no image", "leave out --sdk-image or --sdk")
    line = os_lines.os_line(os_number)
    described = manifest.render(line, architecture, version)
    licence = _licence()
    # An executable out of an image must not pass for make's own in the other's folder.
    folder = BUILD / (f"{architecture}-docker" if sdk_name == "docker" else architecture)
    target = package_path(architecture, described["acapPackageConf"]["setup"]["version"])
    with debian.locked(BUILD / ".lock", "another build"):
        try:
            write_atomically(folder / "manifest.json", manifest_text(described).encode())
            if sdk_name == "docker":
                image = _image(sdk_image, line, architecture)
                package, built_by = _build_in_image(described, folder, image)
            else:
                package, built_by = _build_here(described, folder)
            content = package.read_bytes()
            built = _describe(target.name, content, described, line.number, sdk_name, built_by)
            told = json.dumps(asdict(built), indent=4).encode() + b"\n"
            debug = BUILD / "debug" / target.stem / APP_NAME
            outputs = {
                debug: (folder / APP_NAME).read_bytes(),
                target.with_name(f"{target.stem}_LICENSE.txt"): licence,
                target.with_suffix(".json"): told,
                target: content,
            }
            _publish(outputs, executable=debug)
        except OSError as error:
            raise BuildError(
                f"{error.filename or BUILD} cannot be written: {error.strerror or error}",
                "free space, or change the folder, and build again",
            ) from error
    return built


def experimental(package: Path) -> str:
    """Why `package` is only an experiment on a real camera; "" if it is none.

    The .json beside it tells; where that is another package's or missing, what Debian's compiler
    leaves in an executable does.
    """
    try:
        content = package.read_bytes()
        told = json.loads(package.with_suffix(".json").read_text())
        if told["sha256"] == hashlib.sha256(content).hexdigest():
            return str(told["experimental"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    with TemporaryDirectory(prefix="batondescribe-package-") as folder:
        try:
            found = eap.read(package)
            found.extract(Path(folder))
            compiled = (Path(folder) / found.app_name).read_bytes()
        except (OSError, ToolError):
            return ""  # whoever installs it says what is wrong with it
    return EXPERIMENTAL if _DEBIAN in compiled else ""


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
        fitting = " or ".join(name for name, able in SDKS.items() if architecture in able)
        raise UsageError(
            f"--sdk {sdk_name} cannot build for {architecture}", f"use --sdk {fitting}"
        )


def _licence() -> bytes:
    path = PROJECT / "app" / "LICENSE"
    text = path.read_bytes() if path.is_file() else b""
    if not text.strip():
        raise BuildError(f"{path} is missing or empty", "put the licence's text into it")
    return text


def _build_here(described: eap.Manifest, folder: Path) -> tuple[Path, BuiltBy]:
    """Build with this machine's native or cross compiler, and pack."""
    architecture = described["acapPackageConf"]["setup"]["architecture"]
    tools = toolchain.find(architecture)
    prefix = build_platform(architecture)
    toolchain.build_app(tools, folder, folder / "manifest.json", prefix)
    binary = folder / APP_NAME
    if not binary.is_file():
        raise BuildError(f"the build left no {binary}", f"see what `make -C app OUT={folder}` does")
    stripped = toolchain.strip(tools, binary, folder / "package" / APP_NAME)
    if architecture != "host":
        faults = elf.read(stripped).faults()
        if faults:
            raise BuildError(f"the executable does not fit a camera: {'; '.join(faults)}")
    files = {APP_NAME: stripped, "LICENSE": PROJECT / "app" / "LICENSE"}
    html = PROJECT / "app" / "html"
    if html.is_dir():
        files["html"] = html
    package = eap.pack(described, files, folder / "packed.eap", epoch=source_epoch())
    return package, BuiltBy(compiler=tools.version(), flags=tools.flags)


def _image(name: str, line: os_lines.OsLine, architecture: str) -> str:
    """The SDK image to build in; the stand-in is made first."""
    from tools import sdk_standin

    if name == sdk_standin.NAME:
        return sdk_standin.require(architecture)
    return name or line.sdk_image(architecture)


def _experimental(sdk_name: str, image: str) -> str:
    from_debian = sdk_name == "debian" or image.startswith("batondescribe/")
    return EXPERIMENTAL if from_debian else ""


def _build_in_image(described: eap.Manifest, folder: Path, image: str) -> tuple[Path, BuiltBy]:
    """Build in an SDK image, and take what its acap-build made."""
    from tools import sdk  # the docker package takes longer to load than a build without changes

    built_by = sdk.build(described, folder, image, epoch=source_epoch())
    package = folder / sdk.PACKAGE
    eap.read(package)  # whatever tool wrote it: nothing broken leaves the build
    return package, built_by


def _publish(outputs: Mapping[Path, bytes], executable: Path) -> None:
    """Put all `outputs` under their names, or none of them: a full disk stops it before that."""
    whole: dict[Path, Path] = {}
    try:
        for target, content in outputs.items():
            complete = target.with_name(f".{target.name}.whole")
            write_atomically(complete, content)
            whole[target] = complete
        whole[executable].chmod(0o755)
        for target, complete in whole.items():
            complete.replace(target)
    finally:
        for complete in whole.values():
            complete.unlink(missing_ok=True)


def _describe(
    package: str,
    content: bytes,
    described: eap.Manifest,
    os_number: int,
    sdk_name: str,
    by: BuiltBy,
) -> Built:
    setup = described["acapPackageConf"]["setup"]
    return Built(
        package=package,
        architecture=setup["architecture"],
        version=setup["version"],
        axis_os=os_number,
        sdk=sdk_name,
        sdk_image=by.image,
        sdk_digest=by.digest,
        compiler=by.compiler,
        flags=by.flags,
        revision=_revision(),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        experimental=_experimental(sdk_name, by.image),
    )


def _revision() -> str:
    revision = _git("rev-parse", "HEAD")
    changed = revision and _git("status", "--porcelain", "--untracked-files=no")
    return f"{revision}+changes" if changed else revision


def _git(*arguments: str) -> str:
    return toolchain.output(["git", "-C", str(PROJECT), *arguments])
