# SPDX-License-Identifier: MIT
"""The camera's SD card and network share: can be inserted, filled, write-protected and removed.

Each app has a folder of its own on each, which comes and goes with the card, as ACAP's axstorage
documents it: /var/spool/storage/ID/areas/APP. On this machine a card is a folder per app, which is
renamed when the card comes or goes, so that a running app sees it at once:

    FOLDER/APP/inserted/ID/areas/APP     what APP sees under /var/spool/storage
    FOLDER/APP/removed/ID/areas/APP

What a write-protected card cannot do here: files that exist can still be changed, only none can be
made or removed. A full one says so; that it takes no more either is what `on_placed` does, where
the machine can (`full_cards`).
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tools.errors import SetupError, ToolError
from tools.virtual_camera.files import write_text_atomically

LOCAL, EXTERNAL = 0, 1
"""AXStorageType"""
EXIT_GRACE = 3.0
"""Seconds that apps have to release a card before it goes; a device's are not documented."""


class StorageError(ToolError):
    """`kind`: NotFound, or Unavailable for a card that is not there."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Card:
    """One storage and its states, as apps see them."""

    id: str
    type: int
    available: bool
    exiting: bool = False
    write_protected: bool = False
    full: bool = False

    @property
    def writable(self) -> bool:
        return self.available and not self.write_protected


_CARDS = (Card("SD_DISK", LOCAL, available=True), Card("NetworkShare", EXTERNAL, available=False))
"""What a new camera has. That a device lists both, also when they are not there, is an
assumption."""


class Storage:
    """All cards of one camera. Belongs to the event loop."""

    def __init__(self, folder: Path, exit_grace: float = EXIT_GRACE) -> None:
        self._folder = folder
        self._file = folder / "cards.json"
        self._exit_grace = exit_grace
        self._cards = {card.id: card for card in _CARDS}
        self._users: dict[str, list[str]] = {card.id: [] for card in _CARDS}
        self._released = asyncio.Event()
        self._change = asyncio.Lock()
        self._listeners: list[Callable[[Card], None]] = []
        self.on_placed: Callable[[Card], Awaitable[None]] | None = None
        """called with a changed card that is where it belongs, before anybody is told"""
        self._load()

    @property
    def folder(self) -> Path:
        """Where everything on the cards is."""
        return self._folder

    def cards(self) -> list[Card]:
        return [*self._cards.values()]

    def card(self, id_: str) -> Card:
        """StorageError NotFound."""
        if id_ not in self._cards:
            known = ", ".join(self._cards)
            raise StorageError("NotFound", f"there is no storage {id_}, only {known}")
        return self._cards[id_]

    def listen(self, callback: Callable[[Card], None]) -> None:
        """Call `callback(card)` after each change."""
        self._listeners.append(callback)

    def set_up(self, id_: str, user: str) -> Card:
        """Note that an app uses a card. StorageError NotFound or Unavailable."""
        card = self.card(id_)
        if not card.available or card.exiting:
            raise StorageError("Unavailable", f"the storage {id_} is not there")
        self._users[id_].append(user)
        return card

    def release(self, id_: str, user: str) -> None:
        """Undo one `set_up`. StorageError NotFound."""
        if user in self._users[self.card(id_).id]:
            self._users[id_].remove(user)
            self._released.set()

    def forget(self, user: str) -> None:
        """Undo every `set_up` of an app that has ended."""
        for users in self._users.values():
            users[:] = [other for other in users if other != user]
        self._released.set()

    def users(self, id_: str) -> int:
        """How many times apps have set up a card and not yet released it."""
        return len(self._users[self.card(id_).id])

    async def change(
        self,
        id_: str,
        *,
        inserted: bool | None = None,
        full: bool | None = None,
        writable: bool | None = None,
    ) -> Card:
        """Change what is given. A card that is removed says so first and goes when every app has
        released it, or after the grace. StorageError NotFound."""
        self.card(id_)
        async with self._change:
            if full is not None:
                await self._put(replace(self.card(id_), full=full))
            if writable is not None:
                await self._put(replace(self.card(id_), write_protected=not writable))
            if inserted and not self.card(id_).available:
                await self._put(replace(self.card(id_), available=True))
            elif inserted is False and self.card(id_).available:
                await self._remove(id_)
        return self.card(id_)

    def view(self, app: str, uid: int) -> Path:
        """The folder that `app`, which runs as `uid`, has to see as /var/spool/storage."""
        for card in self._cards.values():
            area = self._place(app, card) / "areas" / app
            area.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                os.chown(area, uid, uid)
            area.chmod(_mode(card))
        inserted = self._folder / app / "inserted"
        inserted.mkdir(exist_ok=True)
        return inserted

    def full_areas(self, app: str) -> list[tuple[str, Path]]:
        """The id of every full card that is there, and the folder of `app` on it."""
        full = [card for card in self._cards.values() if card.full and card.available]
        return [(card.id, self._place(app, card) / "areas" / app) for card in full]

    async def _remove(self, id_: str) -> None:
        await self._put(replace(self.card(id_), exiting=True))
        try:
            async with asyncio.timeout(self._exit_grace):
                while self._users[id_]:
                    self._released.clear()
                    await self._released.wait()
        except TimeoutError:
            self._users[id_].clear()
        await self._put(replace(self.card(id_), available=False, exiting=False))

    async def _put(self, card: Card) -> None:
        before = self._cards[card.id]
        if card == before:
            return
        self._move(before, card)
        self._cards[card.id] = card
        states = {c.id: {**asdict(c), "exiting": False} for c in self._cards.values()}
        write_text_atomically(self._file, json.dumps(states, indent=1))
        if self.on_placed is not None:
            await self.on_placed(card)
        for listener in self._listeners:
            listener(card)

    def _move(self, before: Card, card: Card) -> None:
        apps = [path.name for path in self._folder.glob("*/") if path.is_dir()]
        for app in apps:
            old, new = self._place(app, before), self._place(app, card)
            if not old.exists():
                continue
            if old != new:
                new.parent.mkdir(exist_ok=True)
                old.rename(new)
            (new / "areas" / app).chmod(_mode(card))

    def _place(self, app: str, card: Card) -> Path:
        return self._folder / app / ("inserted" if card.available else "removed") / card.id

    def _load(self) -> None:
        if not self._file.exists():
            return
        try:
            states = json.loads(self._file.read_text())
            loaded = {id_: Card(**states[id_]) for id_ in self._cards.keys() & states.keys()}
        except (ValueError, TypeError, AttributeError) as error:
            raise SetupError(f"{self._file}: {error}", "remove this file") from error
        self._cards |= loaded


def _mode(card: Card) -> int:
    return 0o755 if card.writable or not card.available else 0o555
