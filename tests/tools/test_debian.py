# SPDX-License-Identifier: MIT
"""Debian packages: found, installed or asked for, with stand-ins for dpkg, apt and sudo on PATH."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import debian
from tools.errors import SetupError

DPKG_QUERY = """#!/bin/sh
while [ "$1" != "-f" ]; do shift; done; shift 2
for name; do
    if grep -qx "$name" "{root}/installed"; then echo "$name installed"
    elif grep -qx "$name" "{root}/removed"; then echo "$name config-files"
    fi
done
exit 1
"""
APT_GET = """#!/bin/sh
echo "$DEBIAN_FRONTEND $*" >> "{root}/apt.log"
case "$*" in
    *update*) touch "{root}/updated" ;;
    *install*)
        [ -e "{root}/updated" ] || {{ echo "E: Unable to locate package"; exit 100; }}
        [ -e "{root}/broken" ] && {{ echo "E: broken packages"; exit 100; }}
        while [ "$1" != "--no-install-recommends" ]; do shift; done; shift
        for name; do echo "$name" >> "{root}/installed"; done ;;
    *download*) cp "{root}"/*.deb . || {{ echo "E: no such package"; exit 100; }} ;;
esac
"""
SUDO = """#!/bin/sh
echo "$*" >> "{root}/sudo.log"
shift
[ -e "{root}/no-sudo" ] && exit 1
exec "$@"
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian machine that has make, whose programs write down how they were called."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("dpkg-query", DPKG_QUERY), ("apt-get", APT_GET), ("sudo", SUDO)):
        (programs / name).write_text(text.format(root=tmp_path))
        (programs / name).chmod(0o755)
    (tmp_path / "installed").write_text("make\n")
    (tmp_path / "removed").write_text("gcc\n")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.delenv("BATONDESCRIBE_SKIP_PACKAGES", raising=False)
    monkeypatch.setattr(debian, "_CACHE", tmp_path / "cache")
    monkeypatch.setattr(debian, "_seen", set())
    monkeypatch.setattr(debian, "GROUPS", {"build": ("gcc", "make"), "camera": ("bubblewrap",)})
    return tmp_path


def as_user(monkeypatch: pytest.MonkeyPatch, uid: int) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)


def log(machine: Path, name: str = "apt.log") -> str:
    path = machine / name
    return path.read_text() if path.exists() else ""


def test_what_is_installed_is_left_alone(machine: Path) -> None:
    debian.install_missing(["make"])

    assert log(machine) == ""


def test_dpkg_is_asked_once(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    debian.install_missing(["make"])
    monkeypatch.setattr(debian, "missing_packages", lambda _packages: 1 / 0)

    debian.install_missing(["make"])


def test_removed_but_not_purged_counts_as_missing(machine: Path) -> None:
    assert debian.missing_packages(["make", "gcc", "bubblewrap"]) == ["gcc", "bubblewrap"]


def test_root_installs_what_is_missing(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_user(monkeypatch, 0)

    debian.require("build", "camera")

    assert "noninteractive" in log(machine)
    assert log(machine).rstrip().endswith("install -y --no-install-recommends gcc bubblewrap")
    assert "update" in log(machine), "an index that lacks the package is brought up to date"
    assert log(machine, "sudo.log") == ""


def test_a_user_with_sudo_installs_by_sudo(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_user(monkeypatch, 1000)

    debian.require("build")

    assert "-n env DEBIAN_FRONTEND=noninteractive apt-get" in log(machine, "sudo.log")
    assert debian.missing_packages(["gcc"]) == []


def test_without_sudo_packages_and_command_are_named(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_user(monkeypatch, 1000)
    (machine / "no-sudo").touch()

    with pytest.raises(SetupError, match="lacks gcc, bubblewrap") as raised:
        debian.require("build", "camera")

    assert "sudo apt-get install -y --no-install-recommends gcc bubblewrap" in raised.value.cure
    assert log(machine) == ""


def test_what_apt_says_is_passed_on(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_user(monkeypatch, 0)
    (machine / "broken").touch()

    with pytest.raises(SetupError, match="E: broken packages"):
        debian.require("build")


def test_another_system_is_told_what_to_install(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(SetupError, match="no dpkg") as raised:
        debian.require("build")
    assert "gcc make" in raised.value.cure

    monkeypatch.setenv("BATONDESCRIBE_SKIP_PACKAGES", "1")
    debian.require("build")


CONTENT = b"moving pictures"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MEMBER = "usr/share/clip.avi"


@pytest.fixture
def archive(machine: Path) -> Path:
    """A package `films` that apt can fetch."""
    tree = machine / "films"
    (tree / "usr/share").mkdir(parents=True)
    (tree / MEMBER).write_bytes(CONTENT)
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(
        "Package: films\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.org>\n"
        "Description: test\n"
    )
    path = machine / "films_1_all.deb"
    subprocess.run(["dpkg-deb", "-b", str(tree), str(path)], check=True, capture_output=True)
    return path


def test_one_file_is_taken_out_of_a_package_once(machine: Path, archive: Path) -> None:
    target = machine / "out" / "clip.avi"

    assert debian.fetch_member("films", MEMBER, target, sha256=SHA256) == target
    debian.fetch_member("films", MEMBER, target, sha256=SHA256)

    assert target.read_bytes() == CONTENT
    assert log(machine).count("download") == 1
    assert list(target.parent.iterdir()) == [target]
    assert not (machine / "cache" / "fetch").exists()


def test_a_damaged_copy_is_fetched_again(machine: Path, archive: Path) -> None:
    target = machine / "clip.avi"
    target.write_bytes(CONTENT[:5])

    debian.fetch_member("films", MEMBER, target, sha256=SHA256)

    assert target.read_bytes() == CONTENT


def test_another_content_than_expected_is_refused(machine: Path, archive: Path) -> None:
    with pytest.raises(SetupError, match="not the expected file"):
        debian.fetch_member("films", MEMBER, machine / "clip.avi", sha256="0" * 64)
    assert not (machine / "clip.avi").exists()


def test_a_file_that_the_package_lacks_is_said(machine: Path, archive: Path) -> None:
    with pytest.raises(SetupError, match="has no usr/share/other"):
        debian.fetch_member("films", "usr/share/other", machine / "x", sha256=SHA256)


def test_a_package_that_cannot_be_had_is_said(machine: Path) -> None:
    with pytest.raises(
        SetupError, match=r"films could not be fetched: E: no such package"
    ) as raised:
        debian.fetch_member("films", MEMBER, machine / "x", sha256=SHA256)
    assert "apt-get download films" in raised.value.cure
