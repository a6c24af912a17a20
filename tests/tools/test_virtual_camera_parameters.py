# SPDX-License-Identifier: MIT
"""Parameters that public clients read before they believe that this is a camera."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.virtual_camera_helpers import RunningCamera

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

PARAM = "/axis-cgi/param.cgi"


def listing(camera: RunningCamera, group: str = "root", **options: Any) -> dict[str, str]:
    text = camera.get(f"{PARAM}?action=list&group={group}", **options).text
    return dict(line.split("=", 1) for line in text.splitlines())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Properties.API.Metadata.Metadata", "yes"),
        ("Properties.API.Metadata.Version", "1.0"),
        ("Properties.Firmware.BuildDate", "Jan 15 2026 09:30"),
        ("Properties.Firmware.BuildNumber", "68"),
        ("Properties.System.HardwareID", "FFF"),
        ("Brand.ProdVariant", ""),
        ("Image.I0.Name", "View Area 1"),
        ("Image.I0.Stream.FPS", "0"),
        ("ImageSource.I0.Name", "Camera 1"),
        ("ImageSource.I0.Sensor.AspectRatio", "16:9"),
        ("Network.eth0.IPAddress", "127.0.0.1"),
        ("Network.HTTP.AuthenticationPolicy", "recommended"),
        ("Time.POSIXTimeZone", "UTC0"),
    ],
)
def test_what_clients_ask_for_is_there(camera: RunningCamera, name: str, value: str) -> None:
    assert listing(camera, name) == {f"root.{name}": value}


def test_the_mac_address_is_the_serial_number(camera: RunningCamera) -> None:
    found = listing(camera, "Network.eth0,Properties.System")

    mac = found["root.Network.eth0.MACAddress"]
    assert mac.replace(":", "") == found["root.Properties.System.SerialNumber"]


def test_device_info_and_parameters_agree(camera: RunningCamera) -> None:
    body = {"apiVersion": "1.0", "method": "getAllProperties"}
    reply = camera.post("/axis-cgi/basicdeviceinfo.cgi", json=body)

    info = reply.json()["data"]["propertyList"]
    found = listing(camera)
    assert info["BuildDate"] == found["root.Properties.Firmware.BuildDate"]
    assert info["HardwareID"] == found["root.Properties.System.HardwareID"]
