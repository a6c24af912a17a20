# SPDX-License-Identifier: MIT
"""What a camera has besides its web server: events, parameters, pictures, and their bus."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.virtual_camera.bus import Bus
from tools.virtual_camera.bus_server import BusServer, Service
from tools.virtual_camera.clock import ClockedSource
from tools.virtual_camera.dbus_services import EventsOnBus, ParametersOnBus, VideoOnBus
from tools.virtual_camera.device_parameters import device_parameters
from tools.virtual_camera.events import EventService
from tools.virtual_camera.faults import Faults
from tools.virtual_camera.parameters import ParameterStore, system_parameters
from tools.virtual_camera.pictures import PATTERN, PictureSource, SnapshotLog, open_source
from tools.virtual_camera.storage import Storage
from tools.virtual_camera.storage_services import StorageOnBus
from tools.virtual_camera.video import VideoService


class CameraServices:
    """The state is there from the start; apps can reach it between `start` and `stop`.

    Belongs to the event loop, except for `pictures` and `snapshots`, which any thread may use.
    """

    def __init__(
        self,
        *,
        state_dir: Path,
        serial: str,
        architecture: str,
        os_version: str,
        model: str,
        source: str = PATTERN,
        clock: bool = True,
    ) -> None:
        """`clock` draws date and time on the picture. UsageError when `source` is no video, photo,
        folder of photos, address of an MJPEG stream or "pattern"."""
        self.events = EventService()
        self.parameters = ParameterStore(
            state_dir / "parameters.json",
            system_parameters(
                serial=serial, architecture=architecture, os_version=os_version, model=model
            )
            | device_parameters(serial=serial, os_version=os_version),
        )
        self.source = source
        self._clock = clock
        self.pictures = self._open(source)
        self.snapshots = SnapshotLog()
        self.faults = Faults()
        self.storage = Storage(state_dir / "storage")
        self.on_unsupported: Callable[[str, str], None] | None = None
        """called with kind ("vdo", "dbus") and name of what an app asked for in vain"""
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        self._bus = Bus()
        self._server = BusServer(self._note_unsupported)
        self._video = VideoService(
            lambda: self.pictures,
            self.snapshots,
            self._executor,
            self._note_unsupported,
            self.faults,
        )
        self._events_on_bus = EventsOnBus(self.events, self._server, self.faults)
        self._parameters_on_bus = ParametersOnBus(self.parameters, self._server)
        self._video_on_bus = VideoOnBus(self._video, self._server)
        self._storage_on_bus = StorageOnBus(self.storage, self._server)

    @property
    def bus_address(self) -> str:
        """What DBUS_SYSTEM_BUS_ADDRESS of an app has to be; "" while stopped."""
        return self._bus.address

    async def start(self) -> None:
        """Start the bus and the services on it. SetupError says what the machine lacks."""
        await self._bus.start()
        try:
            await self._server.start(self._bus.address)
            await self._events_on_bus.start()
            await self._parameters_on_bus.start()
            await self._video_on_bus.start()
            await self._storage_on_bus.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End everything; harmless when it is not started."""
        self._video_on_bus.stop()
        with contextlib.suppress(OSError):
            await self._server.stop()
        await self._bus.stop()
        self._executor.shutdown(wait=False, cancel_futures=True)
        self.pictures.close()

    @property
    def are_events_up(self) -> bool:
        """Whether apps can reach the event service."""
        return self._events_on_bus.is_up

    async def stop_events(self) -> None:
        """As when the event service crashes: what apps declared is lost, calls fail."""
        await self._events_on_bus.stop()

    async def start_events(self) -> None:
        """Bring the event service back; apps find out, declare anew and read all states again."""
        await self._events_on_bus.start()

    async def serve(self, service: Service) -> None:
        """Put one more service on the apps' bus, while that runs."""
        await self._server.serve(service)

    async def process_of(self, sender: str) -> int:
        """The process behind a name on the apps' bus, 0 when it is gone."""
        return await self._server.process_of(sender)

    def set_source(self, spec: str) -> None:
        """Show another video, photos, or the pattern. UsageError leaves the old one."""
        before, self.pictures = self.pictures, self._open(spec)
        self.source = spec
        self._executor.submit(before.close)

    def _open(self, spec: str) -> PictureSource:
        source = open_source(spec)
        return ClockedSource(source) if self._clock else source

    def _note_unsupported(self, kind: str, name: str) -> None:
        if self.on_unsupported is not None:
            self.on_unsupported(kind, name)
