# SPDX-License-Identifier: MIT
"""Mistakes put into copies of the app, each of which random histories must find.

They show that `invoke prove` can fail, and for what. A mutation replaces one piece of one file,
which must be there exactly once: a mutation that no longer fits the app is an error, not a pass.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tools.bootstrap import PROJECT
from tools.prove import build_driver
from tools.settings import BUILD


@dataclass(frozen=True)
class Mutation:
    """One mistake: in `file`, `good` becomes `bad`; `faults` are what may be seen of it first.

    `history` shows a mistake that random ones meet too rarely for a quick test (a million steps
    meet it a few times).
    """

    name: str
    file: str
    good: str
    bad: str
    faults: frozenset[str]
    history: str = ""


def _mutation(
    name: str, file: str, good: str, bad: str, *faults: str, history: str = ""
) -> Mutation:
    return Mutation(name, file, good, bad, frozenset(faults), history)


_LONG_FLAPPING = "P0,0,0,0,0,0,0,0,0,0,0;T500;Y0;B0,1201;T10;Y1;T3000"
"""A trigger flaps 1,201 times while the event service is away."""


MUTATIONS = (
    _mutation(
        "generation-not-compared",
        "SessionRunner.c",
        "if (description->generation != session->generation) {",
        "if (FALSE) {",
        "eventsAfterEnd",
        "mismatches",
        "orphans",
    ),
    _mutation(
        "inactive-ignored-during-a-call",
        "SessionRegistry.c",
        "if (reason == END_INACTIVE && session->profile->sessionType == SESSION_ONE_SHOT)",
        "if (reason == END_INACTIVE && (session->job ||"
        " session->profile->sessionType == SESSION_ONE_SHOT))",
        "orphans",
    ),
    _mutation(
        "grace-timer-survives-unsubscribing",
        "ProfileSubscription.c",
        "    freeEventSubscription(subscription->events);\n"
        "    stopTimer(&subscription->graceTimer);\n",
        "    freeEventSubscription(subscription->events);\n",
        "leaks",
        "crashes",
        "mismatches",
        "missedStarts",
    ),
    _mutation(
        "cap-timer-survives-the-end",
        "SessionRunner.c",
        "    stopTimer(&session->capTimer);\n",
        "",
        "leaks",
        "crashes",
        "mismatches",
        "doubleEnds",
    ),
    _mutation(
        "end-does-not-abort-the-call",
        "SessionRunner.c",
        "    g_cancellable_cancel(session->cancel);\n",
        "",
        "orphans",
        "mismatches",
        "eventsAfterEnd",
    ),
    _mutation(
        "same-state-taken-for-an-edge",
        "ProfileSubscription.c",
        "if (!isFirst && active == subscription->active)",
        "if (!isFirst && !active && active == subscription->active)",
        "orphans",
    ),
    _mutation(
        "lost-edge-healed-in-one-direction",
        "ProfileSubscription.c",
        "found->active != subscription->active)) {",
        "(found->active && !subscription->active))) {",
        "orphans",
        "mismatches",
    ),
    _mutation(
        "end-not-in-the-journal",
        "SessionRunner.c",
        "    journalEnd(runner->journal, session);\n",
        "    (void)journalEnd;\n",
        "mismatches",
    ),
    _mutation(
        "end-waits-for-its-call",
        "SessionRunner.c",
        "        session->endTimer = startTimer(END_WAIT_MS, onEndTimer, session);",
        "        (void)onEndTimer;",
        "orphans",
        "hangs",
    ),
    _mutation(
        "queued-description-leaked",
        "SessionRunner.c",
        "    noteCallOver(session, FALSE);\n    freeDescription(description);\n",
        "    noteCallOver(session, FALSE);\n",
        "leaks",
    ),
    _mutation(
        "cooldown-forgotten",
        "ProfileSubscription.c",
        "if (clockNow() < subscription->cooldownUntil)",
        "if (FALSE)",
        "orphans",
    ),
    _mutation(
        "restart-refills-the-budget",
        "Budget.c",
        "if (readSpentCalls(budget->path, &spent)) {",
        "if (readSpentCalls(budget->path, &spent) && FALSE) {",
        "mismatches",
        "eventsAfterEnd",
    ),
    _mutation(
        "crash-gives-a-block-back",
        "Budget.c",
        "    spend(&budget->hour, 0, spent->reserved);\n",
        "",
        "mismatches",
        "eventsAfterEnd",
    ),
    _mutation(
        "refused-subscription-given-up",
        "ProfileSubscription.c",
        "if (!subscription->events && --subscription->checksLeft == 0)",
        "if (FALSE)",
        "missedStarts",
    ),
    _mutation(
        "events-wait-without-bound",
        "OutputQueue.c",
        "    if (countQueued(queue) > MOST_QUEUED)\n",
        "    if (FALSE)\n",
        "leaks",
        history=_LONG_FLAPPING,
    ),
    _mutation(
        "last-states-are-dropped",
        "OutputQueue.c",
        "        link = findOldestReplaced(queue);\n",
        "        link = findOldestReplaced(queue) ? queue->items.tail : NULL;\n",
        "mismatches",
        history=_LONG_FLAPPING,
    ),
    _mutation(
        "trigger-index-left-behind",
        "SessionRegistry.c",
        "    removeFromSet(registry->byTrigger, session->profile->trigger->id, session);\n",
        "",
        "crashes",
        "mismatches",
        "orphans",
    ),
)


def build_mutant(mutation: Mutation) -> Path:
    """Build the driver with the mistake in it and return it.

    What the mistake does not touch is taken from the driver that is there, so only one file is
    compiled. AssertionError when the mutation does not fit the app any more.
    """
    plain = build_driver()
    folder = BUILD / "mutants" / mutation.name
    shutil.rmtree(folder, ignore_errors=True)
    app, out = folder / "app", folder / "out"
    app.mkdir(parents=True)
    out.mkdir()
    for source in sorted((PROJECT / "app").glob("*.[ch]")):
        shutil.copy2(source, app)
    for made in plain.parent.glob("*.o"):
        shutil.copy2(made, out)
    mutated = app / mutation.file
    text = mutated.read_text()
    found = text.count(mutation.good)
    assert found == 1, f"{mutation.name}: its place in {mutation.file} was found {found} times"
    mutated.write_text(text.replace(mutation.good, mutation.bad))
    return build_driver(app=app, out=out)
