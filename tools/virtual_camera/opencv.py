# SPDX-License-Identifier: MIT
"""OpenCV, as a camera uses it. Import it where a picture is made: it takes as much memory as all
the rest of a camera."""

import cv2

cv2.setNumThreads(1)  # a camera is one of many programs on the machine

__all__ = ["cv2"]
