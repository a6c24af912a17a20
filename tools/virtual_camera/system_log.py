# SPDX-License-Identifier: MIT
"""The camera's system log: what each app and the camera itself said, bounded, in memory.

Lines have the shape of systemlog.cgi (VAPIX System settings): for one app
`14:13:07.412 [ INFO ] name[pid]: text`, for the whole log with date, zone and host in front.
"""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from tools.virtual_camera.web import text

LEVELS = ("EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG")
ERROR, WARNING, NOTICE, INFO = 3, 4, 5, 6
MAX_TEXT = 8192
"""Bytes of one line; longer ones are cut."""
MAX_BYTES = 1 << 20
"""Kept for each app, and for the whole log."""
BURST_LINES = 10_000
BURST_SECONDS = 30.0
"""More lines than that from one app in that time are counted, not kept (as journald does)."""
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True)
class LogLine:
    """One line. `level` is the syslog severity (0 emergency ... 7 debug), `at` local time."""

    at: datetime
    level: int
    name: str
    pid: int
    text: str

    def short(self) -> str:
        time_text = self.at.strftime("%H:%M:%S.") + f"{self.at.microsecond // 1000:03d}"
        return f"{time_text} [ {LEVELS[self.level]} ] {self.name}[{self.pid}]: {self.text}"

    def long(self, host: str) -> str:
        level = LEVELS[self.level]
        stamp = self.at.isoformat(timespec="milliseconds")
        return f"{stamp} {host} [ {level:<7} ] {self.name}[{self.pid}]: {self.text}"


class _Ring:
    """The newest lines of at most MAX_BYTES together."""

    def __init__(self) -> None:
        self.lines: deque[LogLine] = deque()
        self._bytes = 0

    def append(self, line: LogLine) -> None:
        self.lines.append(line)
        self._bytes += _cost(line)
        while self._bytes > MAX_BYTES:
            self._bytes -= _cost(self.lines.popleft())


@dataclass
class _Source:
    """What one app has said, and how fast it speaks at the moment."""

    ring: _Ring = field(default_factory=_Ring)
    since: float = 0.0
    lines: int = 0
    suppressed: int = 0


class SystemLog:
    """Lines by app, and all of them. `write` may be called as often as an app likes."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._sources: dict[str, _Source] = {}
        self._all = _Ring()

    def write(self, app: str, level: int, message: str, *, name: str = "", pid: int = 0) -> None:
        """Add `message` to the log of `app` ("" for the camera's own), line by line."""
        source = self._sources.setdefault(app, _Source())
        for line in message.rstrip("\n").split("\n"):
            if self._admit(app, source):
                self._keep(source, level, line, name or app, pid)

    def drop(self, app: str, lines: int) -> bool:
        """Count `lines` without looking at them, when the app has said too much of late; False when
        they have to be written."""
        source = self._sources.get(app)
        if source is None or source.lines <= BURST_LINES:
            return False
        if time.monotonic() - source.since > BURST_SECONDS:
            return False
        source.suppressed += lines
        return True

    def forget(self, app: str) -> None:
        """Drop the log of a removed app."""
        self._sources.pop(app, None)

    def lines(self, app: str) -> list[LogLine]:
        source = self._sources.get(app)
        return list(source.ring.lines) if source else []

    def render_app(self, app: str) -> str:
        lines = "".join(f"{line.short()}\n" for line in self.lines(app))
        return f"----- Contents of SYSTEM_LOG for '{app}' -----\n\n{lines}"

    def render(self, containing: str = "") -> str:
        lines = (line.long(self._host) for line in self._all.lines)
        kept = "".join(f"{line}\n" for line in lines if containing in line)
        return f"----- Contents of SYSTEM_LOG -----\n\n{kept}"

    def _admit(self, app: str, source: _Source) -> bool:
        now = time.monotonic()
        if now - source.since > BURST_SECONDS:
            suppressed, source.suppressed = source.suppressed, 0
            source.since, source.lines = now, 0
            if suppressed:
                self._keep(source, WARNING, f"suppressed {suppressed} lines", app, 0)
        source.lines += 1
        if source.lines == BURST_LINES + 1:
            said = f"more than {BURST_LINES} lines in {BURST_SECONDS:.0f} s, suppressing the rest"
            self._keep(source, WARNING, said, app, 0)
        if source.lines > BURST_LINES:
            source.suppressed += 1
            return False
        return True

    def _keep(self, source: _Source, level: int, message: str, name: str, pid: int) -> None:
        clean = _CONTROL.sub("?", message[:MAX_TEXT])
        line = LogLine(datetime.now().astimezone(), level, name, pid, clean)
        source.ring.append(line)
        self._all.append(line)


class SystemLogApi:
    """systemlog.cgi: `appname` for one app's log, `text` to filter the whole (AXIS OS 11.11)."""

    def __init__(self, log: SystemLog) -> None:
        self._log = log

    async def read(self, request: web.Request) -> web.StreamResponse:
        app = request.query.get("appname")
        if app is not None:
            return text(self._log.render_app(app))
        wanted = request.query.get("text", "")
        if wanted and not wanted.isalnum():
            return text("Error: text may hold letters and digits only\n", status=400)
        return text(self._log.render(wanted))


def _cost(line: LogLine) -> int:
    return len(line.text) + 120
