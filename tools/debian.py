# SPDX-License-Identifier: MIT
"""The Debian or Ubuntu packages that a task needs. Only the standard library: set-up uses it too.

A task calls `require("build")`; what is missing is installed as root or by sudo, otherwise the
error names the packages and the command.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tools import console
from tools.errors import SetupError

GROUPS: dict[str, tuple[str, ...]] = {
    # Builds the app and the platform libraries for this machine.
    "build": (
        "gcc",
        "libc6-dev",
        "make",
        "pkg-config",
        "libglib2.0-dev",
        "libcurl4-openssl-dev",
        "libjansson-dev",
        "libfcgi-dev",
    ),
    # Runs a virtual camera: its private bus, the sandbox of its apps, its certificate.
    "camera": ("dbus-daemon", "bubblewrap", "openssl"),
    # The broker that tests of the virtual camera's MQTT client start.
    "broker": ("mosquitto",),
    # What tests have go wrong for apps: a cut network, a clock that jumps.
    "faults": ("libnftables1", "libfaketime"),
    # Checks the C code.
    "check": ("valgrind", "cppcheck"),
    # Runs SDK images where no engine does, and makes the stand-in for Axis's.
    "engine": ("docker.io", "mmdebstrap", "debian-archive-keyring"),
    # Builds for the processors of cameras; what is linked against is tools/sysroot's business.
    "cross": (
        "gcc-aarch64-linux-gnu",
        "libc6-dev-arm64-cross",
        "gcc-arm-linux-gnueabihf",
        "libc6-dev-armhf-cross",
        "make",
        "pkg-config",
    ),
    # Runs programs for the processors of cameras.
    "emulation": ("qemu-user-static",),
    # Builds a GLib for ThreadSanitizer.
    "threads": ("meson", "ninja-build", "python3-packaging"),
    # Checks the lifecycle's model.
    "model": ("spin",),
}

_SKIP = "BATONDESCRIBE_SKIP_PACKAGES"
_seen: set[str] = set()
"""Packages that were there in this process's life: dpkg is asked about each once."""
_CACHE = Path(__file__).resolve().parent.parent / ".cache"


def require(*groups: str) -> None:
    """Make sure that all packages of `groups` are installed; quick when they are.

    SetupError when they are not and nobody here may install them.
    """
    install_missing([package for group in groups for package in GROUPS[group]])


def install_missing(packages: Sequence[str]) -> None:
    """Install those of `packages` that this machine lacks."""
    if os.environ.get(_SKIP) or _seen.issuperset(packages):
        return
    missing = missing_packages(packages)
    if missing:
        with locked(_CACHE / "apt.lock", "another task that installs packages"):
            missing = missing_packages(missing)
            if missing:
                _install(missing)
    _seen.update(packages)


def missing_packages(packages: Sequence[str]) -> list[str]:
    """Those of `packages` that dpkg does not have installed, in the order given."""
    if not shutil.which("dpkg-query"):
        raise SetupError(
            "this machine has no dpkg, so its packages cannot be checked",
            f"install what these are called here: {' '.join(packages)}; then set {_SKIP}=1",
        )
    form = "${Package} ${db:Status-Status}\\n"
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", form, *packages], capture_output=True, text=True, check=False
    )
    installed = {
        line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")
    }
    return [package for package in dict.fromkeys(packages) if package not in installed]


def fetch_member(package: str, member: str, target: Path, *, sha256: str) -> Path:
    """Take one file out of a Debian package, without installing it, and return `target`.

    `member` is the path in the package, without a leading slash; its content must have `sha256`.
    A `target` that already has it costs no download. SetupError when it is not to be had.
    """
    if target.is_file() and _sha256(target) == sha256:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(_CACHE / "apt.lock", "another task that fetches packages"):
        if not (target.is_file() and _sha256(target) == sha256):
            _fetch(package, member, target, sha256)
    return target


@contextmanager
def locked(path: Path, by_whom: str) -> Iterator[None]:
    """Hold the lock file `path`; says so when it has to wait for `by_whom`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except OSError as error:
        raise SetupError(
            f"{path} cannot be written: {error.strerror}",
            "run this in a copy of the project that belongs to you",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.progress(f"waiting for {by_whom}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(missing: Sequence[str]) -> None:
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    prefix = _privileges()
    if prefix is None:
        raise SetupError(
            f"this machine lacks {', '.join(missing)}",
            f"run: sudo apt-get update && sudo {shlex.join(command)}",
        )
    console.progress(f"installing {', '.join(missing)}")
    lists = Path("/var/lib/apt/lists")
    fresh = lists.is_dir() and any(lists.glob("*Packages*"))
    if fresh and _apt(prefix, command) == 0:
        return
    _apt(prefix, ["apt-get", "update"])  # an index that fails may not be one that is needed
    lines: list[str] = []
    if _apt(prefix, command, lines) != 0:
        why = next((line for line in lines if line.startswith("E: ")), "apt-get failed")
        raise SetupError(
            f"{', '.join(missing)} could not be installed: {why}",
            f"try it by hand: sudo {shlex.join(command)}",
        )


def _privileges() -> list[str] | None:
    """What to put before apt-get: nothing for root, sudo where it asks for nothing, else None."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if (
        sudo
        and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return [sudo, "-n"]
    return None


def _apt(prefix: Sequence[str], command: Sequence[str], lines: list[str] | None = None) -> int:
    kept = lines if lines is not None else []

    def on_line(line: str) -> None:
        kept.append(line)
        if line.startswith(("Get:", "Setting up ")):
            console.progress(f"  {line}")

    full = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", command[0]]
    return console.stream([*full, "-o", "DPkg::Lock::Timeout=300", *command[1:]], on_line)


def _fetch(package: str, member: str, target: Path, sha256: str) -> None:
    cure = f"check the network and apt's sources, then: apt-get download {package}"
    with _workspace(_CACHE / "fetch") as folder:
        console.progress(f"fetching Debian package {package} for {Path(member).name}")
        lines: list[str] = []
        if _download(package, folder, lines) != 0:
            why = next((line for line in lines if line.startswith("E: ")), "apt-get failed")
            raise SetupError(f"Debian package {package} could not be fetched: {why}", cure)
        (archive,) = folder.glob("*.deb")
        partial = target.with_name(f".{target.name}.part")
        try:
            _unpack(archive, member, partial)
            found = _sha256(partial)
            if found != sha256:
                raise SetupError(
                    f"{member} of Debian package {package} is not the expected file"
                    f" (sha256 {found}, expected {sha256})",
                    "this release has another version of it; report it with your release's name",
                )
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def _workspace(folder: Path) -> Iterator[Path]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _download(package: str, folder: Path, lines: list[str]) -> int:
    """apt-get download; with an index of our own where the machine's is empty or too old."""
    if not shutil.which("apt-get"):
        raise SetupError(f"this machine has no apt-get to fetch {package} with")
    if console.stream(_as_me("download", package), lines.append, cwd=folder) == 0:
        return 0
    state = folder / "state"
    (state / "lists" / "partial").mkdir(parents=True)
    (state / "status").touch()
    own = ["-o", f"Dir::State={state}", "-o", f"Dir::State::status={state / 'status'}"]
    own += ["-o", f"Dir::Cache={folder / 'cache'}", "-o", "APT::Update::Post-Invoke-Success="]
    console.progress("  reading the index of Debian's packages")
    console.stream(_as_me(*own, "update"), lines.append, cwd=folder)
    lines.clear()
    return console.stream(_as_me(*own, "download", package), lines.append, cwd=folder)


def _as_me(*arguments: str) -> list[str]:
    # apt would change to its own user, which may not write here.
    user = "root" if os.geteuid() == 0 else str(os.geteuid())
    return ["apt-get", "-q", "-o", f"APT::Sandbox::User={user}", *arguments]


def _unpack(archive: Path, member: str, target: Path) -> None:
    command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as contents:
                for entry in contents:
                    source = contents.extractfile(entry) if entry.isreg() else None
                    if source and entry.name.removeprefix("./") == member:
                        _write(source, target)
                        return
        except tarfile.TarError as error:
            raise SetupError(f"{archive.name} is broken: {error}", "fetch it again") from error
        finally:
            process.stdout.close()
            process.terminate()
    raise SetupError(f"{archive.name} has no {member}")


def _write(source: IO[bytes], target: Path) -> None:
    with target.open("wb") as out:
        shutil.copyfileobj(source, out)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
