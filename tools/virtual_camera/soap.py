# SPDX-License-Identifier: MIT
"""POST /vapix/services (VAPIX Event and action services): GetEventInstances; a fault for the rest.

The answer speaks the SOAP version of the request, 1.2 as documented or 1.1. Action rules are not
emulated: there are none to list, and calls to add one answer a fault and are counted.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from aiohttp import web

from tools.virtual_camera.event_tree import NAMESPACES, topic_set
from tools.virtual_camera.events import EventService
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.web import read_body

_SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
_SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
_EVENT = "http://www.axis.com/vapix/ws/event1"
_TAG = re.compile(rb"<[^<>]*>")
_UNSPACED = re.compile(rb"""(=\s*(?:"[^"]*"|'[^']*'))(?=[A-Za-z_:])""")
_ACTION = "http://www.axis.com/vapix/ws/action1"
_EMPTY = {
    **{
        (_ACTION, f"Get{what}"): f"aa:{what}"
        for what in (
            *("ActionRules", "ActionConfigurations", "ActionTemplates"),
            *("RecipientConfigurations", "RecipientTemplates"),
        )
    },
    (_EVENT, "GetScheduledEvents"): "aev:ScheduledEvents",
}
"""Calls that list what this camera never has, and the element of the list."""
_CONTENT_TYPES = {_SOAP_12: "application/soap+xml", _SOAP_11: "text/xml"}


class SoapFault(Exception):
    """The request is at fault; the message says how."""

    def __init__(self, message: str, version: str = _SOAP_12) -> None:
        super().__init__(message)
        self.message = message
        self.version = version


class SoapApi:
    """The address of all SOAP services."""

    def __init__(self, events: EventService, unsupported: Unsupported) -> None:
        self._events = events
        self._unsupported = unsupported

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            version, call = _parse(await read_body(request))
            namespace, name = _split(call.tag)
            empty = _EMPTY.get((namespace, name))
            if empty is not None:
                response = Element(f"{empty.partition(':')[0]}:{name}Response")
                SubElement(response, empty)
                return _answer(version, response, 200)
            if (namespace, name) != (_EVENT, "GetEventInstances"):
                self._unsupported.note("soap", f"{namespace} {name}")
                raise SoapFault(f"{name} of {namespace or 'no namespace'} is unknown", version)
        except SoapFault as fault:
            return _answer(fault.version, _fault(fault), 400 if fault.version == _SOAP_12 else 500)
        response = Element("aev:GetEventInstancesResponse")
        response.append(topic_set(self._events.declarations()))
        return _answer(version, response, 200)


def _parse(data: bytes) -> tuple[str, Element]:
    """The version of SOAP and the call in the body."""
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", data, re.IGNORECASE):
        raise SoapFault("a document type declaration is not allowed")
    try:
        root = ElementTree.fromstring(_spaced(data))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise SoapFault(f"the request is not well-formed: {error}") from error
    version, name = _split(root.tag)
    if name != "Envelope" or version not in _CONTENT_TYPES:
        raise SoapFault("the request is no SOAP envelope")
    body = root.find(f"{{{version}}}Body")
    if body is None or len(body) != 1:
        raise SoapFault("the body of the envelope does not have one call", version)
    return version, body[0]


def _spaced(data: bytes) -> bytes:
    """With the blank between two attributes that clients in the field leave out: the parser of a
    device does not need it."""
    return _TAG.sub(lambda tag: _UNSPACED.sub(rb"\1 ", tag[0]), data)


def _split(tag: str) -> tuple[str, str]:
    namespace, brace, name = tag.removeprefix("{").partition("}")
    return (namespace, name) if brace else ("", tag)


def _fault(fault: SoapFault) -> Element:
    element = Element("SOAP-ENV:Fault")
    if fault.version == _SOAP_11:
        SubElement(element, "faultcode").text = "SOAP-ENV:Client"
        SubElement(element, "faultstring").text = fault.message
        return element
    code = SubElement(element, "SOAP-ENV:Code")
    SubElement(code, "SOAP-ENV:Value").text = "SOAP-ENV:Sender"
    reason = SubElement(element, "SOAP-ENV:Reason")
    SubElement(reason, "SOAP-ENV:Text", {"xml:lang": "en"}).text = fault.message
    return element


def _answer(version: str, content: Element, status: int) -> web.Response:
    names = {"xmlns:SOAP-ENV": version}
    names |= {f"xmlns:{prefix}": uri for prefix, uri in NAMESPACES.items()}
    names["xmlns:aa"] = _ACTION
    envelope = Element("SOAP-ENV:Envelope", names)
    SubElement(envelope, "SOAP-ENV:Body").append(content)
    text = '<?xml version="1.0" encoding="UTF-8"?>\n'
    text += ElementTree.tostring(envelope, encoding="unicode")
    kind = f"{_CONTENT_TYPES[version]}; charset=utf-8"
    return web.Response(body=text.encode(), status=status, headers={"Content-Type": kind})
