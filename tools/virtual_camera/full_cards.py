# SPDX-License-Identifier: MIT
"""Makes apps meet a full card: as `full_disk`, over the app's own area, where the machine can."""

from __future__ import annotations

import logging

from tools.errors import ToolError
from tools.virtual_camera.app_manager import AppManager
from tools.virtual_camera.full_disk import fill, free
from tools.virtual_camera.sandbox import Sandbox
from tools.virtual_camera.storage import Card

_log = logging.getLogger(__name__)


class FullCards:
    """Keeps what running apps meet as the cards are. Those that start later: see `Sandbox`."""

    def __init__(self, sandbox: Sandbox, manager: AppManager) -> None:
        self._sandbox = sandbox
        self._manager = manager

    async def apply(self, card: Card) -> None:
        """Before apps are told of a change of `card`. A machine that cannot do it is told once
        why; the card says that it is full, and takes more."""
        if not (self._sandbox.can_fill_disk and card.available):
            return
        act = fill if card.full else free
        for app in list(self._manager.apps.values()):
            async with app.lock:
                if app.runner.pid:
                    area = self._sandbox.area(app.place, card.id)
                    try:
                        await act(app.runner.pid, area, self._sandbox.card_disk(card.id))
                    except ToolError as error:
                        _log.warning("%s of %s: %s", card.id, app.place.app, error)
