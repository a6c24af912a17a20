# SPDX-License-Identifier: MIT
"""What a camera has by its documentation (VAPIX Library, ACAP API overview), to be compared with
what this one has. A list of names only: whether each is there is found out from the code."""

from __future__ import annotations

_CGI = "/axis-cgi"

CALLS = (
    *(f"{_CGI}/{name}.cgi" for name in ("apidiscovery", "basicdeviceinfo", "systemready")),
    *(f"{_CGI}/{name}.cgi" for name in ("param", "admin/param", "pwdgrp", "usergroup")),
    *(f"{_CGI}/{name}.cgi" for name in ("systemlog", "admin/systemlog", "accesslog")),
    *(f"{_CGI}/{name}.cgi" for name in ("serverreport", "restart", "factorydefault")),
    *(f"{_CGI}/{name}.cgi" for name in ("firmwaremanagement", "firmwareupgrade", "time", "date")),
    *(f"{_CGI}/{name}.cgi" for name in ("ntp", "network_settings", "wssession", "lightcontrol")),
    *(f"{_CGI}/applications/{n}.cgi" for n in ("upload", "control", "list", "config", "info")),
    f"{_CGI}/applications/license.cgi",
    *(f"{_CGI}/{name}" for name in ("jpg/image.cgi", "mjpg/video.cgi", "imagesize.cgi")),
    *("/jpg/image.jpg", "/mjpg/video.mjpg", f"{_CGI}/bitmap/image.bmp"),
    *(f"{_CGI}/{name}.cgi" for name in ("videostatus", "streamprofile", "streamstatus")),
    *(f"{_CGI}/virtualinput/{n}.cgi" for n in ("activate", "deactivate", "getschemaversions")),
    *(f"{_CGI}/io/{name}.cgi" for name in ("virtualinput", "port", "portmanagement", "output")),
    *(f"{_CGI}/mqtt/{name}.cgi" for name in ("client", "event")),
    *(f"{_CGI}/com/{name}.cgi" for name in ("ptz", "ptzconfig")),
    *(
        f"{_CGI}/{name}.cgi"
        for name in ("dynamicoverlay/dynamicoverlay", "privacymask", "zipstream/setstrength")
    ),
    *(
        f"{_CGI}/{name}.cgi"
        for name in ("record/record", "record/list", "record/export/exportrecording")
    ),
    *(f"{_CGI}/disks/{name}.cgi" for name in ("list", "mount", "format")),
    *(f"{_CGI}/{name}.cgi" for name in ("audio/transmit", "audio/receive", "playclip")),
    *(f"{_CGI}/{name}.cgi" for name in ("capturemode", "opticscontrol")),
    *(f"{_CGI}/geolocation/{name}.cgi" for name in ("get", "set")),
    f"{_CGI}/geoorientation/geoorientation.cgi",
    *("/vapix/services", "/vapix/ws-data-stream", "/onvif/device_service", "/axis-media/media.amp"),
    *("/local/objectanalytics/control.cgi", "/local/vmd/control.cgi", "/config/discover"),
)

METHODS = {
    f"{_CGI}/apidiscovery.cgi": ("getApiList", "getSupportedVersions"),
    f"{_CGI}/basicdeviceinfo.cgi": (
        *("getAllProperties", "getProperties", "getAllUnrestrictedProperties"),
        "getSupportedVersions",
    ),
    f"{_CGI}/systemready.cgi": ("systemready", "getSupportedVersions"),
    f"{_CGI}/firmwaremanagement.cgi": (
        *("status", "upgrade", "reboot", "factoryDefault", "commit", "rollback"),
        *("purge", "getSupportedVersions"),
    ),
    f"{_CGI}/streamprofile.cgi": ("list", "create", "update", "remove", "getSupportedVersions"),
    f"{_CGI}/time.cgi": (
        *("getDateTimeInfo", "getAll", "setDateTime", "setTimeZone", "setPosixTimeZone"),
        *("resetTimeZone", "getSupportedVersions"),
    ),
    f"{_CGI}/mqtt/client.cgi": (
        *("configureClient", "activateClient", "deactivateClient", "getClientStatus"),
        "getSupportedVersions",
    ),
    f"{_CGI}/mqtt/event.cgi": (
        *("configureEventPublication", "getEventPublicationConfig", "configureMqttSubscription"),
        *("getMqttSubscriptionConfig", "getSupportedVersions"),
    ),
    "/local/objectanalytics/control.cgi": (
        *("getConfiguration", "setConfiguration", "getConfigurationCapabilities"),
        *("sendAlarmEvent", "getAccumulatedCounts", "resetAccumulatedCounts", "resetPassthrough"),
        *("getOccupancy", "getSupportedVersions"),
    ),
}
"""The methods of the JSON APIs."""

PARTIAL = {
    f"{_CGI}/applications/license.cgi": "no licence service: keys are neither stored nor removed",
    f"{_CGI}/jpg/image.cgi": "no palette, squarepixel or quad; camera=1 alone",
    "/config/discover": "the framework alone: none of its APIs below /config/rest",
    "/config/discover/apis": "always empty",
    f"{_CGI}/mjpg/video.cgi": "at most 60 frames a second",
    f"{_CGI}/date.cgi": "the time; it cannot be set",
    f"{_CGI}/com/ptz.cgi": "always the error of a camera that has no PTZ",
    f"{_CGI}/disks/list.cgi": "the virtual card and share; sizes are those of the machine's disk",
    f"{_CGI}/record/list.cgi": "always empty: nothing is recorded",
    f"{_CGI}/param.cgi": "parameters that clients ask for, not every one of a device",
    f"{_CGI}/admin/param.cgi": "as param.cgi",
    "/axis-media/media.amp": "RTSP, also through HTTP: events, pictures as JPEG; no other codecs",
    "/vapix/services": "GetEventInstances; no action rules or schedules can be made",
    "/vapix/ws-data-stream": "sources=events alone",
    "/local/objectanalytics/control.cgi": "scenarios become active on request, not by what is seen",
    "ax_event_handler_declare_from_template": "always an error, as from AXIS OS 12 on",
    "vdo_stream_new": "H.264, JPEG, YUV, RGB, RGBA and planar RGB; no H.265, AV1",
    "vdo_stream_play": "always an error",
    "vdo_stream_to_fd": "always an error: there is no encoder",
    "vdo_stream_encode": "always an error: there is no encoder",
    "vdo_channel_get_stream_profile": "always an error: there are no stream profiles",
    "vdo_stream_snapshot": "JPEG, YUV, RGB, RGBA and planar RGB",
}
"""What is there and yet less than on a device, and how."""

LIBRARIES = (
    *("axevent", "axparameter", "axstorage", "vdostream", "licensekey"),
    *("larod", "axoverlay", "bbox", "mdb", "axserialport", "axhttp", "vsi"),
)
"""What apps may link (lib*.so.1), besides GLib, curl, jansson, FastCGI and OpenSSL from Debian."""
