# SPDX-License-Identifier: MIT
"""The parts of a camera that its web addresses work on, built once at start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.virtual_camera.app_manager import AppManager
from tools.virtual_camera.emulation import find_emulator
from tools.virtual_camera.install_policy import InstallSettings, PackageCheck
from tools.virtual_camera.libraries import system_folders
from tools.virtual_camera.moved_clock import MovedClock
from tools.virtual_camera.network_cut import NetworkCut
from tools.virtual_camera.network_services import NetworkServices
from tools.virtual_camera.parameters_api import StoredAppParameters
from tools.virtual_camera.power import Power
from tools.virtual_camera.sandbox import Sandbox
from tools.virtual_camera.scenarios import ObjectAnalytics
from tools.virtual_camera.server import Gate
from tools.virtual_camera.service_accounts import ServiceAccounts
from tools.virtual_camera.services import CameraServices
from tools.virtual_camera.settings import CameraSettings
from tools.virtual_camera.system_log import SystemLog
from tools.virtual_camera.unsupported import Unsupported
from tools.virtual_camera.users import Access, UserStore
from tools.virtual_camera.virtual_input import VirtualInputs

_POLICY = "Network.HTTP.AuthenticationPolicy"


@dataclass(frozen=True)
class Core:
    """Everything but the web server."""

    settings: CameraSettings
    services: CameraServices
    runtime: Path
    """a folder for sockets and packages on their way in, removed at the end"""
    users: UserStore
    gate: Gate
    log: SystemLog
    sandbox: Sandbox
    install: InstallSettings
    manager: AppManager
    analytics: ObjectAnalytics
    inputs: VirtualInputs
    unsupported: Unsupported
    power: Power
    network: NetworkServices
    network_cut: NetworkCut


def build_core(
    settings: CameraSettings, services: CameraServices, state: Path, runtime: Path
) -> Core:
    """Build the parts over started services; nothing runs yet but the declared events."""
    host = f"axis-{settings.serial.lower()}"
    users = UserStore(state / "users.json", f"AXIS_{settings.serial}")
    users.put(settings.user, settings.password, Access.ADMIN)
    log = SystemLog(host)
    emulator = find_emulator(settings.architecture, settings.sysroot)
    sandbox = Sandbox(settings.platform_folder, services.bus_address, host, emulator)
    sandbox.storage = services.storage
    sysroot = emulator.sysroot if emulator else None
    sandbox.clock = MovedClock(runtime / "clock", system_folders(sysroot), sysroot)
    unsupported = Unsupported()
    services.on_unsupported = unsupported.note
    sandbox.libraries.on_missing = unsupported.note
    install = InstallSettings(state / "install.json", settings.os_numbers)
    accounts = ServiceAccounts()
    gate = Gate(users, lambda: services.parameters.get(_POLICY) or "recommended", accounts)
    manager = AppManager(
        state / "apps",
        runtime,
        sandbox,
        PackageCheck(settings.architecture, settings.os_numbers, install),
        StoredAppParameters(services.parameters),
        log,
        settings.restart,
    )
    return Core(
        settings=settings,
        services=services,
        runtime=runtime,
        users=users,
        gate=gate,
        log=log,
        sandbox=sandbox,
        install=install,
        manager=manager,
        analytics=ObjectAnalytics(services.events, state / "objectanalytics.json"),
        inputs=VirtualInputs(services.events),
        unsupported=unsupported,
        power=Power(manager, services.events, log),
        network=NetworkServices(settings, services, state, gate, accounts, log, unsupported),
        network_cut=NetworkCut(sandbox),
    )
