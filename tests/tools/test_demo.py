# SPDX-License-Identifier: MIT
"""The demo's timeline and verdict; the demo itself is played in tests/device."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tools.app_client import Record, Session, Sessions
from tools.demo import profiles
from tools.demo_timeline import Picture, Timeline
from tools.demo_verdict import Verdict
from tools.errors import AppError

TYPES = [(profile["id"], profile["sessionType"]) for profile in profiles()]


def session(profile: str, **changes: object) -> Session:
    """A session of the demo that went as it must."""
    monitoring = profile != "A"
    entry = {
        "id": f"5e55{profile}",
        "profile": profile,
        "trigger": "objectAnalytics:Device1Scenario1",
        "sessionType": "activeMonitoring" if monitoring else "oneShot",
        "state": "ended",
        "descriptions": 3 if monitoring else 1,
        "endReason": "inactive" if monitoring else "completed",
        "endDelayMs": 0.41,
        "callAborted": monitoring,
    }
    return replace(Session.decode(entry), **changes)  # type: ignore[arg-type]


def judge(*ended: Session, still_open: Sequence[Session] = (), missed: str = "") -> Verdict:
    return Verdict.judge(
        TYPES,
        Sessions(open=tuple(still_open), ended=ended),
        describer="detector",
        seconds_to_first_description=12.3456,
        missed=(missed,) if missed else (),
    )


A, B, C = session("A"), session("B"), session("C")


def test_a_good_run_has_no_faults() -> None:
    verdict = judge(A, B, C)

    assert verdict.faults == []
    assert verdict.to_json() == {
        "profiles": [
            {
                "id": "A",
                "sessionType": "oneShot",
                "started": 1,
                "descriptions": 1,
                "endReason": "completed",
                "endDelayMs": 0.41,
            },
            {
                "id": "B",
                "sessionType": "activeMonitoring",
                "started": 1,
                "descriptions": 3,
                "endReason": "inactive",
                "endDelayMs": 0.41,
            },
            {
                "id": "C",
                "sessionType": "activeMonitoring",
                "started": 1,
                "descriptions": 3,
                "endReason": "inactive",
                "endDelayMs": 0.41,
            },
        ],
        "openSessions": 0,
        "describer": "detector",
        "secondsToFirstDescription": 12.35,
    }
    assert "open sessions: 0" in verdict.lines()[-1]


@pytest.mark.parametrize(
    ("verdict", "fault"),
    [
        (
            judge(A, B, still_open=[session("C", state="running", end_reason="")]),
            "1 session(s) left open; session 5e55C of profile C is still running",
        ),
        (judge(A, B), "profile C had 0 sessions instead of one"),
        (judge(A, B, C, session("C")), "profile C had 2 sessions instead of one"),
        (
            judge(A, session("B", end_reason="error", error="no route"), C),
            "profile B ended as error (no route), not as inactive",
        ),
        (judge(session("A", end_reason="inactive"), B, C), "A ended as inactive, not as completed"),
        (judge(A, session("B", call_aborted=False), C), "profile B had no call in flight"),
        (judge(A, session("B", descriptions=0), C), "profile B has no description"),
        (judge(A, B, C, missed="B and C to end"), "waited in vain for B and C to end"),
    ],
)
def test_what_must_not_be_is_named(verdict: Verdict, fault: str) -> None:
    assert fault in "; ".join(verdict.faults)


def test_a_late_end_is_pointed_out() -> None:
    late = judge(A, session("B", end_delay_ms=80.0), C)

    assert "80.00 ms (slow)" in "\n".join(late.lines())


class Feed:
    """The app's records, as the test hands them out."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[Record | AppError] = queue.Queue()

    def give(self, kind: str, profile: str, number: int = 0, **more: object) -> None:
        entry = {"sequence": number, "type": kind, "session": f"5e55{profile}", "profile": profile}
        self.waiting.put(Record.decode({**entry, "number": number, **more}))

    def fetch(self, since: int, wait: int) -> tuple[list[Record], int]:
        try:
            record = self.waiting.get(timeout=0.05)
        except queue.Empty:
            return [], since
        if isinstance(record, AppError):
            raise record
        return [record], since + 1


def test_the_timeline_tells_everything_as_it_happens(tmp_path: Path) -> None:
    feed, lines = Feed(), list[str]()
    (tmp_path / "07-B-old.jpg").touch()
    timeline = Timeline(
        feed.fetch,
        lambda timestamp: Picture(f"vtest.avi#{timestamp}", b"jpeg"),
        {"B": "active monitoring"},
        tmp_path,
        lines.append,
    )

    with timeline:
        timeline.say("scenario", "is active")
        feed.give("start", "B")
        feed.give(
            "description", "B", 1, text="A car.", frame={"timestampUs": 12}, answers={"cars": 1}
        )
        feed.give("description", "B", 2, text="No car.", frame={"timestampUs": 27})
        feed.give("end", "B", endReason="inactive", endDelayMs=0.5)
        assert timeline.wait_for(lambda: timeline.count("end", "B") == 1, timeout=5)

    assert [line.partition(" s  ")[2] for line in lines] == [
        "scenario  is active",
        "B         session 5e55B started (active monitoring)",
        "B         session 5e55B #1 vtest.avi#12: A car. [cars: 1]",
        "B         session 5e55B #2 vtest.avi#27: No car.",
        "B         session 5e55B ended: inactive (0.50 ms)",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "01-B-vtest.avi-12.jpg",
        "02-B-vtest.avi-27.jpg",
    ]
    assert timeline.first_description is not None
    assert timeline.count("description", "B") == 2


def test_waiting_in_vain_is_told(tmp_path: Path) -> None:
    with Timeline(Feed().fetch, lambda _: Picture("x"), {}, tmp_path, lambda _: None) as timeline:
        assert not timeline.wait_for(lambda: timeline.count("end", "A") == 1, timeout=0.1)


def test_an_app_that_vanishes_ends_the_waiting(tmp_path: Path) -> None:
    feed = Feed()
    with Timeline(feed.fetch, lambda _: Picture("x"), {}, tmp_path, lambda _: None) as timeline:
        feed.waiting.put(AppError("gone"))

        with pytest.raises(AppError, match="gone"):
            timeline.wait_for(lambda: False, timeout=5)
