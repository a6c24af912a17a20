# SPDX-License-Identifier: MIT
"""Package sources of Debian and Ubuntu, copied for another architecture and for source packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import apt_sources, sysroot

UBUNTU = """\
# Ubuntu's own
Types: deb
URIs: http://de.archive.ubuntu.example/ubuntu/
Suites: noble noble-updates
Components: main universe
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg

Types: deb
URIs: http://security.ubuntu.example/ubuntu
Suites: noble-security
Components: main universe
Architectures: amd64
  i386
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg
"""
ONE_LINE = """\
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://debian.example/debian bookworm main
deb [ arch=amd64 ] http://archive.ubuntu.example/ubuntu noble main
deb-src http://archive.ubuntu.example/ubuntu noble main
# deb http://archive.ubuntu.example/ubuntu noble multiverse
"""


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    folder = tmp_path / "apt"
    (folder / "sources.list.d").mkdir(parents=True)
    (folder / "sources.list").write_text(ONE_LINE)
    (folder / "sources.list.d" / "ubuntu.sources").write_text(UBUNTU)
    (folder / "sources.list.d" / "ubuntu.sources.save").write_text("Types: nothing\n")
    return folder


def test_cameras_processors_are_asked_for_where_ubuntu_keeps_them(
    apt: Path, tmp_path: Path
) -> None:
    settings = apt_sources.copy(tmp_path / "work", apt=apt)

    stanzas = (settings["Dir::Etc::sourceparts"] / "ubuntu.sources").read_text()
    assert stanzas.count("URIs: http://ports.ubuntu.example/ubuntu-ports/\n") == 2
    assert "Architectures" not in stanzas
    assert "i386" not in stanzas
    assert stanzas.count("Signed-By: /usr") == 2
    lines = settings["Dir::Etc::sourcelist"].read_text().splitlines()
    assert lines[0] == (
        "deb [ signed-by=/usr/share/keyrings/x.gpg] https://debian.example/debian bookworm main"
    )
    assert lines[1] == "deb http://ports.ubuntu.example/ubuntu-ports/ noble main"
    names = [path.name for path in settings["Dir::Etc::sourceparts"].iterdir()]
    assert names == ["ubuntu.sources"]


def test_source_packages_are_asked_of_the_same_places(apt: Path, tmp_path: Path) -> None:
    settings = apt_sources.copy(tmp_path / "work", kind="deb-src", apt=apt)

    stanzas = (settings["Dir::Etc::sourceparts"] / "ubuntu.sources").read_text()
    assert stanzas.count("Types: deb-src\n") == 2
    assert "URIs: http://de.archive.ubuntu.example/ubuntu/\n" in stanzas
    assert (tmp_path / "work" / "state" / "status").read_text() == ""


def test_a_sysroot_of_packages_that_hold_all_below_usr_has_a_lib(tmp_path: Path) -> None:
    (tmp_path / "usr" / "lib" / "aarch64-linux-gnu").mkdir(parents=True)
    (tmp_path / "usr" / "lib" / "ld-linux-aarch64.so.1").touch()

    sysroot.lead_to_usr(tmp_path)
    sysroot.lead_to_usr(tmp_path)

    assert (tmp_path / "lib" / "ld-linux-aarch64.so.1").is_file()
    assert not (tmp_path / "lib64").exists()
