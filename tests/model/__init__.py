# SPDX-License-Identifier: MIT
"""The model of a session's life, checked in full for small numbers."""
