# SPDX-License-Identifier: MIT
"""client.cgi and event.cgi of MQTT: the settings, kept in one file, and what they set in motion."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from tools.virtual_camera.events import Event, EventService
from tools.virtual_camera.files import write_text_atomically
from tools.virtual_camera.json_cgi import Codes, Data, JsonCgi, JsonCgiError
from tools.virtual_camera.mqtt_bridge import Publications, Subscriptions
from tools.virtual_camera.mqtt_client import MqttClient
from tools.virtual_camera.mqtt_config import (
    INVALID,
    ClientConfig,
    default_config,
    from_shown,
    parse_config,
)
from tools.virtual_camera.server import Gate
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access

_log = logging.getLogger(__name__)
CODES = Codes(
    forbidden=2105,
    http_type=2102,
    version=2100,
    method=2102,
    json=2101,
    parameter=2103,
    internal=1100,
)
PUBLISHES_STATES = True
"""Whether current states are published at each connection and after a configuration
[unconfirmed]."""
_CLIENT, _BRIDGE = ("1.0",), ("1.3",)


class MqttApi:
    """Both CGIs over one client. Runs between `start` and `stop`."""

    def __init__(
        self, events: EventService, path: Path, serial: str, gate: Gate, unsupported: Unsupported
    ) -> None:
        self._events = events
        self._path = path
        self._serial = serial
        self._config = default_config(serial)
        self._active = False
        self._publications = Publications()
        self._subscriptions = Subscriptions()
        self._client = MqttClient(self._publish_states, self._receive)
        self._load()
        options: dict[str, Any] = {"codes": CODES, "echoes_version": True}
        self.client = JsonCgi("mqtt/client", _CLIENT, gate, unsupported, **options)
        self.events = JsonCgi("mqtt/event", _BRIDGE, gate, unsupported, **options)
        self._add_methods()

    def _add_methods(self) -> None:
        add = self.client.add
        add("configureClient", Access.ADMIN, self._configure)
        add("activateClient", Access.ADMIN, self._activate)
        add("deactivateClient", Access.ADMIN, self._deactivate)
        add("getClientStatus", Access.ADMIN, self._status)
        add = self.events.add
        add("configureEventPublication", Access.ADMIN, self._configure_publication)
        add("getEventPublicationConfig", Access.ADMIN, self._get_publication)
        add("configureMqttSubscription", Access.ADMIN, self._configure_subscription)
        add("getMqttSubscriptionConfig", Access.ADMIN, self._get_subscription)

    async def start(self) -> None:
        """Connect again if the client was active; that outlives a restart."""
        self._events.listen(self._publish)
        self._subscriptions.declare(self._events)
        await self._client.subscribe(self._subscriptions.wanted(self._config.prefix))
        if self._active and self._config.host:
            self._client.activate(self._config)

    async def reconnect(self) -> None:
        """As after a reboot."""
        await self._client.deactivate()
        if self._active and self._config.host:
            self._client.activate(self._config)

    async def stop(self) -> None:
        await self._client.deactivate()

    async def _configure(self, params: Data) -> Data:
        self._config = parse_config(params, self._serial, self._config.password)
        self._save()
        await self._client.deactivate()
        await self._client.subscribe(self._subscriptions.wanted(self._config.prefix))
        if self._active:
            self._client.activate(self._config)
        return {}

    def _activate(self, _params: Data) -> Data:
        if not self._config.host:
            raise JsonCgiError(INVALID, "The client is not configured: server.host is empty")
        self._active = True
        self._save()
        self._client.activate(self._config)
        return {}

    async def _deactivate(self, _params: Data) -> Data:
        self._active = False
        self._save()
        await self._client.deactivate()
        return {}

    def _status(self, _params: Data) -> Data:
        return {
            "status": {
                "state": "active" if self._active else "inactive",
                "connectionStatus": "connected" if self._client.connected else "disconnected",
            },
            "config": self._config.public(),
        }

    def _configure_publication(self, params: Data) -> Data:
        self._publications = Publications(params)
        self._save()
        self._publish_states()
        return {}

    def _get_publication(self, _params: Data) -> Data:
        return {"eventPublicationConfig": self._publications.shown}

    async def _configure_subscription(self, params: Data) -> Data:
        subscriptions = Subscriptions(params)
        self._subscriptions.withdraw(self._events)
        self._subscriptions = subscriptions
        subscriptions.declare(self._events)
        self._save()
        await self._client.subscribe(subscriptions.wanted(self._config.prefix))
        return {}

    def _get_subscription(self, _params: Data) -> Data:
        return {"mqttSubscriptionConfig": self._subscriptions.shown}

    def _publish(self, event: Event) -> None:
        if self._client.connected:
            for message in self._publications.messages(event, self._config):
                self._client.publish(message)

    def _publish_states(self) -> None:
        if PUBLISHES_STATES:
            for state in self._events.states([]):
                self._publish(state)

    def _receive(self, topic: str, payload: bytes) -> None:
        self._subscriptions.receive(self._events, self._config.prefix, topic, payload)

    def _save(self) -> None:
        kept = {
            "version": 1,
            "active": self._active,
            "client": self._config.shown,
            "publication": self._publications.shown,
            "subscription": self._subscriptions.shown,
        }
        write_text_atomically(self._path, json.dumps(kept), mode=0o600)

    def _load(self) -> None:
        if not self._path.exists():
            return
        try:
            kept = json.loads(self._path.read_text())
            config: ClientConfig = from_shown(kept["client"], self._serial)
            self._publications = Publications(kept["publication"])
            self._subscriptions = Subscriptions(kept["subscription"])
            self._config, self._active = config, bool(kept["active"])
        except (ValueError, KeyError, TypeError, JsonCgiError) as error:
            aside = self._path.with_suffix(".broken")
            self._path.replace(aside)
            _log.warning("%s does not parse (%s); kept as %s", self._path, error, aside.name)
