# SPDX-License-Identifier: MIT
"""One run of an app: from its start until nothing of it is left."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import secrets
import signal
from collections.abc import Sequence
from pathlib import Path

from tools.virtual_camera.app_output import OutputPipe
from tools.virtual_camera.sandbox import TOKEN, Place, Sandbox
from tools.virtual_camera.system_log import ERROR, SystemLog

_START_SECONDS = 5.0
_POLL_SECONDS = 0.002
_REAP_TURNS = 100
_SECOND_IN_NAMESPACE = "2"
"""bubblewrap's own init is the first process of the namespace, the app the second."""


class AppProcess:
    """A started app. `pid` is the app's own process, not that of the sandbox around it."""

    def __init__(self, place: Place, sandbox: Sandbox, log: SystemLog) -> None:
        self.pid = 0
        self._place = place
        self._sandbox = sandbox
        self._log = log
        self._output = OutputPipe(place.app, log)
        self._token = secrets.token_hex(8)
        self._outer: asyncio.subprocess.Process | None = None
        self._init_pid = 0
        self._check: asyncio.Task[None] | None = None

    @property
    def roots(self) -> frozenset[int]:
        """The processes from which all others of this run descend."""
        return frozenset({self.pid, self._init_pid} - {0})

    async def start(self, command: Sequence[str]) -> None:
        """Start `command` (its program relative to the package folder) and learn its pid.

        Returns as well when it ended at once: `wait` tells how.
        """
        launch = self._sandbox.launch(self._place, command, self._token)
        argv = launch.argv
        if launch.reports_pid:
            reader, writer = os.pipe2(os.O_CLOEXEC)
            argv = [*launch.prefix, argv[0], "--info-fd", str(writer), *argv[1:]]
            try:
                self._outer = await self._spawn(argv, (writer,))
            finally:
                os.close(writer)
            self._init_pid = await _read_init_pid(reader)
            self.pid = await self._find_app()
        else:
            self._outer = await self._spawn(argv, ())
            self.pid = self._outer.pid
        self._output.begin(self.pid)
        self._check = asyncio.create_task(self._say_what_is_missing(command[0]))

    async def _say_what_is_missing(self, program: str) -> None:
        missing = await asyncio.to_thread(self._sandbox.missing, self._place, program)
        self._sandbox.libraries.note(missing)
        for line in missing.lines():
            self._log.write(self._place.app, ERROR, line)

    async def wait(self) -> int:
        """Wait for the app's end, clean up after it, and return its status: as a shell does, 128
        and the number of the signal when one killed it."""
        assert self._outer is not None
        code = await self._outer.wait()
        if self._check is not None:
            await self._check
        ended = [self._init_pid] if self._init_pid else _marked(self._token)
        self.kill()
        self._output.close()
        for pid in ended:
            await _reap(pid)
        return code if code >= 0 else 128 - code

    def signal(self, number: int) -> None:
        """Send a signal to the app itself; nothing happens when it has ended."""
        if self.pid and self._outer is not None and self._outer.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the app and everything that it ever started."""
        outer = self._outer
        if outer is not None and outer.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._init_pid or outer.pid, signal.SIGKILL)
        if not self._init_pid:
            for pid in _marked(self._token):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)

    def abandon(self) -> None:
        """End a run whose start failed or was given up."""
        self.kill()
        self._output.close()

    async def _spawn(
        self, argv: Sequence[str], keep: tuple[int, ...]
    ) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=self._output.writer,
                stderr=self._output.writer,
                pass_fds=keep,
                start_new_session=True,
            )
        finally:
            self._output.close_writer()

    async def _find_app(self) -> int:
        """The app's pid outside its namespace, 0 when it was gone before it could be seen."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _START_SECONDS
        while self._init_pid and loop.time() < end:
            assert self._outer is not None
            if self._outer.returncode is not None:
                return 0
            for pid in _children(self._init_pid):
                if _pid_in_namespace(pid) == _SECOND_IN_NAMESPACE:
                    return pid
            await asyncio.sleep(_POLL_SECONDS)
        return 0


async def _read_init_pid(reader: int) -> int:
    """What bubblewrap writes to --info-fd: {"child-pid": 123, ...}; 0 when it failed before."""
    loop = asyncio.get_running_loop()
    protocol = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(protocol), os.fdopen(reader, "rb")
    )
    try:
        text = await asyncio.wait_for(protocol.read(), _START_SECONDS)
        return int(json.loads(text)["child-pid"])
    except (TimeoutError, ValueError, KeyError):
        return 0
    finally:
        transport.close()


async def _reap(pid: int) -> None:
    """Take the end of a killed process whose parent is gone, where it has become our child (see
    `adopt_orphans`); elsewhere that is for the machine's init."""
    for _ in range(_REAP_TURNS):
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:  # noqa: ASYNC222 - it does not block
                return
        except ChildProcessError:
            return
        await asyncio.sleep(_POLL_SECONDS)


def adopt_orphans() -> None:
    """Make this process the parent of orphans among its descendants (PR_SET_CHILD_SUBREAPER), so
    that ended apps leave no zombies on machines whose init does not reap, such as containers."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def ancestors(pid: int) -> list[int]:
    """The process itself, its parent, and so on; shorter when one of them is gone."""
    found: list[int] = []
    while pid > 1 and pid not in found:
        found.append(pid)
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            break
        pid = int(stat.rpartition(")")[2].split()[1])
    return found


def _pid_in_namespace(pid: int) -> str:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return line.split()[-1]
    return ""


def _marked(token: str) -> list[int]:
    """Every process whose environment carries the token."""
    mark = f"{TOKEN}={token}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found
