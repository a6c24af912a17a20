# SPDX-License-Identifier: MIT
"""Topic filters in the ONVIF ConcreteSet dialect: paths, `//.` for all below, `|` for either.

The prefixes of ONVIF's and Axis' topics are tns1 or onvif, and tnsaxis or axis. A level without a
prefix fits in any namespace: documented examples leave prefixes out below a level that has one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tools.virtual_camera.event_keys import TopicLevel
from tools.virtual_camera.event_message import resolve

_LEVEL = re.compile(r"(?:([A-Za-z_][\w.-]*):)?([^\s/:|*\[\]()\"']+)")
_PREFIXES = {"tns1": "tns1", "onvif": "tns1", "tnsaxis": "tnsaxis", "axis": "tnsaxis"}
_MAX_LENGTH = 8192


class FilterError(ValueError):
    """The filter cannot be understood; the message says what of it."""


@dataclass(frozen=True)
class _Path:
    levels: tuple[TopicLevel, ...]
    subtree: bool

    def matches(self, topic: Sequence[TopicLevel]) -> bool:
        if len(topic) < len(self.levels) or (len(topic) > len(self.levels) and not self.subtree):
            return False
        return all(
            name == wanted and namespace in ("", own)
            for (namespace, wanted), (own, name) in zip(self.levels, topic, strict=False)
        )


@dataclass(frozen=True)
class TopicFilter:
    """A parsed filter."""

    paths: tuple[_Path, ...]

    def matches(self, levels: Sequence[TopicLevel]) -> bool:
        topic = resolve(levels)
        return any(path.matches(topic) for path in self.paths)


def parse_topic_filter(text: str) -> TopicFilter:
    """FilterError when `text` is not in the dialect."""
    if len(text) > _MAX_LENGTH:
        raise FilterError(f"the topic filter is longer than {_MAX_LENGTH} characters")
    return TopicFilter(tuple(_parse_path(part.strip()) for part in text.split("|")))


def _parse_path(text: str) -> _Path:
    subtree = text.endswith(("//.", "//"))
    path = text.removesuffix("//.").removesuffix("//") if subtree else text
    if not path and subtree:
        return _Path((), subtree=True)
    levels: list[TopicLevel] = []
    for level in path.split("/"):
        match = _LEVEL.fullmatch(level)
        if match is None:
            raise FilterError(f"the topic filter {text!r} has no valid level at {level!r}")
        prefix, name = match[1], match[2]
        if prefix is not None and prefix not in _PREFIXES:
            raise FilterError(f"the topic filter {text!r} has the unknown prefix {prefix!r}")
        levels.append((_PREFIXES[prefix] if prefix else "", name))
    return _Path(tuple(levels), subtree)
