# SPDX-License-Identifier: MIT
"""Proof of the session engine: random histories, and mistakes that they must find."""
