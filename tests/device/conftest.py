# SPDX-License-Identifier: MIT
"""The camera, the deployed app and a describer, the same for a virtual and a real camera."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.device import fixtures
from tests.device.hard_cases import CASES
from tests.waiting import wait_until
from tools import emulation, hard_case_report, testing
from tools.app_client import AppClient
from tools.camera import Camera, Trigger, VirtualCamera, connect, start_virtual_camera
from tools.camera.faults import Faults
from tools.deploy import deploy
from tools.describer.scripted import ScriptedDescriber
from tools.settings import APP_NAME, BUILD, VIRTUAL


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("device")
    group.addoption("--camera", default=VIRTUAL, help="a camera of cameras.toml, or virtual")
    group.addoption("--arch", default="host", help="the virtual camera's; others are emulated")
    group.addoption("--package", type=Path, help="the .eap to test; built unless given")
    group.addoption("--describer-host", default="", help="this machine's address for the camera")
    group.addoption("--hard-cases", type=Path, help="a folder for the report on the hard cases")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--arch") != "host":
        fixtures.PROMPT_END_MS = fixtures.EMULATED_END_MS
    hard_case_report.install(config, CASES)


@pytest.fixture(scope="session")
def package(request: pytest.FixtureRequest) -> Path:
    """The .eap under test."""
    given: Path | None = request.config.getoption("--package")
    name, architecture = (request.config.getoption(option) for option in ("--camera", "--arch"))
    return given or testing.package_for(name, architecture)


@pytest.fixture(scope="session")
def camera_options(request: pytest.FixtureRequest) -> list[str]:
    """What every virtual camera of this run is started with: the processor of --arch."""
    return emulation.camera_options(request.config.getoption("--arch"))


@pytest.fixture(scope="session")
def camera(request: pytest.FixtureRequest, package: Path) -> Iterator[Camera]:
    """The camera, with the app deployed and running."""
    name: str = request.config.getoption("--camera")
    if name == VIRTUAL:
        options = request.getfixturevalue("camera_options")
        log = BUILD / "test" / "device" / "camera.log"
        with start_virtual_camera(log=log, options=options) as started:
            deploy(started.vapix, package, allow_unsigned=True)
            yield started
        return
    real = connect(name)
    deploy(real.vapix, package)
    with _restored(AppClient(real.vapix)):
        yield real


@contextmanager
def _restored(client: AppClient) -> Iterator[None]:
    """Put the owner's profiles, describer and budget back; the API key is not touched."""
    profiles, settings = client.profiles(), client.settings()
    describer, budget = settings["describer"], settings["budget"]
    describer.pop("apiKeySet", None)
    try:
        yield
    finally:
        if describer["url"]:
            client.change_settings(describer=describer)
        client.change_settings(budget=budget)
        client.put_profiles(profiles)


@pytest.fixture
def virtual(camera: Camera) -> VirtualCamera:
    """The camera, for tests of what only a virtual one can do."""
    if not isinstance(camera, VirtualCamera):
        pytest.skip("needs what only a virtual camera can do; --camera virtual runs it")
    return camera


@pytest.fixture
def triggers(camera: Camera) -> tuple[Trigger, Trigger]:
    """Two triggers that can be held active, both inactive now and after the test."""
    usable = camera.triggers()
    if len(usable) < 2:
        pytest.skip("needs two triggers; name virtual_inputs for this camera in cameras.toml")
    chosen = usable[0], usable[1]
    for trigger in chosen:
        camera.set_trigger(trigger, False)
    return chosen


@pytest.fixture
def trigger(triggers: tuple[Trigger, Trigger]) -> Trigger:
    """One trigger that can be held active, inactive now."""
    return triggers[0]


@pytest.fixture
def describer(request: pytest.FixtureRequest, camera: Camera) -> Iterator[ScriptedDescriber]:
    """A describer that does what the test tells it, reachable from the camera."""
    host: str = request.config.getoption("--describer-host") or camera.address_of_this_machine()
    with ScriptedDescriber(host=host) as scripted:
        yield scripted


@pytest.fixture
def app(
    camera: Camera, triggers: tuple[Trigger, Trigger], describer: ScriptedDescriber
) -> Iterator[AppClient]:
    """The app: running, without profiles, without open sessions, and told to use `describer`."""
    client = AppClient(camera.vapix)
    _ensure_running(camera, client)
    _clear(client)
    client.change_settings(
        describer={"url": describer.url, "model": describer.model, "timeoutMs": 30_000},
        budget={"callsPerHour": 0, "callsPerDay": 0},  # what the tests call costs nothing
    )
    yield client
    for trigger in triggers:
        camera.set_trigger(trigger, False)
    _ensure_running(camera, client)
    _clear(client)


@pytest.fixture
def faults(virtual: VirtualCamera, app: AppClient) -> Iterator[Faults]:
    """The virtual camera's faults, none of which outlives the test."""
    yield virtual.faults
    virtual.faults.clear()
    virtual.faults.event_service.start()


def _ensure_running(camera: Camera, client: AppClient) -> None:
    """A test may have stopped the app; the next one finds it running."""
    installed = camera.vapix.application(APP_NAME)
    if installed is None or not installed.running:
        camera.vapix.start(APP_NAME)
    wait_until(lambda: _answers(client), "the app to answer", timeout=60)


def _answers(client: AppClient) -> bool:
    return client.request("GET", "status").ok


def _clear(client: AppClient) -> None:
    client.put_profiles([])
    wait_until(lambda: not client.sessions().open, "all sessions to end")
