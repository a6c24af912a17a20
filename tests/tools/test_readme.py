# SPDX-License-Identifier: MIT
"""What the README tells people to type: every task and option exists, and its example runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from invoke.collection import Collection

import tasks
from tests.tools.virtual_camera_helpers import MakePackage
from tools.bootstrap import PROJECT

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

README = (PROJECT / "README.md").read_text()
COMMAND = re.compile(r"python3 tasks\.py ([^`#\n]+)")
FLAGS = {
    context.name: set(context.flags) for context in Collection.from_module(tasks).to_contexts()
}
"""The options of each task, short and long."""


def commands() -> list[str]:
    """The words after `python3 tasks.py`, wherever the README has them."""
    return sorted({match.strip() for match in COMMAND.findall(README)})


@pytest.mark.parametrize("command", commands())
def test_every_command_can_be_given(command: str) -> None:
    task, *words = command.split()
    if task in ("--list", "TASK"):
        return
    assert task in FLAGS
    given = {word for word in words if word.startswith("--")}
    assert given <= FLAGS[task] | {"--help"}


def test_the_commands_are_found() -> None:
    assert {"demo", "test"} < set(commands())
    assert len(commands()) > 10


def test_the_example_for_pytest_runs(make_package: MakePackage, tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.S)
    script = tmp_path / "test_example.py"
    script.write_text(example.replace("YOUR_APP.eap", str(make_package(runMode="respawn"))))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(script)]

    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
