# SPDX-License-Identifier: MIT
"""Requests as public clients send them, and what those clients look for in the answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy
import pytest

from tests.tools.virtual_camera_helpers import APP, MakePackage, RunningCamera

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]


def test_the_installer_of_the_sdk_is_told_how_it_went(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    """It wants a page and looks for package_uploaded=yes, or URL=/devtools.shtml?error=."""

    def upload(data: bytes) -> str:
        form = {"packfil": ("package.eap", data)}
        path = "/axis-cgi/admin/applications/upload.cgi?reload_page=yes"
        return camera.post(path, files=form).text

    def control(action: str) -> str:
        path = "/axis-cgi/applications/control.cgi"
        return camera.get(f"{path}?action={action}&package={APP}&reload_page=yes").text

    assert "URL=/devtools.shtml?error=1" in upload(b"no package")
    assert "URL=/devtools.shtml?package_uploaded=yes" in upload(make_package().read_bytes())
    assert "package_started=yes" in control("start")
    assert "URL=/devtools.shtml?error=6" in control("start")
    assert "package_stopped=yes" in control("stop")
    assert "package_removed=yes" in control("remove")
    assert "URL=/devtools.shtml?error=4" in control("start")


def test_what_an_app_does_not_name_is_left_out_of_the_list(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    """An ApplicationID is a number (the schema of the Application API), so it is never empty."""
    camera.upload(make_package())

    listed = ElementTree.fromstring(camera.get("/axis-cgi/applications/list.cgi").content)

    apps = {element.attrib["Name"]: element.attrib for element in listed}
    assert int(apps["objectanalytics"]["ApplicationID"]) > 0
    assert {"ApplicationID", "VendorHomePage"}.isdisjoint(apps[APP])
    always = {"NiceName", "Vendor", "Version", "License", "Status", "Bundled", "SignatureStatus"}
    assert always <= set(apps[APP])


def test_parameters_that_clients_ask_for_are_there(camera: RunningCamera) -> None:
    listed = camera.get("/axis-cgi/param.cgi?action=list&group=root.Network,Properties").text

    for name in (
        "Network.VolatileHostName.HostName=axis-",
        "Network.eth0.IPv6.IPAddresses=",
        "Network.RTSP.Port=",
        "Properties.API.Browser.RootPwdSetValue=yes",
        "Properties.API.RTSP.Version=",
    ):
        assert f"root.{name}" in listed


PROFILES = "/axis-cgi/streamprofile.cgi"
PARAM = "/axis-cgi/param.cgi"
IMAGE = "/axis-cgi/jpg/image.cgi"


def ask_profiles(camera: RunningCamera, method: str, **params: Any) -> dict[str, Any]:
    body = {"apiVersion": "1.0", "context": "me", "method": method, "params": params}
    answer: dict[str, Any] = camera.post(PROFILES, json=body).json()
    assert (answer["apiVersion"], answer["context"], answer["method"]) == ("1.0", "me", method)
    return answer


def test_stream_profiles_are_made_listed_changed_and_removed(camera: RunningCamera) -> None:
    low = {"name": "low & small", "description": "d", "parameters": "resolution=320x180&fps=5"}

    assert ask_profiles(camera, "list")["data"] == {"streamProfile": [], "maxProfiles": 26}
    assert ask_profiles(camera, "create", streamProfile=[low])["data"] == {}
    listed = camera.get(f"{PARAM}?action=list&group=StreamProfile.S0").text
    assert "root.StreamProfile.S0.Parameters=resolution=320x180&fps=5\n" in listed
    changed = {"name": "low & small", "parameters": "resolution=640x360"}
    assert ask_profiles(camera, "update", streamProfile=[changed])["data"] == {}
    names = [{"name": "low & small"}]
    data = ask_profiles(camera, "list", streamProfileName=names)["data"]
    assert data["streamProfile"] == [{**low, **changed}]
    assert ask_profiles(camera, "remove", streamProfileName=names)["data"] == {}
    assert ask_profiles(camera, "list", streamProfileName=[])["data"]["streamProfile"] == []


def test_a_picture_follows_its_stream_profile(camera: RunningCamera) -> None:
    profile = {"name": "low", "description": "", "parameters": "resolution=320x180"}
    ask_profiles(camera, "create", streamProfile=[profile])

    def size(query: str) -> tuple[int, ...]:
        reply = camera.get(f"{IMAGE}?{query}")
        pixels = cv2.imdecode(numpy.frombuffer(reply.content, numpy.uint8), cv2.IMREAD_COLOR)
        assert pixels is not None
        return tuple(pixels.shape[:2])

    assert size("streamprofile=low") == (180, 320)
    assert size("streamprofile=low&resolution=640x360") == (360, 640)
    assert camera.get(f"{IMAGE}?streamprofile=other").status_code == 400


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("list", {"streamProfileName": [{"name": "none"}]}, 2006),
        ("list", {"streamProfileName": 7}, 2001),
        ("create", {}, 2003),
        ("create", {"streamProfile": [{"description": "d"}]}, 2003),
        ("create", {"streamProfile": [{"name": ""}]}, 2004),
        ("create", {"streamProfile": [{"name": "a"}, {"name": "a"}]}, 2002),
        ("create", {"streamProfile": [{"name": str(n)} for n in range(27)]}, 1000),
        ("update", {"streamProfile": [{"name": "none"}]}, 2006),
        ("remove", {"streamProfileName": [{"name": "none"}]}, 2006),
        ("explode", {}, 2005),
    ],
)
def test_a_wrong_stream_profile_has_its_code(
    camera: RunningCamera, method: str, params: dict[str, Any], code: int
) -> None:
    assert ask_profiles(camera, method, **params)["error"]["code"] == code
    assert ask_profiles(camera, "list")["data"]["streamProfile"] == []


def test_the_position_is_kept_as_it_was_written(camera: RunningCamera) -> None:
    def position() -> dict[str, str | None]:
        reply = camera.get("/axis-cgi/geolocation/get.cgi")
        assert reply.headers["Content-Type"].startswith("application/xml")
        found = ElementTree.fromstring(reply.content).find("Success/GetSuccess")
        assert found is not None
        return {element.tag: element.text for element in found.iter() if len(element) == 0}

    assert position()["ValidPosition"] == "false"
    moved = camera.get("/axis-cgi/geolocation/set.cgi?lat=55.71&lng=-013.2&heading=30&text=Floor 2")
    assert ElementTree.fromstring(moved.content).find("Success/GeneralSuccess") is not None
    assert position() == {
        "Lat": "55.71",
        "Lng": "-013.2",
        "Heading": "30",
        "Text": "Floor 2",
        "ValidPosition": "true",
        "ValidHeading": "true",
    }
    camera.get("/axis-cgi/geolocation/set.cgi?lat=5112.3456&lng=01312.3456")
    assert position()["Lat"] == "5112.3456"


def test_the_orientation_is_kept(camera: RunningCamera) -> None:
    path = "/axis-cgi/geoorientation/geoorientation.cgi"

    camera.get(f"{path}?action=set&tilt=-80.0&inst_height=2.3")

    found = ElementTree.fromstring(camera.get(f"{path}?action=get").content)
    assert found.findtext("Success/GetSuccess/Tilt") == "-80.0"
    assert found.findtext("Success/GetSuccess/ValidTilt") == "true"
    assert found.findtext("Success/GetSuccess/ValidHeading") == "false"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("geolocation/set.cgi?lat=91.0", "2"),
        ("geolocation/set.cgi?lat=north", "2"),
        ("geolocation/set.cgi?lat=5161.0", "2"),
        ("geolocation/set.cgi?altitude=3", "1"),
        ("geolocation/set.cgi", "1"),
        ("geoorientation/geoorientation.cgi?action=set&tilt=181", "2"),
        ("geoorientation/geoorientation.cgi?action=set&tilt=nan", "2"),
        ("geoorientation/geoorientation.cgi?action=turn", "1"),
    ],
)
def test_a_wrong_place_has_its_code(camera: RunningCamera, query: str, code: str) -> None:
    root = ElementTree.fromstring(camera.get(f"/axis-cgi/{query}").content)

    assert root.findtext("Error/SetError/ErrorCode") == code


def test_a_camera_without_ptz_says_so_with_status_200(camera: RunningCamera) -> None:
    reply = camera.get("/axis-cgi/com/ptz.cgi?query=position&camera=1")

    assert (reply.status_code, reply.text.split("\n")[0]) == (200, "Error:")
    counted = camera.get("/virtual/unsupported").json()["unsupported"]
    assert {"kind": "vapix", "name": "com/ptz.cgi query", "count": 1} in counted


def test_the_date_is_that_of_the_zone(camera: RunningCamera) -> None:
    camera.get(f"{PARAM}?action=update&Time.POSIXTimeZone=XXX-3")

    told = camera.get("/axis-cgi/date.cgi?action=get").text.strip()

    ahead = datetime.strptime(f"{told} +0300", "%b %d, %Y %H:%M:%S %z") - datetime.now(UTC)
    assert abs(ahead) < timedelta(seconds=30)
    assert camera.get("/axis-cgi/date.cgi?action=set&year=2001").text.startswith("Request failed")


def test_cards_are_listed_and_recordings_are_none(camera: RunningCamera) -> None:
    def disks() -> dict[str, dict[str, str]]:
        root = ElementTree.fromstring(camera.get("/axis-cgi/disks/list.cgi?diskid=all").content)
        assert root.find("disks[@numberofdisks='2']") is not None
        return {disk.attrib["diskid"]: dict(disk.attrib) for disk in root.iter("disk")}

    card = disks()["SD_DISK"]
    assert (card["status"], card["full"], card["readonly"]) == ("OK", "no", "no")
    assert int(card["totalsize"]) >= int(card["freesize"]) > 0
    assert disks()["NetworkShare"]["status"] == "disconnected"
    camera.post("/virtual/storage", user="", json={"id": "SD_DISK", "full": True})
    assert (disks()["SD_DISK"]["full"], disks()["SD_DISK"]["freesize"]) == ("yes", "0")
    listed = camera.get("/axis-cgi/record/list.cgi?recordingid=all").content
    assert ElementTree.fromstring(listed).find("recordings[@numberofrecordings='0']") is not None


def test_viewers_find_pictures_at_the_shorter_addresses(camera: RunningCamera) -> None:
    for path in ("/jpg/image.jpg", "/jpg/1/image.jpg"):
        assert camera.get(f"{path}?resolution=320x180").content.startswith(b"\xff\xd8")
    for path in ("/mjpg/video.mjpg", "/mjpg/1/video.mjpg"):
        stream = camera.get(f"{path}?nbrofframes=1&resolution=320x180")
        assert stream.headers["Content-Type"].startswith("multipart/x-mixed-replace")
        assert b"\xff\xd8" in stream.content


def test_a_bitmap_has_the_size_asked_for(camera: RunningCamera) -> None:
    reply = camera.get("/axis-cgi/bitmap/image.bmp?resolution=320x180")

    assert reply.content.startswith(b"BM")
    pixels = cv2.imdecode(numpy.frombuffer(reply.content, numpy.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (180, 320, 3)


def test_the_head_of_an_endless_stream_ends(camera: RunningCamera) -> None:
    reply = camera.request("HEAD", "/axis-cgi/mjpg/video.cgi")

    assert reply.headers["Content-Type"].startswith("multipart/x-mixed-replace")
    assert reply.content == b""


def test_the_device_configuration_framework_has_no_apis(camera: RunningCamera) -> None:
    assert camera.get("/config/discover").json() == {"framework_version": "1.0.0", "apis": {}}
    assert camera.get("/config/rest/$all").json() == {"status": "success", "data": {}}
    for method in ("GET", "PATCH"):
        reply = camera.request(method, "/config/rest/ssh/v2/users", json={"data": {}})
        assert (reply.status_code, reply.json()["status"]) == (404, "error")
        assert "/config/rest/ssh/v2/users" in reply.json()["error"]["message"]
    assert camera.get("/config/discover", user="").status_code == 401
    counted = camera.get("/virtual/unsupported").json()["unsupported"]
    assert {"kind": "vapix", "name": "/config/rest/ssh/v2/users", "count": 2} in counted
