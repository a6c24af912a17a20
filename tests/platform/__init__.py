# SPDX-License-Identifier: MIT
"""The platform libraries against the virtual camera's services; `make check` here runs them."""
