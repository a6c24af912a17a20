# SPDX-License-Identifier: MIT
"""Small older CGIs: date.cgi (VAPIX System date and time), com/ptz.cgi (VAPIX Pan/tilt/zoom) on a
camera that has none, disks/list.cgi and record/list.cgi (VAPIX Edge storage)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement

from aiohttp import web

from tools.virtual_camera.storage import Card, Storage
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.web import arguments, text, xml

_XSI = "http://www.w3.org/2001/XMLSchema-instance"


class DateCgi:
    """The time in the zone that is set; the clock itself is the machine's and cannot be set."""

    def __init__(self, now: Callable[[], datetime], unsupported: Unsupported) -> None:
        self._now = now
        self._unsupported = unsupported

    async def handle(self, request: web.Request) -> web.StreamResponse:
        action = dict(await arguments(request)).get("action", "")
        forms = {"get": "%b %d, %Y %H:%M:%S", "getdate": "%b %d, %Y", "gettime": "%H:%M:%S"}
        if action in forms:
            return text(self._now().strftime(forms[action]) + "\n")
        self._unsupported.note("vapix", f"date.cgi action={action}")
        return text("Request failed: this virtual camera has the clock of its machine\n")


class PtzCgi:
    """Errors come with status 200, as on a device."""

    def __init__(self, unsupported: Unsupported) -> None:
        self._unsupported = unsupported

    async def handle(self, request: web.Request) -> web.StreamResponse:
        given = [name for name, _ in await arguments(request) if name != "camera"]
        self._unsupported.note("vapix", f"com/ptz.cgi {' '.join(given)[:100]}".strip())
        return text("Error:\nThis camera has no pan, tilt or zoom\n")


class StorageLists:
    """The virtual SD card and network share, as clients list them. Nothing is ever recorded."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def disks(self, request: web.Request) -> web.StreamResponse:
        wanted = dict(await arguments(request)).get("diskid", "all")
        cards = [card for card in self._storage.cards() if wanted in ("all", card.id)]
        root = _root("disk/list1.xsd")
        disks = SubElement(root, "disks", {"numberofdisks": str(len(cards))})
        for number, card in enumerate(cards):
            SubElement(disks, "disk", self._describe(card, number))
        return xml(root)

    async def recordings(self, _request: web.Request) -> web.StreamResponse:
        root = _root("recording/list1.xsd")
        none = {"totalnumberofrecordings": "0", "numberofrecordings": "0"}
        SubElement(root, "recordings", none)
        return xml(root)

    def _describe(self, card: Card, number: int) -> dict[str, str]:
        total = free = 0
        if card.available:
            usage = shutil.disk_usage(self._storage.folder.parent)
            total, free = usage.total >> 10, 0 if card.full else usage.free >> 10
        return {
            "diskid": card.id,
            "name": "",
            "totalsize": str(total),
            "freesize": str(free),
            "cleanuplevel": "90",
            "cleanupmaxage": "7",
            "cleanuppolicy": "fifo",
            "locked": "no",
            "full": "yes" if card.full else "no",
            "readonly": "yes" if card.write_protected else "no",
            "status": "OK" if card.available else "disconnected",
            "filesystem": "ext4" if card.id == "SD_DISK" else "cifs",
            "group": f"S{number}",
            "requiredfilesystem": "none",
            "encryptionenabled": "false",
            "diskencrypted": "false",
        }


def _root(schema: str) -> Element:
    location = f"http://www.axis.com/vapix/http_cgi/{schema}"
    return Element("root", {"xmlns:xsi": _XSI, "xsi:noNamespaceSchemaLocation": location})
