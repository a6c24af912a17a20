# SPDX-License-Identifier: MIT
"""How tasks are run: invoke, with this project's errors, exit codes and place."""

from __future__ import annotations

import functools
import itertools
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from invoke.context import Context
from invoke.exceptions import Exit, ParseError
from invoke.program import Program
from invoke.tasks import Task
from invoke.tasks import task as invoke_task

from tools import errors
from tools.bootstrap import PROJECT

__all__ = ["Context", "run", "task"]

INTERRUPTED = 130
PIPE_CLOSED = 141
_NO_VALUE = re.compile(r"Flag <Argument: ([\w-]+).* needed value")
_NO_NUMBER = re.compile(r"invalid literal for int\(\) with base 10: '(.*)'", re.S)


def task(**options: Any) -> Callable[[Callable[..., None]], Task[Any]]:
    """invoke's @task for a function that may raise tools.errors.

    A ToolError is printed as one line with its cure and becomes its class's exit code; Ctrl-C,
    SIGTERM and the terminal's end (SIGHUP, unless nohup has it ignored) end the task in order
    (context managers run) with 130, 143 and 129.
    """

    def decorate(body: Callable[..., None]) -> Task[Any]:
        @functools.wraps(body)
        def guarded(*args: Any, **kwargs: Any) -> None:
            # A shell's background job is started with SIGINT ignored.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, _terminate)
            if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
                signal.signal(signal.SIGHUP, _terminate)
            try:
                body(*args, **kwargs)
            except errors.ToolError as error:
                raise Exit(code=errors.report(error)) from error
            except KeyboardInterrupt as error:
                raise Exit(code=INTERRUPTED) from error
            except BrokenPipeError as error:
                _silence_output()
                raise Exit(code=PIPE_CLOSED) from error

        made: Task[Any] = invoke_task(**options)(guarded)
        return made

    return decorate


def run(arguments: list[str]) -> None:
    """Run the tasks named in `arguments` as invoke does; always ends in SystemExit."""
    try:
        program = _Program(name="batonDescribe", binary="python3 tasks.py", version=_version())
    except errors.ToolError as error:
        sys.exit(errors.report(error))
    if arguments[1:2] in (["--help"], ["-h"]) and not arguments[0].startswith("-"):
        # A task with a positional argument would take --help for its value.
        arguments = ["--help", arguments[0]]
    try:
        program.run(["tasks.py", *(arguments or ["--list"])])
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_output()
        sys.exit(PIPE_CLOSED)
    sys.exit(0)


class _Program(Program):
    """invoke's program, started from anywhere, whose complaints read like every other error."""

    def parse_core(self, argv: list[str] | None) -> None:
        with self._usage_errors():
            super().parse_core(argv)
        sys.dont_write_bytecode = False  # a task starts twice as fast with it
        if self.args["search-root"].value is None:
            self.args["search-root"].value = str(PROJECT)

    def parse_tasks(self) -> None:
        with self._usage_errors():
            super().parse_tasks()

    def parse_cleanup(self) -> None:
        with self._usage_errors():
            super().parse_cleanup()

    @contextmanager
    def _usage_errors(self) -> Iterator[None]:
        try:
            yield
        except (ParseError, ValueError) as error:
            usage = errors.UsageError(
                _complaint(str(error), self.argv),
                "`python3 tasks.py --list` names the tasks, --help their options",
            )
            raise Exit(code=errors.report(usage)) from error


def _complaint(said: str, arguments: list[str]) -> str:
    """invoke's complaint in words of the command line."""
    if found := _NO_VALUE.match(said):
        return f"--{found[1]} needs a value"
    if found := _NO_NUMBER.match(said):
        value = found[1]
        named = (a.partition("=")[0] for a in arguments if a.endswith(f"={value}"))
        before = (a for a, b in itertools.pairwise(arguments) if b == value)
        return f"{next(named, '') or next(before, 'a number')} is {value!r}, but must be a number"
    return said.rstrip("!")


def _silence_output() -> None:
    """Whoever read the output has seen enough: what is still buffered goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminate(signum: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signum)


def _version() -> str:
    from tools import settings

    return settings.project_version(Path(PROJECT))
