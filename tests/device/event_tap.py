# SPDX-License-Identifier: MIT
"""The app's camera events as a client outside gets them: VAPIX event streaming over WebSocket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from tools.camera import Camera
from tools.settings import APP_NAME

_FILTER = f"tnsaxis:CameraApplicationPlatform/tnsaxis:{APP_NAME}//."
_PATH = "vapix/ws-data-stream?sources=events"


@dataclass(frozen=True)
class Notification:
    """One event of the app; `at` is what the event says, `values` are texts ("1" for true)."""

    name: str
    """the topic's last level: Session, Description or Answer"""
    at: datetime
    values: Mapping[str, str]


class EventTap:
    """Collects the app's events, the current states first."""

    def __init__(self) -> None:
        self._found: list[Notification] = []
        self._lock = threading.Lock()

    def of(self, profile: str) -> list[Notification]:
        """What came for one profile so far, oldest first."""
        with self._lock:
            return [n for n in self._found if n.values.get("profile") == profile]

    async def listen(self, url: str, listening: threading.Event) -> None:
        """Collect until cancelled."""
        configure = {
            "apiVersion": "1.0",
            "method": "events:configure",
            "params": {"eventFilterList": [{"topicFilter": _FILTER}]},
        }
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            await socket.send_json(configure)
            async for message in socket:
                self._take(message.json(), listening)

    def _take(self, message: dict[str, object], listening: threading.Event) -> None:
        if message["method"] != "events:notify":
            assert "error" not in message, message
            listening.set()
            return
        params = message["params"]
        assert isinstance(params, dict)
        told = params["notification"]
        values = {**told["message"]["source"], **told["message"]["data"]}
        at = datetime.fromtimestamp(told["timestamp"] / 1000, UTC)
        with self._lock:
            self._found.append(
                Notification(told["topic"].split("/")[-1].split(":")[-1], at, values)
            )


@contextmanager
def tapped(camera: Camera) -> Iterator[EventTap]:
    """The app's events for the time of the `with`."""
    token = camera.vapix.door.text("GET", "axis-cgi/wssession.cgi").strip()
    url = f"{camera.vapix.url}/{_PATH}&wssession={token}".replace("http", "ws", 1)
    tap, listening, loop = EventTap(), threading.Event(), asyncio.new_event_loop()
    task = loop.create_task(tap.listen(url, listening))

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="event tap", daemon=True)
    thread.start()
    try:
        assert listening.wait(10), f"the camera does not stream events: {task}"
        yield tap
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
