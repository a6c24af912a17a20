# SPDX-License-Identifier: MIT
"""Keeps one app running as its runMode says: never, once, respawn or respawnOnFailure.

A device's delay before a restart is not documented; here it doubles from 0.2 s up to 30 s while the
app keeps ending at once, and starts anew after a run of 10 s.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tools.virtual_camera.app_process import AppProcess
from tools.virtual_camera.system_log import ERROR, INFO, SystemLog

_SIGNAL_BASE = 128


@dataclass(frozen=True)
class RestartPolicy:
    """Times in seconds."""

    first_delay: float = 0.2
    longest_delay: float = 30.0
    stable_after: float = 10.0
    stop_grace: float = 10.0
    """from SIGTERM to SIGKILL; not documented for devices [unconfirmed]"""


class AppRunner:
    """One app. Called from the event loop; start and stop never overlap (the manager's lock)."""

    def __init__(
        self,
        app: str,
        command: Sequence[str],
        run_mode: str,
        new_process: Callable[[], AppProcess],
        log: SystemLog,
        policy: RestartPolicy,
    ) -> None:
        self._app = app
        self._command = command
        self._run_mode = run_mode
        self._new_process = new_process
        self._log = log
        self._policy = policy
        self._process: AppProcess | None = None
        self._task: asyncio.Task[None] | None = None
        self._delay = policy.first_delay
        self._stopping = False
        self.starts = 0

    @property
    def is_running(self) -> bool:
        return self._process is not None

    @property
    def is_active(self) -> bool:
        """Running, or waiting to be restarted."""
        return self._task is not None and not self._task.done()

    @property
    def pid(self) -> int | None:
        return self._process.pid or None if self._process else None

    def has_process(self, pids: Collection[int]) -> bool:
        """Whether one of these processes is the app's own, or the one around it."""
        return self._process is not None and not self._process.roots.isdisjoint(pids)

    async def start(self) -> None:
        """Start the app; while it waits for a restart this start takes its place."""
        await self.stop()
        self._stopping = False
        self._delay = self._policy.first_delay
        self._log.write(self._app, INFO, f"starting {self._app}")
        await self._launch()
        self._task = asyncio.create_task(self._supervise())

    async def stop(self, *, power_cut: bool = False) -> None:
        """SIGTERM, then after the grace SIGKILL; returns when nothing of the app is left.
        `power_cut`: no warning and no grace."""
        if self._task is None:
            return
        self._stopping = True
        if self._process is not None and power_cut:
            self._process.kill()
        elif self._process is not None:
            self._process.signal(signal.SIGTERM)
            done, _ = await asyncio.wait([self._task], timeout=self._policy.stop_grace)
            if not done and self._process is not None:
                grace = f"{self._policy.stop_grace:g} s"
                self._log.write(self._app, ERROR, f"did not stop within {grace}, killed")
                self._process.kill()
        else:
            self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    def signal(self, number: int) -> bool:
        """Send a signal to the app's process; False when it does not run."""
        if self._process is None:
            return False
        self._process.signal(number)
        return True

    async def _launch(self) -> None:
        process = self._new_process()
        try:
            await process.start(self._command)
        except BaseException:
            process.abandon()
            raise
        self._process = process
        self.starts += 1

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        while self._process is not None:
            started = loop.time()
            status = await self._process.wait()
            self._process = None
            self._log.write(self._app, INFO, _describe(self._app, status))
            if self._stopping or not self._restarts_after(status):
                return
            if loop.time() - started >= self._policy.stable_after:
                self._delay = self._policy.first_delay
            self._log.write(self._app, INFO, f"restarting {self._app} in {self._delay:g} s")
            await asyncio.sleep(self._delay)
            self._delay = min(self._delay * 2, self._policy.longest_delay)
            await self._launch()

    def _restarts_after(self, status: int) -> bool:
        return self._run_mode == "respawn" or (self._run_mode == "respawnOnFailure" and status != 0)


def _describe(app: str, status: int) -> str:
    if status > _SIGNAL_BASE:
        with contextlib.suppress(ValueError):
            return f"{app} was ended by {signal.Signals(status - _SIGNAL_BASE).name}"
    return f"{app} ended with status {status}"
