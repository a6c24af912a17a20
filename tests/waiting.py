# SPDX-License-Identifier: MIT
"""Waiting for something named, the only way in which a test may wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    predicate: Callable[[], T], what: str, timeout: float = 10.0, every: float = 0.02
) -> T:
    """Call `predicate` every `every` seconds until it is truthy, and return what it returned.

    AssertionError "waited N s in vain for WHAT" with the last value after `timeout` seconds; an
    exception of the predicate passes through.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout:g} s in vain for {what}; last: {value!r}")
        time.sleep(every)
