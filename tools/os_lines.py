# SPDX-License-Identifier: MIT
"""What differs between the AXIS OS lines that the app is built for."""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.errors import UsageError


@dataclass(frozen=True)
class OsLine:
    """One line: which manifest it takes, and which SDK builds for all of it."""

    number: int
    schema_version: str
    """The newest manifest schema that all cameras of the line understand."""
    embedded_sdk_version: str
    """Of the framework, not of the SDK; "" where the schema forbids it."""
    sdk_version: str
    """The oldest SDK that is good for the line, so that the app runs on all of it."""
    ubuntu: str
    vendor_id: str = ""
    """Ten hexadecimal digits; it must stay the same over upgrades (upload error 27)."""
    compatible_os_versions: list[dict[str, str]] = field(default_factory=list)

    def sdk_image(self, architecture: str) -> str:
        """The image that Axis publishes for this line and architecture."""
        return f"axisecp/acap-native-sdk:{self.sdk_version}-{architecture}-ubuntu{self.ubuntu}"


DEFAULT = 12
LINES = {
    # The long-term track 11.11; its first SDK, since 1.15.2 and .3 need later patches of it.
    11: OsLine(11, "1.7.0", "3.0", "1.15", "22.04"),
    # Schema 1.7.1 is understood from 12.0 on. SDKs 12.0 to 12.3 build armv7hf with wrong flags for
    # time_t, and those from 12.10 on raise the schema version to one that older cameras refuse.
    12: OsLine(12, "1.7.1", "3.0", "12.4.0", "24.04"),
    # Manifest v2 is mandatory. 1234567890 is what Axis's examples use; a partner has an own one.
    13: OsLine(
        13,
        "2.0.0",
        "",
        "13.0.0-alpha",
        "26.04",
        vendor_id="1234567890",
        compatible_os_versions=[{"min": "12.10", "max": "13"}],
    ),
}


def os_line(number: int) -> OsLine:
    """The line called `number`; UsageError when there is none."""
    if number not in LINES:
        known = ", ".join(str(n) for n in LINES)
        raise UsageError(f"AXIS OS {number} is no line that this can build for", f"known: {known}")
    return LINES[number]
