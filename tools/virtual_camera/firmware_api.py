# SPDX-License-Identifier: MIT
"""firmwaremanagement.cgi (VAPIX Firmware management API) and restart.cgi: what runs, and reboots.
There is no other firmware to go back to; methods that would change it are refused and counted."""

from __future__ import annotations

from aiohttp import web

from tools.virtual_camera.json_cgi import Codes, Data, JsonCgi, JsonCgiError
from tools.virtual_camera.parameters import ParameterStore
from tools.virtual_camera.power import Power
from tools.virtual_camera.server import Gate
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access
from tools.virtual_camera.web import Handler, text

_NO_OLD_FIRMWARE = 404
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
    parameters: ParameterStore, power: Power, gate: Gate, unsupported: Unsupported
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

    def reboot(_params: Data) -> Data:
        power.reboot_soon()
        return {}

    def roll_back(_params: Data) -> Data:
        raise JsonCgiError(_NO_OLD_FIRMWARE, "No old firmware exists to rollback to")

    def commit(_params: Data) -> Data:
        return {"firmwareVersion": parameters.get("Properties.Firmware.Version") or ""}

    api.add("reboot", Access.ADMIN, reboot)
    api.add("commit", Access.ADMIN, commit)
    api.add("rollback", Access.ADMIN, roll_back)
    api.add("purge", Access.ADMIN, lambda _: {})
    return api


def restart(power: Power) -> Handler:
    """restart.cgi, the older way; that its answer is this page is unconfirmed."""

    async def handle(_request: web.Request) -> web.StreamResponse:
        power.reboot_soon()
        return text("Restarting\n")

    return handle
