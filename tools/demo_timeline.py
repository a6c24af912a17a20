# SPDX-License-Identifier: MIT
"""What happens in the demo, printed as it happens: edges, sessions, descriptions and pictures."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tools.app_client import Record
from tools.errors import ToolError

Fetch = Callable[[int, int], tuple[Sequence[Record], int]]
"""(since, whole seconds to wait) -> the app's records after that sequence, and where to go on"""


@dataclass(frozen=True)
class Picture:
    """A picture that was described: what it really is, such as "vtest.avi#212", and its JPEG."""

    name: str
    jpeg: bytes | None = None


class Timeline:
    """Follows the app's records in a thread of its own and prints each as it comes.

        with Timeline(fetch, find_picture, {"A": "one-shot"}, folder) as timeline:
            timeline.say("scenario", "Device1Scenario1 -> active")
            timeline.wait_for(lambda: timeline.count("end", "A") == 1, timeout=30)

    `find_picture` gets VDO's timestamp of a described picture, `kinds` names each profile's session
    type. Pictures are saved in `folder`. The times shown run from `zero()`, else from the start.
    """

    def __init__(
        self,
        fetch: Fetch,
        find_picture: Callable[[int], Picture],
        kinds: Mapping[str, str],
        folder: Path,
        show: Callable[[str], None] = print,
    ) -> None:
        self.records: list[Record] = []
        self.first_description: float | None = None  # time.time() when it arrived
        self._fetch = fetch
        self._find_picture = find_picture
        self._kinds = kinds
        self._folder = folder
        self._show = show
        self._zero = time.monotonic()
        self._changed = threading.Condition()
        self._failure: ToolError | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="timeline", daemon=True)

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob("[0-9]*.jpg"):
            old.unlink()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(timeout=5)

    def zero(self) -> None:
        """Let time run from now."""
        self._zero = time.monotonic()

    def say(self, who: str, what: str) -> None:
        """Print one line of the timeline: the time, who, and what."""
        self._show(f"{time.monotonic() - self._zero:7.2f} s  {who:9} {what}")

    def count(self, kind: str, profile: str) -> int:
        """How many records of this kind (start, description, end) the profile has so far."""
        return sum(r.type == kind and r.profile == profile for r in list(self.records))

    def wait_for(self, reached: Callable[[], bool], timeout: float) -> bool:
        """Block until `reached()`, looked at after each record; whether it was in time.

        Raises the ToolError with which the app's records could not be followed any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._failure is not None or reached(), timeout)
            if self._failure is not None:
                raise self._failure
            return reached()

    def _follow(self) -> None:
        since = 0
        try:
            while not self._stopped.is_set():
                records, since = self._fetch(since, 1)
                for record in records:
                    self._take(record)
        except ToolError as error:
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _take(self, record: Record) -> None:
        if record.type == "description" and self.first_description is None:
            self.first_description = time.time()
        self.say(record.profile, self._tell(record))
        with self._changed:
            self.records.append(record)
            self._changed.notify_all()

    def _tell(self, record: Record) -> str:
        session = f"session {record.session}"
        match record.type:
            case "start":
                return f"{session} started ({self._kinds.get(record.profile, '?')})"
            case "description":
                return f"{session} #{record.number} {self._tell_description(record)}"
            case "end":
                delay = "" if record.end_delay_ms is None else f" ({record.end_delay_ms:.2f} ms)"
                return f"{session} ended: {record.end_reason}{delay}"
            case other:
                return f"{session}: {other}"

    def _tell_description(self, record: Record) -> str:
        picture = self._find_picture(int(record.frame.get("timestampUs", 0)))
        if picture.jpeg is not None:
            number = 1 + sum(r.type == "description" for r in self.records)
            name = re.sub(r"[^\w.-]+", "-", f"{number:02}-{record.profile}-{picture.name}")
            (self._folder / f"{name}.jpg").write_bytes(picture.jpeg)
        answers = ", ".join(f"{name}: {value}" for name, value in record.answers.items())
        return f"{picture.name}: {record.text}{f' [{answers}]' if answers else ''}"
