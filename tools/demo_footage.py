# SPDX-License-Identifier: MIT
"""The footage that the demo and the tests show to the virtual camera.

vtest.avi is OpenCV's pedestrian clip (795 frames, 768x576, 10 per second): people walking past a
parked car and van, seen from a mast. It is taken out of Debian's package opencv-doc and stays on
this machine: its rights are not clear enough for it to be part of the project.
"""

from __future__ import annotations

from pathlib import Path

from tools.debian import fetch_member

CLIP = Path(__file__).resolve().parents[1] / ".cache" / "footage" / "vtest.avi"

_PACKAGE = "opencv-doc"
_MEMBER = "usr/share/doc/opencv-doc/examples/data/vtest.avi"
_SHA256 = "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf"


def fetch_street_clip() -> Path:
    """The clip, fetched first where it is missing. Raises SetupError when it cannot be had."""
    return fetch_member(_PACKAGE, _MEMBER, CLIP, sha256=_SHA256)
