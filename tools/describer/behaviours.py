# SPDX-License-Identifier: MIT
"""What a ScriptedDescriber can be told to do with a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """An answer, after `delay` seconds. With a schema asked for: {"description": text, **answers},
    where questions that `answers` does not name get false, 0 or "" by their type."""

    text: str = "A scripted scene."
    answers: Mapping[str, Any] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True)
class Hang:
    """No answer until `release()`, then `reply`."""

    reply: Reply = field(default_factory=Reply)


@dataclass(frozen=True)
class Status:
    """An error of the server: 429, 500, 401 ..., with Retry-After in seconds if given."""

    status: int
    retry_after: int | None = None
    message: str = "scripted error"


@dataclass(frozen=True)
class Raw:
    """Status 200 with this body: not JSON, JSON of another shape, content that is no JSON."""

    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True)
class Garbage:
    """Bytes that are not HTTP, then the connection is closed."""

    data: bytes = b"\x00\xffnot http at all\r\n\r\n"


@dataclass(frozen=True)
class Cut:
    """The connection is reset, after the headers and half of a body or before anything."""

    after_headers: bool = False


Behaviour = Reply | Hang | Status | Raw | Garbage | Cut
