# SPDX-License-Identifier: MIT
"""What every Python test may use."""

from __future__ import annotations
