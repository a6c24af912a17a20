# SPDX-License-Identifier: MIT
"""The camera's event system: declarations, their current states, and who hears of changes.

Plain state, for one thread; dbus_services.py puts it on the bus. The rules are those of the ACAP
axevent API: a stateful event always has a state, which is sent when it is declared and at each
change; a stateless one exists only when it is sent; an event with an unset value is not delivered.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tools.errors import UsageError
from tools.virtual_camera.event_keys import (
    AnyValue,
    Key,
    TopicLevel,
    Value,
    format_topic,
    is_topic_key,
    parse_topic,
    topic_keys,
    topic_of,
    type_of,
)

__all__ = ["Declaration", "Event", "EventService", "Value"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """One delivered event. `initial` is the state that a declaration begins with."""

    declaration: int
    levels: tuple[TopicLevel, ...]
    keys: tuple[Key, ...]
    stateful: bool
    at: datetime
    initial: bool = False

    @property
    def topic(self) -> str:
        return format_topic(self.levels)

    @property
    def source(self) -> dict[str, AnyValue]:
        return _values(self.keys, source=True)

    @property
    def data(self) -> dict[str, AnyValue]:
        return _values(self.keys, source=False)


@dataclass(frozen=True)
class Declaration:
    """An event that exists, with its current values (stateful) or fixed ones (stateless)."""

    id: int
    levels: tuple[TopicLevel, ...]
    keys: tuple[Key, ...]
    stateful: bool
    property_key: str | None
    owner: str
    """the bus name of the app that declared it, "" for the camera itself"""
    nice_name: str = ""

    @property
    def topic(self) -> str:
        return format_topic(self.levels)

    @property
    def source(self) -> dict[str, AnyValue]:
        return _values(self.keys, source=True)

    @property
    def data(self) -> dict[str, AnyValue]:
        return _values(self.keys, source=False)


@dataclass
class _Entry:
    """A declaration as the service keeps it: keys by name and namespace, changed in place."""

    declaration: Declaration
    keys: dict[tuple[str, str], Key]
    changed: datetime
    names: tuple[str, ...] = field(default=())


class EventService:
    """All declarations of the camera and its apps."""

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}
        self._by_prefix: dict[tuple[str, ...], dict[int, _Entry]] = {}
        self._listeners: list[Callable[[Event], None]] = []
        self._last_id = 0

    def declare(
        self,
        topic: str,
        *,
        source: Mapping[str, Value] | None = None,
        data: Mapping[str, Value] | None = None,
        stateful: bool,
        property_key: str | None = None,
        nice_name: str = "",
    ) -> int:
        """Declare an event of the camera itself and return the declaration's id.

        Of a stateful event `data` is its state from now on, of a stateless one examples that give
        the types. UsageError for a malformed topic, a value that no event can carry, or a
        `property_key` that is not in `data`.
        """
        if property_key is not None and property_key not in (data or {}):
            raise UsageError(f"event {topic}: its data has no key {property_key}")
        keys = [*topic_keys(parse_topic(topic))]
        for name, value in (source or {}).items():
            keys.append(Key(name, "", type_of(name, value), value, is_source=True))
        for name, value in (data or {}).items():
            kept = value if stateful else None
            keys.append(Key(name, "", type_of(name, value), kept, is_data=True))
        return self.declare_keys(
            keys, stateful=stateful, property_key=property_key, nice_name=nice_name
        )

    def declare_keys(
        self,
        keys: Iterable[Key],
        *,
        stateful: bool,
        property_key: str | None = None,
        owner: str = "",
        nice_name: str = "",
    ) -> int:
        """As `declare`, from the keys of an app's key/value set. UsageError without a topic."""
        declared = tuple(keys)
        levels = topic_of(declared)
        if not levels:
            raise UsageError("a declaration needs the key topic0")
        self._last_id += 1
        declaration = Declaration(
            self._last_id, levels, declared, stateful, property_key, owner, nice_name
        )
        entry = _Entry(
            declaration, {(key.name, key.namespace): key for key in declared}, datetime.now(UTC)
        )
        entry.names = tuple(name for _, name in levels)
        self._entries[declaration.id] = entry
        for length in range(len(entry.names) + 1):
            self._by_prefix.setdefault(entry.names[:length], {})[declaration.id] = entry
        if stateful and _is_complete(entry.keys):
            self._publish(_event(entry, entry.keys.values(), entry.changed, initial=True))
        return declaration.id

    def undeclare(self, declaration: int) -> None:
        """Take an event away; its subscribers hear nothing. UsageError for an unknown id."""
        entry = self._entries.pop(self._require(declaration).declaration.id)
        for length in range(len(entry.names) + 1):
            found = self._by_prefix[entry.names[:length]]
            del found[declaration]
            if not found:
                del self._by_prefix[entry.names[:length]]

    def drop_owner(self, owner: str) -> None:
        """Undeclare what an app declared, as when it ends."""
        for entry in [e for e in self._entries.values() if e.declaration.owner == owner]:
            self.undeclare(entry.declaration.id)

    def send(
        self, declaration: int, changes: Mapping[str, Value], at: datetime | None = None
    ) -> None:
        """Send an event; keys that `changes` leaves out keep their value.

        UsageError for an unknown declaration, a key that it does not have, a value of another
        type, or a key that still has no value.
        """
        entry = self._require(declaration)
        by_name = {key.name: key for key in entry.keys.values()}
        changed: list[Key] = []
        for name, value in changes.items():
            if name not in by_name:
                raise UsageError(f"event {entry.declaration.topic}: it has no key {name}")
            changed.append(by_name[name].with_value(value))
        self.send_keys(declaration, changed, at)

    def send_keys(
        self, declaration: int, changes: Iterable[Key], at: datetime | None = None
    ) -> None:
        """As `send`, with keys in their namespaces. Their roles and names do not matter."""
        entry = self._require(declaration)
        keys = dict(entry.keys)
        for change in changes:
            place = (change.name, change.namespace)
            if place not in keys:
                raise UsageError(f"event {entry.declaration.topic}: it has no key {change.name}")
            if change.value is not None:
                keys[place] = keys[place].with_value(change.value)
        if not _is_complete(keys):
            missing = ", ".join(key.name for key in keys.values() if key.value is None)
            raise UsageError(f"event {entry.declaration.topic}: no value for {missing}")
        moment = at or datetime.now(UTC)
        if entry.declaration.stateful:
            entry.keys = keys
            entry.changed = moment
        self._publish(_event(entry, keys.values(), moment))

    def find(self, topic: str, source: Mapping[str, Value] | None = None) -> int | None:
        """The first declaration of this very topic, with these source values when given."""
        levels = parse_topic(topic)
        for entry in self._by_prefix.get(tuple(name for _, name in levels), {}).values():
            if entry.declaration.levels != levels:
                continue
            if source is None or _values(entry.keys.values(), source=True) == dict(source):
                return entry.declaration.id
        return None

    def declarations(self) -> list[Declaration]:
        """Everything that is declared, with current values, oldest first."""
        return [_current(entry) for entry in self._entries.values()]

    def states(self, names: Sequence[str]) -> list[Event]:
        """The current states of the stateful events below a topic; a name "" is any level."""
        wanted = tuple(names)
        fixed = wanted[: wanted.index("")] if "" in wanted else wanted
        return [
            _event(entry, entry.keys.values(), entry.changed)
            for entry in self._by_prefix.get(fixed, {}).values()
            if entry.declaration.stateful
            and _is_complete(entry.keys)
            and _fits(entry.names, wanted)
        ]

    def listen(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call `callback` for each event from now on; returns the function that stops it."""
        self._listeners.append(callback)

        def stop() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return stop

    def _require(self, declaration: int) -> _Entry:
        entry = self._entries.get(declaration)
        if entry is None:
            raise UsageError(f"there is no declaration {declaration}")
        return entry

    def _publish(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:
                _LOG.exception("a listener failed on the event %s", event.topic)


def _values(keys: Iterable[Key], *, source: bool) -> dict[str, AnyValue]:
    return {
        key.name: key.value
        for key in keys
        if key.value is not None and key.is_source is source and not is_topic_key(key.name)
    }


def _is_complete(keys: Mapping[tuple[str, str], Key]) -> bool:
    return all(key.value is not None for key in keys.values())


def _fits(names: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return len(names) >= len(wanted) and all(
        want in ("", name) for name, want in zip(names, wanted, strict=False)
    )


def _event(entry: _Entry, keys: Iterable[Key], at: datetime, *, initial: bool = False) -> Event:
    declaration = entry.declaration
    return Event(declaration.id, declaration.levels, tuple(keys), declaration.stateful, at, initial)


def _current(entry: _Entry) -> Declaration:
    declaration = entry.declaration
    return Declaration(
        declaration.id,
        declaration.levels,
        tuple(entry.keys.values()),
        declaration.stateful,
        declaration.property_key,
        declaration.owner,
        declaration.nice_name,
    )
