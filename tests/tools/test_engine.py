# SPDX-License-Identifier: MIT
"""The container engine that is started where none runs: it never outlives who started it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tools.bootstrap import PROJECT

STARTER = """
import os, sys
from pathlib import Path
from tools import engine, errors
engine._STORE = Path(sys.argv[1]) / "engine"
try:
    with engine.required():
        print(os.environ["DOCKER_HOST"], flush=True)
        sys.stdin.read()
except errors.SetupError as error:
    print(f"none: {error.message}", flush=True)
"""


def runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_who_started_it(tmp_path: Path, number: signal.Signals) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "DOCKER_HOST"}
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)],
        cwd=PROJECT,
        env={**environment, "DOCKER_HOST": f"unix://{tmp_path}/nobody"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        said = starter.stdout.readline().strip()
        if said.startswith("none: "):
            starter.kill()
            pytest.skip(f"THE ENGINE'S END IS NOT TESTED HERE: {said}")
        folder = Path(said.removeprefix("unix://")).parent
        pid = int((folder / "docker.pid").read_text())
        assert runs(pid)
        starter.send_signal(number)
        starter.wait(30)

    wait_until(lambda: not runs(pid), "the engine to end", timeout=30)
    shutil.rmtree(folder, ignore_errors=True)  # who was killed could not
