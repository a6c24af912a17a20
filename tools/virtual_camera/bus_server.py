# SPDX-License-Identifier: MIT
"""Serving plain objects on the camera's bus, over dbus-fast's messages.

The messages are handled one by one in the event loop: what a call changes and what it answers is
seen by the apps in this order.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from dbus_fast import Message, MessageFlag, MessageType, NameFlag, RequestNameReply
from dbus_fast.aio import MessageBus

from tools.errors import SetupError, ToolError

_LOG = logging.getLogger(__name__)
_DAEMON = "org.freedesktop.DBus"


@dataclass(frozen=True)
class Reply:
    """What a method answers; descriptors are closed when they have been sent."""

    signature: str = ""
    body: list[Any] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Call:
    """One call: who makes it and with what."""

    sender: str
    body: list[Any]


Handler = Callable[[Call], Reply | Awaitable[Reply]]


@dataclass(frozen=True)
class Service:
    """A name on the bus, an object of the same interface and its methods. The bus name may be
    another one: `bus_name`.

    `methods` gives for each the signature of its arguments and its handler. A ToolError of a
    handler goes to the caller as its `dbus_name` or as INTERFACE.Error.KIND, where it has those.
    """

    name: str
    methods: dict[str, tuple[str, Handler]]
    bus_name: str = ""

    @property
    def owned_name(self) -> str:
        return self.bus_name or self.name

    @property
    def path(self) -> str:
        return "/" + self.name.replace(".", "/")


class PatientSocket:
    """The bus's socket as dbus-fast's writer needs it: a full socket takes nothing for now.

    dbus-fast 5.2 closes the connection when the socket is full (EAGAIN). To it, that is an error;
    that 0 bytes were written makes it wait until the socket is writable, as it should.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._unsent: Any = None

    def send(self, data: memoryview) -> int:
        try:
            if self._unsent is None:
                return self._socket.send(data)
            sent = self._socket.sendmsg([data], self._unsent)
        except BlockingIOError:
            return 0
        self._unsent = None
        return sent

    def sendmsg(self, buffers: list[memoryview], ancillary: Any) -> int:
        """The writer forgets the descriptors after this; when nothing was sent, `send` has them."""
        try:
            return self._socket.sendmsg(buffers, ancillary)
        except BlockingIOError:
            self._unsent = ancillary
            return 0


class BusServer:
    """The camera's connection to its bus."""

    def __init__(self, unsupported: Callable[[str, str], None]) -> None:
        self._unsupported = unsupported
        self._services: dict[str, Service] = {}
        self._gone: list[Callable[[str], None]] = []
        self._bus: MessageBus | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, address: str) -> None:
        bus = MessageBus(bus_address=address, negotiate_unix_fd=True)
        bus.add_message_handler(self._handle)
        self._bus = await bus.connect()
        writer = self._bus._writer
        assert writer is not None
        writer.sock = cast(socket.socket, PatientSocket(cast(socket.socket, writer.sock)))
        rule = f"type='signal',sender='{_DAEMON}',member='NameOwnerChanged'"
        await self._bus.call(
            Message(
                _DAEMON, "/org/freedesktop/DBus", _DAEMON, "AddMatch", signature="s", body=[rule]
            )
        )

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        bus, self._bus = self._bus, None
        if bus is not None and bus.connected:
            bus.disconnect()
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    async def serve(self, service: Service) -> None:
        """Answer calls to a service from now on. SetupError when the bus denies its name."""
        assert self._bus is not None
        self._services[service.name] = service
        reply = await self._bus.request_name(service.owned_name, NameFlag.DO_NOT_QUEUE)
        if reply is not RequestNameReply.PRIMARY_OWNER:
            raise SetupError(f"the bus does not give the name {service.name}")

    async def withdraw(self, service: Service) -> None:
        """Give the name back: for the apps, the service is down."""
        assert self._bus is not None
        self._services.pop(service.name, None)
        await self._bus.release_name(service.owned_name)

    async def process_of(self, sender: str) -> int:
        """The process behind a name on the bus, 0 when it is gone."""
        assert self._bus is not None
        asked = "GetConnectionUnixProcessID"
        message = Message(
            _DAEMON, "/org/freedesktop/DBus", _DAEMON, asked, signature="s", body=[sender]
        )
        reply = await self._bus.call(message)
        if reply is None or reply.message_type is not MessageType.METHOD_RETURN:
            return 0
        return int(reply.body[0])

    def on_gone(self, callback: Callable[[str], None]) -> None:
        """Call `callback(bus name)` for each connection that ends."""
        self._gone.append(callback)

    def broadcast(self, service: Service, member: str, signature: str, body: list[Any]) -> None:
        """Send a signal to everyone who asked the bus for it."""
        if service.name in self._services:
            self._send(Message.new_signal(service.path, service.name, member, signature, body))

    def _send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        if self._bus is None or not self._bus.connected:
            _close(descriptors)
            return

        def note(sent: asyncio.Future[None]) -> None:
            _close(descriptors)
            if not sent.cancelled() and (error := sent.exception()) is not None:
                _LOG.error("the bus is lost: %s", error)

        self._bus.send(message).add_done_callback(note)

    def _handle(self, message: Message) -> Message | bool | None:
        if message.message_type is MessageType.SIGNAL:
            if message.member == "NameOwnerChanged" and message.sender == _DAEMON:
                self._note_owner(message.body)
            return None
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        service = self._services.get(message.interface or "")
        if service is None or message.path != service.path:
            return None  # dbus-fast answers what every connection has, and refuses the rest
        known = service.methods.get(message.member or "")
        if known is None or known[0] != message.signature:
            self._unsupported("dbus", f"{message.interface}.{message.member}({message.signature})")
            return Message.new_error(message, f"{_DAEMON}.Error.UnknownMethod", "no such method")
        self._call(message, known[1])
        return True

    def _call(self, message: Message, handler: Handler) -> None:
        try:
            result = handler(Call(message.sender or "", message.body))
        except Exception as error:
            self._refuse(message, error)
            return
        if isinstance(result, Reply):
            self._answer(message, result)
            return
        task = asyncio.ensure_future(self._finish(message, result))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, message: Message, result: Awaitable[Reply]) -> None:
        try:
            reply = await result
        except Exception as error:
            self._refuse(message, error)
            return
        self._answer(message, reply)

    def _answer(self, message: Message, reply: Reply) -> None:
        if message.flags & MessageFlag.NO_REPLY_EXPECTED:
            _close(reply.descriptors)
            return
        answer = Message.new_method_return(message, reply.signature, reply.body, reply.descriptors)
        self._send(answer, reply.descriptors)

    def _refuse(self, message: Message, error: Exception) -> None:
        if not isinstance(error, ToolError):
            _LOG.error("%s.%s failed", message.interface, message.member, exc_info=error)
        kind = getattr(error, "kind", "Failed")
        if message.flags & MessageFlag.NO_REPLY_EXPECTED:
            _LOG.warning("%s.%s: %s", message.interface, message.member, error)
            return
        name = getattr(error, "dbus_name", "") or f"{message.interface}.Error.{kind}"
        self._send(Message.new_error(message, name, str(error) or type(error).__name__))

    def _note_owner(self, body: Sequence[str]) -> None:
        name, _, new = body
        if name.startswith(":") and not new:
            for callback in self._gone:
                callback(name)


def _close(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
