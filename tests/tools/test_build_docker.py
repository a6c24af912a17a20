# SPDX-License-Identifier: MIT
"""The docker path for real: a stand-in SDK image in an engine, started here where none runs."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
import requests

from tools import build, eap, elf, engine, sdk, sdk_standin
from tools.bootstrap import PROJECT
from tools.errors import BuildError, SetupError
from tools.sdk_standin import image as standin
from tools.settings import BUILD

pytestmark = [pytest.mark.builds, pytest.mark.timeout(900)]
FOLDER = BUILD / "aarch64-docker"


@pytest.fixture(scope="module", autouse=True)
def running_engine() -> Iterator[docker.DockerClient]:
    try:
        with engine.required():
            client = docker.from_env()
            yield client
            client.close()
    except SetupError as error:
        told = f"THE DOCKER PATH IS NOT TESTED HERE: {error.message}"
        warnings.warn(told, stacklevel=1)
        pytest.skip(told)


@pytest.fixture(scope="module")
def image() -> str:
    return sdk_standin.require("aarch64")


def leftovers(client: docker.DockerClient) -> list[str]:
    """Containers, and dangling images of builds of the app."""
    ours = {"dangling": True, "label": ["batondescribe.build"]}
    found = [*client.containers.list(all=True), *client.images.list(filters=ours)]
    return [str(each.id) for each in found]


@pytest.mark.parametrize("architecture", ["aarch64", "armv7hf"])
def test_the_package_of_an_sdk_image_fits_a_camera(
    architecture: str, running_engine: docker.DockerClient, tmp_path: Path
) -> None:
    built = build.build(architecture, sdk_name="docker", sdk_image=sdk_standin.NAME)

    package = eap.read(built.path)
    package.extract(tmp_path)
    found = elf.read(tmp_path / "batondescribe")
    assert (found.architecture, found.faults()) == (architecture, [])
    assert package.contradictions() == []
    assert built.size < 150_000
    assert built.sdk_image == f"batondescribe/sdk-standin:{architecture}"
    assert built.sdk_digest.startswith("sha256:")
    assert "experimental" in built.experimental
    assert "-fstack-protector-strong" in built.flags
    assert leftovers(running_engine) == []


def build_in(image: str) -> build.Built:
    return build.build("aarch64", sdk_name="docker", sdk_image=image)


def test_an_image_builds_the_same_bytes_again(image: str) -> None:
    first = build_in(image)
    sdk.forget(FOLDER)

    assert build_in(image).sha256 == first.sha256


def test_what_has_not_changed_is_not_built_again(
    image: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = build_in(image)
    capsys.readouterr()

    assert build_in(image) == first
    assert "nothing has changed since the last build" in capsys.readouterr().err

    for damaged in (sdk.PACKAGE, "batondescribe", "made-by"):
        path = FOLDER / damaged
        content = path.read_bytes()
        path.write_bytes(content + b"damaged")
        assert sdk._stamped(FOLDER) is None
        path.write_bytes(content)
    assert sdk._stamped(FOLDER) is not None
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    monkeypatch.setattr(sdk, "_run_build", lambda *_: pytest.fail("it is built"))
    with pytest.raises(pytest.fail.Exception, match="it is built"):
        build_in(image)


def test_an_image_without_the_sdk_is_named(running_engine: docker.DockerClient) -> None:
    base = running_engine.images.list(name="batondescribe/sdk-standin-base")[0].tags[0]

    with pytest.raises(SetupError, match="is no image of an ACAP Native SDK") as raised:
        build_in(base)
    assert "--sdk-image" in raised.value.cure
    assert leftovers(running_engine) == []


def test_an_engine_that_goes_away_is_said(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object) -> str:
        raise requests.exceptions.ConnectionError("Connection aborted.")

    sdk.forget(FOLDER)
    monkeypatch.setattr(sdk, "_run_build", cut)

    with pytest.raises(SetupError, match="engine went away") as raised:
        build_in(image)
    assert "--sdk debian" in raised.value.cure

    monkeypatch.setattr(standin, "_base", cut)
    with pytest.raises(SetupError, match="engine went away") as raised:
        build_in(sdk_standin.NAME)
    assert "--sdk debian" in raised.value.cure


def test_the_compilers_words_come_out_of_the_container(
    image: str,
    running_engine: docker.DockerClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(PROJECT / "app", tmp_path / "app")
    shutil.copy(PROJECT / "Dockerfile", tmp_path)
    # The first in the order of names: nothing else is compiled for this.
    (tmp_path / "app" / "Aaa.c").write_text("int main(void) { return nothing; }\n")
    monkeypatch.setattr(sdk, "PROJECT", tmp_path)

    with pytest.raises(BuildError, match="could not be built"):
        build.build("aarch64", sdk_name="docker", sdk_image=image, version="9.9.7")

    assert "'nothing' undeclared" in capsys.readouterr().err
    assert list(BUILD.glob("batondescribe_9_9_7*")) == []
    assert leftovers(running_engine) == []


def test_an_image_that_is_not_here_names_the_cure() -> None:
    with pytest.raises(SetupError, match="is not here and cannot be fetched") as raised:
        build.build("aarch64", sdk_name="docker", sdk_image="127.0.0.1:9/nothing/here:1")

    assert "--sdk debian" in raised.value.cure


def test_ctrl_c_leaves_nothing(image: str, running_engine: docker.DockerClient) -> None:
    command = [sys.executable, str(PROJECT / "tasks.py"), "build", "--arch", "aarch64"]
    command += ["--sdk", "docker", "--sdk-image", image, "--version", "9.9.6"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any(".o" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)

    assert process.returncode == 130
    assert list(BUILD.glob("batondescribe_9_9_6*")) == []
    assert leftovers(running_engine) == []


def test_the_image_obeys_the_sdks_contract(image: str, running_engine: docker.DockerClient) -> None:
    shell = (
        ". /opt/axis/acapsdk/environment-setup* && test -d $SDKTARGETSYSROOT/usr/include &&"
        " pkg-config --exists axevent axparameter vdostream fcgi libcurl jansson gio-2.0 &&"
        " acap-build --help && pwd && echo $OECORE_TARGET_ARCH $CROSS_COMPILE"
    )

    answer = running_engine.containers.run(image, ["/bin/sh", "-c", shell], remove=True)

    text = bytes(answer).decode()
    for word in ("--build", "--manifest", "--additional-file", "no-build"):
        assert word in text
    assert text.endswith("/opt/app\naarch64 aarch64-linux-gnu-\n")
