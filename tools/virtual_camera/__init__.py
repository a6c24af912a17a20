# SPDX-License-Identifier: MIT
"""A virtual Axis camera: VAPIX over HTTP, installed apps that really run, events, pictures.

Start one with `python -m tools.virtual_camera`, or from Python with `camera.VirtualCamera`. The
package knows nothing else of its project but tools.eap and tools.errors, so others can use it.
"""
