# SPDX-License-Identifier: MIT
"""The camera's services beyond its plain HTTP pages: HTTPS, the apps' own address, event streams,
RTSP, SOAP, MQTT."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path

from tools.errors import SetupError
from tools.virtual_camera.certificate import tls_context
from tools.virtual_camera.device_info import ApiDiscovery
from tools.virtual_camera.event_stream import EventStreamApi
from tools.virtual_camera.images import ImagesApi
from tools.virtual_camera.metadata_stream import producer_of
from tools.virtual_camera.mqtt_api import MqttApi
from tools.virtual_camera.rtsp import RtspServer
from tools.virtual_camera.rtsp_tracks import Media
from tools.virtual_camera.server import Gate, WebServer
from tools.virtual_camera.service_accounts import (
    ADDRESS,
    Callers,
    ServiceAccounts,
    ServiceAccountsOnBus,
    ServiceAddress,
)
from tools.virtual_camera.services import CameraServices
from tools.virtual_camera.settings import CameraSettings
from tools.virtual_camera.soap import SoapApi
from tools.virtual_camera.system_log import WARNING, SystemLog
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access

_log = logging.getLogger(__name__)
_CGI = "/axis-cgi"


class NetworkServices:
    """Registered while the server is built; runs between `start` and `stop`."""

    def __init__(
        self,
        settings: CameraSettings,
        services: CameraServices,
        state: Path,
        gate: Gate,
        accounts: ServiceAccounts,
        log: SystemLog,
        unsupported: Unsupported,
    ) -> None:
        self._settings = settings
        self._services = services
        self._state = state
        self._accounts = accounts
        self._log = log
        self.https_port = 0
        """where HTTPS is, once started"""
        self.service_port = 0
        """where the apps' address is; 0 when it cannot be had"""
        self.refusal: Callable[[int, str], str] = lambda _pid, _method: ""
        """why a process must not call a D-Bus method, "" when it may"""
        self.rtsp_port = 0
        """where RTSP is, once started"""
        self.images = ImagesApi(lambda: services.pictures, services.snapshots, services.parameters)
        media = Media(services.events, self.images, producer_of(settings.serial))
        self._rtsp = RtspServer(media, gate)
        self._stream = EventStreamApi(services.events, gate, unsupported)
        self._soap = SoapApi(services.events, unsupported)
        self._mqtt = MqttApi(
            services.events, state / "mqtt.json", settings.serial, gate, unsupported
        )

    def register(self, server: WebServer, discovery: ApiDiscovery) -> None:
        """Add the addresses, and announce what they are."""
        server.add(f"{_CGI}/wssession.cgi", Access.VIEWER, self._stream.make_token)
        server.add_open("GET", "/vapix/ws-data-stream", self._stream.stream)
        self._rtsp.register(server)
        server.add("/vapix/services", Access.OPERATOR, self._soap.handle, ("POST",))
        server.add(f"{_CGI}/mqtt/client.cgi", Access.ADMIN, self._mqtt.client.handle)
        server.add(f"{_CGI}/mqtt/event.cgi", Access.ADMIN, self._mqtt.events.handle)
        discovery.announce("mqtt-client", "1.0", "MQTT Client API")
        discovery.announce("event-mqtt-bridge", "1.3", "Event MQTT bridge")
        discovery.announce(
            "event-streaming-over-websocket", "1.0", "Event streaming over WebSocket"
        )

    async def start(self, server: WebServer) -> None:
        """Listen on more addresses of the started `server`, and begin what runs by itself.

        SetupError when the HTTPS port is taken or no certificate can be made.
        """
        host = f"axis-{self._settings.serial.lower()}"
        context = await tls_context(self._state / "https", host)
        port = self._settings.https_port
        try:
            self.https_port = await server.listen("127.0.0.1", port, context)
        except OSError as error:
            raise SetupError(
                f"port {port} cannot be used: {_reason(error)}",
                "choose another with --https-port, or 0 for any free one",
            ) from error
        self._services.parameters.set("HTTPS.Port", str(self.https_port))
        self.rtsp_port = await self._rtsp.start(self._settings.rtsp_port)
        self._services.parameters.set("Network.RTSP.Port", str(self.rtsp_port))
        address = await self._listen_for_apps(server)
        self.service_port = address.port
        callers = Callers(self._services.process_of, lambda pid, method: self.refusal(pid, method))
        on_bus = ServiceAccountsOnBus(self._accounts, address, callers, self._warn)
        await self._services.serve(on_bus.service)
        await self._mqtt.start()

    async def _listen_for_apps(self, server: WebServer) -> ServiceAddress:
        """Listen on the apps' address, on another port when its own cannot be had."""
        port = self._settings.service_port
        try:
            return ServiceAddress(await server.listen(ADDRESS, port))
        except OSError as error:
            cures = {
                errno.EACCES: "only root may, or `sysctl net.ipv4.ip_unprivileged_port_start=80`",
                errno.EADDRINUSE: "another camera or web server has it",
            }
            cure = cures.get(error.errno or 0, "")
            said = f"{ADDRESS} port {port} cannot be used: {_reason(error)}"
            said += f" ({cure})" if cure else ""
        try:
            port = await server.listen(ADDRESS, 0)
        except OSError:
            return ServiceAddress(unreachable=f"no VAPIX for apps: {said}")
        remark = f"VAPIX for apps is on port {port}: {said}; apps that connect past the C library"
        return ServiceAddress(port, remark=f"{remark}, such as those of Go, do not find it")

    def _warn(self, reason: str) -> None:
        """Tell who runs the camera, and who reads its log, what an app could not have."""
        _log.warning("%s", reason)
        self._log.write("", WARNING, reason, name="httpd")

    async def reboot(self) -> None:
        """End every connection that is not the web server's; MQTT connects again by itself."""
        self._rtsp.disconnect()
        self._accounts.forget()
        await self._mqtt.reconnect()

    async def stop(self) -> None:
        """End every connection."""
        await self._rtsp.stop()
        await self._stream.close()
        await self._mqtt.stop()


def _reason(error: OSError) -> str:
    """Without the address, which asyncio and socket add."""
    return os.strerror(error.errno) if error.errno else str(error)
