# SPDX-License-Identifier: MIT
"""Building: the real package of this machine, and what is said when a build fails."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from tools import build, eap, elf, sdk, toolchain
from tools.bootstrap import PROJECT
from tools.errors import BuildError, SetupError, UsageError
from tools.settings import BUILD, project_version

pytestmark = [pytest.mark.builds, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def built() -> build.Built:
    return build.build("host")


def test_the_package_holds_the_app_and_what_the_manifest_says(built: build.Built) -> None:
    package = eap.read(built.path)

    assert (package.app_name, package.architecture) == ("batondescribe", "host")
    assert package.version == project_version()
    assert package.contradictions() == []
    names = [member.name for member in package.members]
    assert names[:5] == ["batondescribe", "package.conf", "param.conf", "LICENSE", "manifest.json"]
    assert names[-1] == "cgi.conf"
    assert not [name for name in names if name.endswith((".c", ".h", ".o"))]


def test_what_made_it_is_told_beside_it(built: build.Built) -> None:
    content = built.path.read_bytes()
    told = json.loads(built.path.with_suffix(".json").read_text())

    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["size"] == len(content)
    assert (told["sdk"], told["architecture"], told["axis_os"]) == ("host", "host", 12)
    assert "gcc" in told["compiler"] or "cc" in told["compiler"]
    licence = built.path.with_name(f"{built.path.stem}_LICENSE.txt")
    assert licence.read_text() == (PROJECT / "app" / "LICENSE").read_text()


def test_the_packed_executable_is_stripped_and_the_other_kept(
    built: build.Built, tmp_path: Path
) -> None:
    eap.read(built.path).extract(tmp_path)
    debug = BUILD / "debug" / built.path.stem / "batondescribe"

    assert b".debug_info" in debug.read_bytes()
    assert b".debug_info" not in (tmp_path / "batondescribe").read_bytes()


def test_this_machines_executable_is_hardened_as_those_of_cameras(
    built: build.Built, tmp_path: Path
) -> None:
    eap.read(built.path).extract(tmp_path)
    found = elf.read(tmp_path / "batondescribe")

    assert (found.pie, found.full_relro, found.stack_protector, found.fortify) == (True,) * 4
    assert built.size < 150_000


def test_building_again_gives_the_same_bytes(built: build.Built) -> None:
    assert build.build("host").sha256 == built.sha256


def test_the_compilers_words_are_shown_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "app"
    broken.mkdir()
    (broken / "Makefile").write_text("all:\n\t$(CC) -c main.c -o /dev/null\n")
    (broken / "LICENSE").write_text("free")
    (broken / "main.c").write_text("int main(void) { return nothing; }\n")
    monkeypatch.setattr(build, "PROJECT", tmp_path)
    monkeypatch.setattr(build, "BUILD", tmp_path / "build")
    monkeypatch.setattr(toolchain, "PROJECT", tmp_path)
    monkeypatch.setattr(build, "build_platform", lambda _architecture: tmp_path)

    with pytest.raises(BuildError, match="the app could not be built"):
        build.build("host")

    assert "'nothing' undeclared" in capsys.readouterr().err
    assert list((tmp_path / "build").glob("*.eap")) == []


@pytest.mark.parametrize(
    ("architecture", "sdk_name", "message"),
    [
        ("mips", "", "no architecture 'mips'"),
        ("aarch64", "magic", "no SDK 'magic'"),
        ("aarch64", "host", "cannot build for aarch64"),
        ("host", "docker", "cannot build for host"),
    ],
)
def test_a_combination_that_does_not_exist_is_said(
    architecture: str, sdk_name: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        build.build(architecture, sdk_name=sdk_name)


def test_an_image_without_the_engine_is_a_contradiction() -> None:
    with pytest.raises(UsageError, match="--sdk debian uses no image"):
        build.build("aarch64", sdk_name="debian", sdk_image="some/image:1")


def test_what_cannot_be_published_whole_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app.json").write_bytes(b"old")
    (tmp_path / "debug").touch()  # a file where a folder is wanted
    outputs = {tmp_path / "app.json": b"new", tmp_path / "debug" / "app": b"new"}

    with pytest.raises(BuildError, match=r"cannot be written"):
        build._publish(outputs, executable=tmp_path / "debug" / "app")

    assert (tmp_path / "app.json").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.json", "debug"]


def test_without_an_engine_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")

    with pytest.raises(SetupError, match="no container engine") as raised:
        build.build("aarch64")
    assert "--sdk debian" in raised.value.cure


def test_the_context_holds_sources_and_the_manifest_alone() -> None:
    context = sdk.context({"schemaVersion": "1.7.1"})
    with tarfile.open(fileobj=io.BytesIO(context)) as archive:
        members = {member.name: member.mode for member in archive}

    assert {"Dockerfile", "app/Makefile", "app/LICENSE", "app/manifest.json", "app/main.c"} <= set(
        members
    )
    assert set(members.values()) == {0o644}
    assert not [name for name in members if name.endswith((".o", ".eap", "/batondescribe"))]


IMAGE = "axisecp/acap-native-sdk:12.4.0-aarch64-ubuntu24.04"
FROM_STEP = ["Step 1/7 : ARG SDK_IMAGE", "Step 2/7 : FROM ${SDK_IMAGE}"]


@pytest.mark.parametrize(
    "message",
    [
        "pull access denied for standin/x, repository does not exist",
        "manifest for axisecp/acap-native-sdk:9 not found: manifest unknown",
        'Get "https://registry/v2/": dial tcp: lookup registry: no such host',
        "invalid reference format: repository name must be lowercase",
    ],
)
def test_an_image_that_cannot_be_had_is_a_matter_of_set_up(message: str) -> None:
    error = sdk._failure(message, FROM_STEP, IMAGE)

    assert isinstance(error, SetupError)
    assert IMAGE in error.message
    assert "--sdk-image" in error.cure


def test_the_compilers_words_in_the_container_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = [*FROM_STEP, "Step 7/7 : RUN make", "gcc -c -o obj/Log.o Log.c", "Log.c:3: error: no"]

    error = sdk._failure("The command '/bin/sh -c ...' not found: 2", lines, IMAGE)

    assert isinstance(error, BuildError)
    shown = capsys.readouterr().err
    assert "Log.c:3: error: no" in shown
    assert "gcc -c" not in shown
