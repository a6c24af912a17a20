# SPDX-License-Identifier: MIT
"""The settings of the MQTT client, as client.cgi takes and shows them (VAPIX MQTT client API)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tools.virtual_camera.json_cgi import JsonCgiError

Data = dict[str, Any]
MISSING, INVALID = 2103, 2104
_PORTS = {"tcp": 1883, "ssl": 8883, "ws": 80, "wss": 443}
_HIDDEN = "*****"
_MAX_TEXT = 1024


@dataclass(frozen=True)
class Message:
    """One message of the client itself: connected, disconnected, or the last will."""

    topic: str
    payload: str
    qos: int
    retain: bool


@dataclass(frozen=True)
class ClientConfig:
    """What the client needs to connect. `shown` is the whole configuration as it was set, with
    defaults and with the password."""

    protocol: str
    host: str
    port: int
    path: str
    alpn: str
    username: str
    password: str
    client_id: str
    keep_alive: int
    """seconds"""
    connect_timeout: int
    """seconds"""
    clean_session: bool
    reconnects: bool
    prefix: str
    """the device topic prefix"""
    validates: bool
    """whether the broker's certificate is checked"""
    shown: Data
    serial: str

    def public(self) -> Data:
        """`shown` without the password."""
        return {**self.shown, "password": _HIDDEN if self.password else ""}

    def message(self, kind: str) -> Message | None:
        """connectMessage, disconnectMessage or lastWillTestament; None when there is none."""
        given = self.shown.get(kind)
        if given is None:
            return None
        if given["useDefault"]:
            return Message(f"{self.prefix}/event/connection", self._default(kind), 1, True)
        return Message(given["topic"], given["message"], given["qos"], given["retain"])

    def _default(self, kind: str) -> str:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        described = {"connectMessage": "Connected", "disconnectMessage": "Disconnected"}
        return json.dumps(
            {
                "serialNumber": self.serial,
                "connected": kind == "connectMessage",
                "description": described.get(kind, "Connection Lost"),
                "timestamp": now if kind in described else None,
            }
        )


def parse_config(params: Data, serial: str, old_password: str = "") -> ClientConfig:
    """The configuration that `params` of configureClient gives.

    JsonCgiError 2103 for what is missing, 2104 for what is wrong or not had by this camera.
    """
    server = _Fields(_object(params, "server"), "server.")
    fields = _Fields(params, "")
    host = server.text("host")
    if not host:
        raise JsonCgiError(MISSING, "Required parameter missing: server.host")
    protocol = server.text("protocol", "tcp")
    if protocol not in _PORTS:
        raise JsonCgiError(INVALID, f"server.protocol is none of {', '.join(_PORTS)}")
    keeps = fields.boolean("keepExistingPassword", False)
    password = old_password if keeps else fields.text("password", "")
    shown: Data = {
        "server": {
            "protocol": protocol,
            "host": host,
            "port": server.number("port", _PORTS[protocol], 1, 65535),
            "basepath": server.text("basepath", ""),
            "alpnProtocol": server.text("alpnProtocol", ""),
        },
        "httpProxy": _no_proxy(fields, "httpProxy"),
        "httpsProxy": _no_proxy(fields, "httpsProxy"),
        "username": fields.text("username", ""),
        "password": password,
        "clientId": fields.text("clientId", serial),
        "keepAliveInterval": fields.number("keepAliveInterval", 60, 1, 65535),
        "connectTimeout": fields.number("connectTimeout", 60, 1, 3600),
        "cleanSession": fields.boolean("cleanSession", True),
        "autoReconnect": fields.boolean("autoReconnect", True),
        "deviceTopicPrefix": _topic(fields.text("deviceTopicPrefix", f"axis/{serial}")),
        "activateOnReboot": fields.boolean("activateOnReboot", True),
    }
    for kind in ("lastWillTestament", "connectMessage", "disconnectMessage"):
        if kind in params:
            shown[kind] = _message(_object(params, kind), kind)
    if "ssl" in params:
        shown["ssl"] = _ssl(_object(params, "ssl"))
    return from_shown(shown, serial)


def from_shown(shown: Data, serial: str) -> ClientConfig:
    """The configuration that was stored as `shown`."""
    server = shown["server"]
    return ClientConfig(
        protocol=server["protocol"],
        host=server["host"],
        port=server["port"],
        path=server["basepath"],
        alpn=server["alpnProtocol"],
        username=shown["username"],
        password=shown["password"],
        client_id=shown["clientId"],
        keep_alive=shown["keepAliveInterval"],
        connect_timeout=shown["connectTimeout"],
        clean_session=shown["cleanSession"],
        reconnects=shown["autoReconnect"],
        prefix=shown["deviceTopicPrefix"],
        validates=shown.get("ssl", {}).get("validateServerCert", True),
        shown=shown,
        serial=serial,
    )


def default_config(serial: str) -> ClientConfig:
    """What an unconfigured camera shows [unconfirmed]: no host, so it cannot be activated."""
    config = parse_config({"server": {"host": "-"}}, serial)
    server = {**config.shown["server"], "host": ""}
    return from_shown({**config.shown, "server": server}, serial)


class _Fields:
    """Typed access to an object of the request; errors name the parameter."""

    def __init__(self, given: Data, where: str) -> None:
        self._given = given
        self._where = where

    def text(self, name: str, default: str | None = None) -> str:
        value = self._get(name, default)
        if not isinstance(value, str) or len(value) > _MAX_TEXT:
            raise self._wrong(name, f"a text of at most {_MAX_TEXT} characters")
        return value

    def boolean(self, name: str, default: bool | None = None) -> bool:
        value = self._get(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def number(self, name: str, default: int | None, least: int, most: int) -> int:
        value = self._get(name, default)
        if type(value) is not int or not least <= value <= most:
            raise self._wrong(name, f"a number from {least} to {most}")
        return value

    def _get(self, name: str, default: Any) -> Any:
        """null is as good as nothing, for what may be left out."""
        value = self._given.get(name)
        value = default if value is None else value
        if value is None:
            raise JsonCgiError(MISSING, f"Required parameter missing: {self._where}{name}")
        return value

    def _wrong(self, name: str, wanted: str) -> JsonCgiError:
        return JsonCgiError(INVALID, f"{self._where}{name} must be {wanted}")


def _object(params: Data, name: str) -> Data:
    if name not in params:
        raise JsonCgiError(MISSING, f"Required parameter missing: {name}")
    if not isinstance(params[name], dict):
        raise JsonCgiError(INVALID, f"{name} must be an object")
    found: Data = params[name]
    return found


def _topic(text: str) -> str:
    if any(sign in text for sign in "+#\0"):
        raise JsonCgiError(INVALID, f"{text!r} is no topic to publish on")
    return text


def _no_proxy(fields: _Fields, name: str) -> str:
    if fields.text(name, ""):
        raise JsonCgiError(INVALID, f"{name}: this virtual camera knows no proxies")
    return ""


def _message(given: Data, kind: str) -> Data:
    fields = _Fields(given, f"{kind}.")
    if fields.boolean("useDefault", False):
        return {"useDefault": True}
    return {
        "useDefault": False,
        "topic": _topic(fields.text("topic")),
        "message": fields.text("message"),
        "retain": fields.boolean("retain"),
        "qos": fields.number("qos", None, 0, 2),
    }


def _ssl(given: Data) -> Data:
    fields = _Fields(given, "ssl.")
    for name in ("clientCertID", "CACertID"):
        if fields.text(name, ""):
            raise JsonCgiError(INVALID, f"ssl.{name}: this virtual camera stores no certificates")
    return {"validateServerCert": fields.boolean("validateServerCert", False)}
