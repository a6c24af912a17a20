# SPDX-License-Identifier: MIT
"""Time, firmware and the server report."""

from __future__ import annotations

import io
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.tools.virtual_camera_helpers import RunningCamera

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

TIME, FIRMWARE = "/axis-cgi/time.cgi", "/axis-cgi/firmwaremanagement.cgi"
REPORT = "/axis-cgi/serverreport.cgi"
CET = "CET-1CEST,M3.5.0,M10.5.0/3"


def ask(camera: RunningCamera, path: str, method: str, **params: Any) -> dict[str, Any]:
    body = {"apiVersion": "1.0", "context": "me", "method": method, "params": params}
    answer: dict[str, Any] = camera.post(path, json=body).json()
    assert (answer["apiVersion"], answer["context"], answer["method"]) == ("1.0", "me", method)
    return answer


def test_the_time_is_that_of_the_machine(camera: RunningCamera) -> None:
    data = ask(camera, TIME, "getDateTimeInfo")["data"]

    told = datetime.fromisoformat(data["dateTime"])
    assert abs(datetime.now(UTC) - told) < timedelta(seconds=30)
    assert data["dateTime"].endswith("Z")
    assert datetime.fromisoformat(data["localDateTime"]) == told
    assert (data["posixTimeZone"], data["dstEnabled"]) == ("UTC0", False)
    assert "timeZone" not in data


def test_a_time_zone_can_be_set_in_both_forms(camera: RunningCamera) -> None:
    assert ask(camera, TIME, "setTimeZone", timeZone="Asia/Kolkata")["data"] == {
        "timeZone": "Asia/Kolkata"
    }
    data = ask(camera, TIME, "getAll")["data"]
    assert data["localDateTime"].endswith("+05:30")
    assert data["timeZone"] == "Asia/Kolkata"
    assert data["posixTimeZone"] == "IST-5:30"
    assert {"Europe/Stockholm", "UTC"} <= set(data["timeZones"])
    listed = camera.get("/axis-cgi/param.cgi?action=list&group=Time").text
    assert "root.Time.TimeZone=Asia/Kolkata\n" in listed

    answer = ask(camera, TIME, "setPosixTimeZone", posixTimeZone=CET, enableDst=False)
    assert answer["data"] == {"posixTimeZone": CET, "dstEnabled": False}
    data = ask(camera, TIME, "getDateTimeInfo")["data"]
    assert data["localDateTime"].endswith("+01:00")
    assert "timeZone" not in data
    ask(camera, TIME, "setPosixTimeZone", posixTimeZone="<X>3<Y>2,J1,J365", enableDst=True)
    zone = ask(camera, TIME, "getDateTimeInfo")["data"]["localDateTime"][-6:]
    assert zone in ("-02:00", "-03:00")
    assert ask(camera, TIME, "resetTimeZone")["data"] == {"status": "success"}
    assert ask(camera, TIME, "getDateTimeInfo")["data"]["localDateTime"].endswith("+00:00")


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("setTimeZone", {}, 4003),
        ("setTimeZone", {"timeZone": "Moon/Base"}, 4004),
        ("setTimeZone", {"timeZone": "../../etc/passwd"}, 4004),
        ("setPosixTimeZone", {"posixTimeZone": CET}, 4003),
        ("setPosixTimeZone", {"posixTimeZone": "nonsense", "enableDst": True}, 4004),
        ("setDateTime", {"dateTime": "2018-12-24T14:28:53Z"}, 1000),
        ("getNothing", {}, 4000),
    ],
)
def test_what_cannot_be_set_has_its_code(
    camera: RunningCamera, method: str, params: dict[str, Any], code: int
) -> None:
    assert ask(camera, TIME, method, **params)["error"]["code"] == code


def test_the_firmware_is_the_version_of_axis_os(camera: RunningCamera) -> None:
    data = ask(camera, FIRMWARE, "status")["data"]

    assert data == {"activeFirmwareVersion": "12.10.68", "activeFirmwarePart": "68"}
    assert ask(camera, FIRMWARE, "commit")["data"] == {"firmwareVersion": "12.10.68"}
    assert ask(camera, FIRMWARE, "purge")["data"] == {}
    assert ask(camera, FIRMWARE, "rollback")["error"]["code"] == 404
    assert ask(camera, FIRMWARE, "factoryDefault")["error"]["code"] == 405
    assert camera.post(FIRMWARE, data="{").json()["error"]["code"] == 400
    wrong = {"apiVersion": "7.0", "method": "status"}
    assert camera.post(FIRMWARE, json=wrong).json()["error"]["code"] == 417


def test_the_server_report_comes_in_every_mode(camera: RunningCamera) -> None:
    report = camera.get(REPORT)
    packed = zipfile.ZipFile(io.BytesIO(camera.get(f"{REPORT}?mode=zip_with_image").content))
    with tarfile.open(fileobj=io.BytesIO(camera.get(f"{REPORT}?mode=tar_all").content)) as archive:
        names = archive.getnames()

    assert report.headers["Content-Type"].startswith("text/plain")
    assert "root.Brand.Brand=AXIS\n" in report.text
    assert packed.namelist() == ["report.txt", "image.jpg"]
    assert packed.read("image.jpg").startswith(b"\xff\xd8")
    assert names == ["report.txt", "var/log/info.log"]
    assert camera.get(f"{REPORT}?mode=odd").status_code == 400
    assert camera.get(REPORT, user="").status_code == 401


def test_what_is_served_is_discovered(camera: RunningCamera) -> None:
    apis = ask(camera, "/axis-cgi/apidiscovery.cgi", "getApiList")["data"]["apiList"]

    assert {
        *("api-discovery", "basic-device-info", "event-mqtt-bridge"),
        *("event-streaming-over-websocket", "fwmgr", "mqtt-client", "param-cgi"),
        *("systemready", "time-service", "user-management"),
    } <= {api["id"] for api in apis}
