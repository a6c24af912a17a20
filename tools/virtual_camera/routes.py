# SPDX-License-Identifier: MIT
"""Which address does what, and who may ask for it. The one list of what this camera serves."""

from __future__ import annotations

from tools.virtual_camera.app_gateway import AppGateway
from tools.virtual_camera.app_pages import AppPages
from tools.virtual_camera.applications import ApplicationsApi
from tools.virtual_camera.control import ControlApi
from tools.virtual_camera.core import Core
from tools.virtual_camera.device_config import DeviceConfigApi
from tools.virtual_camera.device_info import (
    ApiDiscovery,
    basic_device_info,
    system_ready,
    user_group,
)
from tools.virtual_camera.fault_control import FaultApi
from tools.virtual_camera.firmware_api import firmware_management, restart
from tools.virtual_camera.geolocation import GeolocationApi
from tools.virtual_camera.object_analytics import ObjectAnalyticsApi
from tools.virtual_camera.parameters_api import ParametersApi
from tools.virtual_camera.server import WebServer
from tools.virtual_camera.server_report import ServerReportApi
from tools.virtual_camera.simple_cgis import DateCgi, PtzCgi, StorageLists
from tools.virtual_camera.storage_services import StorageApi
from tools.virtual_camera.stream_profiles import StreamProfiles
from tools.virtual_camera.system_log import SystemLogApi
from tools.virtual_camera.time_api import TimeApi
from tools.virtual_camera.user_api import UserApi
from tools.virtual_camera.users import Access
from tools.virtual_camera.virtual_input import VirtualInputApi

_CGI = "/axis-cgi"


def build_server(core: Core) -> WebServer:
    """A web server with every address of the camera, not listening yet."""
    server = WebServer(core.gate, core.unsupported)
    server.is_up = lambda: core.power.is_up
    core.power.at_reboot(server.disconnect)
    discovery = ApiDiscovery(core.gate, core.unsupported)
    server.add(f"{_CGI}/apidiscovery.cgi", Access.ANONYMOUS, discovery.cgi.handle)
    _add_device(server, core, discovery)
    _add_applications(server, core)
    _add_parameters(server, core, discovery)
    _add_images(server, core)
    _add_simple(server, core)
    profiles = StreamProfiles(core.services.parameters)
    profile_cgi = profiles.cgi(core.gate, core.unsupported)
    server.add(f"{_CGI}/streamprofile.cgi", Access.ANONYMOUS, profile_cgi.handle)
    discovery.announce("stream-profiles", "1.0", "Stream Profiles")
    _add_inputs(server, core)
    core.network.register(server, discovery)
    ControlApi(core).register(server)
    FaultApi(core).register(server)
    StorageApi(core.services.storage).register(server)
    analytics = ObjectAnalyticsApi(core.analytics, core.gate, core.unsupported)
    server.add("/local/objectanalytics/control.cgi", Access.OPERATOR, analytics.handle)
    pages = AppPages(core.gate, core.manager, AppGateway(core.log), core.unsupported)
    server.add_open("*", "/local/{app}/{path:.*}", pages.serve)
    return server


def _add_device(server: WebServer, core: Core, discovery: ApiDiscovery) -> None:
    info = basic_device_info(core.services.parameters, core.gate, core.unsupported)
    server.add(f"{_CGI}/basicdeviceinfo.cgi", Access.ANONYMOUS, info.handle)
    discovery.announce("basic-device-info", "1.3", "Basic Device Information")
    ready = system_ready(core.users, core.power, core.gate, core.unsupported)
    server.add(f"{_CGI}/systemready.cgi", Access.ANONYMOUS, ready.handle)
    discovery.announce("systemready", "1.4", "Systemready")
    users = UserApi(core.users, core.gate)
    server.add(f"{_CGI}/pwdgrp.cgi", Access.ANONYMOUS, users.handle)
    server.add(f"{_CGI}/usergroup.cgi", Access.VIEWER, user_group)
    discovery.announce("user-management", "1.1", "User Management")
    clock = TimeApi(core.services.parameters, core.gate, core.unsupported)
    server.add(f"{_CGI}/time.cgi", Access.VIEWER, clock.cgi.handle)
    date = DateCgi(clock.local_now, core.unsupported)
    server.add(f"{_CGI}/date.cgi", Access.VIEWER, date.handle)
    discovery.announce("time-service", "1.1", "Time API")
    firmware = firmware_management(
        core.services.parameters, core.power, core.gate, core.unsupported
    )
    server.add(f"{_CGI}/firmwaremanagement.cgi", Access.ADMIN, firmware.handle)
    discovery.announce("fwmgr", "1.0", "Firmware Management")
    server.add(f"{_CGI}/restart.cgi", Access.ADMIN, restart(core.power))
    report = ServerReportApi(core.services.parameters, core.log, lambda: core.services.pictures)
    server.add(f"{_CGI}/serverreport.cgi", Access.ADMIN, report.handle)
    server.add(f"{_CGI}/admin/serverreport.cgi", Access.ADMIN, report.handle)
    log = SystemLogApi(core.log)
    server.add(f"{_CGI}/systemlog.cgi", Access.ADMIN, log.read)
    server.add(f"{_CGI}/admin/systemlog.cgi", Access.ADMIN, log.read)


def _add_applications(server: WebServer, core: Core) -> None:
    api = ApplicationsApi(
        core.manager,
        core.install,
        core.analytics,
        core.settings.os_numbers,
        core.runtime,
        core.sandbox.missing,
    )
    folder = f"{_CGI}/applications"
    for where in (folder, f"{_CGI}/admin/applications"):
        server.add(f"{where}/upload.cgi", Access.ADMIN, api.upload, ("POST",))
        server.add(f"{where}/control.cgi", Access.ADMIN, api.control)
    server.add(f"{folder}/config.cgi", Access.ADMIN, api.config)
    server.add(f"{folder}/list.cgi", Access.ADMIN, api.list)
    server.add(f"{folder}/info.cgi", Access.ADMIN, api.info)
    server.add(f"{folder}/license.cgi", Access.ADMIN, api.license)


def _add_parameters(server: WebServer, core: Core, discovery: ApiDiscovery) -> None:
    api = ParametersApi(core.services.parameters, core.unsupported)
    server.add(f"{_CGI}/param.cgi", Access.VIEWER, api.handle)
    server.add(f"{_CGI}/admin/param.cgi", Access.ADMIN, api.handle)
    discovery.announce("param-cgi", "1.0", "Legacy Parameter Handling")


def _add_images(server: WebServer, core: Core) -> None:
    api = core.network.images
    server.add(f"{_CGI}/jpg/image.cgi", Access.VIEWER, api.image)
    server.add(f"{_CGI}/bitmap/image.bmp", Access.VIEWER, api.bitmap)
    server.add(f"{_CGI}/mjpg/video.cgi", Access.VIEWER, api.video)
    for channel in ("", "1/"):  # shorter addresses, which viewers know
        server.add(f"/jpg/{channel}image.jpg", Access.VIEWER, api.image)
        server.add(f"/mjpg/{channel}video.mjpg", Access.VIEWER, api.video)
    server.add(f"{_CGI}/imagesize.cgi", Access.VIEWER, api.size)


def _add_simple(server: WebServer, core: Core) -> None:
    place = GeolocationApi(core.services.parameters)
    server.add(f"{_CGI}/geolocation/get.cgi", Access.ADMIN, place.position)
    server.add(f"{_CGI}/geolocation/set.cgi", Access.ADMIN, place.set_position)
    server.add(f"{_CGI}/geoorientation/geoorientation.cgi", Access.ADMIN, place.orientation)
    config = DeviceConfigApi(core.unsupported)
    server.add("/config/discover", Access.VIEWER, config.discover, ("GET",))
    server.add("/config/discover/apis", Access.VIEWER, config.apis, ("GET",))
    any_method = ("GET", "POST", "PUT", "PATCH", "DELETE")
    server.add("/config/rest/{path:.*}", Access.VIEWER, config.rest, any_method)
    server.add(f"{_CGI}/com/ptz.cgi", Access.VIEWER, PtzCgi(core.unsupported).handle)
    lists = StorageLists(core.services.storage)
    server.add(f"{_CGI}/disks/list.cgi", Access.OPERATOR, lists.disks)
    server.add(f"{_CGI}/record/list.cgi", Access.OPERATOR, lists.recordings)


def _add_inputs(server: WebServer, core: Core) -> None:
    api = VirtualInputApi(core.inputs)
    server.add(f"{_CGI}/virtualinput/activate.cgi", Access.OPERATOR, api.activate)
    server.add(f"{_CGI}/virtualinput/deactivate.cgi", Access.OPERATOR, api.deactivate)
    server.add(f"{_CGI}/virtualinput/getschemaversions.cgi", Access.OPERATOR, api.versions)
    server.add(f"{_CGI}/io/virtualinput.cgi", Access.OPERATOR, api.manual)
