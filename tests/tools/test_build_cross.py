# SPDX-License-Identifier: MIT
"""Packages for cameras' processors from Debian's cross compilers, and builds that must fail."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools import build, camera, commands, deploy, eap, elf, sysroot, toolchain
from tools.bootstrap import PROJECT
from tools.errors import BuildError, PackageError, SetupError, UsageError
from tools.settings import BUILD

pytestmark = [pytest.mark.builds, pytest.mark.timeout(600)]

CROSS = ("aarch64", "armv7hf")
LIMIT = 150_000
"""Bytes that a package may have"""


@pytest.fixture(scope="module", params=CROSS)
def built(request: pytest.FixtureRequest) -> build.Built:
    return build.build(request.param, sdk_name="debian")


@pytest.fixture
def unpacked(built: build.Built, tmp_path: Path) -> Path:
    eap.read(built.path).extract(tmp_path)
    return tmp_path / "batondescribe"


def test_the_executable_fits_a_camera(built: build.Built, unpacked: Path) -> None:
    found = elf.read(unpacked)

    assert found.architecture == built.architecture
    assert found.faults() == []
    assert set(found.needed) <= elf.CAMERA_LIBRARIES
    assert {"libaxevent.so.1", "libvdostream.so.1", "libcurl.so.4"} <= set(found.needed)
    assert found.glibc[-1] <= (2, 34)


def test_the_camera_libraries_symbols_have_their_versions(unpacked: Path) -> None:
    text = toolchain.output(["readelf", "--wide", "--version-info", str(unpacked)])

    assert "VDOSTREAM_1.875" in text
    assert "VDOSTREAM_1.962" in text


def test_the_package_is_small_and_says_what_made_it(built: build.Built) -> None:
    told = json.loads(built.path.with_suffix(".json").read_text())

    assert built.path.stat().st_size < LIMIT
    assert told["sdk"] == "debian"
    assert told["compiler"].startswith(sysroot.target_of(built.architecture).triplet)
    assert "-O2" in told["flags"]
    assert str(PROJECT) not in json.dumps(told)
    assert "experimental" in build.experimental(built.path)
    debug = BUILD / "debug" / built.path.stem / "batondescribe"
    assert b".debug_info" in debug.read_bytes()


def test_a_package_without_its_json_is_still_known_as_an_experiment(
    built: build.Built, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.eap"
    shutil.copy(built.path, alone)
    if "Debian" not in built.compiler:
        pytest.skip("only Debian's compiler can be told from that of Axis's SDK")

    assert "experimental" in build.experimental(alone)

    alone.with_suffix(".json").write_text('{"sha256": "another", "experimental": ""}')
    assert "experimental" in build.experimental(alone)
    (tmp_path / "broken.eap").write_bytes(alone.read_bytes()[:1000])
    assert build.experimental(tmp_path / "broken.eap") == ""


@pytest.mark.parametrize("virtual", [False, True])
def test_a_real_camera_gets_an_experiment_with_a_warning(
    built: build.Built,
    virtual: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = SimpleNamespace(is_virtual=virtual, architecture=built.architecture)
    target = SimpleNamespace(settings=known, vapix=None)
    done = SimpleNamespace(app="batondescribe", version="1.0.0", url="http://gate", seconds=1.0)
    monkeypatch.setattr(camera, "connect", lambda _name: target)
    monkeypatch.setattr(deploy, "deploy", lambda *_, **__: done)

    commands.deploy("gate", str(built.path), False)

    said = "experimental on a real camera" in capsys.readouterr().err
    assert said is not virtual


def test_what_does_not_fit_a_camera_is_named(tmp_path: Path) -> None:
    source = tmp_path / "main.c"
    source.write_text("#include <math.h>\nint main(int n, char** a) { return (int)sin(n); }\n")
    binary = tmp_path / "main"
    flags = ["-no-pie", "-fno-stack-protector", "-Wl,-z,norelro", "-w", "-O0"]
    subprocess.run(["cc", *flags, "-o", str(binary), str(source), "-lm", "-ljansson"], check=True)

    faults = " ".join(elf.read(binary).faults())

    for word in ("position independent", "RELRO", "stack protector", "FORTIFY"):
        assert word in faults
    with pytest.raises(PackageError, match="no executable"):
        elf.read(source)


def test_libraries_and_versions_that_cameras_lack_are_named() -> None:
    found = elf.Executable("aarch64", ("libm.so.6", "libx.so"), ((2, 4), (2, 36)), *[True] * 4)

    assert found.faults() == [
        "it needs libx.so, which AXIS OS lacks",
        "it needs GLIBC_2.36; cameras have 2.34",
    ]


@pytest.mark.parametrize(("architecture", "sdk"), [("host", "host"), ("aarch64", "debian")])
def test_another_folder_at_another_time_gives_the_same_bytes(
    architecture: str, sdk: str, tmp_path: Path
) -> None:
    first = build.build(architecture, sdk_name=sdk)
    copy = tmp_path / "elsewhere" / "project"
    ignored = shutil.ignore_patterns("__pycache__", "obj")
    for name in ("app", "tools"):
        shutil.copytree(PROJECT / name, copy / name, ignore=ignored)
    for name in ("manifest.json.j2", "pyproject.toml"):
        shutil.copy(PROJECT / name, copy)
    (copy / ".cache").mkdir()
    (copy / ".cache" / "sysroot").symlink_to(PROJECT / ".cache" / "sysroot")
    program = f"from tools import build; print(build.build({architecture!r}, 12, {sdk!r}).sha256)"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(build.source_epoch())}

    second = subprocess.run(
        [sys.executable, "-c", program], cwd=copy, env=environment, capture_output=True, text=True
    )

    assert second.stdout.strip() == first.sha256, second.stderr


def test_links_that_leave_the_sysroot_are_led_back(tmp_path: Path) -> None:
    (tmp_path / "usr" / "lib").mkdir(parents=True)
    link = tmp_path / "usr" / "lib" / "libz.so"
    link.symlink_to("/lib/libz.so.1")

    sysroot.make_links_relative(tmp_path)

    assert str(link.readlink()) == "../../lib/libz.so.1"


@pytest.mark.parametrize("architecture", CROSS)
def test_no_link_of_a_sysroot_is_absolute(architecture: str) -> None:
    root = sysroot.require(architecture).path

    assert [p for p in sysroot.links(root) if str(p.readlink()).startswith("/")] == []


def test_an_unfinished_sysroot_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_target: sysroot.Target, _work: Path) -> list[Path]:
        raise SetupError("the network is gone")

    monkeypatch.setattr(sysroot, "CACHE", tmp_path)
    monkeypatch.setattr(sysroot, "download", fail)

    with pytest.raises(SetupError, match="network is gone"):
        sysroot.require("aarch64")
    assert [p for p in tmp_path.iterdir() if p.name != ".lock"] == []
    with pytest.raises(UsageError, match="mips"):
        sysroot.require("mips")


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_missing_or_empty_licence_is_said(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app").mkdir()
    if content is not None:
        (tmp_path / "app" / "LICENSE").write_text(content)
    monkeypatch.setattr(build, "PROJECT", tmp_path)

    with pytest.raises(BuildError, match="LICENSE is missing or empty"):
        build.build("host")


def test_a_build_folder_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(build, "BUILD", tmp_path / "file" / "build")

    with pytest.raises(SetupError, match=r"cannot be written: Not a directory"):
        build.build("host")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    command = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(tmp_path)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system can be mounted by root only")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_a_full_disk_is_said_and_nothing_is_left(
    tiny_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "BUILD", tiny_disk)

    with pytest.raises(BuildError) as raised:
        build.build("host")

    assert "disk is full" in f"{raised.value.message} {raised.value.cure}"
    assert list(tiny_disk.glob("*.eap")) == []


def test_ctrl_c_leaves_nothing_under_the_final_name() -> None:
    command = [sys.executable, str(PROJECT / "tasks.py"), "build", "--arch", "host"]
    command += ["--version", "9.9.8"]  # another version compiles everything anew
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any(".o" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)

    assert process.returncode == 130
    assert list(BUILD.glob("batondescribe_9_9_8*")) == []
