# SPDX-License-Identifier: MIT
"""HTTPS, which scheme is offered where, and the accounts of apps."""

from __future__ import annotations

import asyncio
import ssl
import stat
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from tests.tools.virtual_camera_helpers import TIMEOUT, RunningCamera, StartCamera
from tools.errors import SetupError
from tools.virtual_camera.service_accounts import AccountError, ServiceAccounts

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

BRAND = "/axis-cgi/param.cgi?action=list&group=Brand.Brand"
SHOWN = "root.Brand.Brand=AXIS\n"
ROOT = ("root", "pass")


def https(camera: RunningCamera, path: str = BRAND, **options: Any) -> requests.Response:
    with pytest.warns(Warning, match="Unverified HTTPS"):
        return requests.get(camera.https + path, verify=False, timeout=TIMEOUT, **options)


def set_policy(camera: RunningCamera, policy: str) -> None:
    name = "Network.HTTP.AuthenticationPolicy"
    assert camera.get(f"/axis-cgi/param.cgi?action=update&{name}={policy}").text == "OK"


def offered(reply: requests.Response) -> list[str]:
    """The schemes of a 401."""
    assert reply.status_code == 401
    challenges = reply.raw.headers.getlist("WWW-Authenticate")
    return [challenge.split(" ")[0] for challenge in challenges]


def test_https_takes_basic_and_http_takes_digest(camera: RunningCamera) -> None:
    assert https(camera, auth=ROOT).text == SHOWN
    assert offered(https(camera)) == ["Basic"]
    assert offered(https(camera, auth=("root", "wrong"))) == ["Basic"]
    assert offered(https(camera, auth=requests.auth.HTTPDigestAuth(*ROOT))) == ["Basic"]
    assert offered(requests.get(camera.url + BRAND, timeout=TIMEOUT)) == ["Digest"]
    assert offered(requests.get(camera.url + BRAND, auth=ROOT, timeout=TIMEOUT)) == ["Digest"]


@pytest.mark.parametrize(
    ("policy", "schemes"),
    [("digest", ["Digest"]), ("basic", ["Basic"]), ("basic_digest", ["Digest", "Basic"])],
)
def test_the_policy_decides(camera: RunningCamera, policy: str, schemes: list[str]) -> None:
    set_policy(camera, policy)

    assert offered(requests.get(camera.url + BRAND, timeout=TIMEOUT)) == schemes
    assert offered(https(camera)) == schemes
    for scheme, auth in (("Basic", ROOT), ("Digest", requests.auth.HTTPDigestAuth(*ROOT))):
        if scheme in schemes:
            assert requests.get(camera.url + BRAND, auth=auth, timeout=TIMEOUT).text == SHOWN


def test_the_certificate_is_the_cameras_own_and_kept(
    start_camera: StartCamera, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    camera = start_camera(state=state, name="gate")
    certificate = state / "https" / "certificate.pem"
    mode = (state / "https" / "key.pem").stat().st_mode

    reply = requests.get(camera.https + BRAND, auth=ROOT, verify=str(certificate), timeout=TIMEOUT)

    assert reply.text == SHOWN
    assert stat.S_IMODE(mode) == 0o600
    shown = subprocess.run(
        ["openssl", "x509", "-in", certificate, "-noout", "-subject"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"axis-{camera.settings.serial.lower()}" in shown.stdout
    before = certificate.read_text()
    camera.stop()
    start_camera(state=state, name="gate")
    assert certificate.read_text() == before


def test_event_streams_are_there_on_https_too(camera: RunningCamera) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    async def run() -> None:
        headers = {"Authorization": aiohttp.encode_basic_auth(*ROOT)}
        address = f"{camera.https}/vapix/ws-data-stream?sources=events"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(address, headers=headers, ssl=context) as socket,
        ):
            await socket.send_str("{")
            answer = await socket.receive_json(timeout=TIMEOUT)
            assert answer["error"]["code"] == 2101

    asyncio.run(asyncio.wait_for(run(), TIMEOUT))


def test_a_port_that_is_taken_is_named(start_camera: StartCamera) -> None:
    camera = start_camera()

    with pytest.raises(SetupError) as refused:
        start_camera(https_port=int(camera.https.rpartition(":")[2]))

    assert "cannot be used" in str(refused.value)
    assert "--https-port" in refused.value.cure


def ask_for_account(camera: RunningCamera, label: str) -> str:
    """What an app does: GetCredentials on its system bus. The reply or the error's text."""

    async def run() -> str:
        bus = await MessageBus(bus_address=camera.bus_address).connect()
        try:
            reply = await bus.call(
                Message(
                    "com.axis.HTTPConf1",
                    "/com/axis/HTTPConf1/VAPIXServiceAccounts1",
                    "com.axis.HTTPConf1.VAPIXServiceAccounts1",
                    "GetCredentials",
                    signature="s",
                    body=[label],
                )
            )
        finally:
            bus.disconnect()
        assert reply is not None
        if reply.message_type is MessageType.METHOD_RETURN:
            assert reply.signature == "s"
        return str(reply.body[0])

    return asyncio.run(asyncio.wait_for(run(), TIMEOUT))


def test_an_app_reaches_vapix_with_its_service_account(start_camera: StartCamera) -> None:
    camera = start_camera(service_port=0)
    address = f"http://127.0.0.12:{camera.service_port}"

    user, _, password = ask_for_account(camera, "my_app").partition(":")

    assert user == "a0-my_app"
    assert ask_for_account(camera, "my_app") == f"{user}:{password}"
    auth = (user, password)
    assert requests.get(address + BRAND, auth=auth, timeout=TIMEOUT).text == SHOWN
    change = "/axis-cgi/param.cgi?action=update&Image.I0.Name=Door"
    assert requests.get(address + change, auth=auth, timeout=TIMEOUT).text == "OK"
    assert offered(requests.get(address + BRAND, timeout=TIMEOUT)) == ["Basic"]
    for wrong in ((user, "wrong"), ROOT, ("a0-other", password)):
        assert offered(requests.get(address + BRAND, auth=wrong, timeout=TIMEOUT)) == ["Basic"]
    assert offered(https(camera, auth=auth)) == ["Basic"]


def test_a_second_camera_has_another_port_for_apps_and_says_so(
    start_camera: StartCamera, caplog: pytest.LogCaptureFixture
) -> None:
    first = start_camera(service_port=0)
    second = start_camera(service_port=first.service_port)

    user, _, password = ask_for_account(second, "my_app").partition(":")

    address = f"http://127.0.0.12:{second.service_port}"
    assert requests.get(address + BRAND, auth=(user, password), timeout=TIMEOUT).text == SHOWN
    said = f"VAPIX for apps is on port {second.service_port}: 127.0.0.12 port {first.service_port}"
    assert said in caplog.text
    assert "another camera or web server has it" in caplog.text
    assert said in second.get("/axis-cgi/systemlog.cgi").text


def test_accounts_are_bounded_and_labels_checked() -> None:
    accounts = ServiceAccounts()
    kept = accounts.credentials("0")
    for number in range(1, 200):
        accounts.credentials(str(number))

    assert accounts.credentials("0") == kept
    with pytest.raises(AccountError, match="200"):
        accounts.credentials("one more")
    for label in ("", "a:b", "x" * 65, "a\n"):
        with pytest.raises(AccountError, match="name of the account"):
            ServiceAccounts().credentials(label)
