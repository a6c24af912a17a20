# SPDX-License-Identifier: MIT
"""How tasks end: exit codes, one-line errors, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import program
from tools.bootstrap import PROJECT

TASKS = '''
import signal
from contextlib import contextmanager
from tools import errors
from tools.program import Context, task

@contextmanager
def tidy():
    try:
        yield
    finally:
        print("tidied up", flush=True)

@task()
def hang(_context: Context) -> None:
    """Wait for a signal."""
    with tidy():
        print("started", flush=True)
        signal.pause()

@task()
def talk(_context: Context) -> None:
    """Talk for ever."""
    while True:
        print("line", flush=True)

@task()
def fail(_context: Context, kind: str) -> None:
    """Fail."""
    raise getattr(errors, kind)("the message", "the cure")
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tasks.py").write_text(TASKS)
    return tmp_path


def start(
    folder: Path, *arguments: str, ignoring_interrupts: bool = False
) -> subprocess.Popen[str]:
    # Whoever runs the tests may have told it to ignore SIGHUP, as nohup does.
    prefix = ["env", "--default-signal=HUP"]
    prefix += ["--ignore-signal=INT"] if ignoring_interrupts else []
    code = "import sys; from tools import program; program.run(sys.argv[1:])"
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", code, "-r", str(folder), *arguments],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("ToolError", 1),
        ("UsageError", 2),
        ("SetupError", 3),
        ("ManifestError", 4),
        ("Unreachable", 5),
        ("AppError", 6),
        ("VerdictError", 7),
    ],
)
def test_an_error_is_a_line_a_cure_and_an_exit_code(folder: Path, kind: str, code: int) -> None:
    process = start(folder, "fail", "--kind", kind)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (code, "")
    assert err == "error: the message\n  cure: the cure\n"


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_a_signal_ends_a_task_in_order_and_quietly(
    folder: Path, number: signal.Signals, code: int
) -> None:
    process = start(folder, "hang")
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"

    process.send_signal(number)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, out, err) == (code, "tidied up\n", "")


def test_a_reader_that_goes_away_ends_a_task_quietly(folder: Path) -> None:
    process = start(folder, "talk")
    assert process.stdout is not None
    assert process.stdout.readline() == "line\n"
    process.stdout.close()

    assert process.wait(timeout=30) == 141
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_a_background_job_can_be_interrupted(folder: Path) -> None:
    process = start(folder, "hang", ignoring_interrupts=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=30) == 130


def test_ctrl_c_before_the_task_began_is_quiet() -> None:
    base = getattr(sys, "_base_executable", sys.executable)
    for venv in (base, sys.executable):
        script = f"""
import os, signal, sys, runpy, threading
sys.argv = ["tasks.py", "--list"]
sys.path.insert(0, {str(PROJECT)!r})
class Interrupting:
    def find_spec(self, name, *_):
        if name == "tools.program" or (name == "tools.bootstrap" and {venv == base}):
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
runpy.run_path({str(PROJECT / "tasks.py")!r}, run_name="__main__")
"""
        done = subprocess.run([venv, "-c", script], capture_output=True, text=True, check=False)

        assert done.returncode in (-signal.SIGINT, 130)
        assert done.stderr == ""


def run_tasks(*arguments: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """tasks.py as a user calls it, by a Python that is not .venv's."""
    base = getattr(sys, "_base_executable", sys.executable)
    return subprocess.run(
        [base, str(PROJECT / "tasks.py"), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


NAMES = (
    "build", "camera", "demo", "deploy", "lint", "logs", "sessions", "status", "test",
    "test-on-device", "trigger",
)  # fmt: skip


def test_every_task_is_listed_from_anywhere(tmp_path: Path) -> None:
    done = run_tasks("--list", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    listed = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")}
    assert listed >= set(NAMES)
    assert "setting up" not in done.stderr


@pytest.fixture
def run_here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Runs tasks in this process: exit code, stdout and stderr."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr(sys, "dont_write_bytecode", False)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            program.run(list(arguments))
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("name", NAMES)
def test_every_task_explains_itself_and_its_options(
    name: str, run_here: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, err = run_here(name, "--help")

    assert code == 0, err
    options = out.partition("Options:")[2]
    lines = [line.strip() for line in options.strip().splitlines()]
    assert lines
    for line in lines:
        if line.startswith("-"):
            assert "  " in line, f"{line} says nothing about itself"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nosuchtask"], 2, "No idea what 'nosuchtask' is"),
        (["build", "--speed", "9"], 2, "No idea what '--speed' is"),
        (["build", "--arch", "x86"], 2, "no architecture 'x86'"),
        (["build", "--os", "9", "--arch", "host"], 2, "AXIS OS 9"),
        (["build", "--os", "abc"], 2, "--os is 'abc', but must be a number"),
        (["build", "--os=1.5", "--arch", "host"], 2, "--os is '1.5', but must be a number"),
        (["build", "-o", ""], 2, "-o is '', but must be a number"),
        (["build", "--arch"], 2, "--arch needs a value"),
        (["build", "--arch", "host", "--sdk", "docker"], 2, "cannot build for host"),
        (["build", "--arch", "host", "--version", "7"], 2, '--version is "7", but must be'),
        (["trigger", "Device1Scenario1"], 2, "--on or --off"),
        (["trigger", "door", "--on"], 2, "no trigger"),
        (["status", "--camera", "nowhere"], 2, "no camera called 'nowhere'"),
        (["test", "--only", "luck"], 2, "no part 'luck'"),
        (["camera", "--port", "70000"], 2, "no port"),
        (["camera", "--install", "missing.eap"], 2, "no package missing.eap"),
        (["deploy", "--camera", "nowhere", "--package", "x.eap"], 2, "nowhere"),
    ],
)
def test_a_wrong_call_is_one_line_and_a_cure(
    arguments: list[str], code: int, message: str, run_here: Callable[..., tuple[int, str, str]]
) -> None:
    ended, _, err = run_here(*arguments)

    assert ended == code, err
    first, *rest = err.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert [line.startswith("  cure: ") for line in rest] == [True]
