# SPDX-License-Identifier: MIT
"""Parameters that public clients read before they believe that this is a camera."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tools.virtual_camera_helpers import RunningCamera, StartCamera

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


ADD = f"{PARAM}?action=add&template=streamprofile&group=StreamProfile"


def test_stream_profiles_are_added_and_removed(start_camera: StartCamera, tmp_path: Path) -> None:
    camera = start_camera(state=tmp_path / "state")
    low = "&StreamProfile.S.Name=low&StreamProfile.S.Parameters=resolution%3D320x180"

    assert camera.get(ADD + low).text == "S0 OK"
    assert camera.get(f"{ADD}&root.StreamProfile.S.Name=high").text == "S1 OK"
    camera.stop()
    camera = start_camera(state=tmp_path / "state")
    found = listing(camera, "StreamProfile.S0")
    assert found == {
        "root.StreamProfile.S0.Name": "low",
        "root.StreamProfile.S0.Description": "",
        "root.StreamProfile.S0.Parameters": "resolution=320x180",
    }
    assert camera.get(f"{PARAM}?action=remove&group=root.StreamProfile.S0").text == "OK"
    assert camera.get(f"{ADD}&StreamProfile.S.Name=new").text == "S0 OK"


@pytest.mark.parametrize(
    "query",
    [
        "action=add&template=event&group=Event",
        "action=add&template=streamprofile&group=Image",
        "action=add&template=streamprofile&group=StreamProfile&StreamProfile.S.Odd=1",
        "action=remove&group=Brand",
        "action=remove&group=Image.I0",
        "action=remove&group=StreamProfile",
        "action=remove&group=StreamProfile.S7",
        "action=remove",
    ],
)
def test_other_groups_cannot_be_added_or_removed(camera: RunningCamera, query: str) -> None:
    before = listing(camera)

    assert camera.get(f"{PARAM}?{query}").text.startswith("# Error:")

    assert listing(camera) == before
    camera.get("/axis-cgi/pwdgrp.cgi?action=add&user=joe&pwd=pw&grp=users&sgrp=viewer")
    assert camera.get(f"{PARAM}?{query}", user="joe", password="pw").status_code == 403


def test_there_are_only_so_many_profiles(camera: RunningCamera) -> None:
    replies = [camera.get(ADD).text for _ in range(27)]

    assert replies[25] == "S25 OK"
    assert replies[26].startswith("# Error: there are 26")
