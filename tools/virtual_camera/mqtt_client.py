# SPDX-License-Identifier: MIT
"""The camera's MQTT client: one connection to a broker, kept up while the client is active."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiomqtt

from tools.virtual_camera.mqtt_config import ClientConfig, Message

_log = logging.getLogger(__name__)
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 30.0
QUEUE_LIMIT = 1000
"""Messages that wait for the broker; what comes on top of them is dropped."""


@dataclass(frozen=True)
class Subscription:
    """A topic filter for incoming messages."""

    topic: str
    qos: int


class MqttClient:
    """`on_connected` is called at each connection, `on_message(topic, payload)` for what comes in.

    Belongs to the event loop.
    """

    def __init__(
        self, on_connected: Callable[[], None], on_message: Callable[[str, bytes], None]
    ) -> None:
        self._on_connected = on_connected
        self._on_message = on_message
        self._task: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._outgoing: asyncio.Queue[Message] = asyncio.Queue(QUEUE_LIMIT)
        self._subscriptions: tuple[Subscription, ...] = ()
        self._client: aiomqtt.Client | None = None
        self._dropped = 0

    @property
    def connected(self) -> bool:
        return self._client is not None

    def activate(self, config: ClientConfig) -> None:
        """Begin to connect; harmless when active."""
        if self._task is None:
            self._stop = asyncio.Event()
            self._task = asyncio.create_task(self._keep_connected(config, self._stop))

    async def deactivate(self) -> None:
        """Say good-bye, with the disconnect message, and stay away."""
        task, self._task = self._task, None
        if task is None:
            return
        self._stop.set()
        if not self.connected:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            done, _ = await asyncio.wait([task], timeout=3.0)
            if not done:
                task.cancel()
                await asyncio.wait([task])

    def publish(self, message: Message) -> None:
        """Send it when connected; an event of the time without a broker is not kept."""
        if not self.connected:
            return
        try:
            self._outgoing.put_nowait(message)
        except asyncio.QueueFull:
            if not self._dropped:
                _log.warning("the MQTT broker is too slow: messages are dropped")
            self._dropped += 1

    async def subscribe(self, subscriptions: Sequence[Subscription]) -> None:
        """Have these subscriptions instead of the old ones."""
        before, self._subscriptions = self._subscriptions, tuple(subscriptions)
        client = self._client
        if client is None:
            return
        wanted = {subscription.topic for subscription in subscriptions}
        try:
            for subscription in before:
                if subscription.topic not in wanted:
                    await client.unsubscribe(subscription.topic)
            await self._subscribe_all(client)
        except aiomqtt.MqttError as error:
            _log.info("MQTT: subscriptions wait for the next connection: %s", error)

    async def _keep_connected(self, config: ClientConfig, stop: asyncio.Event) -> None:
        delay = FIRST_RETRY_SECONDS
        while not stop.is_set():
            try:
                await self._connect(config, stop)
                delay = FIRST_RETRY_SECONDS
            except (aiomqtt.MqttError, OSError, ValueError) as error:
                _log.info("MQTT broker %s:%d: %s", config.host, config.port, error)
            if not config.reconnects:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), delay)
            delay = min(delay * 2, LONGEST_RETRY_SECONDS)

    async def _connect(self, config: ClientConfig, stop: asyncio.Event) -> None:
        """One connection, from its begin to its end."""
        async with _make(config) as client:
            self._outgoing = asyncio.Queue(QUEUE_LIMIT)
            self._dropped = 0
            try:
                await _send(client, config.message("connectMessage"))
                await self._subscribe_all(client)
                self._client = client
                self._on_connected()
                await self._serve(client, stop)
            finally:
                self._client = None
            if stop.is_set():
                await _send(client, config.message("disconnectMessage"))

    async def _serve(self, client: aiomqtt.Client, stop: asyncio.Event) -> None:
        tasks = [
            asyncio.create_task(self._send_outgoing(client)),
            asyncio.create_task(self._receive(client)),
            asyncio.create_task(_wait(stop)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send_outgoing(self, client: aiomqtt.Client) -> None:
        while True:
            await _send(client, await self._outgoing.get())

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            payload = message.payload
            data = payload if isinstance(payload, bytes) else str(payload or "").encode()
            self._on_message(str(message.topic), data)

    async def _subscribe_all(self, client: aiomqtt.Client) -> None:
        for subscription in self._subscriptions:
            await client.subscribe(subscription.topic, subscription.qos)


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


async def _send(client: aiomqtt.Client, message: Message | None) -> None:
    if message is not None:
        await client.publish(message.topic, message.payload, message.qos, message.retain)


def _make(config: ClientConfig) -> aiomqtt.Client:
    is_web = config.protocol in ("ws", "wss")
    return aiomqtt.Client(
        config.host,
        config.port,
        username=config.username or None,
        password=config.password or None,
        identifier=config.client_id,
        clean_session=config.clean_session,
        keepalive=config.keep_alive,
        timeout=config.connect_timeout,
        will=_will(config),
        transport="websockets" if is_web else "tcp",
        websocket_path=f"/{config.path.lstrip('/')}" if is_web else None,
        tls_context=_tls(config) if config.protocol in ("ssl", "wss") else None,
    )


def _will(config: ClientConfig) -> aiomqtt.Will | None:
    will = config.message("lastWillTestament")
    return None if will is None else aiomqtt.Will(will.topic, will.payload, will.qos, will.retain)


def _tls(config: ClientConfig) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not config.validates:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if config.alpn:
        context.set_alpn_protocols([config.alpn])
    return context
