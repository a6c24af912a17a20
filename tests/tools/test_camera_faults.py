# SPDX-License-Identifier: MIT
"""The fault knobs as tests and tools turn them: a virtual camera has them, a real one says so."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tools.camera import RealCamera, VirtualCamera, start_virtual_camera
from tools.errors import Refused, UsageError
from tools.settings import CameraSettings
from tools.vapix import VapixClient


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualCamera]:
    log = tmp_path_factory.mktemp("camera") / "camera.log"
    with start_virtual_camera(log=log) as camera:
        yield camera


def test_every_knob_reaches_the_camera(virtual: VirtualCamera) -> None:
    faults = virtual.faults

    faults.lose_edges(0.1, seed=7)
    faults.duplicate_edges(0.2)
    faults.reorder_edges(0.3, hold_ms=50, scope="event")
    faults.delay_edges(40)
    faults.snapshot("slow", slow_ms=500)

    settings = faults.settings()
    del settings["counts"]
    assert settings == {
        "seed": 7,
        "loseEdges": 0.1,
        "duplicateEdges": 0.2,
        "reorderEdges": 0.3,
        "reorderHoldMs": 50,
        "reorderScope": "event",
        "delayEdgesMs": 40,
        "snapshot": "slow",
        "slowSnapshotMs": 500,
    }
    faults.clear()
    assert faults.settings()["loseEdges"] == 0


def test_a_bad_value_is_refused_with_its_name(virtual: VirtualCamera) -> None:
    with pytest.raises(Refused, match=r"loseEdges: 1\.5") as refused:
        virtual.faults.lose_edges(1.5)

    assert refused.value.code == 400


def test_the_event_service_stops_starts_and_restarts(virtual: VirtualCamera) -> None:
    service = virtual.faults.event_service

    service.stop()
    assert not service.running
    service.start()
    assert service.running
    began = time.monotonic()
    service.restart(down_ms=50)
    assert time.monotonic() - began >= 0.05
    assert service.running


def test_a_real_camera_has_no_fault_knobs() -> None:
    url = "http://192.0.2.1"
    camera = RealCamera(CameraSettings("gate", url, "root"), VapixClient(url, "root", "secret"))

    with pytest.raises(UsageError, match="gate is a real camera"):
        camera.faults.lose_edges(0.1)
