# SPDX-License-Identifier: MIT
"""The camera's own parameters that clients read besides those in parameters.py.

Names are those of VAPIX Parameter Management and of public clients; values say what this camera
is: one picture, no PTZ, no ports, on the loopback address.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tools.virtual_camera.geolocation import PARAMETERS as GEOLOCATION

AUTHENTICATION_POLICY = "Network.HTTP.AuthenticationPolicy"
_BUILD_TIME = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
"""When the emulated firmware was built; a fixed one, since nothing is."""


def device_parameters(*, serial: str, os_version: str) -> dict[str, str]:
    """Names without root. and values, to be added to `parameters.system_parameters`."""
    return {
        **_identity(os_version),
        **_api(),
        **_image(),
        **_network(serial),
        **_time(),
        **GEOLOCATION,
    }


def _identity(os_version: str) -> dict[str, str]:
    return {
        "Brand.ProdVariant": "",
        "Properties.Firmware.BuildDate": _BUILD_TIME.strftime("%b %d %Y %H:%M"),
        "Properties.Firmware.BuildNumber": os_version.rpartition(".")[2],
        "Properties.System.HardwareID": "FFF",
        "Properties.System.Language": "English",
        "Properties.System.LanguageType": "default",
        "System.BoaProtPTZOperator": "password",
        "System.BoaProtViewer": "password",
    }


def _api() -> dict[str, str]:
    return {
        "Properties.API.Browser.RootPwdSetValue": "yes",
        "Properties.API.HTTP.AdminPath": "/",
        "Properties.API.Metadata.Metadata": "yes",
        "Properties.API.Metadata.Version": "1.0",
        "Properties.API.RTSP.RTSPAuth": "yes",
        "Properties.API.RTSP.Version": "2.01",
        "Properties.API.WebService.EntryPoint": "yes",
        "Properties.EmbeddedDevelopment.CacheSize": "76546048",
        "Properties.EmbeddedDevelopment.DefaultCacheSize": "92274688",
        "Properties.EmbeddedDevelopment.RuleEngine.MultiConfiguration": "yes",
        "Properties.Image.ShowSuboptimalResolutions": "false",
        "Properties.PTZ.DigitalPTZ": "no",
        "Properties.PTZ.DriverManagement": "no",
        "Properties.PTZ.PTZ": "no",
        "Properties.LocalStorage.LocalStorage": "no",
        "Properties.Motion.Motion": "no",
    }


def _image() -> dict[str, str]:
    picture = {
        "Name": "View Area 1",
        "Source": "0",
        "Appearance.ColorEnabled": "yes",
        "Appearance.MirrorEnabled": "no",
        "Appearance.Rotation": "0",
        "Overlay.Enabled": "no",
        "RateControl.MaxBitrate": "0",
        "RateControl.Mode": "vbr",
        "SizeControl.MaxFrameSize": "0",
        "Stream.Duration": "0",
        "Stream.FPS": "0",
        "Stream.NbrOfFrames": "0",
        "Text.BGColor": "black",
        "Text.ClockEnabled": "no",
        "Text.Color": "white",
        "Text.DateEnabled": "no",
        "Text.Position": "top",
        "Text.String": "",
        "Text.TextEnabled": "no",
    }
    return {
        **{f"Image.I0.{name}": value for name, value in picture.items()},
        "Image.DateFormat": "YYYY-MM-DD",
        "Image.OwnDateFormatEnabled": "no",
        "Image.TimeFormat": "24",
        "ImageSource.NbrOfSources": "1",
        "ImageSource.I0.Name": "Camera 1",
        "ImageSource.I0.Sensor.AspectRatio": "16:9",
        "ImageSource.I0.Sensor.CaptureFrequency": "50",
        "ImageSource.I0.Sensor.VideoRotation": "0",
        "StreamProfile.MaxGroups": "26",
    }


def _network(serial: str) -> dict[str, str]:
    mac = ":".join(serial[place : place + 2] for place in range(0, 12, 2))
    return {
        AUTHENTICATION_POLICY: "recommended",
        "HTTPS.Enabled": "yes",
        "HTTPS.Port": "443",
        "Network.BootProto": "none",
        "Network.DNSServer1": "0.0.0.0",
        "Network.DefaultRouter": "127.0.0.1",
        "Network.HostName": f"axis-{serial.lower()}",
        "Network.IPAddress": "127.0.0.1",
        "Network.SubnetMask": "255.0.0.0",
        "Network.eth0.Broadcast": "127.255.255.255",
        "Network.eth0.IPAddress": "127.0.0.1",
        "Network.eth0.MACAddress": mac,
        "Network.eth0.SubnetMask": "255.0.0.0",
        "Network.eth0.IPv6.IPAddresses": "",
        "Network.VolatileHostName.HostName": f"axis-{serial.lower()}",
        "Network.VolatileHostName.ObtainFromDHCP": "no",
        "Network.HTTP.AuthenticationWithQop": "yes",
        "Network.RTSP.Enabled": "yes",
        "Network.RTSP.Port": "554",
        "Network.UPnP.Enabled": "no",
        "Network.Bonjour.Enabled": "no",
        "Network.ZeroConf.Enabled": "no",
    }


def _time() -> dict[str, str]:
    return {
        "Time.DST.Enabled": "no",
        "Time.NTP.Server": "0.0.0.0",
        "Time.ObtainFromDHCP": "no",
        "Time.POSIXTimeZone": "UTC0",
        "Time.SyncSource": "NTP",
        "Time.TimeZone": "",
    }
