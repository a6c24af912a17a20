# SPDX-License-Identifier: MIT
"""The stand-in's acap-build: the documented options, steps and outputs, by tools/eap.

It does not raise schemaVersion to the newest of its major, which some SDKs do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from tools import eap, errors, manifest
from tools.eap import conf
from tools.eap.writer import with_architecture

_ARCHITECTURES = {"aarch64": "aarch64", "arm": "armv7hf"}
_ALWAYS = ("html", "lib", "declarations")


def main(arguments: list[str]) -> int:
    """Run acap-build with `arguments`; its exit code."""
    options = _parser().parse_args(arguments)
    try:
        build(options)
    except errors.ToolError as error:
        return errors.report(error)
    return 0


def build(options: argparse.Namespace) -> Path:
    """Make the package in options.path; ToolErrors say what is wrong with the app."""
    folder = Path(options.path)
    if options.build == "make" and subprocess.run(["make"], cwd=folder, check=False).returncode:
        raise errors.BuildError("make failed", "see its output above")
    path = folder / options.manifest
    if not path.is_file():
        raise errors.BuildError(f"{path} is missing", "name the manifest with --manifest")
    described = manifest.parse(path.read_text(), path.name)
    architecture = _ARCHITECTURES.get(os.environ.get("OECORE_TARGET_ARCH", ""))
    if architecture is None:
        raise errors.SetupError("OECORE_TARGET_ARCH is not set", "source environment-setup-*")
    described = with_architecture(described, architecture)
    if not options.disable_manifest_validation:
        manifest.require_valid(described, path.name)
    return _pack(folder, described, architecture, options.additional_file)


def _pack(folder: Path, described: eap.Manifest, architecture: str, more: list[str]) -> Path:
    setup = described["acapPackageConf"]["setup"]
    version = "_".join(conf.split_version(setup["version"]))
    name = str(setup.get("friendlyName") or setup["appName"]).replace(" ", "_")
    kind = setup.get("architecture", architecture)
    files = _files(folder, described, more)
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    target = eap.pack(
        described,
        files,
        folder / f"{name}_{version}_{kind}.eap",
        epoch=int(epoch) if epoch else int(time.time()),
        architecture=architecture,
    )
    licence = (folder / "LICENSE").read_bytes()
    (folder / f"{name}_{version}_LICENSE.txt").write_bytes(licence)
    _write_conf_files(folder, target)
    return target


def _write_conf_files(folder: Path, package: Path) -> None:
    """Leave the generated files beside the package, as they are in it."""
    made = folder / ".packed"
    eap.read(package).extract(made)
    for name in ("package.conf", "param.conf", "cgi.conf"):
        if (made / name).is_file():
            (folder / name).write_bytes((made / name).read_bytes())
    (folder / "package.conf.orig").write_bytes((made / "package.conf").read_bytes())
    subprocess.run(["rm", "-rf", str(made)], check=True)


def _files(folder: Path, described: eap.Manifest, more: list[str]) -> dict[str, Path]:
    """What is packed without being asked for, then the additional files."""
    package = described["acapPackageConf"]
    names = [package["setup"]["appName"], "LICENSE"]
    for section, key in (
        ("installation", "postInstallScript"),
        ("uninstallation", "preUninstallScript"),
    ):
        names += filter(None, [package.get(section, {}).get(key)])
    names += [name for name in _ALWAYS if (folder / name).is_dir()]
    names += [os.path.relpath(name) for name in more]
    return {name: folder / name for name in names}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("acap-build", description="Build and pack an ACAP app.")
    parser.add_argument("path", help="the app's folder")
    parser.add_argument("-b", "--build", choices=("make", "no-build"), default="make")
    parser.add_argument("-m", "--manifest", default="manifest.json", metavar="FILE")
    parser.add_argument("-a", "--additional-file", action="append", default=[], metavar="FILE")
    # Named as in builds of published apps.
    parser.add_argument("--disable-manifest-validation", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
