# SPDX-License-Identifier: MIT
"""A stand-in for Axis's ACAP Native SDK image, made from Debian packages, to test with.

It obeys the documented contract ("ACAP Native SDK": where the environment and the sysroot are, what
acap-build takes and leaves), under a name of its own. What it builds is for the virtual camera.
"""

from tools.sdk_standin.image import NAME, require

__all__ = ["NAME", "require"]
