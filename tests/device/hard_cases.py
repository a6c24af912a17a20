# SPDX-License-Identifier: MIT
"""The hard cases of the design (section "Hard cases"), by number.

A test shows one with `@pytest.mark.hard_case(NUMBER)`. Those that the design marks H have tests
that run on a real camera too.
"""

from __future__ import annotations

from tools.hard_case_report import HardCase

CASES = (
    HardCase(
        1,
        "trigger already active at start or when a profile is enabled",
        on_real=True,
        in_c=("/edges/active-at-start",),
    ),
    HardCase(2, "first callback inactive", on_real=True),
    HardCase(
        3, "same state twice, or active with changed payload", in_c=("/edges/same-state-again",)
    ),
    HardCase(4, "the inactive edge is lost", in_c=("/level-check/lost-edges-are-healed",)),
    HardCase(
        5,
        "the source vanishes: AOA stopped, scenario deleted or renamed",
        on_real=True,
        in_c=("/level-check/vanished-trigger", "/level-check/missed-once"),
    ),
    HardCase(6, "inactive before the worker started", in_c=("/sessions/end-needs-no-worker",)),
    HardCase(
        7,
        "inactive during a model call",
        on_real=True,
        in_c=("/sessions/end-cancels-the-call", "/sessions/late-result-is-discarded"),
    ),
    HardCase(
        8, "flapping, with optional grace on the off edge", on_real=True, in_c=("/edges/grace",)
    ),
    HardCase(9, "cap reached while still active", in_c=("/edges/cap-ends-once",)),
    HardCase(10, "cooldown that swallows a start also swallows its end", in_c=("/edges/cooldown",)),
    HardCase(11, "crash in mid-session", in_c=("/journal/leftovers",)),
    HardCase(12, "reboot, clock jump", in_c=("/clock/wall-clock-jumps",)),
    HardCase(
        13,
        "profile edited, disabled, deleted while open",
        on_real=True,
        in_c=("/edges/edit-ends-only-the-edited", "/edges/delete-leaves-nothing"),
    ),
    HardCase(14, "several profiles on one trigger, one profile's end leaves the others"),
    HardCase(15, "a stateless trigger or an unknown state field is refused when saved"),
    HardCase(16, "a pulse shorter than scheduling"),
    HardCase(
        17,
        "pool full: a start is queued or refused with a reason, an end always works",
        in_c=("/sessions/end-needs-no-worker", "/edges/one-shots-are-bounded"),
    ),
    HardCase(18, "model slower than the interval", in_c=("/sessions/ticks-do-not-overlap",)),
    HardCase(19, "provider down, 429, garbage", in_c=("/client/busy", "/client/nobody-there")),
    HardCase(20, "snapshot fails, black or stale", in_c=("/sessions/failures",)),
    HardCase(21, "SIGTERM, stop, uninstall", on_real=True),
    HardCase(22, "message order", in_c=("/sessions/records-are-in-order",)),
    HardCase(23, "event service restarts"),
    HardCase(
        24,
        "an output is down: ends are queued with their original time, bounded",
        in_c=("/camera-output/events-wait", "/camera-output/events-are-bounded"),
    ),
)
