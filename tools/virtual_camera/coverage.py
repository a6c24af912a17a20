# SPDX-License-Identifier: MIT
"""What this camera has of what a camera has: VAPIX calls and functions of the platform libraries.

Whether something is there is read from the code: from the addresses that the web server serves, the
methods that its JSON CGIs answer, and the symbols that the built libraries export.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools.errors import SetupError
from tools.virtual_camera import documented
from tools.virtual_camera.core import build_core
from tools.virtual_camera.json_cgi import JsonCgi
from tools.virtual_camera.libraries import exported_symbols
from tools.virtual_camera.routes import build_server
from tools.virtual_camera.server import Address
from tools.virtual_camera.services import CameraServices
from tools.virtual_camera.settings import CameraSettings

EXISTS, PARTIAL, ABSENT = "exists", "partial", "not there"
_HEADERS = Path(__file__).resolve().parents[1] / "platform" / "include"
_FUNCTION = re.compile(r"^(?!static)[A-Za-z][\w \t*]*?[\s*]((?:ax|vdo|licensekey)_\w+)\s*\(", re.M)


@dataclass(frozen=True)
class Row:
    """One call or function. `part` is the API or library that it belongs to."""

    part: str
    name: str
    status: str
    note: str = ""


def coverage(settings: CameraSettings) -> list[Row]:
    """Every VAPIX call and library function that is documented or there. SetupError when the
    platform libraries are not built."""
    return [*_calls(_addresses(settings)), *_functions(settings.platform_folder)]


def show(rows: list[Row]) -> Iterator[str]:
    """Lines for people: calls one by one, functions by library."""
    yield "VAPIX"
    for row in rows:
        if row.part == "VAPIX":
            yield f"  {row.status:<10}{row.name}" + (f"  ({row.note})" if row.note else "")
    for part in dict.fromkeys(row.part for row in rows if row.part != "VAPIX"):
        of_part = [row for row in rows if row.part == part]
        there = [row for row in of_part if row.status != ABSENT]
        yield f"{part}: {len(there)} of {len(of_part)} functions" if there else f"{part}: {ABSENT}"
        for row in of_part:
            if row.status != EXISTS and row.name:
                yield f"  {row.status:<10}{row.name}" + (f"  ({row.note})" if row.note else "")


def as_json(rows: list[Row]) -> list[dict[str, Any]]:
    return [asdict(row) for row in rows]


def _addresses(settings: CameraSettings) -> list[Address]:
    """What a camera of these settings serves; it is built, not started."""
    with tempfile.TemporaryDirectory(prefix="virtual-camera-coverage-") as folder:
        services = CameraServices(
            state_dir=Path(folder),
            serial=settings.serial,
            architecture=settings.architecture,
            os_version=settings.os_version,
            model=settings.model,
        )
        return build_server(build_core(settings, services, Path(folder), Path(folder))).addresses


def _calls(addresses: list[Address]) -> Iterator[Row]:
    served = {each.path: each for each in addresses}
    ours = [path for path in served if not path.startswith("/virtual/") and "{" not in path]
    for path in sorted({*documented.CALLS, *ours}):
        yield _row("VAPIX", path, path in served)
        there = _methods(served[path]) if path in served else []
        for name in sorted({*documented.METHODS.get(path, ()), *there}):
            yield _row("VAPIX", f"{path} {name}", name in there)


def _methods(address: Address) -> list[str]:
    """The methods of a JSON CGI, none of any other address."""
    owner = getattr(address.handler, "__self__", None)
    if isinstance(owner, JsonCgi):
        return owner.methods
    inner = [value for value in vars(owner).values() if isinstance(value, JsonCgi)] if owner else []
    return inner[0].methods if len(inner) == 1 else []


def _functions(platform: Path) -> Iterator[Row]:
    if not any(platform.glob("lib*.so.1")):
        raise SetupError(
            f"there are no platform libraries in {platform}",
            "`invoke camera --coverage` builds them",
        )
    declared = {name for header in _HEADERS.rglob("*.h") for name in _declared(header)}
    for library in documented.LIBRARIES:
        file = f"lib{library}.so.1"
        exported = exported_symbols(platform / file)
        if not exported:
            yield Row(file, "", ABSENT)
        prefixes = _prefixes(library)
        wanted = {name for name in declared if name.startswith(prefixes)}
        for name in sorted(wanted | {each for each in exported if each.startswith(prefixes)}):
            yield _row(file, name, name in exported)


def _declared(header: Path) -> list[str]:
    return _FUNCTION.findall(header.read_text())


def _prefixes(library: str) -> tuple[str, ...]:
    known = {
        "axevent": ("ax_event_",),
        "axparameter": ("ax_parameter_",),
        "axstorage": ("ax_storage_",),
        "vdostream": ("vdo_",),
    }
    return known.get(library, (f"{library}_",))


def _row(part: str, name: str, there: bool) -> Row:
    note = documented.PARTIAL.get(name, "")
    if not there:
        return Row(part, name, ABSENT)
    return Row(part, name, PARTIAL if note else EXISTS, note)
