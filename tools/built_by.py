# SPDX-License-Identifier: MIT
"""What compiled a package."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BuiltBy:
    """The compiler, and the SDK image that it is in."""

    compiler: str
    flags: str
    """CFLAGS and LDFLAGS"""
    image: str = ""
    """The image's name, "" without one"""
    digest: str = ""
    """The image's digest in its registry, or its id where it has none"""
