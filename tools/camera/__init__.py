# SPDX-License-Identifier: MIT
"""One way to drive a camera, real or virtual, so that the same tests run on both.

`connect` gives the camera of a name; `start_virtual_camera` starts a virtual one and stops it.
"""

from tools.camera.connect import connect
from tools.camera.control import ControlClient, Snapshot
from tools.camera.faults import Faults
from tools.camera.protocol import Camera, Trigger
from tools.camera.real import RealCamera
from tools.camera.virtual import VirtualCamera, start_virtual_camera, start_virtual_cameras

__all__ = [
    "Camera",
    "ControlClient",
    "Faults",
    "RealCamera",
    "Snapshot",
    "Trigger",
    "VirtualCamera",
    "connect",
    "start_virtual_camera",
    "start_virtual_cameras",
]
