# SPDX-License-Identifier: MIT
"""One virtual camera: starts its parts in order, and stops them in reverse."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from tools.errors import PackageError, SetupError, UsageError
from tools.virtual_camera.core import Core, build_core
from tools.virtual_camera.install_policy import Refused
from tools.virtual_camera.routes import build_server
from tools.virtual_camera.runtime_folder import runtime_folder
from tools.virtual_camera.server import WebServer
from tools.virtual_camera.services import CameraServices
from tools.virtual_camera.settings import CameraSettings

_log = logging.getLogger(__name__)


class VirtualCamera:
    """Use: `await camera.start()`, then `camera.url` and `camera.control`, then `await stop()`.

    One event loop drives everything. ToolError says why it cannot start; nothing is left then.
    """

    def __init__(self, settings: CameraSettings) -> None:
        self.settings = settings
        self._cleanup = contextlib.AsyncExitStack()
        self._port = 0
        self._https_port = 0
        self._rtsp_port = 0
        self.service_port = 0
        """of the apps' own address, 127.0.0.12; 0 when it could not be had"""
        self.bus_address = ""
        """the apps' system bus"""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def https(self) -> str:
        return f"https://127.0.0.1:{self._https_port}"

    @property
    def rtsp(self) -> str:
        """The address of the stream of pictures; `?video=0&audio=0&event=on` is that of events."""
        return f"rtsp://127.0.0.1:{self._rtsp_port}/axis-media/media.amp"

    @property
    def control(self) -> str:
        return f"{self.url}/virtual"

    async def start(self) -> None:
        """Listen, start the apps that ran before, then install and start `settings.install`."""
        async with contextlib.AsyncExitStack() as stack:
            await self._start(stack)
            self._cleanup = stack.pop_all()

    async def stop(self) -> None:
        """Stop the apps and everything else; a temporary state folder is removed."""
        await self._cleanup.aclose()

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        runtime = stack.enter_context(runtime_folder())
        state = self.settings.state or runtime / "state"
        _make_state(state)
        services = await self._start_services(stack, state)
        core = build_core(self.settings, services, state, runtime)
        stack.callback(core.inputs.close)
        stack.callback(core.network_cut.restore)
        if not core.sandbox.is_confined:
            _log.warning("bubblewrap does not work here: apps run without a sandbox")
        core.analytics.start()
        stack.callback(core.analytics.stop)
        server = build_server(core)
        stack.push_async_callback(server.stop)
        await self._listen(server)
        stack.push_async_callback(core.network.stop)
        core.network.refusal = core.manager.refusal
        await core.network.start(server)
        self._https_port = core.network.https_port
        self._rtsp_port = core.network.rtsp_port
        self.service_port = core.network.service_port
        core.sandbox.service_port = self.service_port
        self.bus_address = services.bus_address
        stack.push_async_callback(core.manager.shut_down)
        core.power.at_reboot(core.network.reboot)
        core.power.at_reboot(core.analytics.reboot)
        core.power.at_reboot(core.inputs.reset)
        await core.manager.boot()
        await self._install(core)
        core.power.tell_ready()
        stack.push_async_callback(core.power.stop)

    async def _start_services(
        self, stack: contextlib.AsyncExitStack, state: Path
    ) -> CameraServices:
        settings = self.settings
        services = CameraServices(
            state_dir=state,
            serial=settings.serial,
            architecture=settings.architecture,
            os_version=settings.os_version,
            model=settings.model,
            source=settings.source,
            clock=settings.clock,
        )
        await services.start()
        stack.push_async_callback(services.stop)
        return services

    async def _listen(self, server: WebServer) -> None:
        try:
            await server.start(self.settings.port)
        except OSError as error:
            raise SetupError(
                f"port {self.settings.port} cannot be used: {error.strerror or error}",
                "choose another with --port, or 0 for any free one",
            ) from error
        self._port = server.port

    async def _install(self, core: Core) -> None:
        for package in self.settings.install:
            if not package.is_file():
                raise UsageError(f"{package} does not exist", "build it with `invoke build`")
            try:
                name = await core.manager.install(package, trusted=True)
                if not core.manager.find(name).runner.is_running:
                    await core.manager.start(name)
            except Refused as refusal:
                raise PackageError(
                    f"{package.name} is refused (error {refusal.code}): {refusal.reason}"
                ) from refusal


def _make_state(state: Path) -> None:
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SetupError(f"the state folder {state} cannot be used: {reason}") from error
    (state / "apps").mkdir(exist_ok=True)
