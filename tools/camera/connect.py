# SPDX-License-Identifier: MIT
"""From a camera's name to the camera."""

from __future__ import annotations

from tools.camera.protocol import Camera
from tools.camera.real import RealCamera
from tools.camera.virtual import VirtualCamera
from tools.settings import VIRTUAL, find_camera, password_of
from tools.vapix import VapixClient


def connect(name: str = VIRTUAL) -> Camera:
    """The camera called `name` in cameras.toml, or the virtual one that is running.

    Nothing is sent yet. UsageError for an unknown name, SetupError without a running virtual
    camera or without a password.
    """
    settings = find_camera(name)
    password = password_of(settings)
    if settings.is_virtual:
        return VirtualCamera(settings, password)
    return RealCamera(
        settings, VapixClient(settings.url, settings.user, password, verify=settings.verify)
    )
