# SPDX-License-Identifier: MIT
"""Events as ONVIF metadata documents, one for each (VAPIX Event streaming, RTSP)."""

from __future__ import annotations

import uuid
from datetime import UTC
from xml.sax.saxutils import escape, quoteattr

from tools.virtual_camera.event_message import format_topic, message_of
from tools.virtual_camera.events import Event

_SIMPLE = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Simple"
_NAMESPACES = {
    "tns1": "http://www.onvif.org/ver10/topics",
    "tnsaxis": "http://www.axis.com/2009/event/topics",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wsa5": "http://www.w3.org/2005/08/addressing",
}


def producer_of(serial: str) -> str:
    """The address that the camera of this serial number names as the source of its events."""
    return f"uri://{uuid.uuid5(uuid.NAMESPACE_OID, serial)}/ProducerReference"


def document(event: Event, producer: str, *, initial: bool = False) -> bytes:
    """The document of an event. `initial` is the state that a new listener is told of; a stateless
    event has no operation."""
    message = message_of(event)
    operation = ""
    if event.stateful:
        kind = "Initialized" if initial or event.initial else "Changed"
        operation = f' PropertyOperation="{kind}"'
    moment = event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    names = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in _NAMESPACES.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema">\n'
        f"<tt:Event><wsnt:NotificationMessage{names}>"
        f'<wsnt:Topic Dialect="{_SIMPLE}">{escape(format_topic(event.levels))}</wsnt:Topic>'
        f"<wsnt:ProducerReference><wsa5:Address>{producer}</wsa5:Address></wsnt:ProducerReference>"
        f'<wsnt:Message><tt:Message UtcTime="{moment}"{operation}>'
        f"{_items('Source', message['source'])}<tt:Key></tt:Key>{_items('Data', message['data'])}"
        "</tt:Message></wsnt:Message></wsnt:NotificationMessage></tt:Event></tt:MetadataStream>\n"
    ).encode()


def _items(name: str, values: dict[str, str]) -> str:
    items = "".join(
        f"<tt:SimpleItem Name={quoteattr(key)} Value={quoteattr(value)}/>"
        for key, value in values.items()
    )
    return f"<tt:{name}>{items}</tt:{name}>"
