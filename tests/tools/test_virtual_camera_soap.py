# SPDX-License-Identifier: MIT
"""What events there are, over SOAP."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
import requests

from tests.tools.virtual_camera_helpers import RunningCamera
from tools.virtual_camera.event_keys import Key, ValueType, parse_topic, topic_keys
from tools.virtual_camera.event_tree import NAMESPACES, topic_set
from tools.virtual_camera.events import EventService

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

PATH = "/vapix/services"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
EVENT = NAMESPACES["aev"]
ACTION = "http://www.axis.com/vapix/ws/action1"
NAMES = {**NAMESPACES, "soap": SOAP_12}


def post(
    camera: RunningCamera, call: str, version: str = SOAP_12, **options: str
) -> requests.Response:
    body = f'<s:Envelope xmlns:s="{version}"><s:Body>{call}</s:Body></s:Envelope>'
    headers = {"Content-Type": "application/soap+xml"}
    return camera.post(PATH, data=options.get("body", body), headers=headers)


def test_event_instances_are_the_real_declarations(camera: RunningCamera) -> None:
    event = {"topic": "tnsaxis:Mine/Odd name", "data": {"level": 0.5}, "stateful": False}
    camera.post("/virtual/events", user="", json=event)

    reply = post(camera, f'<GetEventInstances xmlns="{EVENT}"/>')

    assert reply.status_code == 200
    assert reply.headers["Content-Type"].startswith("application/soap+xml")
    assert "<SOAP-ENV:Body><aev:GetEventInstancesResponse><wstop:TopicSet>" in reply.text
    root = ElementTree.fromstring(reply.content)
    topics = root.find("soap:Body/aev:GetEventInstancesResponse/wstop:TopicSet", NAMES)
    assert topics is not None
    port = topics.find("tns1:Device/tnsaxis:IO/VirtualInput", NAMES)
    assert port is not None
    assert port.get(f"{{{NAMESPACES['wstop']}}}topic") == "true"
    message = port.find("aev:MessageInstance", NAMES)
    assert message is not None
    assert message.get(f"{{{EVENT}}}isProperty") == "true"
    source = message.find("aev:SourceInstance/aev:SimpleItemInstance", NAMES)
    assert source is not None
    assert (source.get("Name"), source.get("Type")) == ("port", "xsd:int")
    assert [value.text for value in source][:3] == ["1", "2", "3"]
    data = message.find("aev:DataInstance/aev:SimpleItemInstance", NAMES)
    assert data is not None
    assert (data.get("Name"), data.get("isPropertyState")) == ("active", "true")
    platform = topics.find("tnsaxis:CameraApplicationPlatform/ObjectAnalytics", NAMES)
    assert platform is not None
    assert "Device1Scenario1" in [element.tag for element in platform]
    mine = topics.find("tnsaxis:Mine/Odd_name/aev:MessageInstance", NAMES)
    assert mine is not None
    assert mine.attrib == {}


def test_a_missing_blank_between_attributes_is_forgiven(camera: RunningCamera) -> None:
    body = (
        f'<s:Envelope xmlns:s="{SOAP_12}"><s:Body xmlns:xsi="urn:a"xmlns:xsd=\'urn:b\'xmlns:c="d">'
        f'<GetEventInstances xmlns="{EVENT}"/></s:Body></s:Envelope>'
    )

    reply = post(camera, "", body=body)

    assert reply.status_code == 200
    assert "<aev:GetEventInstancesResponse>" in reply.text


def test_an_apps_event_keeps_its_names_types_and_tags() -> None:
    events = EventService()
    levels = parse_topic("tnsaxis:CameraApplicationPlatform/tnsaxis:my_app/tnsaxis:Zone")
    topics = topic_keys(levels)
    nice = Key("topic2", "tnsaxis", ValueType.STRING, "Zone", value_nice_name="Zone entered")
    keys = [
        *topics[:2],
        nice,
        Key("area", "", ValueType.STRING, "a1", is_source=True, nice_name="Area"),
        Key("level", "", ValueType.DOUBLE, 0.0, is_data=True, tags=("wstype:xs:float",)),
        Key("inside", "", ValueType.BOOL, False, is_data=True, tags=("isApplicationData",)),
    ]
    events.declare_keys(keys, stateful=True, owner=":1.7")

    text = ElementTree.tostring(topic_set(events.declarations()), encoding="unicode")

    assert text == (
        "<wstop:TopicSet><tnsaxis:CameraApplicationPlatform><my_app>"
        '<Zone wstop:topic="true" aev:NiceName="Zone entered" isApplicationData="true">'
        '<aev:MessageInstance aev:isProperty="true"><aev:SourceInstance>'
        '<aev:SimpleItemInstance aev:NiceName="Area" Type="xsd:string" Name="area">'
        "<aev:Value>a1</aev:Value></aev:SimpleItemInstance></aev:SourceInstance>"
        '<aev:DataInstance><aev:SimpleItemInstance Type="xs:float" Name="level" />'
        '<aev:SimpleItemInstance Type="xsd:boolean" Name="inside" isPropertyState="true" />'
        "</aev:DataInstance></aev:MessageInstance></Zone>"
        "</my_app></tnsaxis:CameraApplicationPlatform></wstop:TopicSet>"
    )


def test_soap_11_is_answered_in_soap_11(camera: RunningCamera) -> None:
    reply = post(camera, f'<m:GetEventInstances xmlns:m="{EVENT}"/>', SOAP_11)
    refused = post(camera, "<Nothing/>", SOAP_11)

    assert reply.headers["Content-Type"].startswith("text/xml")
    assert ElementTree.fromstring(reply.content).tag == f"{{{SOAP_11}}}Envelope"
    assert refused.status_code == 500
    assert "<faultcode>SOAP-ENV:Client</faultcode>" in refused.text


def test_an_unknown_call_is_a_fault_and_counted(camera: RunningCamera) -> None:
    reply = post(camera, f'<AddActionRule xmlns="{ACTION}"/>')

    assert reply.status_code == 400
    assert ElementTree.fromstring(reply.content).find(".//soap:Fault", NAMES) is not None
    assert "AddActionRule" in reply.text
    missing = camera.get("/virtual/unsupported", user="").json()["unsupported"]
    assert {"kind": "soap", "name": f"{ACTION} AddActionRule", "count": 1} in missing


def test_there_are_no_action_rules_and_no_schedules(camera: RunningCamera) -> None:
    rules = ElementTree.fromstring(post(camera, f'<GetActionRules xmlns="{ACTION}"/>').content)
    times = ElementTree.fromstring(post(camera, f'<GetScheduledEvents xmlns="{EVENT}"/>').content)

    found = rules.find(
        f"soap:Body/{{{ACTION}}}GetActionRulesResponse/{{{ACTION}}}ActionRules", NAMES
    )
    assert found is not None
    assert len(found) == 0
    assert (
        times.find("soap:Body/aev:GetScheduledEventsResponse/aev:ScheduledEvents", NAMES)
        is not None
    )


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<a",
        "<Envelope/>",
        f'<s:Envelope xmlns:s="{SOAP_12}"/>',
        f'<s:Envelope xmlns:s="{SOAP_12}"><s:Body/></s:Envelope>',
        '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        '<?xml version="1.0" encoding="nonsense"?><a/>',
    ],
)
def test_a_bad_request_is_a_fault(camera: RunningCamera, body: str) -> None:
    reply = post(camera, "", body=body)

    assert reply.status_code == 400
    assert "SOAP-ENV:Sender" in reply.text


def test_the_services_are_for_operators(camera: RunningCamera) -> None:
    camera.get("/axis-cgi/pwdgrp.cgi?action=add&user=joe&pwd=pw&grp=users&sgrp=viewer")

    assert camera.post(PATH, user="").status_code == 401
    assert camera.post(PATH, user="joe", password="pw").status_code == 403
    assert camera.get(PATH).status_code == 405
