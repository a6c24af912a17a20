# SPDX-License-Identifier: MIT
"""Reads packages that nobody vouches for: streamed, bounded, refused before anything is written.

A package is refused when it is cut, no gzip or tar, larger unpacked than MAX_UNPACKED, or holds a
member whose path or link leads out of the package folder.
"""

from __future__ import annotations

import io
import json
import posixpath
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

from tools.eap import conf
from tools.eap.model import Manifest, Member, Package, configuration_of, setup_of
from tools.eap.old_package import manifest_of
from tools.errors import PackageError

MAX_UNPACKED = 1 << 30
"""Bytes of all members together; the largest apps seen on cameras take a few hundred MiB."""
_MAX_CONF = 1 << 20
_CONF_NAMES = ("manifest.json", "package.conf", "param.conf", "cgi.conf")
_CHUNK = 1 << 16


def read(source: Path | bytes) -> Package:
    """Read the package at `source` (a file, or the bytes of one) to its end and check it.

    PackageError when it is cut, no .eap, unsafe, or lacks package.conf; without manifest.json it is
    from before manifests and package.conf says it all. Bytes after the gzip stream are a signature
    and tolerated.
    """
    members: list[Member] = []
    texts: dict[str, str] = {}
    with _opened(source) as stream:
        for member, content in _entries(stream):
            members.append(Member(member.name, member.size, member.mode & 0o7777))
            if member.name in _CONF_NAMES:
                texts[member.name] = _text(member, content)
        signed = stream.drain()
    manifest = _manifest(texts)
    configuration = configuration_of(manifest)
    return Package(
        manifest=manifest,
        package_conf=conf.parse_package_conf(texts["package.conf"]),
        param_conf=conf.declared_parameters(manifest)
        if "paramConfig" in configuration
        else conf.parse_param_conf(texts.get("param.conf", "")),
        cgi=conf.declared_cgi(manifest)
        if "httpConfig" in configuration
        else conf.parse_cgi_conf(texts.get("cgi.conf", "")),
        members=tuple(members),
        signed=signed,
        _unpack=lambda target: _extract(source, target),
    )


def _manifest(texts: dict[str, str]) -> Manifest:
    if "package.conf" not in texts:
        raise PackageError("the package has no package.conf", "build it with acap-build")
    if "manifest.json" not in texts:
        stated = conf.parse_package_conf(texts["package.conf"])
        if not stated.get("APPNAME"):
            raise PackageError("the package has no manifest.json", "build it with acap-build")
        return manifest_of(stated)
    try:
        manifest = json.loads(texts["manifest.json"])
    except (ValueError, RecursionError) as error:
        raise PackageError(f"the package's manifest.json is no JSON: {error}") from error
    if not isinstance(manifest, dict) or not setup_of(manifest).get("appName"):
        raise PackageError("the package's manifest.json has no acapPackageConf.setup.appName")
    return manifest


def _extract(source: Path | bytes, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with _opened(source) as stream:
        for member, content in _entries(stream):
            path = target / member.name
            _clear(target, path, keep_folder=member.isdir())
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            elif member.issym():
                path.symlink_to(member.linkname)
            elif member.islnk():
                shutil.copy2(target / member.linkname, path)
            else:
                _copy(content, path)
                path.chmod(member.mode & 0o755)


def _clear(target: Path, path: Path, keep_folder: bool) -> None:
    """Make room for `path`: what an app left there, links above all, must not redirect a write."""
    for parent in reversed(path.relative_to(target).parents[:-1]):
        if (target / parent).is_symlink():
            (target / parent).unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir() and not keep_folder:
        shutil.rmtree(path)


def _copy(content: IO[bytes] | None, path: Path) -> None:
    with path.open("xb") as out:
        if content is not None:
            shutil.copyfileobj(content, out)


def _entries(stream: _Gunzip) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """Each safe member with its content, in order; names are relative to the package folder."""
    links: set[str] = set()
    total = 0
    try:
        with tarfile.open(fileobj=_Reader(stream), mode="r|", tarinfo=_Header) as archive:
            for member in archive:
                member.name = _safe_name(member.name, links)
                if not member.name:
                    continue  # "./", the folder itself
                _check_type(member, links)
                total += member.size
                if total > MAX_UNPACKED:
                    raise PackageError(f"{member.name} makes the package larger than {_LIMIT}")
                yield member, archive.extractfile(member) if member.isreg() else None
    except (tarfile.TarError, UnicodeError, ValueError, KeyError) as error:
        raise PackageError(
            f"the package is no tar archive, or a broken one: {error}", _REBUILD
        ) from error


def _safe_name(name: str, links: set[str]) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise PackageError(
            f"the package's member {name!r} leads out of the package folder", _UNSAFE
        )
    for parent in path.parents:
        if str(parent) in links:
            raise PackageError(f"the package's member {name!r} lies behind a link", _UNSAFE)
    return "" if str(path) == "." else str(path)


def _check_type(member: tarfile.TarInfo, links: set[str]) -> None:
    if member.issym():
        target = posixpath.normpath(posixpath.join(posixpath.dirname(member.name), member.linkname))
        if target.startswith(("/", "..")):
            raise PackageError(
                f"the package's link {member.name!r} leads out of the package folder", _UNSAFE
            )
        links.add(member.name)
    elif member.islnk():
        member.linkname = _safe_name(member.linkname, links)
        if member.linkname in links:
            raise PackageError(f"the package's member {member.name!r} is a link to a link", _UNSAFE)
    elif not (member.isreg() or member.isdir()):
        raise PackageError(f"the package's member {member.name!r} is a device or pipe", _UNSAFE)


def _text(member: tarfile.TarInfo, content: IO[bytes] | None) -> str:
    if content is None or member.size > _MAX_CONF:
        raise PackageError(f"the package's {member.name} is no ordinary file under 1 MiB")
    try:
        return content.read().decode()
    except UnicodeDecodeError as error:
        raise PackageError(f"the package's {member.name} is not UTF-8") from error


_LIMIT = f"{MAX_UNPACKED >> 20} MiB unpacked"
_REBUILD = "build or download it again"
_UNSAFE = "do not install it; ask whoever built it"


@contextmanager
def _opened(source: Path | bytes) -> Iterator[_Gunzip]:
    if isinstance(source, bytes):
        yield _Gunzip(io.BytesIO(source))
        return
    try:
        with source.open("rb") as stream:
            yield _Gunzip(stream)
    except FileNotFoundError as error:
        raise PackageError(f"{source} does not exist", "build it with `invoke build`") from error
    except (IsADirectoryError, PermissionError) as error:
        raise PackageError(f"{source} cannot be read: {error.strerror}") from error


class _Header(tarfile.TarInfo):
    """A tar header whose size is believed only within bounds, before any of it is read."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        ordinary = header.type in (*tarfile.REGULAR_TYPES, tarfile.DIRTYPE)
        if not 0 <= header.size <= (MAX_UNPACKED if ordinary else _MAX_CONF):
            raise PackageError(f"the package's member {header.name!r} is larger than allowed")
        return header


class _Gunzip:
    """The unpacked bytes of the first gzip stream in a file; says whether more follows it."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._total = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, b"" at the end of the gzip stream."""
        while not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._packed.read(_CHUNK)
            if not packed:
                raise PackageError("the package is cut: its gzip stream does not end", _REBUILD)
            try:
                piece = self._inflate.decompress(packed, size)
            except zlib.error as error:
                raise PackageError(
                    f"the package is no gzip file, or a broken one: {error}", _REBUILD
                ) from error
            self._total += len(piece)
            if self._total > 2 * MAX_UNPACKED:
                raise PackageError(f"the package is larger than {_LIMIT}")
            if piece:
                return piece
        return b""

    def drain(self) -> bool:
        """Read to the end, so that the checksum is verified; True when a signature follows."""
        while self.read(_CHUNK):
            pass
        rest = self._inflate.unused_data
        while rest:
            if rest.strip(b"\0"):
                return True
            rest = self._packed.read(_CHUNK)
        return False


class _Reader(io.RawIOBase):
    """The shape that tarfile wants of a stream."""

    def __init__(self, stream: _Gunzip) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> Any:
        return self._stream.read(size if size > 0 else _CHUNK)
