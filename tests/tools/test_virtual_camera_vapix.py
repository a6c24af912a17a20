# SPDX-License-Identifier: MIT
"""What VAPIX clients ask besides apps: identity, parameters, pictures, inputs, analytics."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy
import pytest

from tests.tools.virtual_camera_helpers import RunningCamera, StartCamera
from tests.waiting import wait_until
from tools.virtual_camera.events import Event, EventService
from tools.virtual_camera.scenarios import ObjectAnalytics

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

PARAM = "/axis-cgi/param.cgi"
AOA = "/local/objectanalytics/control.cgi"
INFO = "/axis-cgi/basicdeviceinfo.cgi"
INPUT = "{http://www.axis.com/vapix/http_cgi/virtualinput1}"


def ask(camera: RunningCamera, path: str, method: str, **options: Any) -> dict[str, Any]:
    """Call a JSON CGI; the whole envelope."""
    body = {"apiVersion": "1.0", "context": "me", "method": method}
    if "params" in options:
        body["params"] = options.pop("params")
    reply = camera.post(path, json=body | options.pop("body", {}), **options)
    assert reply.status_code == 200
    envelope: dict[str, Any] = reply.json()
    return envelope


def test_the_camera_says_who_it_is(start_camera: StartCamera) -> None:
    camera = start_camera(name="gate", os_version="12.6.97", model="AXIS Q9999")

    answer = ask(camera, INFO, "getAllProperties")

    found = answer["data"]["propertyList"]
    assert found["Architecture"] == "host"
    assert found["Version"] == "12.6.97"
    assert found["ProdNbr"] == "Q9999"
    assert found["SerialNumber"] == camera.settings.serial
    assert answer["context"] == "me"
    assert "method" not in answer


def test_only_unrestricted_properties_are_for_anybody(camera: RunningCamera) -> None:
    found = ask(camera, INFO, "getAllUnrestrictedProperties", user="")["data"]["propertyList"]
    body = {"apiVersion": "1.0", "method": "getAllProperties"}

    assert "SerialNumber" in found
    assert "Architecture" not in found
    assert camera.post(INFO, user="", json=body).status_code == 401


def test_json_envelopes_report_what_is_wrong(camera: RunningCamera) -> None:
    def code(**body: Any) -> int:
        return int(camera.post(INFO, json=body).json()["error"]["code"])

    unknown = {"propertyList": ["Nothing"]}
    assert camera.get(INFO).json()["error"]["code"] == 2002
    assert camera.post(INFO, data="{").json()["error"]["code"] == 4000
    assert code(apiVersion="1.0") == 4002
    assert code(method="getAllProperties") == 4002
    assert code(apiVersion="9.0", method="getAllProperties") == 2003
    assert code(apiVersion="1.0", method="getNothing") == 2004
    assert code(apiVersion="1.0", method="getProperties", params=unknown) == 1000
    versions = camera.post(INFO, json={"method": "getSupportedVersions"}).json()
    assert "1.3" in versions["data"]["apiVersions"]


def test_the_camera_is_ready_and_lists_its_apis(camera: RunningCamera) -> None:
    ready = ask(camera, "/axis-cgi/systemready.cgi", "systemready", user="", params={"timeout": 5})
    apis = ask(camera, "/axis-cgi/apidiscovery.cgi", "getApiList")["data"]["apiList"]

    assert ready["data"]["systemready"] == "yes"
    assert ready["data"]["needsetup"] == "no"
    assert {"basic-device-info", "param-cgi"} <= {api["id"] for api in apis}


@pytest.mark.parametrize(
    "group", ["Brand.ProdNbr", "root.Brand.ProdNbr", "brand.prodnbr", " root.Brand.ProdNbr. "]
)
def test_parameters_are_found_in_every_spelling(camera: RunningCamera, group: str) -> None:
    line = "root.Brand.ProdNbr=V1000\n"

    assert camera.get(PARAM, params={"action": "list", "group": group}).text == line
    assert camera.post(PARAM, data={"action": "list", "group": group}).text == line
    plain = {"Content-Type": "text/plain"}
    form = {"action": "list", "group": group}
    assert camera.post(PARAM, data=form, headers=plain).text == line


def test_groups_wildcards_and_unknown_ones_come_in_one_answer(camera: RunningCamera) -> None:
    lines = camera.get(f"{PARAM}?action=list&group=Properties.*.Version,Nothing,Brand.Brand").text

    assert "root.Properties.Firmware.Version=" in lines
    assert "root.Properties.EmbeddedDevelopment.Version=" in lines
    assert "# Error: Error -1 getting param in group 'Nothing'\n" in lines
    assert lines.endswith("root.Brand.Brand=AXIS\n")
    assert camera.get(PARAM).text.startswith("# Error:")


def test_parameters_are_updated_by_get_and_by_form(camera: RunningCamera) -> None:
    name = "Image.I0.Appearance.Compression"

    assert camera.get(f"{PARAM}?action=update&{name}=40").text == "OK"
    assert camera.post(PARAM, data={"action": "update", f"root.{name}": "5=0"}).text == "OK"
    assert camera.get(f"{PARAM}?action=list&group={name}").text == f"root.{name}=5=0\n"
    refused = camera.get(f"{PARAM}?action=update&Image.Nothing=1").text
    assert refused == "# Error: Error setting 'root.Image.Nothing' to '1'!\n"


def test_a_viewer_reads_some_parameters_and_changes_none(camera: RunningCamera) -> None:
    camera.get("/axis-cgi/pwdgrp.cgi?action=add&user=joe&pwd=pw&grp=users&sgrp=viewer")
    change = f"{PARAM}?action=update&Image.I0.Appearance.Compression=1"

    def get(path: str) -> tuple[int, str]:
        reply = camera.get(path, user="joe", password="pw")
        return reply.status_code, reply.text

    assert get(f"{PARAM}?action=list&group=Brand.Brand") == (200, "root.Brand.Brand=AXIS\n")
    assert get(f"{PARAM}?action=list&group=Network")[1].startswith("# Error")
    assert get(change)[0] == 403


def test_definitions_are_xml(camera: RunningCamera) -> None:
    path = f"{PARAM}?action=listdefinitions&listformat=xmlschema&group=Brand"

    root = ElementTree.fromstring(camera.get(path).content)

    namespace = "{http://www.axis.com/ParameterDefinitionsSchema}"
    found = [p.get("name") for p in root.iter(f"{namespace}parameter")]
    assert root.tag == f"{namespace}parameterDefinitions"
    assert root.findtext(f"{namespace}firmwareVersion") == camera.settings.os_version
    assert str(root.findtext(f"{namespace}model")).startswith(camera.settings.model)
    assert "ProdNbr" in found


@pytest.mark.parametrize("options", ["", "&compression=90", "&rotation=90&text=1&textstring=hi"])
def test_a_picture_has_the_size_asked_for(camera: RunningCamera, options: str) -> None:
    reply = camera.get(f"/axis-cgi/jpg/image.cgi?resolution=320x240{options}")

    pixels = cv2.imdecode(numpy.frombuffer(reply.content, numpy.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (240, 320, 3)
    assert reply.headers["Content-Type"] == "image/jpeg"
    taken = camera.get("/virtual/snapshots").json()["snapshots"][-1]
    assert taken["sha256"] == hashlib.sha256(reply.content).hexdigest()
    assert (taken["client"], taken["width"], taken["height"]) == ("image.cgi", 320, 240)
    assert camera.get(f"/virtual/snapshots/{taken['sha256']}.jpg").content == reply.content


@pytest.mark.parametrize(
    "wrong", ["resolution=big", "resolution=0x0", "compression=101", "rotation=45", "camera=9"]
)
def test_a_wrong_picture_option_is_named(camera: RunningCamera, wrong: str) -> None:
    reply = camera.get(f"/axis-cgi/jpg/image.cgi?{wrong}")

    assert reply.status_code == 400
    assert wrong.partition("=")[0] in reply.text
    assert reply.text.startswith("<!-- Error")


def test_compression_makes_pictures_smaller(camera: RunningCamera) -> None:
    sizes = [
        len(camera.get(f"/axis-cgi/jpg/image.cgi?compression={compression}").content)
        for compression in (0, 50, 100)
    ]

    assert sizes == sorted(sizes, reverse=True)


def test_motion_jpeg_is_a_stream_of_pictures(camera: RunningCamera) -> None:
    path = "/axis-cgi/mjpg/video.cgi?resolution=160x120&fps=50&nbrofframes=3"

    reply = camera.get(path)

    assert reply.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=myboundary"
    stream, sizes = io.BytesIO(reply.content), []
    while stream.readline() == b"--myboundary\r\n":
        assert stream.readline() == b"Content-Type: image/jpeg\r\n"
        sizes.append(int(stream.readline().split(b":")[1]))
        assert stream.readline() == b"\r\n"
        assert stream.read(sizes[-1])[:2] == b"\xff\xd8"
        assert stream.readline() == b"\r\n"
    assert len(sizes) == 3


def test_image_size_follows_the_resolution(camera: RunningCamera) -> None:
    path = "/axis-cgi/imagesize.cgi?camera=1"

    assert camera.get(path).text == "image width = 1280\nimage height = 720\n"
    assert "width = 640" in camera.get(f"{path}&resolution=640x480").text


def virtual_input(camera: RunningCamera, act: str, query: str) -> str:
    """StateChanged of an answer, or its error code."""
    root = ElementTree.fromstring(camera.get(f"/axis-cgi/virtualinput/{act}.cgi?{query}").content)
    assert root.tag == f"{INPUT}VirtualInputResponse"
    found = root.find(f".//{INPUT}StateChanged")
    found = root.find(f".//{INPUT}ErrorCode") if found is None else found
    assert found is not None
    return str(found.text)


def test_virtual_inputs_change_once(camera: RunningCamera) -> None:
    port = "schemaversion=1&port=7"

    assert virtual_input(camera, "activate", port) == "true"
    assert virtual_input(camera, "activate", port) == "false"
    assert virtual_input(camera, "deactivate", port) == "true"
    assert virtual_input(camera, "activate", f"{port}&duration=0.05") == "true"
    wait_until(
        lambda: {"port": 7, "active": False} in camera.get("/virtual/inputs").json()["inputs"],
        "the input to be inactive after its duration",
    )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("port=1", "10"),
        ("schemaversion=1", "10"),
        ("schemaversion=1&port=65", "20"),
        ("schemaversion=1&port=x", "20"),
        ("schemaversion=9&port=1", "30"),
        ("schemaversion=1&port=1&duration=-1", "50"),
    ],
)
def test_a_wrong_virtual_input_has_its_code(camera: RunningCamera, query: str, code: str) -> None:
    assert virtual_input(camera, "activate", query) == code


def test_virtual_input_versions_and_manual_trigger(camera: RunningCamera) -> None:
    versions = camera.get("/axis-cgi/virtualinput/getschemaversions.cgi").text
    manual = "/axis-cgi/io/virtualinput.cgi?action="

    assert "<VersionNumber>1.1</VersionNumber>" in versions
    assert camera.get(f"{manual}6%3A%2F10%5C").text == "OK\n"
    assert camera.get(f"{manual}99%3A%2F").status_code == 400


def scenarios(camera: RunningCamera) -> dict[str, bool]:
    """Which scenario is active."""
    found = camera.get("/virtual/scenarios").json()["scenarios"]
    return {scenario["topic"]: scenario["active"] for scenario in found}


def test_an_alarm_activates_a_scenario_for_a_while(
    camera: RunningCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.virtual_camera.scenarios.ALARM_SECONDS", 0.2)

    answer = ask(camera, AOA, "sendAlarmEvent", params={"scenario": 2})

    assert answer["method"] == "sendAlarmEvent"
    assert scenarios(camera) == {"Device1Scenario1": False, "Device1Scenario2": True}
    wait_until(lambda: not any(scenarios(camera).values()), "the alarm to end")


def test_events_tell_what_happened_in_a_scenario(tmp_path: Path) -> None:
    events = EventService()
    analytics = ObjectAnalytics(events, tmp_path / "configuration.json")
    analytics.start()
    heard: list[Event] = []
    events.listen(heard.append)
    first = analytics.find("Device1Scenario1")
    second = analytics.find("Device1Scenario2")
    assert first is not None
    assert second is not None

    for scenario, active in ((first, True), (second, True), (first, False), (second, False)):
        assert analytics.set_active(scenario, active)
        assert not analytics.set_active(scenario, active)

    prefix = "tnsaxis:CameraApplicationPlatform/tnsaxis:ObjectAnalytics/tnsaxis:Device1Scenario"
    told = [(event.topic.removeprefix(prefix), event.data["active"]) for event in heard]
    assert told == [
        ("1", True),
        ("ANY", True),
        ("2", True),
        ("1", False),
        ("2", False),
        ("ANY", False),
    ]
    data = heard[0].data
    assert sorted(data) == ["active", "classTypes", "objectId", "scenarioType", "triggerTime"]
    assert (data["classTypes"], data["scenarioType"]) == ("human", "motion")
    analytics.stop()
    assert events.declarations() == []


def test_a_scenario_that_is_held_outlives_an_alarm(
    camera: RunningCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.virtual_camera.scenarios.ALARM_SECONDS", 0.1)
    camera.post("/virtual/scenarios/Device1Scenario1", json={"active": True})
    ask(camera, AOA, "sendAlarmEvent", params={"scenario": 1})
    ask(camera, AOA, "sendAlarmEvent", params={"scenario": 2})
    wait_until(lambda: not scenarios(camera)["Device1Scenario2"], "the other alarm to end")

    assert scenarios(camera)["Device1Scenario1"]


def test_a_configuration_is_kept_verbatim_and_ends_what_is_active(camera: RunningCamera) -> None:
    configuration = ask(camera, AOA, "getConfiguration")["data"]
    camera.post("/virtual/scenarios/Device1Scenario1", json={"active": True})
    del configuration["scenarios"][1]
    configuration["scenarios"][0]["something"] = {"of": "its own"}

    answer = ask(camera, AOA, "setConfiguration", params=configuration)

    assert "data" not in answer
    assert "error" not in answer
    assert ask(camera, AOA, "getConfiguration")["data"] == configuration
    assert scenarios(camera) == {"Device1Scenario1": False}


def test_a_wrong_configuration_changes_nothing(camera: RunningCamera) -> None:
    before = ask(camera, AOA, "getConfiguration")["data"]

    def code(**changes: Any) -> int:
        scenario = {**before["scenarios"][0], **changes}
        params = {**before, "scenarios": [scenario, before["scenarios"][1]]}
        return int(ask(camera, AOA, "setConfiguration", params=params)["error"]["code"])

    assert code(id=2) == 2002
    assert code(devices=[{"id": 9}]) == 2002
    assert code(type="dancing") == 2004
    assert code(name=7) == 2004
    assert code(triggers=[{"type": "fence", "vertices": [[5, 5], [0, 0]]}]) == 2004
    assert code(triggers=[{"type": "fence"}]) == 2003
    assert ask(camera, AOA, "setConfiguration")["error"]["code"] == 2003
    assert ask(camera, AOA, "sendAlarmEvent")["error"]["code"] == 2003
    assert ask(camera, AOA, "sendAlarmEvent", params={"scenario": 99})["error"]["code"] == 2004
    assert ask(camera, AOA, "getNothing")["error"]["code"] == 2005
    wrong_version = {"apiVersion": "9.9"}
    assert ask(camera, AOA, "getConfiguration", body=wrong_version)["error"]["code"] == 2000
    assert ask(camera, AOA, "getConfiguration")["data"] == before


def test_analytics_can_be_stopped_and_started_as_an_app(camera: RunningCamera) -> None:
    control = "/axis-cgi/applications/control.cgi?package=objectanalytics&action="

    assert camera.get(f"{control}start").text == "Error: 6"
    assert camera.get(f"{control}stop").text == "OK"
    assert camera.post(AOA, json={}).status_code == 503
    assert camera.get("/virtual/scenarios").json() == {"scenarios": []}
    blocked = camera.post("/virtual/scenarios/Device1Scenario1", json={"active": True})
    assert blocked.status_code == 409
    assert camera.get(f"{control}stop").text == "Error: 7"
    assert camera.get(f"{control}start").text == "OK"
    assert len(scenarios(camera)) == 2


def test_an_unknown_call_is_a_clear_error_and_counted(camera: RunningCamera) -> None:
    for _ in range(2):
        reply = camera.get("/axis-cgi/nothing.cgi")
    assert camera.get("/axis-cgi/nothing.cgi", user="").status_code == 401

    assert reply.status_code == 404
    assert "not supported by this virtual camera" in reply.text
    found = camera.get("/virtual/unsupported").json()["unsupported"]
    assert found == [{"kind": "vapix", "name": "/axis-cgi/nothing.cgi", "count": 2}]


def test_settings_and_licences_of_applications(camera: RunningCamera) -> None:
    folder = "/axis-cgi/applications"

    config = camera.get(f"{folder}/config.cgi?action=get&name=AllowUnsigned").text
    assert '<param name="AllowUnsigned" value="true"' in config
    root = camera.get(f"{folder}/config.cgi?action=get&name=AllowRoot").text
    assert 'result="error"' in root
    wrong = camera.get(f"{folder}/config.cgi?action=set&name=AllowUnsigned&value=x")
    assert wrong.status_code == 400
    assert "acap4-native" in camera.get(f"{folder}/info.cgi").text
    licence = f"{folder}/license.cgi?action=uploadlicensekey&package=nothing"
    assert camera.post(licence, data={"licenseKey": "x"}).text == "Error: 24"
