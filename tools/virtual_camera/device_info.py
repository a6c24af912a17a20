# SPDX-License-Identifier: MIT
"""What the camera says of itself: basicdeviceinfo, systemready, apidiscovery and usergroup."""

from __future__ import annotations

from aiohttp import web

from tools.virtual_camera.json_cgi import Data, JsonCgi, JsonCgiError
from tools.virtual_camera.parameters import ParameterStore
from tools.virtual_camera.power import Power
from tools.virtual_camera.server import ACCOUNT, Gate
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access, Account, UserStore
from tools.virtual_camera.web import text

_UNKNOWN_PROPERTY = 1000
_DOCUMENTS = "https://developer.axis.com/vapix/"
_ROLES = {
    Access.VIEWER: "viewer",
    Access.OPERATOR: "operator viewer",
    Access.ADMIN: "admin operator viewer",
}


def basic_device_info(parameters: ParameterStore, gate: Gate, unsupported: Unsupported) -> JsonCgi:
    """basicdeviceinfo.cgi (VAPIX Basic device information): some properties are for anybody."""
    open_properties = _unrestricted_properties(parameters)
    properties = open_properties | {
        "Architecture": parameters.get("Properties.System.Architecture") or "",
        "Soc": parameters.get("Properties.System.Soc") or "",
        "SocSerialNumber": "",
    }

    def select(params: Data) -> Data:
        wanted = params.get("propertyList")
        if not isinstance(wanted, list) or not wanted:
            raise JsonCgiError(_UNKNOWN_PROPERTY, "propertyList is missing or no list")
        for name in wanted:
            if name not in properties:
                raise JsonCgiError(_UNKNOWN_PROPERTY, f"The property {name!r} does not exist")
        return {"propertyList": {name: properties[name] for name in wanted}}

    api = JsonCgi(
        "basicdeviceinfo", ("1.0", "1.1", "1.2", "1.3"), gate, unsupported, names_method=False
    )
    api.add("getAllProperties", Access.OPERATOR, lambda _: {"propertyList": properties})
    api.add("getProperties", Access.OPERATOR, select)
    api.add(
        "getAllUnrestrictedProperties",
        Access.ANONYMOUS,
        lambda _: {"propertyList": open_properties},
    )
    return api


def _unrestricted_properties(parameters: ParameterStore) -> dict[str, str]:
    """What getAllUnrestrictedProperties shows: the same facts as the parameters have."""
    named = {
        "Brand": "Brand.Brand",
        "BuildDate": "Properties.Firmware.BuildDate",
        "HardwareID": "Properties.System.HardwareID",
        "ProdFullName": "Brand.ProdFullName",
        "ProdNbr": "Brand.ProdNbr",
        "ProdShortName": "Brand.ProdShortName",
        "ProdType": "Brand.ProdType",
        "ProdVariant": "Brand.ProdVariant",
        "SerialNumber": "Properties.System.SerialNumber",
        "Version": "Properties.Firmware.Version",
        "WebURL": "Brand.WebURL",
    }
    return {name: parameters.get(parameter) or "" for name, parameter in named.items()}


def system_ready(users: UserStore, power: Power, gate: Gate, unsupported: Unsupported) -> JsonCgi:
    """systemready.cgi: this camera is ready as soon as it answers."""

    def tell(_params: Data) -> Data:
        return {
            "systemready": "yes",
            "needsetup": "no" if users.has_admin() else "yes",
            "uptime": str(power.uptime),
            "bootid": power.boot_id,
        }

    versions = ("1.0", "1.1", "1.2", "1.3", "1.4")
    api = JsonCgi("systemready", versions, gate, unsupported)
    api.add("systemready", Access.ANONYMOUS, tell)
    return api


class ApiDiscovery:
    """apidiscovery.cgi: lists the APIs that were announced to it, and no others."""

    def __init__(self, gate: Gate, unsupported: Unsupported) -> None:
        self._apis: list[dict[str, str]] = []
        self.cgi = JsonCgi("apidiscovery", ("1.0",), gate, unsupported)
        self.cgi.add("getApiList", Access.VIEWER, lambda _: {"apiList": self._apis})
        self.announce("api-discovery", "1.0", "API Discovery Service")

    def announce(self, api: str, version: str, name: str) -> None:
        self._apis.append(
            {
                "id": api,
                "version": version,
                "name": name,
                "status": "official",
                "docLink": _DOCUMENTS,
            }
        )


async def user_group(request: web.Request) -> web.StreamResponse:
    """usergroup.cgi: who am I, and in which groups."""
    account: Account = request[ACCOUNT]
    ptz = " ptz" if account.ptz or account.access is Access.ADMIN else ""
    return text(f"{account.name}\n{account.name} {_ROLES[account.access]}{ptz}\n")
