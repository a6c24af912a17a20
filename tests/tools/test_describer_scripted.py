# SPDX-License-Identifier: MIT
"""The scripted twin does what it is told and records what it saw."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import requests

from tests.tools.describer_helpers import asking, chat, content, jpeg, plain, post
from tests.waiting import wait_until
from tools.describer.scripted import Cut, Garbage, Hang, Raw, Reply, ScriptedDescriber, Status

PICTURE = jpeg(plain(90))
BODY = chat(PICTURE, "What is it?")


@pytest.fixture
def vision() -> Iterator[ScriptedDescriber]:
    with ScriptedDescriber() as describer:
        yield describer


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def text_of(reply: requests.Response) -> str:
    return str(reply.json()["choices"][0]["message"]["content"])


def test_records_what_came(vision: ScriptedDescriber) -> None:
    post(vision.url, {**BODY, "max_tokens": 9}, headers={"Authorization": "Bearer sk-secret"})

    (request,) = vision.wait_for_requests(1)
    assert request.picture == PICTURE
    assert (request.prompt, request.schema) == ("What is it?", None)
    assert request.model == BODY["model"]
    assert request.body["max_tokens"] == 9
    assert request.outcome == "answered"
    assert request.headers["Authorization"] == "Bearer ***"
    assert request.has_key("sk-secret")
    assert not request.has_key("sk-other")
    assert "sk-secret" not in repr(request)


def test_follows_the_script_then_the_default(vision: ScriptedDescriber) -> None:
    vision.then(Reply("one"), Reply("two")).otherwise(Reply("rest"))

    assert [text_of(post(vision.url, BODY)) for _ in range(4)] == ["one", "two", "rest", "rest"]


def test_answers_in_the_shape_asked_for(vision: ScriptedDescriber) -> None:
    vision.then(Reply("A dog.", {"dogs": 1}))
    form = asking(dogs={"type": "integer"}, open={"type": "boolean"}, what={"type": "string"})

    answers = content(post(vision.url, {**BODY, "response_format": form}))

    assert answers == {"description": "A dog.", "dogs": 1, "open": False, "what": ""}


def test_fails_as_servers_fail(vision: ScriptedDescriber) -> None:
    vision.then(Status(429, retry_after=7), Status(500), Raw(b"{}"), Raw(b"<html>", "text/html"))

    replies = [post(vision.url, BODY) for _ in range(4)]

    assert [reply.status_code for reply in replies] == [429, 500, 200, 200]
    assert replies[0].headers["Retry-After"] == "7"
    assert replies[0].json()["error"]["type"] == "rate_limit_error"
    assert replies[2].json() == {}
    assert replies[3].text == "<html>"


@pytest.mark.parametrize("behaviour", [Garbage(), Cut(), Cut(after_headers=True)])
def test_breaks_connections(vision: ScriptedDescriber, behaviour: Garbage | Cut) -> None:
    vision.then(behaviour)

    with pytest.raises(requests.RequestException):
        post(vision.url, BODY)

    assert text_of(post(vision.url, BODY)) == "A scripted scene."


def test_hangs_until_released(vision: ScriptedDescriber, pool: ThreadPoolExecutor) -> None:
    vision.then(Hang(Reply("late")))
    reply: Future[requests.Response] = pool.submit(post, vision.url, BODY)
    vision.wait_for_requests(1)
    assert vision.in_flight() == 1

    vision.release()

    assert text_of(reply.result(timeout=5)) == "late"
    assert (vision.in_flight(), vision.aborted()) == (0, 0)


def test_a_release_does_not_cover_later_requests(
    vision: ScriptedDescriber, pool: ThreadPoolExecutor
) -> None:
    vision.otherwise(Hang())
    first = pool.submit(post, vision.url, BODY)
    vision.wait_for_requests(1)
    vision.release()
    first.result(timeout=5)

    second = pool.submit(post, vision.url, BODY)
    vision.wait_for_requests(2)

    assert [request.outcome for request in vision.requests()] == ["answered", "in flight"]
    vision.release()
    second.result(timeout=5)


def test_sees_clients_go_away(vision: ScriptedDescriber) -> None:
    vision.otherwise(Hang())

    with pytest.raises(requests.Timeout):
        post(vision.url, BODY, timeout=0.3)

    vision.wait_for_aborted(1, timeout=2)
    assert (vision.in_flight(), vision.aborted()) == (0, 1)
    wait_until(lambda: vision.open_connections() == 0, "the connection to be closed")


def test_counts_open_connections(vision: ScriptedDescriber) -> None:
    with requests.Session() as session:
        session.post(f"{vision.url}/chat/completions", json=BODY, timeout=5)
        assert vision.open_connections() == 1

    wait_until(lambda: vision.open_connections() == 0, "the idle connection to be closed")


def test_waiting_in_vain_says_what_came(vision: ScriptedDescriber) -> None:
    post(vision.url, BODY)

    with pytest.raises(TimeoutError, match=r"no 2 requests within 0\.1 s; there were: answered"):
        vision.wait_for_requests(2, timeout=0.1)


def test_refuses_connections_when_told(vision: ScriptedDescriber) -> None:
    vision.refuse_connections()

    with pytest.raises(requests.ConnectionError):
        post(vision.url, BODY)


def test_leaves_nothing_behind() -> None:
    with ScriptedDescriber() as vision:
        assert json.dumps(vision.url)
        assert any(thread.name == "scripted" for thread in threading.enumerate())

    assert not any(thread.name == "scripted" for thread in threading.enumerate())


def test_ends_while_a_request_hangs(pool: ThreadPoolExecutor) -> None:
    with ScriptedDescriber() as vision:
        vision.otherwise(Hang())
        reply = pool.submit(post, vision.url, BODY)
        vision.wait_for_requests(1)

    with pytest.raises(requests.ConnectionError):
        reply.result(timeout=5)
