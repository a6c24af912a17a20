# SPDX-License-Identifier: MIT
"""The services of the camera that hold connections or speak of them: event streams, SOAP, MQTT."""

from __future__ import annotations

from tools.virtual_camera.device_info import ApiDiscovery
from tools.virtual_camera.event_stream import EventStreamApi
from tools.virtual_camera.server import Gate, WebServer
from tools.virtual_camera.services import CameraServices
from tools.virtual_camera.soap import SoapApi
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access

_CGI = "/axis-cgi"


class NetworkServices:
    """Registered while the server is built; runs between `start` and `stop`."""

    def __init__(self, services: CameraServices, gate: Gate, unsupported: Unsupported) -> None:
        self._stream = EventStreamApi(services.events, gate, unsupported)
        self._soap = SoapApi(services.events, unsupported)

    def register(self, server: WebServer, discovery: ApiDiscovery) -> None:
        """Add the addresses, and announce what they are."""
        server.add(f"{_CGI}/wssession.cgi", Access.VIEWER, self._stream.make_token)
        server.add_open("GET", "/vapix/ws-data-stream", self._stream.stream)
        server.add("/vapix/services", Access.OPERATOR, self._soap.handle, ("POST",))
        discovery.announce(
            "event-streaming-over-websocket", "1.0", "Event streaming over WebSocket"
        )

    async def start(self) -> None:
        """Begin what runs by itself."""

    async def stop(self) -> None:
        """End every connection."""
        await self._stream.close()
