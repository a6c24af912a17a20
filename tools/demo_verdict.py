# SPDX-License-Identifier: MIT
"""The demo's verdict: did each session end as its profile says, and is none left?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tools.app_client import Session, Sessions

PROMPT_END_MS = 50.0
"""An end that takes longer, from the event's delivery, is pointed out."""
KINDS = {"oneShot": "one-shot", "activeMonitoring": "active monitoring"}


@dataclass(frozen=True)
class Outcome:
    """What a profile's sessions came to: all that the app has of it, open and ended."""

    profile: str
    session_type: str
    sessions: tuple[Session, ...]

    @property
    def descriptions(self) -> int:
        return sum(session.descriptions for session in self.sessions)

    @property
    def last(self) -> Session | None:
        return self.sessions[-1] if self.sessions else None

    def to_json(self) -> dict[str, Any]:
        last = self.last
        return {
            "id": self.profile,
            "sessionType": self.session_type,
            "started": len(self.sessions),
            "descriptions": self.descriptions,
            "endReason": (last.end_reason or None) if last else None,
            "endDelayMs": last.end_delay_ms if last else None,
        }

    def faults(self) -> list[str]:
        """What is wrong, in words; empty when all is as it must be."""
        monitoring = self.session_type == "activeMonitoring"
        expected = "inactive" if monitoring else "completed"
        who = f"profile {self.profile}"
        found = []
        if len(self.sessions) != 1:
            found.append(f"{who} had {len(self.sessions)} sessions instead of one")
        for session in self.sessions:
            if session.state != "ended":
                found.append(f"session {session.id} of {who} is still {session.state}")
            elif session.end_reason != expected:
                why = f" ({session.error})" if session.error else ""
                found.append(f"{who} ended as {session.end_reason}{why}, not as {expected}")
            elif monitoring and not session.call_aborted:
                found.append(f"{who} had no call in flight when its trigger ended")
        if self.sessions and not self.descriptions:
            found.append(f"{who} has no description")
        return found


@dataclass(frozen=True)
class Verdict:
    """All profiles' outcomes and what is left in the app. `missed`: what was waited for in vain."""

    outcomes: tuple[Outcome, ...]
    open_sessions: int
    describer: str
    seconds_to_first_description: float | None
    missed: tuple[str, ...] = ()

    @classmethod
    def judge(
        cls,
        profiles: Iterable[tuple[str, str]],
        sessions: Sessions,
        *,
        describer: str,
        seconds_to_first_description: float | None,
        missed: tuple[str, ...] = (),
    ) -> Verdict:
        """Of (id, session type) of each profile, and the app's sessions afterwards."""
        every = (*sessions.ended, *sessions.open)
        outcomes = tuple(
            Outcome(profile, kind, tuple(s for s in every if s.profile == profile))
            for profile, kind in profiles
        )
        return cls(outcomes, len(sessions.open), describer, seconds_to_first_description, missed)

    @property
    def faults(self) -> list[str]:
        """Everything that must not be, in words."""
        orphans = [f"{self.open_sessions} session(s) left open"] if self.open_sessions else []
        missed = [f"waited in vain for {what}" for what in self.missed]
        return [*orphans, *missed, *(fault for o in self.outcomes for fault in o.faults())]

    def to_json(self) -> dict[str, Any]:
        """The documented shape of `demo --json FILE`."""
        seconds = self.seconds_to_first_description
        return {
            "profiles": [outcome.to_json() for outcome in self.outcomes],
            "openSessions": self.open_sessions,
            "describer": self.describer,
            "secondsToFirstDescription": None if seconds is None else round(seconds, 2),
        }

    def lines(self) -> list[str]:
        """A table for people."""
        head = ("profile", "type", "sessions", "descriptions", "ended", "after", "")
        rows: list[tuple[str, ...]] = [head, *map(_row, self.outcomes)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        cells = [[cell.ljust(width) for cell, width in zip(r, widths, strict=True)] for r in rows]
        return [
            *("  ".join(row).rstrip() for row in cells),
            f"open sessions: {self.open_sessions}; the time is from the event's delivery to the "
            "app until the session had ended",
        ]


def _row(outcome: Outcome) -> tuple[str, ...]:
    last = outcome.last
    delay = last.end_delay_ms if last else None
    slow = delay is not None and delay > PROMPT_END_MS
    return (
        outcome.profile,
        KINDS.get(outcome.session_type, outcome.session_type),
        str(len(outcome.sessions)),
        str(outcome.descriptions),
        (last.end_reason or "NOT ENDED") if last else "NEVER STARTED",
        "" if delay is None else f"{delay:.2f} ms{' (slow)' if slow else ''}",
        "call in flight aborted" if last and last.call_aborted else "",
    )
