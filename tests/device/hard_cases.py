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
        in_c=("/engine/active-at-start",),
    ),
    HardCase(2, "first callback inactive", on_real=True),
    HardCase(
        3, "same state twice, or active with changed payload", in_c=("/engine/same-state-again",)
    ),
    HardCase(4, "the inactive edge is lost", in_c=("/engine/lost-edges-are-healed",)),
    HardCase(
        5,
        "the source vanishes: AOA stopped, scenario deleted or renamed",
        on_real=True,
        in_c=("/engine/vanished-trigger", "/engine/missed-once"),
    ),
    HardCase(6, "inactive before the worker started", in_c=("/engine/end-needs-no-worker",)),
    HardCase(
        7,
        "inactive during a model call",
        on_real=True,
        in_c=("/engine/end-cancels-the-call", "/engine/late-result-is-discarded"),
    ),
    HardCase(
        8, "flapping, with optional grace on the off edge", on_real=True, in_c=("/engine/grace",)
    ),
    HardCase(9, "cap reached while still active", in_c=("/engine/cap-ends-once",)),
    HardCase(
        10, "cooldown that swallows a start also swallows its end", in_c=("/engine/cooldown",)
    ),
    HardCase(11, "crash in mid-session", in_c=("/engine/leftovers",)),
    HardCase(12, "reboot, clock jump", in_c=("/clock/wall-clock-jumps",)),
    HardCase(
        13,
        "profile edited, disabled, deleted while open",
        on_real=True,
        in_c=("/engine/edit-ends-only-the-edited", "/engine/delete-leaves-nothing"),
    ),
    HardCase(14, "several profiles on one trigger, one profile's end leaves the others"),
    HardCase(15, "a stateless trigger or an unknown state field is refused when saved"),
    HardCase(16, "a pulse shorter than scheduling"),
    HardCase(
        17,
        "pool full: a start is queued or refused with a reason, an end always works",
        in_c=("/engine/end-needs-no-worker", "/engine/one-shots-are-bounded"),
    ),
    HardCase(18, "model slower than the interval", in_c=("/engine/ticks-do-not-overlap",)),
    HardCase(19, "provider down, 429, garbage", in_c=("/client/busy", "/client/nobody-there")),
    HardCase(20, "snapshot fails, black or stale", in_c=("/engine/failures",)),
    HardCase(21, "SIGTERM, stop, uninstall", on_real=True),
    HardCase(22, "message order", in_c=("/engine/records-are-in-order",)),
    HardCase(23, "event service restarts"),
    HardCase(
        24,
        "an output is down: ends are queued with their original time, bounded",
        in_c=("/engine/events-wait", "/engine/events-are-bounded"),
    ),
)
