# SPDX-License-Identifier: MIT
"""time.cgi (VAPIX Time API): the time of the machine, in the time zone that clients set.

The zone is what this API, and the parameters Time.TimeZone and Time.POSIXTimeZone, tell; apps and
log lines keep the zone of the machine. Setting the clock is refused: it is the machine's.
"""

from __future__ import annotations

import io
import struct
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tools.virtual_camera.json_cgi import Codes, Data, JsonCgi, JsonCgiError
from tools.virtual_camera.parameters import ParameterStore
from tools.virtual_camera.server import Gate
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access

_CODES = Codes(
    forbidden=4002,
    http_type=2000,
    version=4001,
    method=4000,
    json=3000,
    parameter=4003,
    internal=1000,
)
_MISSING, _INVALID = 4003, 4004
_LAST_YEAR = 2069
"""as the documented example says"""
_IANA, _POSIX, _DST = "Time.TimeZone", "Time.POSIXTimeZone", "Time.DST.Enabled"
_DEFAULT_POSIX = "UTC0"


class TimeApi:
    """The CGI."""

    def __init__(
        self,
        parameters: ParameterStore,
        gate: Gate,
        unsupported: Unsupported,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._parameters = parameters
        self._unsupported = unsupported
        self._now = now
        self.cgi = JsonCgi(
            "time", ("1.0", "1.1"), gate, unsupported, codes=_CODES, echoes_version=True
        )
        self.cgi.add("getDateTimeInfo", Access.VIEWER, self._info)
        self.cgi.add("getAll", Access.VIEWER, self._all)
        self.cgi.add("setDateTime", Access.ADMIN, self._refuse)
        self.cgi.add("setTimeZone", Access.ADMIN, self._set_zone)
        self.cgi.add("setPosixTimeZone", Access.ADMIN, self._set_posix)
        self.cgi.add("resetTimeZone", Access.ADMIN, self._reset)

    def local_now(self) -> datetime:
        """The time in the zone that is set."""
        name = self._parameters.get(_IANA) or ""
        posix = self._parameters.get(_POSIX) or _DEFAULT_POSIX
        dst = self._parameters.get(_DST) == "yes"
        zone = ZoneInfo(name) if _is_zone(name) else _posix_zone(posix, dst=dst)
        return self._now().replace(microsecond=0).astimezone(zone)

    def _info(self, _params: Data) -> Data:
        name = self._parameters.get(_IANA) or ""
        posix = self._parameters.get(_POSIX) or _DEFAULT_POSIX
        dst = self._parameters.get(_DST) == "yes"
        now = self.local_now()
        answer: Data = {
            "dateTime": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "localDateTime": now.isoformat(),
            "maxYearSupported": _LAST_YEAR,
        }
        if name:
            answer["timeZone"] = name
        return {**answer, "posixTimeZone": posix, "dstEnabled": dst or bool(name)}

    def _all(self, params: Data) -> Data:
        return {**self._info(params), "timeZones": sorted(zoneinfo.available_timezones())}

    def _refuse(self, _params: Data) -> Data:
        self._unsupported.note("method", "time setDateTime")
        raise JsonCgiError(_CODES.internal, "This virtual camera has the clock of its machine")

    def _set_zone(self, params: Data) -> Data:
        name = _text(params, "timeZone")
        if not _is_zone(name):
            raise JsonCgiError(_INVALID, f"timeZone: there is no time zone {name!r}")
        self._store(name, _footer(name), dst=True)
        return {"timeZone": name}

    def _set_posix(self, params: Data) -> Data:
        posix, dst = _text(params, "posixTimeZone"), params.get("enableDst")
        if not isinstance(dst, bool):
            raise JsonCgiError(_MISSING, "enableDst is missing or neither true nor false")
        try:
            _posix_zone(posix, dst=dst)
        except ValueError as error:
            raise JsonCgiError(_INVALID, f"posixTimeZone: {posix!r} is no time zone") from error
        self._store("", posix, dst=dst)
        return {"posixTimeZone": posix, "dstEnabled": dst}

    def _reset(self, _params: Data) -> Data:
        self._store("", _DEFAULT_POSIX, dst=False)
        return {"status": "success"}

    def _store(self, name: str, posix: str, *, dst: bool) -> None:
        self._parameters.set(_IANA, name)
        self._parameters.set(_POSIX, posix)
        self._parameters.set(_DST, "yes" if dst else "no")


def _text(params: Data, name: str) -> str:
    value = params.get(name)
    if value is None:
        raise JsonCgiError(_MISSING, f"{name} is missing")
    if not isinstance(value, str) or not value or len(value) > 200:
        raise JsonCgiError(_INVALID, f"{name} is no time zone")
    return value


def _is_zone(name: str) -> bool:
    return bool(name) and name in zoneinfo.available_timezones()


def _footer(name: str) -> str:
    """The POSIX form of a zone of the database, "" when that has none."""
    for folder in zoneinfo.TZPATH:
        path = Path(folder) / name
        if path.is_file():
            lines = path.read_bytes().split(b"\n")
            return lines[-2].decode("ascii", "replace") if len(lines) > 2 else ""
    return ""


def _posix_zone(posix: str, *, dst: bool) -> ZoneInfo:
    """A zone from its POSIX form: that is how a compiled zone ends, so one with nothing else is
    made. ValueError when it is not understood."""
    text = posix if dst else _without_dst(posix)
    header = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    kind = struct.pack(">lBB", 0, 0, 0) + b"UTC\0"
    compiled = header + kind + header + kind + b"\n" + text.encode("ascii", "replace") + b"\n"
    return ZoneInfo.from_file(io.BytesIO(compiled), key=posix)


def _without_dst(posix: str) -> str:
    """CET-1 of CET-1CEST,M3.5.0,M10.5.0/3."""
    end = 0
    while end < len(posix) and not (posix[end].isdigit() or posix[end] in "+-<"):
        end += 1
    if posix.startswith("<"):
        end = posix.find(">") + 1
    while end < len(posix) and (posix[end].isdigit() or posix[end] in "+-:"):
        end += 1
    return posix[:end]
