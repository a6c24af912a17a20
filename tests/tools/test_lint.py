# SPDX-License-Identifier: MIT
"""The check that each outside library has one port in app/."""

from __future__ import annotations

from pathlib import Path

from tools import lint

PORTS = {
    "EventSubscribe.c": "<axsdk/axevent.h>",
    "CameraParameters.c": "<axsdk/axparameter.h>",
    "FrameSource.c": "<vdo-stream.h>",
    "DescribeClient.c": "<curl/curl.h>",
    "CgiServer.c": '"fcgiapp.h"',
}


def app_folder(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, header in files.items():
        (tmp_path / name).write_text(f"// curl/curl.h\n#include {header}\n")
    return tmp_path


def test_one_file_pair_for_each_library_is_right(tmp_path: Path) -> None:
    files = {**PORTS, "FrameSource.h": "<vdo-types.h>"}

    assert lint.port_faults(app_folder(tmp_path, files)) == []


def test_a_second_user_of_a_header_is_named(tmp_path: Path) -> None:
    faults = lint.port_faults(app_folder(tmp_path, {**PORTS, "main.c": "<axsdk/axevent.h>"}))

    assert faults == [
        "app: axevent is included by EventSubscribe, main; exactly one file pair may include it"
    ]


def test_a_library_that_nobody_uses_is_named(tmp_path: Path) -> None:
    files = {name: header for name, header in PORTS.items() if name != "CgiServer.c"}

    (fault,) = lint.port_faults(app_folder(tmp_path, files))

    assert fault.startswith("app: fcgi is included by no file")


def test_checkers_output_is_passed_on() -> None:
    assert lint._run(["sh", "-c", "echo 'x.c:1: wrong'; exit 1"]) == ["x.c:1: wrong"]
    assert lint._run(["sh", "-c", "echo fine"]) == []
    assert lint._run(["sh", "-c", "exit 3"]) == ["sh failed with exit code 3"]
