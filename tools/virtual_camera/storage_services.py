# SPDX-License-Identifier: MIT
"""The camera's storage for apps, on its bus, and for people, under /virtual/storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tools.virtual_camera.bus_server import BusServer, Call, Reply, Service
from tools.virtual_camera.control_web import ControlError, boolean, guarded, json_body
from tools.virtual_camera.server import WebServer
from tools.virtual_camera.storage import LOCAL, Card, Storage, StorageError

_SWITCHES = ("inserted", "full", "writable")


class StorageOnBus:
    """virtualcamera.Storage1, as libaxstorage calls it. An app's use ends with its connection."""

    def __init__(self, storage: Storage, server: BusServer) -> None:
        self._storage = storage
        self._server = server
        self._service = Service(
            "virtualcamera.Storage1",
            {
                "List": ("", lambda _: Reply("as", [[card.id for card in storage.cards()]])),
                "GetStatus": ("s", self._get_status),
                "SetUp": ("s", self._set_up),
                "Release": ("s", self._release),
            },
        )
        storage.listen(self._announce)
        server.on_gone(storage.forget)

    async def start(self) -> None:
        await self._server.serve(self._service)

    def _get_status(self, call: Call) -> Reply:
        card = self._storage.card(call.body[0])
        return Reply("bbbb", [card.available, card.exiting, card.writable, card.full])

    def _set_up(self, call: Call) -> Reply:
        return Reply("u", [self._storage.set_up(call.body[0], call.sender).type])

    def _release(self, call: Call) -> Reply:
        self._storage.release(call.body[0], call.sender)
        return Reply()

    def _announce(self, card: Card) -> None:
        self._server.broadcast(self._service, "Changed", "s", [card.id])


class StorageApi:
    """GET and POST /virtual/storage."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def register(self, server: WebServer) -> None:
        server.add_open("GET", "/virtual/storage", guarded(self._list))
        server.add_open("POST", "/virtual/storage", guarded(self._change))

    async def _list(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"storage": [self._show(c) for c in self._storage.cards()]})

    async def _change(self, request: web.Request) -> web.StreamResponse:
        """{"id", "inserted"?, "full"?, "writable"?}, answered when it has happened: a card that is
        removed goes when every app has released it, or after the grace."""
        body = await json_body(request)
        id_ = body.get("id")
        if not isinstance(id_, str):
            raise ControlError(400, "badId", "id must be a text such as SD_DISK")
        unknown = body.keys() - {"id", *_SWITCHES}
        if unknown:
            raise ControlError(400, "badValue", f"there is no {min(unknown)} to change")
        try:
            card = await self._storage.change(id_, **_switches(body))
        except StorageError as error:
            raise ControlError(404, "unknownStorage", str(error)) from error
        return web.json_response(self._show(card))

    def _show(self, card: Card) -> dict[str, Any]:
        return {
            "id": card.id,
            "type": "local" if card.type == LOCAL else "external",
            "inserted": card.available,
            "exiting": card.exiting,
            "writable": card.writable,
            "full": card.full,
            "users": self._storage.users(card.id),
        }


def _switches(body: Mapping[str, Any]) -> dict[str, bool]:
    return {name: boolean(dict(body), name) for name in _SWITCHES if name in body}
