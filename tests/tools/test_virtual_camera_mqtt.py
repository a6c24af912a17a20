# SPDX-License-Identifier: MIT
"""The MQTT client and the event bridge, against mosquitto."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
import requests
from paho.mqtt.enums import CallbackAPIVersion
from requests.auth import HTTPDigestAuth

from tests.tools.virtual_camera_helpers import RunningCamera, StartCamera
from tests.waiting import wait_until
from tools.virtual_camera.certificate import tls_context

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

CLIENT, BRIDGE = "/axis-cgi/mqtt/client.cgi", "/axis-cgi/mqtt/event.cgi"
Answer = dict[str, Any]
DEFAULT = {"useDefault": True}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Broker:
    """A mosquitto of its own, and a client that hears everything on it."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port, self.tls_port, self.web_port = free_port(), free_port(), free_port()
        asyncio.run(tls_context(folder, "broker"))
        self._program = program
        self._conf = folder / "mosquitto.conf"
        users = folder / "users"
        make = [shutil.which("mosquitto_passwd") or "mosquitto_passwd", "-b", "-c", str(users)]
        subprocess.run([*make, "camera", "secret"], check=True, capture_output=True)
        self._conf.write_text(
            f"allow_anonymous false\npassword_file {users}\nlistener {self.port} 127.0.0.1\n"
            f"listener {self.tls_port} 127.0.0.1\n"
            f"certfile {folder}/certificate.pem\nkeyfile {folder}/key.pem\n"
            f"listener {self.web_port} 127.0.0.1\nprotocol websockets\n"
        )
        if os.geteuid() == 0:  # it would become a user who cannot read this folder
            self._conf.write_text(f"{self._conf.read_text()}user root\n")
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._heard: list[paho.MQTTMessage] = []
        self._ear = paho.Client(CallbackAPIVersion.VERSION2, "ear")
        self._ear.username_pw_set("camera", "secret")
        self._ear.on_message = self._hear

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, "-c", str(self._conf)], stdout=log, stderr=log
            )
        wait_until(self._is_up, "mosquitto to listen")
        self._ear.connect("127.0.0.1", self.port)
        self._ear.subscribe("#", 1)
        self._ear.loop_start()

    def stop(self) -> None:
        self._ear.loop_stop()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def publish(self, topic: str, text: str) -> None:
        self._ear.publish(topic, text, 1).wait_for_publish(10)

    def wait_for(self, topic: str, **data: str) -> paho.MQTTMessage:
        """The first message on `topic` that is heard, with this event data."""
        found = wait_until(lambda: self._find(topic, data), f"a message on {topic} with {data}")
        assert found is not None
        return found

    def topics(self) -> set[str]:
        with self._lock:
            return {message.topic for message in self._heard}

    def forget(self) -> None:
        with self._lock:
            self._heard.clear()

    def _find(self, topic: str, data: dict[str, str]) -> paho.MQTTMessage | None:
        with self._lock:
            for message in self._heard:
                if message.topic == topic and (not data or _data(message).items() >= data.items()):
                    return message
        return None

    def _hear(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        with self._lock:
            self._heard.append(message)

    def _is_up(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


def _data(message: paho.MQTTMessage) -> dict[str, str]:
    return dict(json.loads(message.payload)["message"]["data"])


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        pytest.skip("mosquitto is not installed; `apt-get install mosquitto` would run this")
    running = Broker(program, tmp_path_factory.mktemp("broker"))
    running.start()
    yield running
    running.stop()


def ask(camera: RunningCamera, path: str, method: str, **body: Any) -> Answer:
    request = {"apiVersion": "1.0", "context": "me", "method": method, **body}
    reply = camera.post(path, json=request)
    assert reply.status_code == 200
    answer: Answer = reply.json()
    assert (answer["context"], answer["method"]) == ("me", method)
    return answer


def settings(broker: Broker, **changes: Any) -> Answer:
    server = {"protocol": "tcp", "host": "127.0.0.1", "port": broker.port}
    return {"server": server, "username": "camera", "password": "secret", **changes}


def connect(camera: RunningCamera, broker: Broker, **changes: Any) -> None:
    assert ask(camera, CLIENT, "configureClient", params=settings(broker, **changes))["data"] == {}
    assert ask(camera, CLIENT, "activateClient")["data"] == {}
    wait_until(lambda: status(camera)["connectionStatus"] == "connected", "the broker's welcome")


def status(camera: RunningCamera) -> dict[str, str]:
    found: dict[str, str] = ask(camera, CLIENT, "getClientStatus")["data"]["status"]
    return found


def publish_events(camera: RunningCamera, *filters: str, **options: Any) -> None:
    entries = [{"topicFilter": topic, **options.pop("entry", {})} for topic in filters]
    params = {"eventFilterList": entries, **options}
    assert ask(camera, BRIDGE, "configureEventPublication", params=params)["data"] == {}


def activate(camera: RunningCamera, port: int, active: bool = True) -> None:
    camera.post(f"/virtual/inputs/{port}", user="", json={"active": active})


def test_events_are_published_as_documented(camera: RunningCamera, broker: Broker) -> None:
    connect(camera, broker)
    publish_events(camera, "onvif:Device/axis:IO/VirtualInput", includeSerialNumberInPayload=True)

    activate(camera, 3)

    serial = camera.settings.serial
    topic = f"axis/{serial}/event/tns:onvif/Device/tns:axis/IO/VirtualInput"
    message = broker.wait_for(topic, active="1")
    payload = json.loads(message.payload)
    assert isinstance(payload.pop("timestamp"), int)
    assert payload == {
        "topic": "onvif:Device/axis:IO/VirtualInput",
        "serial": serial,
        "message": {"source": {"port": "3"}, "key": {}, "data": {"active": "1"}},
    }
    broker.wait_for(topic, active="0")  # the states of the others


def test_topics_follow_the_settings(camera: RunningCamera, broker: Broker) -> None:
    connect(camera, broker, deviceTopicPrefix="house/gate")
    scenario = "axis:CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1"
    short = "CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1"

    publish_events(camera, scenario)
    broker.wait_for(f"house/gate/event/tns:axis/{short}")
    publish_events(camera, scenario, includeTopicNamespaces=False)
    broker.wait_for(f"house/gate/event/{short}")
    publish_events(camera, scenario, topicPrefix="custom", customTopicPrefix="my/own")
    broker.wait_for(f"my/own/tns:axis/{short}")
    publish_events(camera, scenario, appendEventTopic=False)
    message = broker.wait_for("house/gate/event")
    assert "serial" not in json.loads(message.payload)


def test_states_are_retained_where_that_is_wanted(camera: RunningCamera, broker: Broker) -> None:
    connect(camera, broker, deviceTopicPrefix="gate")
    publish_events(camera, "onvif:Device/axis:Status//.", entry={"retain": "property", "qos": 1})
    broker.wait_for("gate/event/tns:onvif/Device/tns:axis/Status/SystemReady", ready="1")
    broker.forget()
    broker.stop()
    broker.start()
    wait_until(lambda: status(camera)["connectionStatus"] == "connected", "a second welcome", 20)

    message = broker.wait_for("gate/event/tns:onvif/Device/tns:axis/Status/SystemReady")

    assert message.qos == 1


def test_the_client_says_hello_and_good_bye(camera: RunningCamera, broker: Broker) -> None:
    said = {"useDefault": False, "topic": "gate/bye", "message": "gone", "retain": True, "qos": 2}
    connect(
        camera,
        broker,
        deviceTopicPrefix="gate",
        connectMessage={"useDefault": True},
        disconnectMessage=said,
    )

    hello = broker.wait_for("gate/event/connection")
    assert json.loads(hello.payload)["serialNumber"] == camera.settings.serial
    assert json.loads(hello.payload)["connected"] is True
    assert ask(camera, CLIENT, "deactivateClient")["data"] == {}

    assert broker.wait_for("gate/bye").payload == b"gone"
    assert status(camera) == {"state": "inactive", "connectionStatus": "disconnected"}


def test_the_broker_is_reached_over_tls_and_web_sockets(
    camera: RunningCamera, broker: Broker
) -> None:
    unchecked = {"validateServerCert": False}
    encrypted = {"protocol": "ssl", "host": "127.0.0.1", "port": broker.tls_port}
    connect(camera, broker, server=encrypted, ssl=unchecked)
    checked = settings(broker, server=encrypted, ssl={"validateServerCert": True})
    ask(camera, CLIENT, "configureClient", params=checked)
    assert status(camera) == {"state": "active", "connectionStatus": "disconnected"}
    web = {"protocol": "ws", "host": "127.0.0.1", "port": broker.web_port, "basepath": "mqtt"}
    connect(camera, broker, server=web)
    publish_events(camera, "onvif:Device/axis:Status/SystemReady")

    serial = camera.settings.serial
    broker.wait_for(f"axis/{serial}/event/tns:onvif/Device/tns:axis/Status/SystemReady")


def test_the_broker_says_when_the_camera_is_lost(
    broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = str(tmp_path_factory.mktemp("t"))  # what a killed camera leaves is removed with it
    command = [sys.executable, "-m", "tools.virtual_camera", "--port", "0", "--json"]
    with subprocess.Popen(
        [*command, "--platform", folder],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": folder},
    ) as process:
        assert process.stdout is not None
        try:
            url = json.loads(process.stdout.readline())["url"]
            auth = HTTPDigestAuth("root", "pass")
            will = settings(broker, deviceTopicPrefix="gate", lastWillTestament=DEFAULT)
            for method, params in (("configureClient", will), ("activateClient", {})):
                body = request(method, params)
                requests.post(url + CLIENT, json=body, auth=auth, timeout=20)
            body = request("getClientStatus")

            def shown() -> str:
                return requests.post(url + CLIENT, json=body, auth=auth, timeout=20).text

            wait_until(lambda: '"connected"' in shown(), "the broker's welcome")
        finally:
            process.kill()

    lost = json.loads(broker.wait_for("gate/event/connection").payload)
    assert (lost["connected"], lost["description"]) == (False, "Connection Lost")


def test_messages_become_events(camera: RunningCamera, broker: Broker) -> None:
    connect(camera, broker, deviceTopicPrefix="gate")
    entries = [
        {"topicFilter": "door/+/opened", "qos": 1},
        {"topicFilter": "light", "useDeviceTopicPrefix": True, "isStateData": True},
    ]
    answer = ask(camera, BRIDGE, "configureMqttSubscription", params={"mqttFilterList": entries})
    assert answer["data"] == {}
    publish_events(camera, "axis:MQTT//.")

    broker.publish("door/7/opened", "yes")
    broker.publish("gate/light", "on")

    prefix = "gate/event/tns:axis/MQTT/Message"
    stateless = json.loads(broker.wait_for(f"{prefix}/Stateless").payload)
    assert stateless["message"] == {
        "source": {"device-prefix": "0", "mqtt-topic": "door/7/opened"},
        "key": {},
        "data": {"mqtt-payload": "yes"},
    }
    stateful = json.loads(broker.wait_for(f"{prefix}/Stateful").payload)
    assert stateful["message"]["source"] == {"device-prefix": "1", "mqtt-topic": "light"}
    shown = ask(camera, BRIDGE, "getMqttSubscriptionConfig")["data"]["mqttSubscriptionConfig"]
    assert shown["mqttFilterList"] == [
        {"topicFilter": "door/+/opened", "useDeviceTopicPrefix": False, "qos": 1}
        | {"isStateData": False},
        {"topicFilter": "light", "useDeviceTopicPrefix": True, "qos": 0, "isStateData": True},
    ]


def test_an_active_client_comes_back_after_a_restart(
    start_camera: StartCamera, broker: Broker, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    camera = start_camera(state=state)
    connect(camera, broker, deviceTopicPrefix="gate")
    publish_events(camera, "onvif:Device/axis:Status/SystemReady")
    assert "secret" not in camera.post(CLIENT, json=request("getClientStatus")).text
    assert (state / "mqtt.json").stat().st_mode & 0o077 == 0
    camera.stop()
    broker.forget()

    again = start_camera(state=state)

    broker.wait_for("gate/event/tns:onvif/Device/tns:axis/Status/SystemReady", ready="1")
    config = ask(again, CLIENT, "getClientStatus")["data"]["config"]
    assert config["password"] == "*****"
    assert config["deviceTopicPrefix"] == "gate"


def test_a_wrong_password_keeps_the_client_disconnected_until_it_is_right(
    camera: RunningCamera, broker: Broker
) -> None:
    wrong = settings(broker, password="wrong")
    ask(camera, CLIENT, "configureClient", params=wrong)
    ask(camera, CLIENT, "activateClient")
    assert status(camera) == {"state": "active", "connectionStatus": "disconnected"}

    ask(camera, CLIENT, "configureClient", params=settings(broker))
    wait_until(lambda: status(camera)["connectionStatus"] == "connected", "the broker's welcome")
    kept = settings(broker, password="ignored", keepExistingPassword=True)
    ask(camera, CLIENT, "configureClient", params=kept)
    wait_until(lambda: status(camera)["connectionStatus"] == "connected", "the same password")


def request(method: str, params: Any = None, version: str = "1.0") -> Answer:
    body: Answer = {"apiVersion": version, "method": method}
    return body if params is None else {**body, "params": params}


HOST = {"host": "broker"}


def test_null_stands_for_what_is_left_out(camera: RunningCamera) -> None:
    params = {"server": {**HOST, "basepath": None}, "username": None, "password": None}

    assert ask(camera, CLIENT, "configureClient", params=params)["data"] == {}
    config = ask(camera, CLIENT, "getClientStatus")["data"]["config"]
    assert (config["username"], config["server"]["basepath"]) == ("", "")
    assert ask(camera, CLIENT, "configureClient", params=config)["data"] == {}


@pytest.mark.parametrize(
    ("path", "body", "code", "named"),
    [
        (CLIENT, request("configureClient", {}), 2103, "server"),
        (CLIENT, request("configureClient", {"server": {}}), 2103, "server.host"),
        (CLIENT, request("configureClient", {"server": 7}), 2104, "server"),
        (
            CLIENT,
            request("configureClient", {"server": {**HOST, "protocol": "udp"}}),
            2104,
            "server.protocol",
        ),
        (
            CLIENT,
            request("configureClient", {"server": {**HOST, "port": 0}}),
            2104,
            "server.port",
        ),
        (
            CLIENT,
            request("configureClient", {"server": HOST, "httpProxy": "http://p"}),
            2104,
            "httpProxy",
        ),
        (
            CLIENT,
            request("configureClient", {"server": HOST, "connectMessage": {"useDefault": False}}),
            2103,
            "connectMessage.topic",
        ),
        (
            CLIENT,
            request("configureClient", {"server": HOST, "deviceTopicPrefix": "a/#"}),
            2104,
            "no topic",
        ),
        (CLIENT, request("activateClient"), 2104, "server.host"),
        (CLIENT, request("nothing"), 2102, "nothing"),
        (CLIENT, request("activateClient", version="7.0"), 2100, "version"),
        (BRIDGE, request("configureEventPublication", {}), 2103, "eventFilterList"),
        (
            BRIDGE,
            request("configureEventPublication", {"eventFilterList": [{"topicFilter": "x:y"}]}),
            2104,
            "'x'",
        ),
        (
            BRIDGE,
            request("configureEventPublication", {"eventFilterList": [], "topicPrefix": "custom"}),
            2103,
            "customTopicPrefix",
        ),
        (
            BRIDGE,
            request(
                "configureEventPublication",
                {"eventFilterList": [{"topicFilter": "//.", "retain": "x"}]},
            ),
            2104,
            "retain",
        ),
        (
            BRIDGE,
            request(
                "configureMqttSubscription",
                {"mqttFilterList": [{"topicFilter": "a/#", "isStateData": True}]},
            ),
            2104,
            "stateless",
        ),
        (
            BRIDGE,
            request("configureMqttSubscription", {"mqttFilterList": [{"topicFilter": "#/a"}]}),
            2104,
            "'#/a'",
        ),
    ],
)
def test_a_bad_request_has_its_code_and_names_the_parameter(
    camera: RunningCamera, path: str, body: Answer, code: int, named: str
) -> None:
    error = camera.post(path, json=body).json()["error"]

    assert error["code"] == code
    assert named in error["message"]


def test_the_settings_are_for_administrators_and_shown_with_defaults(
    camera: RunningCamera,
) -> None:
    camera.get("/axis-cgi/pwdgrp.cgi?action=add&user=joe&pwd=pw&grp=users&sgrp=operator:viewer")

    assert camera.post(CLIENT, json={}, user="joe", password="pw").status_code == 403
    assert camera.post(CLIENT, data="{").json()["error"]["code"] == 2101
    shown = ask(camera, CLIENT, "getClientStatus")["data"]
    assert shown["status"] == {"state": "inactive", "connectionStatus": "disconnected"}
    assert shown["config"]["server"]["port"] == 1883
    publication = ask(camera, BRIDGE, "getEventPublicationConfig")["data"]
    assert publication["eventPublicationConfig"] == {
        "topicPrefix": "default",
        "customTopicPrefix": "",
        "appendEventTopic": True,
        "includeTopicNamespaces": True,
        "includeSerialNumberInPayload": False,
        "eventFilterList": [],
    }
