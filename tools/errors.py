# SPDX-License-Identifier: MIT
"""The one tree of errors that a task may end with.

    ToolError               exit code 1
      UsageError            2  the call itself is wrong: a bad option, an unknown name
      SetupError            3  something this machine lacks: a package, an engine, a permission
      BuildError            4  the compiler, make or the manifest refuses
        ManifestError          manifest.json breaks a rule of its schema
        PackageError           an .eap is broken or not what it says
      CameraError           5  a camera cannot be used
        Unreachable            nobody answers at that address
        Unauthorized           the camera knows the request but not the user, or not in that role
        Refused                the camera said no, and why (.code)
      AppError              6  the app on the camera answered with an error, or did not come up
      VerdictError          7  a demo or a test run found what must not be

Each says in one line what happened (the message) and what helps (the cure). `report` is the one
place that prints them.
"""

from __future__ import annotations

import sys
from typing import ClassVar, TextIO


class ToolError(Exception):
    """What a user can be told in one line. `cure` is empty where no better is known."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return self.message


class UsageError(ToolError):
    """The call is wrong as it was written: a bad option, an unknown name."""

    exit_code = 2


class SetupError(ToolError):
    """The machine lacks something: a package, an engine, a permission."""

    exit_code = 3


class BuildError(ToolError):
    """The compiler, make or the packer refused."""

    exit_code = 4


class ManifestError(BuildError):
    """A manifest breaks a rule; the message names the field, the rule and the cure."""


class PackageError(BuildError):
    """An .eap that is cut, broken, unsafe to unpack, or not what it claims to be."""


class CameraError(ToolError):
    """A camera cannot be used."""

    exit_code = 5


class Unreachable(CameraError):
    """Nobody answers at the camera's address."""


class Unauthorized(CameraError):
    """The camera refuses the user, the password or the user's role."""


class Refused(CameraError):
    """The camera understood and said no. `code` is its own error number, None without one."""

    def __init__(self, message: str, cure: str = "", code: int | None = None) -> None:
        super().__init__(message, cure)
        self.code = code


class AppError(ToolError):
    """The app on the camera answered with an error, or did not come up."""

    exit_code = 6


class VerdictError(ToolError):
    """A demo or a test run found what must not be, such as a session that outlived its trigger."""

    exit_code = 7


def report(error: ToolError, stream: TextIO | None = None) -> int:
    """Print `error` as its line and its cure; return the exit code of its class."""
    stream = stream or sys.stderr
    print(f"error: {error.message}", file=stream)
    if error.cure:
        print(f"  cure: {error.cure}", file=stream)
    return error.exit_code
