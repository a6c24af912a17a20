# SPDX-License-Identifier: MIT
"""What programs for a camera's processor are compiled with and linked against, from Debian alone.

The compilers are Debian's cross compilers (the package group "cross"). The libraries of the other
architecture are unpacked into a folder of the project's cache: no root, and apt's and dpkg's own
state stays as it is. They are Debian's versions, not AXIS OS's: this shows that the code fits the
processor, and is what the virtual camera of that architecture runs.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools import apt_sources, console, debian
from tools.errors import SetupError, UsageError

PACKAGES = (
    "libc6-dev",
    "libglib2.0-dev",
    "libcurl4-openssl-dev",
    "libjansson-dev",
    "libfcgi-dev",
    "zlib1g-dev",
    # Not linked against: moves the clock of emulated apps.
    "libfaketime",
)
CACHE = Path(__file__).resolve().parent.parent / ".cache" / "sysroot"
_LAYOUT = "1"
"""Counts up when sysroots are made in another way, so that older ones are not taken."""
_UNUSED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/bin", "usr/sbin", "var")
_PREFIX = re.compile(r"^(\w+)=/usr(?=/|$)", re.M)
_CURE = "check the network and apt's sources (Debian's own hold every architecture), then try again"


@dataclass(frozen=True)
class Target:
    """How a camera's architecture is called elsewhere."""

    debian: str
    triplet: str
    loader: str
    """The program interpreter of its executables"""


TARGETS = {
    "aarch64": Target("arm64", "aarch64-linux-gnu", "/lib/ld-linux-aarch64.so.1"),
    "armv7hf": Target("armhf", "arm-linux-gnueabihf", "/lib/ld-linux-armhf.so.3"),
}


@dataclass(frozen=True)
class Sysroot:
    """The libraries and headers of one architecture, usable where they lie."""

    path: Path
    triplet: str
    cc: str
    """The compiler's name; it needs --sysroot, as in `environment`"""
    environment: dict[str, str]
    """What make needs: CC with --sysroot, LDFLAGS, and where pkg-config looks"""


def require(architecture: str) -> Sysroot:
    """The sysroot of "aarch64" or "armv7hf", made when it is not there (seconds, 33 MB to fetch).

    UsageError for another architecture, SetupError when compiler or packages cannot be had.
    """
    target = target_of(architecture)
    debian.require("cross")
    path = CACHE.resolve() / f"{architecture}-{_fingerprint()}"
    if not path.is_dir():
        with debian.locked(CACHE / ".lock", "another task that makes a sysroot"):
            if not path.is_dir():
                with console.timed(f"making the {architecture} sysroot from Debian packages"):
                    _make(target, path)
    return _sysroot(target, path)


def target_of(architecture: str) -> Target:
    """The names of `architecture`; UsageError for one that is not cross-built."""
    if architecture not in TARGETS:
        known = ", ".join(TARGETS)
        raise UsageError(f"there is no cross build for {architecture!r}", f"known: {known}")
    return TARGETS[architecture]


def _fingerprint() -> str:
    """What the content depends on: the packages, and the release that they come from."""
    release = f"VERSION_CODENAME={apt_sources.codename()}"
    return hashlib.sha256("\n".join((_LAYOUT, release, *PACKAGES)).encode()).hexdigest()[:12]


def _sysroot(target: Target, path: Path) -> Sysroot:
    triplet = target.triplet
    libraries = [path / "usr" / "lib" / triplet, path / "lib" / triplet]
    search = [libraries[0] / "pkgconfig", path / "usr" / "share" / "pkgconfig"]
    environment = {
        "SDKTARGETSYSROOT": str(path),
        "CC": f"{triplet}-gcc --sysroot={path}",
        "LDFLAGS": " ".join(f"-Wl,-rpath-link,{folder}" for folder in libraries),
        # Not PKG_CONFIG_SYSROOT_DIR: it would also be put before what lies elsewhere.
        "PKG_CONFIG_LIBDIR": ":".join(map(str, search)),
        "PKG_CONFIG_PATH": "",
    }
    return Sysroot(path, triplet, f"{triplet}-gcc", environment)


def _make(target: Target, path: Path) -> None:
    """Fill a folder beside `path` and put it under its name when it is complete."""
    partial = path.with_name(f".{path.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        root = partial / "root"
        root.mkdir(parents=True)
        unpack(download(target, partial / "apt"), root)
        _make_relocatable(root)
        if not (root / "usr" / "lib" / target.triplet / "pkgconfig" / "glib-2.0.pc").is_file():
            raise SetupError(f"the packages for {target.debian} do not hold GLib", _CURE)
        root.replace(path)
    except OSError as error:
        raise SetupError(
            f"the sysroot {path} cannot be written: {error.strerror or error}",
            "free space (about 250 MB) or give the folder to your user",
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def download(
    target: Target, work: Path, packages: Sequence[str] = PACKAGES, release: str = ""
) -> list[Path]:
    """Fetch packages of another architecture, and `release` if one is named, with all that they
    need, by an apt state of our own. SetupError says what could not be had."""
    if not shutil.which("apt-get"):
        raise SetupError("this machine has no apt-get to fetch the sysroot's packages with", _CURE)
    settings = {
        **apt_sources.copy(work, release=release),
        "APT::Architecture": target.debian,
        "APT::Architectures": target.debian,
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else os.geteuid(),
        "APT::Update::Post-Invoke-Success": "",
    }
    options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]
    lines: list[str] = []
    # The index of updates is at times broken for one architecture; the release's own suffices.
    if console.stream(["apt-get", "-q", *options, "update"], lines.append) != 0:
        why = next((line for line in lines if line.startswith("E: ")), "E: apt-get update failed")
        console.notice(f"an index of packages for {target.debian} is left out ({why[3:120]})")
    command = ["apt-get", "-q", "-y", *options, "--download-only", "install", *packages]
    lines.clear()
    if console.stream(command, lines.append) != 0:
        why = next((line for line in lines if line.startswith("E: ")), "E: apt-get failed")
        raise SetupError(
            f"the packages for {target.debian} could not be fetched: {why[3:200]}", _CURE
        )
    return sorted((work / "cache" / "archives").glob("*.deb"))


def unpack(archives: Sequence[Path], root: Path) -> None:
    """Unpack what libraries and headers there are, with links that stay inside `root`."""
    console.progress(f"  unpacking {len(archives)} packages")
    _extract(archives, root)
    for name in _UNUSED:
        shutil.rmtree(root / name, ignore_errors=True)
    make_links_relative(root)
    lead_to_usr(root)


def _extract(archives: Sequence[Path], root: Path) -> None:
    def extract(archive: Path) -> subprocess.CompletedProcess[str]:
        command = ["dpkg-deb", "--extract", str(archive), str(root)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
        for archive, done in zip(archives, pool.map(extract, archives), strict=True):
            if done.returncode != 0:
                raise SetupError(f"{archive.name} is broken: {done.stderr.strip()[:200]}", _CURE)


def make_links_relative(root: Path) -> None:
    """Let absolute links below `root` stay inside it.

    Debian's libz.so is a link to /lib/...; where it dangles, the linker takes the static library
    without a word.
    """
    for link in links(root):
        target = str(link.readlink())
        if target.startswith("/"):
            inside = os.path.relpath(root / target.lstrip("/"), link.parent)
            link.unlink()
            link.symlink_to(inside)


def lead_to_usr(root: Path) -> None:
    """Let /lib lead to /usr/lib where the packages hold nothing outside /usr any more.

    On an installed system a link of the package base-files does that; linker scripts and program
    interpreters are still named by /lib.
    """
    for name in ("lib", "lib64"):
        if (root / "usr" / name).is_dir() and not (root / name).exists():
            (root / name).symlink_to(f"usr/{name}")


def links(root: Path) -> Iterator[Path]:
    """All symbolic links below `root`."""
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink():
                yield path


def _make_relocatable(root: Path) -> None:
    """Let pkg-config's files say where they are instead of /usr."""
    for folder in ("usr/lib", "usr/share"):
        for description in (root / folder).glob("**/pkgconfig/*.pc"):
            if description.is_symlink():
                continue
            up = os.path.relpath(root / "usr", description.parent)
            text = description.read_text(errors="surrogateescape")
            text = _PREFIX.sub(rf"\1=${{pcfiledir}}/{up}", text)
            description.write_text(text, errors="surrogateescape")
