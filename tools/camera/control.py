# SPDX-License-Identifier: MIT
"""The virtual camera's control API below /virtual, typed. It needs no password: loopback only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import requests

from tools.errors import Refused, Unreachable

Json = dict[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """A picture that an app or a client got; sha256 is of its JPEG bytes, in hex."""

    sequence: int
    sha256: str
    name: str
    """What the picture really is, such as vtest.avi#212"""
    width: int
    height: int
    at: str
    client: str
    """vdo or image.cgi"""
    timestamp_us: int
    """VDO's timestamp, which an app sees; 0 for image.cgi"""

    @classmethod
    def decode(cls, entry: Json) -> Self:
        return cls(
            sequence=int(entry["sequence"]),
            sha256=str(entry["sha256"]),
            name=str(entry["name"]),
            width=int(entry["width"]),
            height=int(entry["height"]),
            at=str(entry["at"]),
            client=str(entry.get("client", "")),
            timestamp_us=int(entry["timestampUs"]),
        )


class ControlClient:
    """Calls to one virtual camera's control API; Refused with its message when it says no."""

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        """`url` as the camera prints it, "http://127.0.0.1:PORT/virtual"."""
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False

    def status(self) -> Json:
        return self.call("GET", "status")

    def scenarios(self) -> list[Json]:
        """Each with id, name, topic and active."""
        return list(self.call("GET", "scenarios")["scenarios"])

    def set_scenario(self, topic: str, active: bool) -> bool:
        """Switch a scenario such as Device1Scenario1; True when that changed it."""
        return bool(self.call("POST", f"scenarios/{topic}", {"active": active})["changed"])

    def create_scenario(self, topic: str, name: str = "") -> None:
        self.call("PUT", f"scenarios/{topic}", {"name": name} if name else {})

    def delete_scenario(self, topic: str) -> None:
        """Remove a scenario; its event is undeclared."""
        self.call("DELETE", f"scenarios/{topic}", {})

    def set_input(self, port: int, active: bool) -> None:
        self.call("POST", f"inputs/{port}", {"active": active})

    def send_event(
        self,
        topic: str,
        data: Mapping[str, object],
        source: Mapping[str, object] | None = None,
        stateful: bool = True,
    ) -> None:
        """Send any event, declared first if it is not; `topic` with its namespaces."""
        body = {"topic": topic, "source": source or {}, "data": data, "stateful": stateful}
        self.call("POST", "events", body)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """The last pictures that were handed out, oldest first."""
        entries = self.call("GET", "snapshots")["snapshots"]
        return tuple(Snapshot.decode(entry) for entry in entries)

    def snapshot_jpeg(self, sha256: str) -> bytes:
        """The bytes of one of the last pictures; Refused when it is gone."""
        return self._request("GET", f"snapshots/{sha256}.jpg").content

    def video(self) -> str:
        return str(self.call("GET", "video")["source"])

    def set_video(self, source: str) -> None:
        """A video file, a folder of photos, or "pattern"."""
        self.call("POST", "video", {"source": source})

    def signal(self, app: str, name: str) -> None:
        """Send a signal such as SIGKILL to an app's process."""
        self.call("POST", f"apps/{app}/signal", {"signal": name})

    def reboot(self, *, power_cut: bool = False) -> None:
        """Reboot the camera, or cut its power, and wait until its apps have started again."""
        self.call("POST", "reboot", {"powerCut": power_cut}, extra_seconds=30)

    def unsupported(self) -> Json:
        """What was asked of the camera that it does not have."""
        return self.call("GET", "unsupported")

    def call(
        self, method: str, path: str, body: Json | None = None, extra_seconds: float = 0.0
    ) -> Json:
        """One request; the JSON object it answers. It may take `extra_seconds` longer than
        others."""
        timeout = self._timeout + extra_seconds
        answer = self._request(method, path, json=body, timeout=timeout).json()
        return answer if isinstance(answer, dict) else {}

    def _request(self, method: str, path: str, **options: Any) -> requests.Response:
        url = f"{self.url}/{path}"
        try:
            reply = self._session.request(
                method, url, timeout=options.pop("timeout", self._timeout), **options
            )
        except requests.RequestException as error:
            raise Unreachable(
                f"the virtual camera at {self.url} does not answer", "start it: `invoke camera`"
            ) from error
        if not reply.ok:
            raise Refused(f"{method} {url}: {_message(reply)}", code=reply.status_code)
        return reply


def _message(reply: requests.Response) -> str:
    try:
        return str(reply.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {reply.status_code}"
