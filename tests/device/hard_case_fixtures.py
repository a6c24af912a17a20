# SPDX-License-Identifier: MIT
"""What the tests of hard cases share: level checks, events of the camera, the app's health."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.device.fixtures import Json
from tools.app_client import AppClient
from tools.camera import Trigger, VirtualCamera
from tools.settings import APP_NAME

SCENARIO_TOPIC = "tnsaxis:CameraApplicationPlatform/tnsaxis:ObjectAnalytics/tnsaxis:"


def topic_of(trigger: Trigger) -> str:
    """The topic of a scenario's event, with its namespaces."""
    return SCENARIO_TOPIC + trigger.scenario


@contextmanager
def level_checks(app: AppClient, seconds: int = 1) -> Iterator[None]:
    """The app compares levels every `seconds`, and as seldom as before afterwards."""
    before = app.settings()["levelCheckSec"]
    app.call("PUT", "settings", body={"levelCheckSec": seconds})
    try:
        assert app.settings()["levelCheckSec"] == seconds
        yield
    finally:
        app.call("PUT", "settings", body={"levelCheckSec": before})


@contextmanager
def one_thread(app: AppClient) -> Iterator[None]:
    """The app makes one call at a time, and as many as before afterwards."""
    before = app.settings()["describer"]["maxConcurrent"]
    app.change_settings(describer={"maxConcurrent": 1})
    try:
        yield
    finally:
        app.change_settings(describer={"maxConcurrent": before})


def counter(app: AppClient, name: str) -> int:
    """One of the counters in status.cgi."""
    return app.status().counters[name]


def refusals(app: AppClient, profile: Json) -> list[str]:
    """Why starts of the profile were refused, oldest first."""
    query = {"limit": 1000, "include": "sessions"}
    records = app.call("GET", "descriptions", params=query)["descriptions"]
    return [
        str(record["reason"])
        for record in records
        if (record["type"], record["profile"]) == ("refusal", profile["id"])
    ]


def starts_of_app(camera: VirtualCamera) -> int:
    """How often the camera has started the app, restarts after a crash included."""
    (starts,) = [a["starts"] for a in camera.control.status()["apps"] if a["name"] == APP_NAME]
    return int(starts)


def app_log(camera: VirtualCamera, *words: str) -> list[str]:
    """The lines of the app's log that have all these words."""
    lines = camera.vapix.system_log(APP_NAME)
    return [line for line in lines if all(word in line for word in words)]
