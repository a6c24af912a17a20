# SPDX-License-Identifier: MIT
"""What `invoke status`, `sessions` and `logs` print."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator

from tools.app_client import Session, Sessions, Status
from tools.vapix import Application, DeviceInfo, VapixClient


def status_lines(info: DeviceInfo, app: Application | None, status: Status | None) -> Iterator[str]:
    """The camera, the app's installation, and how the app itself is doing."""
    model = info.full_name or info.model
    yield f"camera      {model}, AXIS OS {info.os_version}, {info.architecture}"
    yield f"serial      {info.serial_number}"
    if app is None:
        yield "app         not installed; `invoke deploy` installs it"
        return
    yield f"app         {app.name} {app.version}, {app.status.lower() or 'state unknown'}"
    if status is None:
        return
    yield f"health      {status.health}, up {_duration(status.uptime_sec)}"
    for problem in status.problems:
        yield f"problem     {problem}"
    yield f"describer   {status.describer_model} at {status.describer_url}"
    for subscription in status.subscriptions:
        note = f" ({subscription.error})" if subscription.error else ""
        yield (
            f"profile     {subscription.profile}: {subscription.trigger} is"
            f" {subscription.state}{note}"
        )
    yield f"sessions    {status.open_sessions} open"
    yield "counters    " + ", ".join(f"{k} {v}" for k, v in status.counters.items())


def session_lines(sessions: Sessions) -> Iterator[str]:
    """A table, oldest first; open sessions say so."""
    rows = [_ROW_HEAD, *(_row(s) for s in (*sessions.ended, *sessions.open))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_ROW_HEAD))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def follow_log(vapix: VapixClient, app: str, interval: float = 0.5) -> Iterator[str]:
    """Log lines as they come, starting with those that are there; for ever."""
    seen: list[str] = []
    while True:
        lines = list(vapix.system_log(app))
        yield from new_lines(seen, lines)
        seen = lines
        time.sleep(interval)


def new_lines(before: list[str], now: list[str]) -> list[str]:
    """The lines of `now` that follow those of `before`; the log's oldest lines may be gone by now.

    Looks for the longest end of `before` with which `now` begins; without one, all of it is new.
    """
    start = 0
    if now:
        # Only where now's first line stands can the overlap begin.
        candidates = [i for i, line in enumerate(before) if line == now[0]]
        start = next((i for i in candidates if before[i:] == now[: len(before) - i]), len(before))
    return now[len(before) - start :]


def summary(sessions: Iterable[Session]) -> str:
    """How sessions ended, such as "completed 3, inactive 2"."""
    counts = Counter(s.end_reason for s in sessions)
    return ", ".join(f"{reason} {count}" for reason, count in counts.items()) or "none"


_ROW_HEAD = (
    "session",
    "profile",
    "trigger",
    "type",
    "state",
    "age",
    "descriptions",
    "end",
    "delay",
)


def _row(session: Session) -> tuple[str, ...]:
    delay = session.end_delay_ms
    return (
        session.id,
        session.profile,
        session.trigger,
        session.session_type,
        session.state,
        _duration(session.age_ms / 1000),
        str(session.descriptions),
        session.end_reason or "-",
        "-" if delay is None else f"{delay:.0f} ms",
    )


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
