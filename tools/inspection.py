# SPDX-License-Identifier: MIT
"""`invoke manifest` and `invoke eap-info`: what manifests and packages say, and what is wrong."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

from tools import console, eap, manifest, os_lines
from tools.eap.writer import manifest_text
from tools.errors import ManifestError, PackageError, UsageError


def show_manifest(os_number: int, architecture: str, version: str) -> None:
    """Print this app's manifest for one AXIS OS line."""
    line = os_lines.os_line(os_number)
    console.result(manifest_text(manifest.render(line, architecture, version)))


def check_manifest(path: Path) -> None:
    """Print every broken rule of a manifest; ManifestError when there is one.

    UsageError when the file cannot be read.
    """
    described = manifest.parse(_read(path, "manifest").decode(errors="replace"), path.name)
    problems = manifest.check(described)
    for line in problem_lines(problems):
        console.result(line)
    if problems:
        raise ManifestError(f"{path} breaks {_count(len(problems), 'rule')}", "see each above")
    console.result(f"{path} is valid (schema {described['schemaVersion']})")


def show_package(path: Path) -> None:
    """Print what an .eap holds, then what is wrong with it; PackageError when something is.

    UsageError when the file cannot be read.
    """
    package = eap.read(_read(path, "package"))
    for line in package_lines(package):
        console.result(line)
    faults = [*package.contradictions(), *problem_lines(_problems(package))]
    for fault in faults:
        console.result(f"wrong: {fault.lstrip()}" if fault[0] != " " else fault)
    if faults:
        raise PackageError(f"{path} has faults", "see each above")


def problem_lines(problems: list[manifest.Problem]) -> Iterator[str]:
    """Each problem as a line, its cure as another."""
    for problem in problems:
        yield str(problem)
        if problem.cure:
            yield f"  cure: {problem.cure}"


def package_lines(package: eap.Package) -> Iterator[str]:
    """What a package says of itself."""
    schema = package.manifest.get("schemaVersion", "none (package.conf alone)")
    signature = "bytes follow the archive" if package.signed else "none"
    rows = {
        "app": f"{package.app_name} ({package.friendly_name})",
        "vendor": package.vendor,
        "version": package.version,
        "architecture": package.architecture,
        "run mode": f"{package.run_mode} {package.run_options}".strip(),
        "setting page": package.setting_page or "none",
        "manifest": f"schema {schema}",
        "signature": signature,
    }
    for name, value in rows.items():
        yield f"{name:14}{value}"
    for entry in package.cgi:
        yield f"{'endpoint':14}{entry.name} ({entry.kind}, {entry.access})"
    for parameter in package.param_conf:
        yield f"{'parameter':14}{parameter.name}={parameter.default!r} ({parameter.type})"
    for member in package.members:
        yield f"{'file':14}{member.mode:04o} {member.size:9} {member.name}"


def _problems(package: eap.Package) -> list[manifest.Problem]:
    if not package.has_manifest:
        return []
    described = copy.deepcopy(package.manifest)
    setup = described.get("acapPackageConf", {}).get("setup", {})
    if setup.get("architecture") == "host":  # ours, for the virtual camera; no schema knows it
        del setup["architecture"]
    return manifest.check(described)


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{what} {path}: {error.strerror}", "check the path") from error


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
