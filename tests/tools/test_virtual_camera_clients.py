# SPDX-License-Identifier: MIT
"""Requests as public clients send them, and what those clients look for in the answers."""

from __future__ import annotations

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
