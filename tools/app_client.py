# SPDX-License-Identifier: MIT
"""The app's own HTTP API on a camera, /local/batondescribe/NAME.cgi, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import requests

from tools.errors import AppError
from tools.settings import APP_NAME
from tools.vapix import VapixClient

Json = dict[str, Any]


class AppRefusal(AppError):
    """The app said no: HTTP status, its error code, and the field it names ("" for none)."""

    def __init__(self, message: str, status: int, code: str, field: str) -> None:
        super().__init__(f"{message} (field {field})" if field else message)
        self.status = status
        self.code = code
        self.field = field


@dataclass(frozen=True)
class Subscription:
    """What one profile is subscribed to: state is active, inactive or unknown."""

    profile: str
    trigger: str
    state: str
    error: str


@dataclass(frozen=True)
class Status:
    """status.cgi. `counters` are the app's own names: edges, ticks, calls, ..."""

    version: str
    health: str
    """ok or degraded"""
    problems: tuple[str, ...]
    uptime_sec: float
    describer_url: str
    describer_model: str
    subscriptions: tuple[Subscription, ...]
    open_sessions: int
    counters: Mapping[str, int]

    @classmethod
    def decode(cls, answer: Json) -> Self:
        describer = answer.get("describer") or {}
        return cls(
            version=str((answer.get("app") or {}).get("version", "")),
            health=str(answer.get("health", "")),
            problems=tuple(
                str(p.get("message") or p.get("code", "")) for p in answer.get("problems", [])
            ),
            uptime_sec=float(answer.get("uptimeSec", 0)),
            describer_url=str(describer.get("url", "")),
            describer_model=str(describer.get("model", "")),
            subscriptions=tuple(
                Subscription(
                    profile=str(s["profile"]),
                    trigger=str(s["trigger"]),
                    state=str(s["state"]),
                    error=str(s.get("error") or ""),
                )
                for s in answer.get("subscriptions", [])
            ),
            open_sessions=int((answer.get("sessions") or {}).get("open", 0)),
            counters={k: int(v) for k, v in (answer.get("counters") or {}).items()},
        )


@dataclass(frozen=True)
class Session:
    """One session as sessions.cgi shows it; times in UTC, delays in milliseconds."""

    id: str
    profile: str
    trigger: str
    session_type: str
    """oneShot or activeMonitoring"""
    state: str
    """created, running, stopping or ended"""
    started_at: str
    age_ms: float
    ticks: int
    skipped_ticks: int
    descriptions: int
    failures: int
    call_in_flight: bool
    end_reason: str
    """completed, inactive, maxDuration, ...; "" while it is open"""
    ended_at: str
    end_delay_ms: float | None
    """From the delivery of the event that ended it to its end"""
    call_aborted: bool
    error: str

    @classmethod
    def decode(cls, entry: Json) -> Self:
        delay = entry.get("endDelayMs")
        return cls(
            id=str(entry["id"]),
            profile=str(entry["profile"]),
            trigger=str(entry["trigger"]),
            session_type=str(entry["sessionType"]),
            state=str(entry["state"]),
            started_at=str(entry.get("startedAt") or ""),
            age_ms=float(entry.get("ageMs") or 0),
            ticks=int(entry.get("ticks") or 0),
            skipped_ticks=int(entry.get("skippedTicks") or 0),
            descriptions=int(entry.get("descriptions") or 0),
            failures=int(entry.get("failures") or 0),
            call_in_flight=bool(entry.get("callInFlight")),
            end_reason=str(entry.get("endReason") or ""),
            ended_at=str(entry.get("endedAt") or ""),
            end_delay_ms=None if delay is None else float(delay),
            call_aborted=bool(entry.get("callAborted")),
            error=str(entry.get("error") or ""),
        )


@dataclass(frozen=True)
class Sessions:
    """Open and recently ended sessions, newest last."""

    open: tuple[Session, ...]
    ended: tuple[Session, ...]

    @classmethod
    def decode(cls, answer: Json) -> Self:
        return cls(
            open=tuple(Session.decode(s) for s in answer["open"]),
            ended=tuple(Session.decode(s) for s in answer["ended"]),
        )


@dataclass(frozen=True)
class Record:
    """One published record: a description, or with include=sessions a session's start or end."""

    sequence: int
    type: str
    """description, start or end"""
    session: str
    profile: str
    trigger: str
    number: int
    at: str
    text: str
    answers: Mapping[str, Any]
    model: str
    latency_ms: float
    frame: Mapping[str, Any]
    """width, height, bytes, timestampUs (VDO's, since boot) and takenAt; {} for start and end"""
    end_reason: str
    end_delay_ms: float | None

    @classmethod
    def decode(cls, entry: Json) -> Self:
        delay = entry.get("endDelayMs")
        return cls(
            sequence=int(entry["sequence"]),
            type=str(entry.get("type", "description")),
            session=str(entry["session"]),
            profile=str(entry["profile"]),
            trigger=str(entry.get("trigger") or ""),
            number=int(entry.get("number") or 0),
            at=str(entry.get("at") or ""),
            text=str(entry.get("text") or ""),
            answers=entry.get("answers") or {},
            model=str(entry.get("model") or ""),
            latency_ms=float(entry.get("latencyMs") or 0),
            frame=entry.get("frame") or {},
            end_reason=str(entry.get("endReason") or ""),
            end_delay_ms=None if delay is None else float(delay),
        )


class AppClient:
    """Calls to the app through the camera's web server.

    AppRefusal when the app says no, AppError when it does not answer, CameraError for the camera.
    """

    def __init__(self, vapix: VapixClient, app: str = APP_NAME) -> None:
        self._vapix = vapix
        self.app = app

    def status(self) -> Status:
        return Status.decode(self.call("GET", "status"))

    def sessions(self) -> Sessions:
        return Sessions.decode(self.call("GET", "sessions"))

    def descriptions(
        self, since: int = 0, limit: int = 100, wait: float = 0, include_sessions: bool = False
    ) -> tuple[tuple[Record, ...], int]:
        """Records after sequence `since` and the number to go on with.

        With `wait` seconds the camera answers when there is one, or when they have passed.
        """
        query: Json = {"since": since, "limit": limit, "wait": wait}
        if include_sessions:
            query["include"] = "sessions"
        answer = self.call("GET", "descriptions", params=query, timeout=wait + 10)
        return tuple(Record.decode(r) for r in answer["descriptions"]), int(answer["next"])

    def profiles(self) -> list[Json]:
        """The profiles in use, in the app's JSON."""
        return list(self.call("GET", "profiles")["profiles"])

    def put_profiles(self, profiles: Sequence[Json]) -> None:
        """Replace all profiles, or none if one of them is wrong."""
        self.call("PUT", "profiles", body={"profiles": list(profiles)})

    def add_profile(self, profile: Json) -> None:
        self.call("POST", "profiles", body=profile)

    def delete_profile(self, identifier: str) -> None:
        self.call("DELETE", "profiles", params={"id": identifier}, body={})

    def triggers(self) -> list[Json]:
        """What can be subscribed to now, with its state, in the app's JSON."""
        return list(self.call("GET", "triggers")["triggers"])

    def settings(self) -> Json:
        """The describer and the budget; whether there is an API key, never the key."""
        return self.call("GET", "settings")

    def change_settings(self, **parts: Json) -> None:
        """Change any of describer={...}, budget={...}, secrets={...}."""
        self.call("PUT", "settings", body=parts)

    def call(
        self,
        method: str,
        endpoint: str,
        *,
        params: Json | None = None,
        body: Json | None = None,
        timeout: float | None = None,
    ) -> Json:
        """One request to ENDPOINT.cgi; the JSON object of a 2xx answer ({} for an empty one)."""
        reply = self.request(method, endpoint, params=params, json=body, timeout=timeout)
        answer = _json_of(reply)
        if not reply.ok:
            error = answer.get("error") if isinstance(answer.get("error"), dict) else None
            if error is None:
                raise AppError(
                    f"{self.app} does not answer on {self._vapix.url}: HTTP {reply.status_code}",
                    "see `invoke status` and `invoke logs`; start it with `invoke deploy`",
                )
            raise AppRefusal(
                str(error.get("message", "")),
                reply.status_code,
                str(error.get("code", "")),
                str(error.get("field") or ""),
            )
        return answer

    def request(self, method: str, endpoint: str, **options: Any) -> requests.Response:
        """One request as requests takes it, whatever it answers; for what `call` cannot send."""
        return self._vapix.door.request(method, f"local/{self.app}/{endpoint}.cgi", **options)


def _json_of(reply: requests.Response) -> Json:
    try:
        answer = reply.json() if reply.content else {}
    except ValueError:
        answer = {}
    return answer if isinstance(answer, dict) else {}
