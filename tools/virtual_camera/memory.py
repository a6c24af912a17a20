# SPDX-License-Identifier: MIT
"""Keeps a camera small: memory that it no longer uses goes back to the machine (glibc, mallopt(3)).

A picture takes some megabytes for a moment. glibc would keep them for the next one, and more in the
arena of each thread that ever made one.
"""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_PICTURE_PART = 1 << 20
"""bytes; what is larger is taken from the machine for itself and goes back when it is freed"""


def stay_small() -> None:
    """For the whole process, from now on. Nothing happens with another C library than glibc."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_MMAP_THRESHOLD, _PICTURE_PART)
        library.mallopt(_M_TRIM_THRESHOLD, _PICTURE_PART)
        library.mallopt(_M_ARENA_MAX, 2)


def give_back() -> None:
    """Give back what is free by now, as after a start."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(ctypes.c_size_t(0))
