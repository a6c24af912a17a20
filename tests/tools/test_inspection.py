# SPDX-License-Identifier: MIT
"""`manifest --check` and `eap-info`, as a person calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools import build, eap, manifest, os_lines
from tools.bootstrap import PROJECT


def call(*words: str) -> subprocess.CompletedProcess[str]:
    """A task in a process of its own."""
    command = [sys.executable, str(PROJECT / "tasks.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "batondescribe").write_bytes(b"\x7fELF")
    (tmp_path / "LICENSE").write_text("free")
    described = manifest.render(os_lines.os_line(12), "aarch64", "4.5.6")
    files = {name: tmp_path / name for name in ("batondescribe", "LICENSE")}
    return eap.pack(described, files, tmp_path / "x.eap", epoch=1)


@pytest.mark.parametrize("number", ["11", "12", "13"])
def test_a_lines_manifest_is_printed_and_is_valid(number: str, tmp_path: Path) -> None:
    printed = call("manifest", "--os", number)
    file = tmp_path / "manifest.json"
    file.write_text(printed.stdout)

    checked = call("manifest", "--check", str(file))

    assert (printed.returncode, checked.returncode) == (0, 0)
    assert "is valid" in checked.stdout


def test_every_fault_of_a_manifest_is_shown_with_its_cure(tmp_path: Path) -> None:
    described = manifest.render(os_lines.os_line(12), "aarch64")
    described["acapPackageConf"]["setup"].update(appName="a-b", runMode="always")
    described["acapPackageConf"]["configuration"]["settingsPage"] = "index.html"
    file = tmp_path / "theirs.json"
    file.write_text(json.dumps(described))

    done = call("manifest", "--check", str(file))

    assert done.returncode == 4
    for words in ("setup.appName", "setup.runMode", "settingsPage", "did you mean settingPage?"):
        assert words in done.stdout
    assert "breaks 3 rules" in done.stderr


@pytest.mark.parametrize("words", [("manifest", "--check"), ("eap-info",)])
def test_a_file_that_is_not_there_is_said(words: tuple[str, ...]) -> None:
    done = call(*words, "/nowhere/x")

    assert done.returncode == 2
    assert "No such file" in done.stderr


def test_an_unknown_line_names_the_known_ones() -> None:
    done = call("manifest", "--os", "10")

    assert done.returncode == 2
    assert "11, 12, 13" in done.stderr


def test_a_package_tells_what_it_holds(package: Path) -> None:
    done = call("eap-info", str(package))

    assert (done.returncode, done.stderr) == (0, "")
    for words in ("batondescribe (batonDescribe)", "4.5.6", "aarch64", "status.cgi (fastCgi, view"):
        assert words in done.stdout
    assert "0600" in done.stdout
    assert "signature     none" in done.stdout


def test_a_signed_package_is_read_too(package: Path) -> None:
    package.write_bytes(package.read_bytes() + b"signature of somebody")

    assert "bytes follow the archive" in call("eap-info", str(package)).stdout


def test_a_cut_package_is_said_to_be_one(package: Path) -> None:
    package.write_bytes(package.read_bytes()[:200])

    done = call("eap-info", str(package))

    assert done.returncode == 4
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_this_machines_own_package_has_no_faults() -> None:
    done = call("eap-info", str(build.build("host").path))

    assert (done.returncode, done.stderr) == (0, "")
    assert "wrong:" not in done.stdout
