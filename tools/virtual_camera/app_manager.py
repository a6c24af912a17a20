# SPDX-License-Identifier: MIT
"""Every app on the camera: installed, started, stopped, upgraded, removed. One lock per app."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import shlex
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from tools import eap
from tools.errors import PackageError
from tools.virtual_camera.app_output import SyslogSocket
from tools.virtual_camera.app_process import AppProcess, ancestors
from tools.virtual_camera.app_record import AppRecord, names_method
from tools.virtual_camera.app_runner import AppRunner, RestartPolicy
from tools.virtual_camera.install_policy import (
    BUSY,
    NO_ROOM,
    UNSPECIFIED,
    PackageCheck,
    Refused,
    read_package,
)
from tools.virtual_camera.installer import AppFolder
from tools.virtual_camera.sandbox import Place, Sandbox
from tools.virtual_camera.system_log import ERROR, INFO, SystemLog

NOT_INSTALLED, ALREADY_RUNNING, NOT_RUNNING = 4, 6, 7
_SCRIPT_SECONDS = 60.0
_CAMERA = "packagemanager"
"""The name under which the camera itself logs about packages."""


class AppParameters(Protocol):
    """Where the parameters of apps are kept."""

    def declare(self, app: str, parameters: tuple[eap.Parameter, ...]) -> None: ...
    def forget(self, app: str, names: tuple[str, ...] | None) -> None: ...


@dataclass
class App:
    """One installed app."""

    record: AppRecord
    folder: AppFolder
    place: Place
    syslog: SyslogSocket
    runner: AppRunner
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class AppManager:
    """The installed apps by name. Methods raise Refused with the codes of the Application API."""

    def __init__(
        self,
        state: Path,
        runtime: Path,
        sandbox: Sandbox,
        check: PackageCheck,
        parameters: AppParameters,
        log: SystemLog,
        policy: RestartPolicy,
    ) -> None:
        self._state = state
        self._runtime = runtime
        self._sandbox = sandbox
        self._check = check
        self._parameters = parameters
        self._log = log
        self._policy = policy
        self._installing = False
        self._on_change: list[Callable[[], None]] = []
        self.apps: dict[str, App] = {}

    def listen(self, callback: Callable[[], None]) -> None:
        """Call `callback` after every installation and removal."""
        self._on_change.append(callback)

    def find(self, name: str) -> App:
        app = self.apps.get(name)
        if app is None:
            raise Refused(NOT_INSTALLED, f"{name or 'an app without a name'} is not installed")
        return app

    def refusal(self, pid: int, method: str) -> str:
        """Why the app that a process belongs to must not call a D-Bus method of the camera, "" when
        it may or is none of the apps. The app's log says it too."""
        family = ancestors(pid)
        app = next((app for app in self.apps.values() if app.runner.has_process(family)), None)
        if app is None or names_method(app.record.dbus_methods, method):
            return ""
        reason = f"its manifest does not name {method} under resources.dbus.requiredMethods"
        self._log.write(app.record.name, ERROR, f"a D-Bus call is denied: {reason}")
        return reason

    async def boot(self) -> None:
        """Load what is installed and start what ran before (every runMode but `never`)."""
        for folder in sorted(self._state.iterdir()) if self._state.is_dir() else []:
            place = AppFolder(folder, self._sandbox.uid)
            place.repair()
            if place.record.exists():
                self._add(AppRecord.load(place.record), place)
        for app in self.apps.values():
            if app.record.was_running and app.record.run_mode != "never":
                await app.runner.start()

    async def shut_down(self, *, power_cut: bool = False) -> None:
        """Stop every app; which ones ran is remembered for the next boot."""
        await asyncio.gather(*(self._halt(app, power_cut) for app in self.apps.values()))
        self.apps.clear()

    def begin_upload(self) -> None:
        """Claim the one place for an upload; Refused when another has it. Then `end_upload`."""
        if self._installing:
            raise Refused(BUSY, "another upload is in progress")
        self._installing = True

    def end_upload(self) -> None:
        self._installing = False

    async def install(self, source: Path, *, trusted: bool = False) -> str:
        """Install or upgrade the package at `source`; returns the app's name.

        Nothing is changed when it is refused. A running app is stopped for its upgrade and started
        again after it [unconfirmed].
        """
        name = ""
        try:
            package = await asyncio.to_thread(read_package, source)
            name = package.app_name
            installed = {app.record.name: app.record for app in self.apps.values()}
            self._check.check(package, installed, trusted=trusted)
            await self._put(package)
        except Refused as refusal:
            said = f"{name or 'the package'} is refused (error {refusal.code}): {refusal.reason}"
            self._log.write(name, ERROR, said, name=_CAMERA)
            raise
        self._log.write(name, INFO, f"installed {name} {package.version}", name=_CAMERA)
        self._announce()
        return name

    async def start(self, name: str) -> None:
        async with self._locked(name) as app:
            if app.runner.is_running:
                raise Refused(ALREADY_RUNNING, f"{name} is running")
            await self._launch(app)

    async def stop(self, name: str) -> None:
        async with self._locked(name) as app:
            if not app.runner.is_active:
                raise Refused(NOT_RUNNING, f"{name} is not running")
            await app.runner.stop()
            self._remember(app, running=False)

    async def restart(self, name: str) -> None:
        async with self._locked(name) as app:
            if not app.runner.is_active:
                raise Refused(NOT_RUNNING, f"{name} is not running")
            await app.runner.stop()
            await self._launch(app)

    async def remove(self, name: str) -> None:
        """Stop the app, run its pre-uninstall script, and leave nothing of it."""
        async with self._locked(name) as app:
            await app.runner.stop()
            await self._run_script(app, app.record.pre_uninstall)
            del self.apps[name]
            app.syslog.close()
            await asyncio.to_thread(app.folder.remove)
            self._sandbox.clear(app.place)
            self._parameters.forget(name, None)
            self._log.forget(name)
        self._log.write("", INFO, f"removed {name}", name=_CAMERA)
        self._announce()

    @contextlib.asynccontextmanager
    async def _locked(self, name: str) -> AsyncIterator[App]:
        app = self.find(name)
        async with app.lock:
            if self.apps.get(name) is not app:
                raise Refused(NOT_INSTALLED, f"{name} was just removed")
            yield app

    async def _put(self, package: eap.Package) -> None:
        record = AppRecord.of(package)
        current = self.apps.get(record.name)
        folder = AppFolder(self._state / record.name, self._sandbox.uid)
        try:
            await asyncio.to_thread(folder.unpack, package)
        except (OSError, PackageError) as error:
            folder.discard()
            full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise Refused(
                NO_ROOM if full else UNSPECIFIED, f"it cannot be unpacked: {error}"
            ) from error
        if current is None:
            folder.swap(record, None)
            self._parameters.declare(record.name, package.param_conf)
            await self._run_script(self._add(record, folder), record.post_install)
            return
        async with self._locked(record.name) as app:
            await self._upgrade(app, record, package)

    async def _upgrade(self, app: App, record: AppRecord, package: eap.Package) -> None:
        was_active = app.runner.is_active
        await app.runner.stop()
        previous = app.record
        record = replace(record, was_running=was_active)
        app.folder.swap(record, previous)
        gone = tuple(name for name in previous.parameters if name not in record.parameters)
        self._parameters.forget(record.name, gone)
        self._parameters.declare(record.name, package.param_conf)
        starts = app.runner.starts
        app.record = record
        app.place = self._place(record, app.folder)
        app.runner = self._runner(record, app.place)
        app.runner.starts = starts
        await self._run_script(app, record.post_install)
        if was_active:
            await self._launch(app)

    def _add(self, record: AppRecord, folder: AppFolder) -> App:
        place = self._place(record, folder)
        syslog = SyslogSocket(place.syslog, record.name, self._log)
        app = App(record, folder, place, syslog, self._runner(record, place))
        self.apps[record.name] = app
        return app

    def _place(self, record: AppRecord, folder: AppFolder) -> Place:
        return Place(
            app=record.name,
            package=folder.package,
            run=self._runtime / record.name,
            syslog=self._runtime / f"{record.name}.log",
            uses_fastcgi=record.uses_fastcgi,
        )

    def _runner(self, record: AppRecord, place: Place) -> AppRunner:
        command = [record.name, *_split(record.run_options)]

        def new_process() -> AppProcess:
            self._sandbox.prepare(place)
            return AppProcess(place, self._sandbox, self._log)

        return AppRunner(
            record.name, command, record.run_mode, new_process, self._log, self._policy
        )

    async def _launch(self, app: App) -> None:
        await app.runner.start()
        self._remember(app, running=True)

    async def _halt(self, app: App, power_cut: bool) -> None:
        async with app.lock:
            await app.runner.stop(power_cut=power_cut)
            app.syslog.close()
            self._sandbox.clear(app.place)

    async def _run_script(self, app: App, script: str) -> None:
        """Run post-install or pre-uninstall as the app's user; its failure is logged, no more."""
        if not script:
            return
        self._sandbox.prepare(app.place)
        process = AppProcess(app.place, self._sandbox, self._log)
        try:
            await process.start(["/bin/sh", script])
            status = await asyncio.wait_for(process.wait(), _SCRIPT_SECONDS)
        except TimeoutError:
            process.abandon()
            status = -1
        if status != 0:
            how = f"status {status}" if status > 0 else f"no end after {_SCRIPT_SECONDS:g} s"
            self._log.write(app.record.name, ERROR, f"{script} failed: {how}", name=_CAMERA)

    def _remember(self, app: App, *, running: bool) -> None:
        app.record = replace(app.record, was_running=running)
        app.record.save(app.folder.record)

    def _announce(self) -> None:
        for callback in self._on_change:
            callback()


def _split(options: str) -> list[str]:
    try:
        return shlex.split(options)
    except ValueError:  # a quote that does not end
        return options.split()
