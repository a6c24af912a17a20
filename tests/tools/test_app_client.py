# SPDX-License-Identifier: MIT
"""The client of the app's HTTP API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.tools.scripted_camera import PASSWORD, USER, Answer, ScriptedCamera, scripted_camera
from tools.app_client import AppClient, AppRefusal
from tools.errors import AppError
from tools.vapix import VapixClient

PROFILE: dict[str, Any] = {"id": "door", "sessionType": "oneShot", "prompt": "What?"}


@pytest.fixture
def server() -> Iterator[ScriptedCamera]:
    with scripted_camera() as scripted:
        yield scripted


@pytest.fixture
def app(server: ScriptedCamera) -> AppClient:
    return AppClient(VapixClient(server.url, USER, PASSWORD))


def test_descriptions_are_asked_for_by_sequence(server: ScriptedCamera, app: AppClient) -> None:
    record = {
        "sequence": 7,
        "type": "description",
        "session": "7f3a",
        "profile": "door",
        "trigger": "virtualInput:1",
        "number": 2,
        "at": "2026-01-01T00:00:00Z",
        "text": "Two persons.",
        "answers": {"personPresent": True},
        "model": "m",
        "latencyMs": 41,
        "frame": {"timestampUs": 12, "width": 640},
    }
    end = {
        "sequence": 8,
        "type": "end",
        "session": "7f3a",
        "profile": "door",
        "endReason": "inactive",
    }
    server.answer_json(
        "local/batondescribe/descriptions.cgi", {"descriptions": [record, end], "next": 9}
    )

    records, following = app.descriptions(since=6, wait=2, include_sessions=True)

    assert server.requests[-1].query == {
        "since": "6",
        "limit": "100",
        "wait": "2",
        "include": "sessions",
    }
    assert following == 9
    assert (records[0].text, records[0].answers, records[0].frame["timestampUs"]) == (
        "Two persons.",
        {"personPresent": True},
        12,
    )
    assert (records[1].type, records[1].end_reason, records[1].frame) == ("end", "inactive", {})


def test_profiles_are_sent_as_json(server: ScriptedCamera, app: AppClient) -> None:
    server.answer_json("local/batondescribe/profiles.cgi", {"profiles": [PROFILE]})

    assert app.profiles() == [PROFILE]
    app.put_profiles([PROFILE])
    app.add_profile(PROFILE)
    app.delete_profile("door")

    put, post, delete = server.requests[1:]
    assert (put.method, put.json) == ("PUT", {"profiles": [PROFILE]})
    assert (post.method, post.json) == ("POST", PROFILE)
    assert (delete.method, delete.query) == ("DELETE", {"id": "door"})
    for request in (put, post, delete):
        assert request.headers["Content-Type"] == "application/json"


def test_a_refusal_names_code_and_field(server: ScriptedCamera, app: AppClient) -> None:
    error = {"code": "badInterval", "message": "must be at least 200", "field": "intervalMs"}
    server.answers["local/batondescribe/profiles.cgi"] = Answer(
        json.dumps({"error": error}), 400, "application/json"
    )

    with pytest.raises(AppRefusal, match=r"must be at least 200 \(field intervalMs\)") as raised:
        app.add_profile(PROFILE)
    assert (raised.value.status, raised.value.code) == (400, "badInterval")


@pytest.mark.parametrize("status", [404, 502, 503])
def test_an_app_that_is_not_running_is_said(
    server: ScriptedCamera, app: AppClient, status: int
) -> None:
    server.answers["local/batondescribe/status.cgi"] = Answer("<html>no", status, "text/html")

    with pytest.raises(AppError, match=f"does not answer .* HTTP {status}") as raised:
        app.status()
    assert "invoke" in raised.value.cure


def test_settings_are_changed_in_parts(server: ScriptedCamera, app: AppClient) -> None:
    server.answer_json("local/batondescribe/settings.cgi", {"describer": {"apiKeySet": False}})

    app.change_settings(describer={"url": "http://127.0.0.1:1/v1"}, secrets={"apiKey": "k"})

    assert server.requests[-1].json == {
        "describer": {"url": "http://127.0.0.1:1/v1"},
        "secrets": {"apiKey": "k"},
    }
