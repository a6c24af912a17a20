# SPDX-License-Identifier: MIT
"""What a virtual camera of another architecture needs on this machine, made when it is missing."""

from __future__ import annotations

from tools import debian, sysroot, toolchain
from tools.errors import UsageError

ARCHITECTURES = ("host", *sysroot.TARGETS)


def camera_options(architecture: str) -> list[str]:
    """The options of tools.virtual_camera for a camera of `architecture`.

    Builds the platform libraries; for another architecture than "host" also installs qemu and makes
    the sysroot. UsageError for one that does not exist, SetupError and BuildError as they say.
    """
    if architecture not in ARCHITECTURES:
        raise UsageError(
            f"there is no architecture {architecture!r}", f"known: {', '.join(ARCHITECTURES)}"
        )
    debian.require("camera")
    options = ["--arch", architecture]
    if architecture != "host":
        debian.require("emulation")
        options += ["--sysroot", str(sysroot.require(architecture).path)]
    return [*options, "--platform", str(toolchain.build_platform(architecture) / "lib")]
