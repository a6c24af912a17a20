# SPDX-License-Identifier: MIT
"""VAPIX, the HTTP API of Axis cameras, as far as the tools need it. Facts: the VAPIX library pages.

`VapixClient` is the only thing to construct; every call goes through `tools.vapix.transport`, which
negotiates Digest or Basic and turns what can go wrong into tools.errors.
"""

from tools.vapix.analytics import Scenario
from tools.vapix.applications import Action, Application
from tools.vapix.client import VapixClient
from tools.vapix.device import DeviceInfo
from tools.vapix.transport import Transport

__all__ = ["Action", "Application", "DeviceInfo", "Scenario", "Transport", "VapixClient"]
