# SPDX-License-Identifier: MIT
"""The network between the camera and the describer goes, and comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.device.fixtures import (
    PROMPT_END_MS,
    monitoring,
    one_shot,
    open_sessions,
    use,
    wait_for_descriptions,
    wait_for_end,
    wait_for_session,
)
from tests.waiting import wait_until
from tools.app_client import AppClient
from tools.camera import Trigger, VirtualCamera
from tools.camera.faults import Faults
from tools.describer.scripted import Hang, Reply, ScriptedDescriber
from tools.errors import Refused


@pytest.fixture
def network(faults: Faults) -> Iterator[Faults]:
    """The virtual camera's faults; the network is whole after the test."""
    try:
        faults.cut_network()
    except Refused as refusal:
        pytest.skip(f"the network of apps cannot be cut: {refusal}")
    faults.restore_network()
    yield faults
    faults.restore_network()


@pytest.mark.hard_case(7, virtual_only="nobody cuts the network of a camera in use")
def test_an_end_needs_no_network(
    virtual: VirtualCamera,
    app: AppClient,
    describer: ScriptedDescriber,
    trigger: Trigger,
    network: Faults,
) -> None:
    watch, once = monitoring("watch", trigger), one_shot("once", trigger)
    use(app, watch, once)
    describer.otherwise(Hang())
    virtual.set_trigger(trigger, True)
    describer.wait_for_requests(2)
    wait_for_session(app, once)

    network.cut_network()
    describer.release()
    wait_until(lambda: describer.in_flight() == 0, "the answers, which nobody gets")
    virtual.set_trigger(trigger, False)

    ended = wait_for_end(app, watch)
    assert (ended.end_reason, ended.call_aborted, ended.descriptions) == ("inactive", True, 0)
    assert ended.end_delay_ms is not None
    assert ended.end_delay_ms < PROMPT_END_MS
    describer.otherwise(Reply())
    network.restore_network()
    virtual.set_trigger(trigger, True)
    wait_for_descriptions(app, watch, 2)


@pytest.fixture
def without_retries(app: AppClient) -> Iterator[AppClient]:
    """The app, whose calls take a second at most and are tried once."""
    retries = app.settings()["describer"]["retries"]
    app.change_settings(describer={"timeoutMs": 1000, "retries": 0})
    yield app
    app.change_settings(describer={"retries": retries})


@pytest.mark.hard_case(19, virtual_only="nobody cuts the network of a camera in use")
def test_a_session_outlasts_a_cut(
    virtual: VirtualCamera, without_retries: AppClient, trigger: Trigger, network: Faults
) -> None:
    app, watch = without_retries, monitoring("watch", trigger)
    use(app, watch)
    virtual.set_trigger(trigger, True)
    before = wait_for_descriptions(app, watch, 1)

    network.cut_network()
    (during,) = wait_until(
        lambda: [s for s in open_sessions(app, watch) if s.failures >= 2], "two calls to fail"
    )
    network.restore_network()

    after = wait_for_descriptions(app, watch, during.descriptions + 2)
    assert before.id == during.id == after.id
    virtual.set_trigger(trigger, False)
    assert wait_for_end(app, watch).end_reason == "inactive"
