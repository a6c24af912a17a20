# SPDX-License-Identifier: MIT
"""firmwaremanagement.cgi (VAPIX Firmware management API): what runs. There is no other firmware to
change to, so every other method is refused and counted."""

from __future__ import annotations

from tools.virtual_camera.json_cgi import Codes, JsonCgi
from tools.virtual_camera.parameters import ParameterStore
from tools.virtual_camera.server import Gate
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access

_CODES = Codes(
    forbidden=403,
    http_type=400,
    version=417,
    method=405,
    json=400,
    parameter=400,
    internal=500,
)


def firmware_management(
    parameters: ParameterStore, gate: Gate, unsupported: Unsupported
) -> JsonCgi:
    """The CGI. What it says of an inactive firmware is left out, as documented: there is none."""
    api = JsonCgi("firmwaremanagement", ("1.0",), gate, unsupported, codes=_CODES)
    api.add(
        "status",
        Access.ADMIN,
        lambda _: {
            "activeFirmwareVersion": parameters.get("Properties.Firmware.Version") or "",
            "activeFirmwarePart": parameters.get("Properties.Firmware.BuildNumber") or "",
        },
    )
    return api
