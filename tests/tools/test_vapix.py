# SPDX-License-Identifier: MIT
"""The VAPIX client, against a server that answers in the documented forms."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tools.scripted_camera import (
    PASSWORD,
    USER,
    Answer,
    Request,
    ScriptedCamera,
    scripted_camera,
)
from tools.errors import PackageError, Refused, Unauthorized, Unreachable, UsageError
from tools.vapix import VapixClient
from tools.vapix.applications import CONTROL_ERRORS, UPLOAD_ERRORS

APPS = "axis-cgi/applications"
LIST = """<reply result="ok">
<application Name="batondescribe" NiceName="batonDescribe" Vendor="V" Version="1.2.3"
 Status="Running" License="None" ConfigurationPage="local/batondescribe/index.html"/>
<application Name="old"/>
</reply>
"""


@pytest.fixture
def camera() -> Iterator[ScriptedCamera]:
    with scripted_camera() as scripted:
        scripted.answers[f"{APPS}/list.cgi"] = Answer(LIST, kind="text/xml")
        yield scripted


@pytest.fixture
def client(camera: ScriptedCamera) -> VapixClient:
    return VapixClient(camera.url, USER, PASSWORD)


@pytest.mark.parametrize(
    "schemes", [("digest",), ("basic",), ("digest", "basic"), ("basic", "digest")]
)
def test_the_offered_scheme_is_used(
    camera: ScriptedCamera, client: VapixClient, schemes: tuple[str, ...]
) -> None:
    camera.schemes = schemes

    assert client.applications()
    assert client.applications()

    used = {request.headers["Authorization"].split()[0].lower() for request in camera.requests}
    assert used == ({"digest"} if "digest" in schemes else {"basic"})
    assert camera.challenges == 1, "after the first challenge, each request carries credentials"


def test_a_change_of_policy_is_followed(camera: ScriptedCamera, client: VapixClient) -> None:
    for scheme in ("digest", "basic", "digest"):
        camera.schemes = (scheme,)
        assert client.applications()


@pytest.mark.parametrize("scheme", ["digest", "basic"])
def test_a_wrong_password_is_said_and_not_shown(camera: ScriptedCamera, scheme: str) -> None:
    camera.schemes = (scheme,)
    client = VapixClient(camera.url, USER, "not-the-secret")

    with pytest.raises(Unauthorized, match="refuses user 'root'") as raised:
        client.applications()
    assert "not-the-secret" not in raised.value.message + raised.value.cure
    assert "BATONDESCRIBE_PASSWORD" in raised.value.cure


def test_a_role_that_is_too_low_is_said(camera: ScriptedCamera, client: VapixClient) -> None:
    camera.forbidden.add(f"{APPS}/list.cgi")

    with pytest.raises(Unauthorized, match=r"may not use axis-cgi/applications/list\.cgi"):
        client.applications()


def test_a_camera_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"

    with pytest.raises(Unreachable, match="Connection refused") as raised:
        VapixClient(url, USER, PASSWORD).applications()
    assert "invoke camera" in raised.value.cure


def test_a_camera_that_says_nothing_is_unreachable(camera: ScriptedCamera) -> None:
    release = threading.Event()

    def hang(_request: Request) -> Answer:
        release.wait(10)
        return Answer("late")

    camera.answers[f"{APPS}/list.cgi"] = hang
    client = VapixClient(camera.url, USER, PASSWORD, timeout=0.2)

    with pytest.raises(Unreachable, match=r"did not answer within 0\.2 s"):
        client.applications()
    release.set()


@pytest.mark.parametrize("url", ["camera", "ftp://camera", "http://", "192.0.2.1"])
def test_an_address_that_is_none_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError, match="no camera address"):
        VapixClient(url, USER, PASSWORD)


def test_applications_are_decoded(client: VapixClient) -> None:
    first, second = client.applications()

    assert (first.name, first.version, first.running) == ("batondescribe", "1.2.3", True)
    assert first.configuration_page == "local/batondescribe/index.html"
    assert (second.name, second.nice_name, second.running) == ("old", "old", False)
    assert client.application("nothing") is None


def test_an_upload_is_one_file_part_with_a_file_name(
    camera: ScriptedCamera, client: VapixClient, tmp_path: Path
) -> None:
    camera.answers[f"{APPS}/upload.cgi"] = Answer("OK\n")
    (tmp_path / "app_1_0_0_host.eap").write_bytes(b"package bytes")

    client.upload(tmp_path / "app_1_0_0_host.eap")

    (sent,) = [r for r in camera.requests if r.path.endswith("upload.cgi")]
    assert sent.method == "POST"
    assert sent.headers["Content-Type"].startswith("multipart/form-data")
    assert b'filename="app_1_0_0_host.eap"' in sent.body
    assert b"\r\n\r\npackage bytes\r\n" in sent.body


def test_a_package_that_is_not_there_is_said(client: VapixClient, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="cannot be read"):
        client.upload(tmp_path / "missing.eap")


@pytest.mark.parametrize("code", UPLOAD_ERRORS)
def test_every_upload_error_is_explained(
    camera: ScriptedCamera, client: VapixClient, code: int
) -> None:
    camera.answers[f"{APPS}/upload.cgi"] = Answer(f"Error: {code}")

    with pytest.raises(Refused, match=rf"refuses the package: .+ \(error {code}\)") as raised:
        client.upload_bytes("a.eap", b"x")
    assert raised.value.code == code
    assert raised.value.cure


def test_an_undocumented_upload_error_still_has_its_number(
    camera: ScriptedCamera, client: VapixClient
) -> None:
    camera.answers[f"{APPS}/upload.cgi"] = Answer("Error: 99")

    with pytest.raises(Refused, match="not documented") as raised:
        client.upload_bytes("a.eap", b"x")
    assert raised.value.code == 99


@pytest.mark.parametrize("code", CONTROL_ERRORS)
def test_every_control_error_is_explained(
    camera: ScriptedCamera, client: VapixClient, code: int
) -> None:
    camera.answers[f"{APPS}/control.cgi"] = Answer(f"Error: {code}")

    with pytest.raises(Refused, match=rf"refuses to restart batondescribe: .+\(error {code}\)"):
        client.control("restart", "batondescribe")


@pytest.mark.parametrize(
    ("call", "action", "harmless"),
    [
        (lambda c: c.start("app"), "start", 6),
        (lambda c: c.stop("app"), "stop", 7),
        (lambda c: c.remove("app"), "remove", 4),
    ],
)
def test_what_is_done_already_is_no_error(
    camera: ScriptedCamera,
    client: VapixClient,
    call: Callable[[VapixClient], bool],
    action: str,
    harmless: int,
) -> None:
    camera.answers[f"{APPS}/control.cgi"] = Answer("OK")
    assert call(client) is True
    assert camera.requests[-1].query == {"action": action, "package": "app"}

    camera.answers[f"{APPS}/control.cgi"] = Answer(f"Error: {harmless}")
    assert call(client) is False

    camera.answers[f"{APPS}/control.cgi"] = Answer("Error: 10")
    with pytest.raises(Refused):
        call(client)


def test_unsigned_packages_can_be_allowed(camera: ScriptedCamera, client: VapixClient) -> None:
    camera.answers[f"{APPS}/config.cgi"] = lambda request: Answer(
        '<reply result="ok"><param name="AllowUnsigned" value="'
        f'{request.query.get("value", "false")}" /></reply>',
        kind="text/xml",
    )

    assert client.allow_unsigned() is False
    client.set_allow_unsigned(True)
    assert camera.requests[-1].query == {"action": "set", "name": "AllowUnsigned", "value": "true"}


def test_an_error_reply_in_xml_is_refused(camera: ScriptedCamera, client: VapixClient) -> None:
    camera.answers[f"{APPS}/config.cgi"] = Answer(
        '<reply result="error"><error type="1" message="Error: gdbus call failed" /></reply>'
    )

    with pytest.raises(Refused, match="gdbus call failed"):
        client.allow_unsigned()


def test_what_is_no_xml_is_refused(camera: ScriptedCamera, client: VapixClient) -> None:
    camera.answers[f"{APPS}/list.cgi"] = Answer("<html>Not a camera")

    with pytest.raises(Refused, match="no XML"):
        client.applications()


def test_device_information_is_decoded(camera: ScriptedCamera, client: VapixClient) -> None:
    camera.answer_json(
        "axis-cgi/basicdeviceinfo.cgi",
        {
            "apiVersion": "1.3",
            "data": {
                "propertyList": {
                    "Architecture": "aarch64",
                    "ProdNbr": "Q1656",
                    "SerialNumber": "B8A44F7D507D",
                    "Version": "12.0.91",
                    "Soc": "Axis Artpec-8",
                }
            },
        },
    )

    info = client.device_info()

    assert (info.architecture, info.model, info.os_line) == ("aarch64", "Q1656", 12)
    assert camera.requests[-1].json["method"] == "getAllProperties"


def test_an_error_envelope_is_refused_with_its_code(
    camera: ScriptedCamera, client: VapixClient
) -> None:
    camera.answer_json(
        "axis-cgi/basicdeviceinfo.cgi",
        {"apiVersion": "1.3", "error": {"code": 2001, "message": "Forbidden"}},
    )

    with pytest.raises(Refused, match="Forbidden") as raised:
        client.device_info()
    assert raised.value.code == 2001


def test_parameters_keep_equal_signs_in_values(camera: ScriptedCamera, client: VapixClient) -> None:
    camera.answers["axis-cgi/param.cgi"] = Answer("root.Brand.Brand=AXIS\nroot.Brand.URL=a=b\n")

    assert client.parameters("Brand") == {"root.Brand.Brand": "AXIS", "root.Brand.URL": "a=b"}
    assert camera.requests[-1].query == {"action": "list", "group": "Brand"}


def test_a_parameter_error_is_refused(camera: ScriptedCamera, client: VapixClient) -> None:
    camera.answers["axis-cgi/param.cgi"] = Answer("# Error: Error getting parameter value\n")

    with pytest.raises(Refused, match="Error getting parameter value"):
        client.parameters("Nothing")
    with pytest.raises(Refused):
        client.set_parameters({"root.Nothing": "1"})


def test_the_log_comes_without_its_heading(camera: ScriptedCamera, client: VapixClient) -> None:
    camera.answers["axis-cgi/admin/systemlog.cgi"] = Answer(
        "----- Contents of SYSTEM_LOG for 'app' -----\n\n14:13:07.412 [ INFO ] app[64]: hello\n"
    )

    assert client.system_log("app") == ("14:13:07.412 [ INFO ] app[64]: hello",)
    assert camera.requests[-1].query == {"appname": "app"}


def test_a_snapshot_is_jpeg_or_refused(camera: ScriptedCamera, client: VapixClient) -> None:
    camera.answers["axis-cgi/jpg/image.cgi"] = Answer(b"\xff\xd8jpeg", kind="image/jpeg")
    assert client.snapshot("640x480") == b"\xff\xd8jpeg"
    assert camera.requests[-1].query == {"resolution": "640x480"}

    camera.answers["axis-cgi/jpg/image.cgi"] = Answer("<!-- no -->", kind="text/html")
    with pytest.raises(Refused, match="no picture"):
        client.snapshot("1x1")


AOA = "local/objectanalytics/control.cgi"


def test_scenarios_have_the_topic_of_their_event(
    camera: ScriptedCamera, client: VapixClient
) -> None:
    camera.answer_json(
        AOA,
        {
            "apiVersion": "1.2",
            "method": "getConfiguration",
            "data": {
                "devices": [{"id": 1, "type": "camera"}],
                "scenarios": [{"id": 2, "name": "Gate", "type": "motion", "devices": [{"id": 1}]}],
            },
        },
    )

    (scenario,) = client.scenarios()

    assert (scenario.topic, scenario.name, scenario.type) == ("Device1Scenario2", "Gate", "motion")


def test_an_alarm_is_sent_by_its_documented_method(
    camera: ScriptedCamera, client: VapixClient
) -> None:
    camera.answer_json(AOA, {"apiVersion": "1.2", "method": "sendAlarmEvent", "data": {}})

    client.send_alarm(2)

    assert camera.requests[-1].json == {
        "apiVersion": "1.2",
        "method": "sendAlarmEvent",
        "params": {"scenario": 2},
    }


VIRTUAL_INPUT = """<?xml version="1.0"?>
<VirtualInputResponse SchemaVersion="1.1" xmlns="http://www.axis.com/vapix/http_cgi/virtualinput1">
{}</VirtualInputResponse>"""


def test_a_virtual_input_says_whether_it_changed(
    camera: ScriptedCamera, client: VapixClient
) -> None:
    answer = (
        "<Success><ActivateSuccess><StateChanged> true\n</StateChanged></ActivateSuccess></Success>"
    )
    camera.answers["axis-cgi/virtualinput/activate.cgi"] = Answer(VIRTUAL_INPUT.format(answer))

    assert client.set_virtual_input(3, True) is True
    assert camera.requests[-1].query == {"schemaversion": "1", "port": "3"}


def test_a_virtual_input_that_is_not_there_is_refused(
    camera: ScriptedCamera, client: VapixClient
) -> None:
    answer = (
        "<Error><GeneralError><ErrorCode>20</ErrorCode>"
        "<ErrorDescription>No such input</ErrorDescription></GeneralError></Error>"
    )
    camera.answers["axis-cgi/virtualinput/deactivate.cgi"] = Answer(VIRTUAL_INPUT.format(answer))

    with pytest.raises(Refused, match="No such input") as raised:
        client.set_virtual_input(99, False)
    assert raised.value.code == 20
