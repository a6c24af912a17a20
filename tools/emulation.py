# SPDX-License-Identifier: MIT
"""What a virtual camera of another architecture needs on this machine, made when it is missing."""

from __future__ import annotations

from tools import camera_root, debian, sysroot, toolchain
from tools.errors import UsageError
from tools.virtual_camera.emulation import find_emulator

ARCHITECTURES = ("host", *sysroot.TARGETS)
DEVICE_TESTS = {
    "aarch64": "not demo and not bad_profiles and not bad_input and not config_file",
    "armv7hf": "prompt_ends or edges or lifecycle or restarts",
}
"""The device tests that `invoke test` runs emulated, as pytest's -k: of the processor of today's
cameras all that hang on threads, time, events and pictures, of the older one the core of them. What
is left out reads JSON, which the C unit tests do on both. `invoke test-on-device --arch` runs all.
"""


def camera_options(architecture: str) -> list[str]:
    """The options of tools.virtual_camera for a camera of `architecture`.

    Builds the platform libraries; for another architecture than "host" also installs qemu and
    fetches the libraries that its apps run on. UsageError for one that does not exist, SetupError
    and BuildError as they say.
    """
    if architecture not in ARCHITECTURES:
        raise UsageError(
            f"there is no architecture {architecture!r}", f"known: {', '.join(ARCHITECTURES)}"
        )
    debian.require("camera")
    options = ["--arch", architecture]
    if architecture != "host":
        debian.require("emulation")
        options += ["--sysroot", str(camera_root.require(architecture))]
        toolchain.build_platform()  # for what emulated apps execute
    return [*options, "--platform", str(toolchain.build_platform(architecture) / "lib")]


def prefix(architecture: str) -> str:
    """What to put before a program of `architecture` on a command line: qemu and the sysroot; ""
    on a machine that runs it itself."""
    debian.require("emulation")
    emulator = find_emulator(architecture, sysroot.require(architecture).path)
    return f"{emulator.program} -L {emulator.sysroot}" if emulator else ""
