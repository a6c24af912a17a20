# SPDX-License-Identifier: MIT
"""Cameras of another processor: what they take, what they say of themselves, what they run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tools import camera_root, eap, emulation, sysroot, toolchain
from tools.camera import VirtualCamera, start_virtual_camera
from tools.errors import CameraError, Refused, UsageError
from tools.virtual_camera.emulation import find_emulator

pytestmark = [pytest.mark.builds, pytest.mark.timeout(600)]

EMULATED = ("aarch64", "armv7hf")
APP = "processor"
PROGRAM = r"""
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <syslog.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;
static void stop(int number) { stopped = number; }

int main(int argc, char** argv) {
    struct utsname name;
    char folder[200] = "";
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    uname(&name);
    printf("processor %s option %s folder %s slices %s\n", name.machine, argc > 1 ? argv[1] : "",
           strrchr(getcwd(folder, sizeof folder), '/') + 1, getenv("G_SLICE"));
    fflush(stdout);
    printf("shell %d\n", system("test -d . && exit 3") >> 8);
    fflush(stdout);
    syslog(LOG_INFO, "syslog works");
    while (!stopped) {
        pause();
    }
    printf("stopped by %d\n", (int)stopped);
    return 0;
}
"""


@pytest.fixture(scope="module", params=EMULATED)
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def options(architecture: str) -> list[str]:
    return emulation.camera_options(architecture)


@pytest.fixture(scope="module")
def package(architecture: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app that says what it runs on, compiled for the camera."""
    return packed(architecture, tmp_path_factory.mktemp(architecture))


def packed(architecture: str, folder: Path) -> Path:
    tools = toolchain.find(architecture)
    (folder / "main.c").write_text(PROGRAM)
    (folder / "LICENSE").write_text("free\n")
    (folder / "install.sh").write_text("#!/bin/sh\necho installed as $(id -un) > localdata/note\n")
    (folder / "install.sh").chmod(0o755)
    compiler = tools.environment["CC"].split() if architecture != "host" else ["cc"]
    command = [*compiler, "-O1", str(folder / "main.c"), "-o", str(folder / APP)]
    subprocess.run(command, check=True, timeout=60)
    setup = {"appName": APP, "vendor": "Tests", "version": "1.0.0", "runMode": "never"}
    conf = {
        "setup": {**setup, "runOptions": "--fast"},
        "installation": {"postInstallScript": "install.sh"},
    }
    manifest = {"schemaVersion": "1.7.3", "acapPackageConf": conf}
    files = {name: folder / name for name in (APP, "LICENSE", "install.sh")}
    target = folder / f"{APP}.eap"
    return eap.pack(manifest, files, target, epoch=0, architecture=architecture)


@pytest.fixture
def camera(options: list[str], package: Path, tmp_path: Path) -> Iterator[VirtualCamera]:
    with start_virtual_camera(
        options=options, install=[package], state=tmp_path / "state", log=tmp_path / "log"
    ) as started:
        yield started


def is_running(camera: VirtualCamera) -> bool:
    app = camera.vapix.application(APP)
    return app is not None and app.running


def wait_for_log(camera: VirtualCamera, text: str) -> None:
    wait_until(
        lambda: any(text in line for line in camera.vapix.system_log(APP)), f"{text!r} in the log"
    )


def test_an_app_runs_as_on_a_device_of_that_processor(
    camera: VirtualCamera, architecture: str, tmp_path: Path
) -> None:
    machine = {"aarch64": "aarch64", "armv7hf": "armv7l"}[architecture]
    wait_for_log(camera, f"processor {machine} option --fast folder {APP} slices always-malloc")
    wait_for_log(camera, "syslog works")
    wait_for_log(camera, "shell 3")
    note = tmp_path / "state" / "apps" / APP / "package" / "localdata" / "note"
    assert note.read_text().startswith("installed as ")


def test_signals_reach_the_app(camera: VirtualCamera) -> None:
    wait_for_log(camera, "syslog works")
    camera.control.signal(APP, "SIGUSR1")
    wait_for_log(camera, f"stopped by {int(signal.SIGUSR1)}")
    wait_until(lambda: not is_running(camera), "the app to have ended")
    camera.vapix.start(APP)
    wait_until(lambda: is_running(camera), "the app to run again")
    camera.control.signal(APP, "SIGKILL")
    wait_for_log(camera, f"{APP} was ended by SIGKILL")


def test_the_app_is_stopped_by_sigterm(camera: VirtualCamera) -> None:
    wait_for_log(camera, "syslog works")
    camera.vapix.stop(APP)
    wait_for_log(camera, f"stopped by {int(signal.SIGTERM)}")
    wait_for_log(camera, f"{APP} ended with status 0")


def test_everything_tells_the_same_architecture(camera: VirtualCamera, architecture: str) -> None:
    assert camera.vapix.device_info().architecture == architecture
    assert camera.settings.architecture == architecture
    name = "Properties.System.Architecture"
    assert camera.vapix.parameters(name) == {f"root.{name}": architecture}


@pytest.mark.parametrize("other", ["this machine's", "the other"])
def test_a_package_for_another_processor_is_refused(
    options: list[str], architecture: str, other: str, tmp_path: Path
) -> None:
    emulated = EMULATED[1 - EMULATED.index(architecture)]
    name = {"this machine's": "host", "the other": emulated}[other]
    wrong = packed(name, tmp_path)
    with start_virtual_camera(options=[*options, "--os", "11"], log=tmp_path / "log") as camera:
        with pytest.raises(Refused) as refusal:
            camera.vapix.upload(wrong)
        assert refusal.value.code == 5
        log = "\n".join(camera.vapix.system_log())
        assert f"it is for {name}, this camera is {architecture}" in log


def test_an_app_runs_without_a_sandbox_too(
    options: list[str], package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).glob("*"):
            if program.name != "bwrap" and not (tools / program.name).is_symlink():
                (tools / program.name).symlink_to(program)
    monkeypatch.setenv("PATH", str(tools))
    with start_virtual_camera(options=options, install=[package], log=tmp_path / "log") as camera:
        wait_for_log(camera, "option --fast")
        wait_for_log(camera, "syslog works")
        camera.vapix.stop(APP)
        wait_for_log(camera, f"stopped by {int(signal.SIGTERM)}")
    assert "without a sandbox" in (tmp_path / "log").read_text()


def test_a_sysroot_that_is_none_is_named(tmp_path: Path) -> None:
    options = ["--arch", "aarch64", "--sysroot", str(tmp_path)]
    with (
        pytest.raises(CameraError, match="holds no libraries for aarch64"),
        start_virtual_camera(options=options, log=tmp_path / "log"),
    ):
        pass


def test_an_unknown_architecture_is_named() -> None:
    with pytest.raises(UsageError, match="no architecture 'mips'"):
        emulation.camera_options("mips")


def test_only_programs_of_the_processor_are_emulated(package: Path, architecture: str) -> None:
    emulator = find_emulator(architecture, sysroot.require(architecture).path)
    assert emulator is not None
    assert emulator.runs(package.parent / APP)
    assert not emulator.runs(package.parent / "install.sh")
    assert not emulator.runs(Path(shutil.which("env") or ""))
    assert not emulator.runs(package.parent / "missing")


NEWER = r"""
#include <glib.h>
#include <stdio.h>

char* g_string_free_and_steal(GString*);
long newer(const char*, char**, int) __asm__("__isoc23_strtol");

int main(void) {
    GString* text = g_string_new("stolen ");
    g_string_append_printf(text, "%ld", newer("42", NULL, 10));
    puts(g_string_free_and_steal(text));
    return 0;
}
"""
"""Of what programs made with the SDK of AXIS OS 12 ask for, in GLib and in the C library."""


def test_programs_of_the_newest_sdk_find_their_libraries(architecture: str, tmp_path: Path) -> None:
    root = camera_root.require(architecture)
    tools = toolchain.find(architecture)
    source = sysroot.require(architecture)
    folder = root / "usr" / "lib" / source.triplet
    (tmp_path / "newer.c").write_text(NEWER)
    headers = source.path / "usr"
    command = [*tools.environment["CC"].split(), "-w", str(tmp_path / "newer.c"), "-o", "newer"]
    command += ["-I", str(headers / "include" / "glib-2.0")]
    command += ["-I", str(headers / "lib" / source.triplet / "glib-2.0" / "include")]
    command += [str(folder / "libglib-2.0.so.0"), str(folder / "libc.so.6")]
    command += ["-Wl,--allow-shlib-undefined", f"-Wl,-rpath-link,{folder}"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    emulator = find_emulator(architecture, root)
    assert emulator is not None

    run = [str(emulator.program), "-L", str(root), str(tmp_path / "newer")]
    done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)

    assert (done.stdout, done.stderr) == ("stolen 42\n", "")


SIGNING = r"""
#include <stdio.h>
#include <sys/auxv.h>

int main(void) {
#ifdef __aarch64__
    puts(getauxval(AT_HWCAP) & (1UL << 30) ? "signs" : "plain"); /* HWCAP_PACA */
#else
    puts("plain");
#endif
    return 0;
}
"""


def test_the_processor_signs_no_return_addresses(architecture: str, tmp_path: Path) -> None:
    """Which the libraries do where they can, and an app was ten times as slow."""
    tools = toolchain.find(architecture)
    (tmp_path / "signing.c").write_text(SIGNING)
    compiler = tools.environment["CC"].split()
    subprocess.run([*compiler, "signing.c", "-o", "signing"], cwd=tmp_path, check=True, timeout=60)
    root = camera_root.require(architecture)
    emulator = find_emulator(architecture, root)
    assert emulator is not None

    run = ["env", *emulator.command(str(emulator.program), str(root), {}), "./signing"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout == "plain\n"


WORKER = r"""
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;
unsigned ax_parameter_error_quark(void);

int main(int argc, char** argv) {
    struct utsname name;
    pid_t child;
    if (!ax_parameter_error_quark() || uname(&name))
        return 8;
    printf("%s of %d on %s named %s\n", argv[1], argc, name.machine, argv[0]);
    fflush(stdout);
    if (strcmp(argv[1], "first"))
        return 0;
    if ((child = fork()) == 0) {
        execlp("./lib/worker", "alias", "executed", "x", NULL);
        _exit(9);
    }
    waitpid(child, NULL, 0);
    char* own[] = {"own", "spawned", NULL};
    if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, own, environ) == 0)
        waitpid(child, NULL, 0);
    return system("./lib/worker shelled; echo shell ends");
}
"""


def test_apps_start_programs_of_their_processor(
    architecture: str, options: list[str], tmp_path: Path
) -> None:
    """A shell script is the app; what it executes is for the camera, and so are that one's own."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "worker.c").write_text(WORKER)
    (tmp_path / "LICENSE").write_text("free\n")
    (tmp_path / "family").write_text('#!/bin/sh\nexec ./lib/worker first "$@"\n')
    (tmp_path / "family").chmod(0o755)
    compiler = toolchain.find(architecture).environment["CC"].split()
    worker = [str(tmp_path / "worker.c"), "-o", str(tmp_path / "lib" / "worker")]
    worker += [f"-L{toolchain.find(architecture).platform / 'lib'}", "-laxparameter"]
    command = [*compiler, "-w", *worker, "-Wl,--allow-shlib-undefined"]
    subprocess.run(command, check=True, timeout=60)
    setup = {"appName": "family", "vendor": "Tests", "version": "1.0.0", "runMode": "never"}
    manifest = {
        "schemaVersion": "1.7.3",
        "acapPackageConf": {"setup": {**setup, "runOptions": "--fast"}},
    }
    files = {name: tmp_path / name for name in ("family", "LICENSE", "lib")}
    target = tmp_path / "family.eap"
    package = eap.pack(manifest, files, target, epoch=0, architecture=architecture)
    machine = {"aarch64": "aarch64", "armv7hf": "armv7l"}[architecture]

    with start_virtual_camera(options=options, install=[package], log=tmp_path / "log") as camera:

        def lines() -> list[str]:
            return [line.partition("]: ")[2] for line in camera.vapix.system_log("family")]

        wait_until(lambda: "family ended with status 0" in lines(), "the app's end")
        said = lines()

    assert f"first of 3 on {machine} named ./lib/worker" in said
    assert f"executed of 3 on {machine} named alias" in said
    assert f"spawned of 2 on {machine} named own" in said
    assert f"shelled of 2 on {machine} named ./lib/worker" in said
    assert "shell ends" in said
    assert not [line for line in said if "ld.so" in line]
