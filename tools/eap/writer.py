# SPDX-License-Identifier: MIT
"""Writes an .eap in the documented layout, the same bytes for the same input."""

from __future__ import annotations

import copy
import io
import json
import os
import struct
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

from tools.eap import conf
from tools.eap.model import Manifest, script_of, setup_of
from tools.errors import BuildError, PackageError

_GENERATED = ("manifest.json", "package.conf", "param.conf", "cgi.conf")
_WELL_KNOWN = ("html", "declarations", "lib")
# Files that tar's --exclude-vcs and --exclude '*~' keep out.
_EXCLUDED = (
    "CVS", "RCS", "SCCS", ".git", ".gitignore", ".gitattributes", ".gitmodules", ".cvsignore",
    ".svn", ".arch-ids", "{arch}", "=RELEASE-ID", "=meta-update", "=update", ".bzr", ".bzrignore",
    ".bzrtags", ".hg", ".hgignore", ".hgrags", "_darcs", "*~",
)  # fmt: skip
# gzip -9 --no-name: deflate, no flags, no time, best compression, Unix.
_GZIP_HEADER = bytes.fromhex("1f8b 08 00 00000000 02 03")


def pack(
    manifest: Manifest,
    files: Mapping[str, Path],
    target: Path,
    *,
    epoch: int,
    architecture: str = "",
) -> Path:
    """Write the package of `manifest` and `files` to `target`, and return it.

    `files` maps names in the package to files or folders here: the executable (under its appName),
    LICENSE, scripts, html, lib, declarations, and whatever else the app needs. `epoch` is the time
    of every member in seconds. `architecture` fills a manifest without one. Permission bits do not
    follow the builder's umask: 0755 for what is executable and for folders, 0644 otherwise.
    PackageError for anything that acap-build would refuse; nothing half-written under `target`.
    """
    manifest = with_architecture(manifest, architecture)
    architecture = str(setup_of(manifest).get("architecture") or architecture)
    _check(manifest, files, architecture)
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for member, content in _members(manifest, files, architecture):
            member.mtime = epoch
            archive.addfile(member, io.BytesIO(content))
    write_atomically(target, _gzip(raw.getvalue()))
    return target


def with_architecture(manifest: Manifest, architecture: str) -> Manifest:
    """A copy of `manifest` as it is packed: from schema 1.3.1 on it names its architecture."""
    filled = copy.deepcopy(manifest)
    setup = setup_of(filled)
    if architecture and not setup.get("architecture") and _schema_of(manifest) > (1, 3, 0):
        setup["architecture"] = architecture
    found = setup.get("architecture")
    if architecture and found not in (None, "all", architecture):
        raise PackageError(
            f"setup.architecture is {found!r}, but this build is for {architecture!r}",
            "take architecture out of the manifest: it is filled in when packing",
        )
    return filled


def manifest_text(manifest: Manifest) -> str:
    """manifest.json as packed: four spaces, no line break at the end."""
    return json.dumps(manifest, indent=4)


def write_atomically(target: Path, content: bytes) -> None:
    """Put `content` under `target` at once or not at all, whatever interrupts it."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _unwritable(target: Path, error: OSError) -> BuildError:
    return BuildError(
        f"{target} cannot be written: {error.strerror}", "free or change the folder and build again"
    )


def _check(manifest: Manifest, files: Mapping[str, Path], architecture: str) -> None:
    app_name = setup_of(manifest).get("appName")
    if not app_name:
        raise PackageError("the manifest has no acapPackageConf.setup.appName")
    if not architecture:
        raise PackageError("neither the manifest nor the call says which architecture this is for")
    for name in _GENERATED:
        if name in files:
            raise PackageError(f"{name} is made from the manifest and cannot be given as a file")
    for name, source in files.items():
        if name.startswith("/") or ".." in Path(name).parts:
            raise PackageError(f"{name} would lie outside the package folder")
        if not source.exists():
            raise PackageError(f"{source}, to be packed as {name}, is missing")
    scripts = _post_install(manifest), _pre_uninstall(manifest)
    for name in (str(app_name), *filter(None, scripts)):
        if name not in files:
            raise PackageError(f"the manifest names {name}, which is not among the files to pack")
    if "LICENSE" not in files or files["LICENSE"].stat().st_size == 0:
        raise PackageError("LICENSE is missing or empty", "put the licence's text into LICENSE")


def _members(
    manifest: Manifest, files: Mapping[str, Path], architecture: str
) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    app_name = str(setup_of(manifest)["appName"])
    other = _other_files(manifest, files)
    package_conf = conf.package_conf(manifest, architecture, other)
    yield from _tree(app_name, files[app_name], executable=True)
    yield _file("package.conf", package_conf.encode())
    yield _file("param.conf", conf.param_conf(manifest).encode())
    yield from _tree("LICENSE", files["LICENSE"])
    yield _file("manifest.json", manifest_text(manifest).encode(), mode=0o600)
    for name in (_post_install(manifest), *other):
        if name:
            yield from _tree(name, files[name])
    for folder in _WELL_KNOWN:
        yield from _well_known(folder, files)
    cgi_conf = conf.cgi_conf(manifest)
    if cgi_conf is not None:
        yield _file("cgi.conf", cgi_conf.encode())


def _other_files(manifest: Manifest, files: Mapping[str, Path]) -> Sequence[str]:
    """What package.conf lists: the additional files as given, then the pre-uninstall script."""
    last = _pre_uninstall(manifest)
    known = {str(setup_of(manifest)["appName"]), "LICENSE", _post_install(manifest), last}
    others = [n for n in files if n not in known and Path(n).parts[0] not in _WELL_KNOWN]
    return [*others, *([last] if last else [])]


def _well_known(folder: str, files: Mapping[str, Path]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """html, declarations or lib: given as one folder, or file by file."""
    if folder in files:
        yield from _tree(folder, files[folder])
        return
    seen: set[str] = set()
    for name in sorted(n for n in files if Path(n).parts[0] == folder):
        for parent in reversed(Path(name).parents[:-1]):
            if str(parent) not in seen:
                seen.add(str(parent))
                yield _folder(str(parent)), b""
        yield from _tree(name, files[name])


def _tree(
    name: str, source: Path, executable: bool = False
) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """`source` and all below it, each folder's entries in byte order, as tar --sort=name does."""
    if source.is_symlink():
        link = tarfile.TarInfo(name)
        link.type, link.linkname, link.mode = tarfile.SYMTYPE, str(source.readlink()), 0o777
        yield link, b""
    elif source.is_dir():
        yield _folder(name), b""
        for entry in sorted(source.iterdir(), key=lambda e: os.fsencode(e.name)):
            if not any(fnmatch(entry.name, pattern) for pattern in _EXCLUDED):
                yield from _tree(f"{name}/{entry.name}", entry)
    else:
        executable = executable or bool(source.stat().st_mode & 0o111)
        yield _file(name, source.read_bytes(), mode=0o755 if executable else 0o644)


def _file(name: str, content: bytes, mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    return member, content


def _folder(name: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode = tarfile.DIRTYPE, 0o755
    return member


def _gzip(content: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = compressor.compress(content) + compressor.flush()
    return _GZIP_HEADER + body + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def _schema_of(manifest: Manifest) -> tuple[int, ...]:
    parts = [
        int(p) if p.isdigit() else 0 for p in str(manifest.get("schemaVersion", "")).split(".")
    ]
    return tuple((*parts, 0, 0)[:3])


def _post_install(manifest: Manifest) -> str:
    return script_of(manifest, "installation", "postInstallScript")


def _pre_uninstall(manifest: Manifest) -> str:
    return script_of(manifest, "uninstallation", "preUninstallScript")
