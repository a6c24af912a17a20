# SPDX-License-Identifier: MIT
"""What status, sessions and logs print."""

from __future__ import annotations

import pytest

from tools import watch
from tools.app_client import Sessions, Status
from tools.vapix import Application, DeviceInfo

INFO = DeviceInfo("Q1656", "AXIS Q1656 Box Camera", "B8A44F7D507D", "12.4.1", "aarch64", "")
APP = Application("batondescribe", "batonDescribe", "V", "1.0.0", "Running", "", "", "")

SESSION = {
    "id": "7f3a",
    "profile": "door",
    "trigger": "objectAnalytics:Device1Scenario1",
    "sessionType": "activeMonitoring",
    "state": "ended",
    "startedAt": "2026-01-01T00:00:00Z",
    "ageMs": 65_000,
    "ticks": 3,
    "skippedTicks": 0,
    "descriptions": 2,
    "failures": 0,
    "callInFlight": False,
    "endReason": "inactive",
    "endedAt": "2026-01-01T00:01:05Z",
    "endDelayMs": 4.2,
    "callAborted": True,
    "error": None,
}
OPEN = {**SESSION, "id": "7f3b", "state": "running", "endReason": None, "endDelayMs": None}


@pytest.mark.parametrize(
    ("before", "now", "new"),
    [
        ([], ["a", "b"], ["a", "b"]),
        (["a", "b"], ["a", "b"], []),
        (["a", "b"], ["a", "b", "c"], ["c"]),
        (["a", "b", "c"], ["b", "c", "d", "e"], ["d", "e"]),
        (["a", "a"], ["a", "a", "a"], ["a"]),
        (["x", "a", "x", "b"], ["x", "b", "c"], ["c"]),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        (["a", "b"], [], []),
    ],
)
def test_only_new_lines_follow(before: list[str], now: list[str], new: list[str]) -> None:
    assert watch.new_lines(before, now) == new


def test_sessions_are_a_table_with_the_open_ones_last() -> None:
    lines = list(watch.session_lines(Sessions.decode({"open": [OPEN], "ended": [SESSION]})))

    assert len(lines) == 3
    assert lines[1].split()[:3] == ["7f3a", "door", "objectAnalytics:Device1Scenario1"]
    assert lines[1].endswith("inactive  4 ms")
    assert "1 min 5 s" in lines[1]
    assert lines[2].startswith("7f3b")
    assert lines[2].endswith("-         -")


def test_the_status_tells_what_is_wrong() -> None:
    answer = Status.decode(
        {
            "app": {"name": "batondescribe", "version": "1.0.0"},
            "health": "degraded",
            "problems": [{"code": "describer", "message": "the describer does not answer"}],
            "uptimeSec": 12.5,
            "describer": {"url": "http://127.0.0.1:1/v1", "model": "m"},
            "subscriptions": [
                {"profile": "door", "trigger": "virtualInput:1", "state": "unknown", "error": "no"}
            ],
            "sessions": {"open": 1},
            "counters": {"edges": 3},
        }
    )

    text = "\n".join(watch.status_lines(INFO, APP, answer))

    assert "AXIS Q1656 Box Camera, AXIS OS 12.4.1, aarch64" in text
    assert "degraded, up 12.5 s" in text
    assert "the describer does not answer" in text
    assert "door: virtualInput:1 is unknown (no)" in text
    assert "1 open" in text
    assert "edges 3" in text


def test_an_app_that_is_not_there_is_said() -> None:
    assert "not installed" in "\n".join(watch.status_lines(INFO, None, None))
