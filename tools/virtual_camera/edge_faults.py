# SPDX-License-Identifier: MIT
"""Loses, duplicates, reorders and delays edges on their way to the apps.

An edge is the change of a stateful event. Each event (topic and source) draws from a generator of
its own, three lots an edge, so that the same seed and the same changes of an event meet the same
faults, whatever other events do in between and whichever knobs are turned.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random

from tools.virtual_camera.events import Event
from tools.virtual_camera.faults import Faults

Deliver = Callable[[Event], None]
_Copies = tuple[Event, int]


class EdgeFaults:
    """Stands between the event service and `deliver`. Belongs to the event loop."""

    def __init__(self, faults: Faults, deliver: Deliver) -> None:
        self._faults = faults
        self._deliver = deliver
        self._run = faults.run
        self._generators: dict[str, Random] = {}
        self._held: dict[str, tuple[_Copies, asyncio.TimerHandle]] = {}
        self._delayed: deque[tuple[float, Event]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        faults.listen(self._follow)

    def pass_on(self, event: Event) -> None:
        """Deliver an event as the faults have it: now, later, twice or never."""
        if not event.stateful or event.initial:
            self._deliver(event)
            self._release("")
            return
        settings = self._faults.settings
        lose, duplicate, reorder = self._draw(event)
        if lose < settings.lose_edges:
            self._faults.counts["lost"] += 1
            return
        copies = 2 if duplicate < settings.duplicate_edges else 1
        self._faults.counts["duplicated"] += copies - 1
        scope = event_name(event) if settings.reorder_scope == "event" else ""
        if reorder < settings.reorder_edges and scope not in self._held:
            self._hold(scope, (event, copies))
            return
        self._send((event, copies))
        self._release(scope)

    def _draw(self, event: Event) -> tuple[float, float, float]:
        if self._run != self._faults.run:
            self._run = self._faults.run
            self._generators.clear()
        name = event_name(event)
        if name not in self._generators:
            self._generators[name] = Random(f"{self._faults.settings.seed} {name}")
        random = self._generators[name].random
        return random(), random(), random()

    def _hold(self, scope: str, copies: _Copies) -> None:
        seconds = self._faults.settings.reorder_hold_ms / 1000
        timer = asyncio.get_running_loop().call_later(seconds, self._release, scope)
        self._held[scope] = (copies, timer)

    def _release(self, scope: str) -> None:
        if scope in self._held:
            copies, timer = self._held.pop(scope)
            in_time = not timer.cancelled() and timer.when() > asyncio.get_running_loop().time()
            timer.cancel()
            self._faults.counts["reordered"] += in_time
            self._send(copies)

    def _send(self, copies: _Copies) -> None:
        event, number = copies
        delay = self._faults.settings.delay_edges_ms / 1000
        for _ in range(number):
            if not delay and not self._delayed:
                self._deliver(event)
                continue
            self._faults.counts["delayed"] += 1
            due = asyncio.get_running_loop().time() + delay
            self._delayed.append((max(due, self._delayed[-1][0]) if self._delayed else due, event))
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is None and self._delayed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._delayed[0][0], self._deliver_due)

    def _deliver_due(self) -> None:
        self._timer = None
        while self._delayed and self._delayed[0][0] <= asyncio.get_running_loop().time():
            self._deliver(self._delayed.popleft()[1])
        self._set_timer()

    def _follow(self) -> None:
        """Let go what a knob no longer holds back."""
        settings = self._faults.settings
        if not settings.reorder_edges:
            for scope in list(self._held):
                self._release(scope)
        if not settings.delay_edges_ms:
            waiting, self._delayed = self._delayed, deque()
            for _, event in waiting:
                self._deliver(event)


def event_name(event: Event) -> str:
    """The topic, and the source where there is one: what tells one event from another."""
    source = ",".join(f"{name}={value}" for name, value in sorted(event.source.items()))
    return f"{event.topic}[{source}]" if source else event.topic
