# SPDX-License-Identifier: MIT
"""Which libraries and platform functions an app wants that this camera does not have.

The loader would name only the first library, in its own words; here all are found before the app
starts, so that the log can say what is missing and why.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)
_PACKAGES = Path("/usr/local/packages")
_KNOWN = {
    "liblarod": "machine learning, larod",
    "libaxoverlay": "overlays on the video",
    "libbbox": "bounding boxes on the video",
    "libmdb": "the message broker",
    "libaxserialport": "serial ports",
    "libaxhttp": "HTTP handlers of old SDKs",
    "libpackagestore": "the old package store",
    "libcapture": "captures of old SDKs",
    "libaxptz": "pan, tilt, zoom",
    "libvsi": "video scene information",
    "libpipewire": "audio, PipeWire",
    "libOpenCL": "OpenCL",
    "libstatuscache": "the firmware's status cache",
    "libvideo": "video object detection",
    "libcairo": "drawing, Cairo",
}
"""What libraries of a camera are for (ACAP API overview)."""
_FUNCTIONS = ("ax_event_", "ax_parameter_", "ax_storage_", "vdo_", "licensekey_")
"""How the functions begin that the platform libraries are here for."""


@dataclass(frozen=True)
class Missing:
    """What one app wants in vain: file names of libraries, names of functions."""

    libraries: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """For the app's log, one thing each."""
        lines = [f"it needs {_explain(name)}" for name in self.libraries]
        lines += [f"it calls {name}()" for name in self.functions]
        return [f"{line}, which this virtual camera does not have" for line in lines]


@dataclass(frozen=True)
class _Elf:
    """What is in one ELF file's dynamic section."""

    machine: tuple[str, int]
    needed: tuple[str, ...]
    search: tuple[str, ...]
    defined: frozenset[str] = field(repr=False)
    undefined: frozenset[str] = field(repr=False)


class Libraries:
    """The libraries of one camera: its platform folder, then those of the system."""

    def __init__(self, platform: Path, system: Sequence[Path]) -> None:
        self._platform = platform
        self._system = tuple(system)
        self.on_missing: Callable[[str, str], None] | None = None
        """called with "library" or "function" and its name, for each start of an app"""
        self._found: dict[tuple[Path, int], Missing] = {}

    def missing(self, app: str, package: Path, program: str) -> Missing:
        """What `program` in the folder `package` lacks; nothing when it is no ELF file."""
        path = package / program
        try:
            key = (path, path.stat().st_mtime_ns)
        except OSError:
            return Missing()
        if key not in self._found:
            if len(self._found) > 100:
                self._found.clear()
            self._found[key] = self._look(app, package, path)
        return self._found[key]

    def note(self, missing: Missing) -> None:
        """Count what is missing, where somebody counts."""
        if self.on_missing is not None:
            for kind, names in (("library", missing.libraries), ("function", missing.functions)):
                for name in names:
                    self.on_missing(kind, name)

    def _look(self, app: str, package: Path, path: Path) -> Missing:
        program = _read(path)
        if program is None:
            return Missing()
        seen: set[str] = set()
        lost: list[str] = []
        wanted, defined = set(program.undefined), set[str]()
        queue = [(path, program)]
        while queue:
            where, elf = queue.pop(0)
            for name in elf.needed:
                if name in seen:
                    continue
                seen.add(name)
                found, library = self._find(name, elf, where, app, package)
                if found is None:
                    lost.append(name)
                elif library is not None:
                    defined |= library.defined
                    wanted |= library.undefined if found.is_relative_to(package) else set()
                    queue.append((found, library))
        functions = [name for name in wanted - defined if name.startswith(_FUNCTIONS)]
        return Missing(tuple(lost), () if lost else tuple(sorted(functions)))

    def _find(
        self, name: str, elf: _Elf, where: Path, app: str, package: Path
    ) -> tuple[Path | None, _Elf | None]:
        """Where the loader finds a library, and what is in it unless it is the system's."""
        for folder in _search_path(elf, where, app, package):
            library = _read(folder / name)
            if library is not None and library.machine == elf.machine:
                return folder / name, library
        own = _read(self._platform / name)
        if own is not None and own.machine == elf.machine:
            return self._platform / name, own
        for folder in self._system:
            if _machine(folder / name) == elf.machine:
                return folder / name, None
        return None, None


def system_folders(sysroot: Path | None = None) -> list[Path]:
    """Where the loader looks on this machine, or in a sysroot; /usr/local is hidden from apps."""
    root = sysroot or Path("/")
    folders = [root / name for name in ("lib", "usr/lib", "lib64", "usr/lib64")]
    folders += [each for part in ("lib", "usr/lib") for each in sorted((root / part).glob("*-*"))]
    for conf in sorted((root / "etc/ld.so.conf.d").glob("*.conf")):
        for line in conf.read_text(errors="replace").splitlines():
            if line.startswith("/") and not line.startswith("/usr/local"):
                folders.append(root / line.strip().lstrip("/"))
    return [folder for folder in folders if folder.is_dir()]


def exported_symbols(path: Path) -> frozenset[str]:
    """The names that a library defines, none when it is not there."""
    found = _read(path)
    return found.defined if found else frozenset()


def _search_path(elf: _Elf, where: Path, app: str, package: Path) -> Iterable[Path]:
    """RPATH and RUNPATH, as they lie on this machine."""
    for text in elf.search:
        for part in text.split(":"):
            folder = Path(
                part.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", str(where.parent))
            )
            if folder.is_relative_to(_PACKAGES / app):
                folder = package / folder.relative_to(_PACKAGES / app)
            if folder.is_relative_to(package):
                yield folder


def _explain(library: str) -> str:
    purpose = _KNOWN.get(library.partition(".so")[0].partition("-")[0])
    return f"{library} ({purpose})" if purpose else library


def _machine(path: Path) -> tuple[str, int] | None:
    """Processor and word size in an ELF file's header, None when it is no such file."""
    from elftools.elf.elffile import ELFFile

    try:
        with path.open("rb") as stream:
            elf = ELFFile(stream)
            return elf["e_machine"], elf.elfclass
    except Exception:
        return None  # not there, or any other garbage


def _read(path: Path) -> _Elf | None:
    from elftools.elf.dynamic import DynamicSegment
    from elftools.elf.elffile import ELFFile

    with ExitStack() as stack:
        try:
            stream = stack.enter_context(path.open("rb"))
            elf = ELFFile(stream)
            needed: list[str] = []
            search: list[str] = []
            names: dict[bool, set[str]] = {True: set(), False: set()}
            for segment in elf.iter_segments("PT_DYNAMIC"):
                assert isinstance(segment, DynamicSegment)
                tags: Iterable[Any] = segment.iter_tags()
                for tag in tags:
                    if tag.entry.d_tag == "DT_NEEDED":
                        needed.append(tag.needed)
                    elif tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH"):
                        search.append(tag.rpath if tag.entry.d_tag == "DT_RPATH" else tag.runpath)
                for symbol in segment.iter_symbols():
                    if symbol["st_info"]["bind"] != "STB_WEAK":
                        names[symbol["st_shndx"] != "SHN_UNDEF"].add(symbol.name)
            machine = (elf["e_machine"], elf.elfclass)
        except FileNotFoundError:
            return None
        except Exception as error:  # a package's file may be any garbage; the loader has its words
            _log.debug("%s: not understood (%s)", path, error)
            return None
        return _Elf(
            machine, tuple(needed), tuple(search), frozenset(names[True]), frozenset(names[False])
        )
