# SPDX-License-Identifier: MIT
"""Apps that want libraries or functions that the virtual camera does not have."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.tools.virtual_camera_helpers import APP, EPOCH, RunningCamera, make_manifest
from tests.waiting import wait_until
from tools import eap
from tools.virtual_camera.libraries import Libraries, Missing, system_folders

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]
pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def compile_c(target: Path, source: str, *options: str) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["gcc", "-x", "c", "-", "-o", str(target), *options]
    subprocess.run(command, input=source, text=True, check=True, timeout=60)
    return target


def library(folder: Path, name: str, source: str, *options: str) -> Path:
    """A shared library lib`name`.so.1, and the link that the linker wants."""
    made = compile_c(
        folder / f"lib{name}.so.1",
        source,
        "-shared",
        "-fPIC",
        f"-Wl,-soname,lib{name}.so.1",
        *options,
    )
    (folder / f"lib{name}.so").symlink_to(made.name)
    return made


@pytest.fixture
def needy(tmp_path: Path) -> Path:
    """An app that wants larod, which is nowhere, and a library of its own, which is there and wants
    the message broker."""
    sdk = tmp_path / "sdk"
    library(sdk, "larod", "int larodConnect(void) { return 0; }")
    library(sdk, "mdb", "int mdb_connection_create(void) { return 0; }")
    package = tmp_path / "package"
    own = "int mdb_connection_create(void); int own(void) { return mdb_connection_create(); }"
    library(package / "lib", "own", own, f"-L{sdk}", "-lmdb")
    return compile_c(
        package / APP,
        "int larodConnect(void), own(void); int main(void) { return larodConnect() + own(); }",
        *(f"-L{sdk}", f"-L{package}/lib", "-lown", "-llarod", "-Wl,-rpath,$ORIGIN/lib"),
        *(f"-Wl,-rpath-link,{sdk}",),
    )


def libraries(tmp_path: Path) -> Libraries:
    platform = tmp_path / "platform"
    platform.mkdir(exist_ok=True)
    return Libraries(platform, system_folders())


def test_every_missing_library_is_found_also_behind_others(needy: Path, tmp_path: Path) -> None:
    found = libraries(tmp_path).missing(APP, needy.parent, APP)

    assert set(found.libraries) == {"liblarod.so.1", "libmdb.so.1"}


def test_what_is_there_is_not_missing(needy: Path, tmp_path: Path) -> None:
    known = libraries(tmp_path)
    for name in ("liblarod.so.1", "libmdb.so.1"):
        shutil.copy(tmp_path / "sdk" / name, tmp_path / "platform" / name)

    assert known.missing(APP, needy.parent, APP) == Missing()


def test_functions_that_a_platform_library_lacks_are_found(tmp_path: Path) -> None:
    library(
        tmp_path / "sdk",
        "vdostream",
        "int vdo_map_new(void){return 0;} int vdo_fly(void){return 0;}",
    )
    library(tmp_path / "platform", "vdostream", "int vdo_map_new(void) { return 0; }")
    compile_c(
        tmp_path / APP,
        "int vdo_map_new(void), vdo_fly(void); int main(void) { return vdo_map_new(), vdo_fly(); }",
        *(f"-L{tmp_path / 'sdk'}", "-lvdostream"),
    )

    found = libraries(tmp_path).missing(APP, tmp_path, APP)

    assert found == Missing((), ("vdo_fly",))
    assert found.lines() == ["it calls vdo_fly(), which this virtual camera does not have"]


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF" + bytes(200)])
def test_what_is_no_program_lacks_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / APP).write_bytes(content)

    assert libraries(tmp_path).missing(APP, tmp_path, APP) == Missing()
    assert libraries(tmp_path).missing(APP, tmp_path, "nothing") == Missing()


def test_a_damaged_program_lacks_nothing(needy: Path, tmp_path: Path) -> None:
    whole = needy.read_bytes()
    for size in range(64, len(whole), len(whole) // 40):
        needy.write_bytes(whole[:size])
        libraries(tmp_path).missing(APP, needy.parent, APP)


def test_the_log_list_cgi_and_the_tally_say_what_is_missing(
    camera: RunningCamera, needy: Path, tmp_path: Path
) -> None:
    files = {APP: needy, "LICENSE": needy.parent / "LICENSE", "lib": needy.parent / "lib"}
    files["LICENSE"].write_text("free\n")
    manifest = json.loads(json.dumps(make_manifest(APP, "1.0.0")))
    del manifest["acapPackageConf"]["configuration"]["settingPage"]
    package = eap.pack(manifest, files, tmp_path / "a.eap", epoch=EPOCH, architecture="host")
    assert camera.upload(package) == "OK"

    camera.control_app("start")

    log = camera.wait_for_log("liblarod.so.1 (machine learning, larod), which this virtual camera")
    assert "it needs libmdb.so.1 (the message broker), which this virtual camera" in log
    listed = ElementTree.fromstring(camera.get("/axis-cgi/applications/list.cgi").content)
    entry = next(element for element in listed if element.attrib["Name"] == APP)
    assert set(entry.attrib["MissingLibraries"].split()) == {"liblarod.so.1", "libmdb.so.1"}
    assert "does not have" in entry.attrib["MissingNote"]

    def counted() -> set[str]:
        answer = camera.get("/virtual/unsupported", user="").json()["unsupported"]
        return {found["name"] for found in answer if found["kind"] == "library"}

    wait_until(lambda: counted() == {"liblarod.so.1", "libmdb.so.1"}, "the tally")
