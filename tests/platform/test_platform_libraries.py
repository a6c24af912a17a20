# SPDX-License-Identifier: MIT
"""Runs the C tests of the platform libraries with sanitizers, and looks at the binary interface."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
PROJECT = FOLDER.parents[1]
BUILD = PROJECT / "build" / "platform-test-san"
LIBRARIES = BUILD / "platform" / "lib"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("test*.c"))


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.fixture(scope="session")
def built() -> Path:
    """The sanitized libraries and test programs; BUILD/platform/lib."""
    done = run(["make", "-C", str(FOLDER), "-j2", "SAN=1", f"OUT={BUILD}", "all"])
    assert done.returncode == 0, done.stdout + done.stderr
    return LIBRARIES


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Libraries without sanitizers, for programs that have none."""
    folder = tmp_path_factory.mktemp("platform")
    done = run(["make", "-C", "tools/platform", "-j2", f"OUT={folder}"])
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "lib"


@pytest.mark.parametrize("program", PROGRAMS)
def test_c_program_passes_sanitized(built: Path, program: str) -> None:
    command = [sys.executable, "-m", "tests.platform.camera_services", str(BUILD / program)]

    done = run(command, LD_LIBRARY_PATH=str(built))

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^ok \d+ ", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", ["axevent", "axparameter", "axstorage", "licensekey", "vdostream"])
def test_sonames_are_those_of_the_camera(plain: Path, name: str) -> None:
    shown = run(["readelf", "-d", str(plain / f"lib{name}.so.1")]).stdout

    assert f"Library soname: [lib{name}.so.1]" in shown
    assert (plain / f"lib{name}.so").resolve() == plain / f"lib{name}.so.1"


@pytest.mark.parametrize(
    ("symbol", "version"),
    [
        ("vdo_map_new", "VDOSTREAM_1.875"),
        ("vdo_map_set_uint32", "VDOSTREAM_1.875"),
        ("vdo_buffer_get_data", "VDOSTREAM_1.875"),
        ("vdo_frame_get_size", "VDOSTREAM_1.875"),
        ("vdo_stream_snapshot", "VDOSTREAM_1.962"),
    ],
)
def test_symbol_versions_are_those_of_released_binaries(
    plain: Path, symbol: str, version: str
) -> None:
    shown = run(["nm", "-D", str(plain / "libvdostream.so.1")]).stdout

    assert re.search(rf" T {symbol}@@{re.escape(version)}$", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("axevent", "ax_event_"),
        ("axparameter", "ax_parameter_"),
        ("axstorage", "ax_storage_"),
        ("licensekey", "licensekey_"),
    ],
)
def test_nothing_but_the_documented_names_is_visible(plain: Path, name: str, prefix: str) -> None:
    shown = run(["nm", "-D", "--defined-only", str(plain / f"lib{name}.so.1")]).stdout

    names = [line.split()[-1] for line in shown.splitlines()]
    assert names
    assert [found for found in names if not found.startswith(prefix)] == []


def test_header_functions_exist_in_the_libraries(plain: Path) -> None:
    headers = (PROJECT / "tools" / "platform" / "include").rglob("*.h")
    declared = {
        name
        for header in headers
        for name in re.findall(
            r"^[\w*() ]*?\b((?:ax|vdo|licensekey)_\w+)\(", header.read_text(), re.MULTILINE
        )
    }
    inline = {"vdo_format_is_encoded", "vdo_format_is_motion_encoded"}
    exported: set[str] = set()
    for library in plain.glob("lib*.so.1"):
        shown = run(["nm", "-D", "--defined-only", str(library)]).stdout
        exported |= {line.split()[-1].partition("@")[0] for line in shown.splitlines()}

    assert len(declared) > 150
    assert declared - inline - exported == set()


def test_package_works_where_it_lies(plain: Path, tmp_path: Path) -> None:
    source = tmp_path / "app.c"
    source.write_text(
        "#include <axsdk/axevent.h>\n#include <vdo-map.h>\n"
        "int main(void) { g_object_unref(vdo_map_new());"
        " ax_event_key_value_set_free(ax_event_key_value_set_new()); return 0; }\n"
    )
    packages = run(
        [
            "pkg-config",
            "--cflags",
            "--libs",
            "axevent",
            "axparameter",
            "axstorage",
            "licensekey",
            "vdostream",
        ],
        PKG_CONFIG_PATH=str(plain / "pkgconfig"),
    ).stdout.split()
    built_app = run(["gcc", "-Werror", str(source), "-o", str(tmp_path / "app"), *packages])
    assert built_app.returncode == 0, built_app.stderr

    assert run([str(tmp_path / "app")], LD_LIBRARY_PATH=str(plain)).returncode == 0


def test_without_a_camera_calls_fail_and_say_why(plain: Path, tmp_path: Path) -> None:
    source = tmp_path / "app.c"
    source.write_text(
        "#include <vdo-stream.h>\n#include <axsdk/axevent.h>\n"
        "static void on(guint s, AXEvent* e, gpointer d) { (void)s; (void)e; (void)d; }\n"
        "int main(void) { GError* error = NULL; VdoMap* map = vdo_map_new();\n"
        ' vdo_stream_snapshot(map, &error); g_print("%d %s\\n", error->code, error->message);\n'
        " g_clear_error(&error); AXEventKeyValueSet* set = ax_event_key_value_set_new();\n"
        " ax_event_handler_subscribe(ax_event_handler_new(), set, NULL, on, NULL, &error);\n"
        ' g_print("%d %s\\n", error->code, error->message); return 0; }\n'
    )
    packages = run(
        ["pkg-config", "--cflags", "--libs", "axevent", "vdostream"],
        PKG_CONFIG_PATH=str(plain / "pkgconfig"),
    ).stdout.split()
    assert run(["gcc", str(source), "-o", str(tmp_path / "app"), *packages]).returncode == 0

    shown = run(
        [str(tmp_path / "app")],
        LD_LIBRARY_PATH=str(plain),
        DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent/bus",
    ).stdout.splitlines()

    assert shown[0].startswith("10 ")  # VDO_ERROR_DBUS
    assert shown[1].startswith("6 no event system: ")  # AX_EVENT_ERROR_SUBSCRIPTION


SYSLOG_PROGRAM = """
#include <errno.h>
#include <syslog.h>
int main(void) {
    syslog(LOG_ERR, "before %d", 1);
    openlog("demo", LOG_PID, LOG_LOCAL4);
    errno = ENOENT;
    syslog(LOG_WARNING, "after: %m");
    setlogmask(LOG_UPTO(LOG_ERR));
    syslog(LOG_INFO, "masked");
    syslog(LOG_ERR, "%s", "last");
    closelog();
    return 0;
}
"""


@pytest.mark.parametrize("options", [[], ["-O2", "-D_FORTIFY_SOURCE=2"]])
def test_syslog_goes_to_the_camera(plain: Path, tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "app.c").write_text(SYSLOG_PROGRAM)
    app = str(tmp_path / "app")
    assert run(["gcc", *options, str(tmp_path / "app.c"), "-o", app]).returncode == 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        log.settimeout(10)

        done = run(
            [app],
            LD_PRELOAD=str(plain / "libvirtualsyslog.so"),
            VIRTUAL_SYSLOG_SOCKET=str(tmp_path / "log"),
        )
        lines = [log.recv(10000).decode() for _ in range(3)]

    assert done.returncode == 0
    assert re.fullmatch(r"<11>\w{3} [ \d]\d \d\d:\d\d:\d\d app: before 1", lines[0])
    assert re.fullmatch(r"<164>.{15} demo\[\d+\]: after: No such file or directory", lines[1])
    assert re.fullmatch(r"<163>.{15} demo\[\d+\]: last", lines[2])


def test_syslog_without_a_socket_is_harmless(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "app.c").write_text(SYSLOG_PROGRAM)
    assert run(["gcc", str(tmp_path / "app.c"), "-o", str(tmp_path / "app")]).returncode == 0

    done = run(
        [str(tmp_path / "app")],
        LD_PRELOAD=str(plain / "libvirtualsyslog.so"),
        VIRTUAL_SYSLOG_SOCKET=str(tmp_path / "nobody"),
    )

    assert done.returncode == 0
