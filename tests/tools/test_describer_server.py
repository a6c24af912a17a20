# SPDX-License-Identifier: MIT
"""The built-in describer over HTTP, as its clients see it."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.tools.describer_helpers import (
    PROJECT,
    asking,
    chat,
    content,
    describer_process,
    jpeg,
    plain,
    post,
    street_frame,
)
from tests.waiting import wait_until
from tools.describer import MODEL_NAME, server
from tools.describer.detector import Detection, Detector, Pixels


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with describer_process() as address:
        yield address


@pytest.fixture(scope="module")
def far_url() -> Iterator[str]:
    """A describer that takes a minute for each answer."""
    with describer_process("--latency-ms", "60000") as address:
        yield address


def stats(url: str) -> Any:
    return requests.get(f"{url.removesuffix('/v1')}/stats", timeout=5).json()


def error_of(reply: requests.Response) -> Any:
    body = reply.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return body["error"]


def test_describes_a_picture(url: str) -> None:
    reply = post(url, chat(jpeg(street_frame()), "What is going on?"))

    body = reply.json()
    assert reply.status_code == 200
    assert body["object"] == "chat.completion"
    assert body["model"] == MODEL_NAME
    assert body["id"].startswith("chatcmpl-")
    (choice,) = body["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["role"] == "assistant"
    assert " people" in choice["message"]["content"]
    assert body["usage"]["prompt_tokens"] == 4
    assert body["usage"]["completion_tokens"] == len(choice["message"]["content"].split())


def test_the_model_may_be_left_out(url: str) -> None:
    body = {name: value for name, value in GOOD.items() if name != "model"}

    assert post(url, body).json()["model"] == MODEL_NAME


def test_answers_typed_questions(url: str) -> None:
    form = asking(
        personPresent={"type": "boolean", "description": "Is a person present?"},
        people={"type": "integer"},
        doorOpen={"type": ["boolean", "null"]},
    )

    answers = content(post(url, chat(jpeg(street_frame()), response_format=form)))

    assert set(answers) == {"description", "personPresent", "people", "doorOpen"}
    assert answers["personPresent"] is True
    assert answers["people"] >= 4
    assert answers["doorOpen"] is None
    assert answers["description"].startswith("The scene is well lit")


def test_refuses_what_it_cannot_answer(url: str) -> None:
    form = asking(plate={"type": "string", "description": "What is on the licence plate?"})

    message = post(url, chat(jpeg(plain(90)), response_format=form)).json()["choices"][0]["message"]

    assert message["content"] is None
    assert "cannot answer plate" in message["refusal"]


def test_json_object_is_json(url: str) -> None:
    form = {"type": "json_object"}

    answers = content(post(url, chat(jpeg(plain(0)), response_format=form)))

    assert answers == {"description": "The picture is almost black and shows no detail at all."}


def test_cuts_where_the_client_says(url: str) -> None:
    (choice,) = post(url, chat(jpeg(plain(0)), max_tokens=3)).json()["choices"]

    assert choice["message"]["content"] == "The picture is"
    assert choice["finish_reason"] == "length"


def test_lists_its_one_model(url: str) -> None:
    models = requests.get(f"{url}/models", timeout=5).json()

    assert [model["id"] for model in models["data"]] == [MODEL_NAME]
    one = requests.get(f"{url}/models/{MODEL_NAME}", timeout=5)
    assert one.json() == models["data"][0]
    other = requests.get(f"{url}/models/gpt-4o", timeout=5)
    assert (other.status_code, error_of(other)["code"]) == (404, "model_not_found")


def picture_url(text: str) -> dict[str, Any]:
    part = {"type": "image_url", "image_url": {"url": text}}
    return {"model": MODEL_NAME, "messages": [{"role": "user", "content": [part]}]}


GOOD = chat(jpeg(plain(9, 16, 16)))


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({**GOOD, "model": "gpt-4o"}, 404, "model_not_found", "'gpt-4o' does not exist"),
        ({**GOOD, "model": 3}, 400, "invalid_type", "model must be a string"),
        ({**GOOD, "messages": []}, 400, "missing_parameter", "messages must not be empty"),
        ({**GOOD, "messages": "hello"}, 400, "invalid_type", "messages must be an array"),
        ({**GOOD, "messages": [3]}, 400, None, "content must be text or a list"),
        ({**GOOD, "stream": True}, 400, "unsupported_value", "stream is not supported"),
        ({**GOOD, "n": 2}, 400, "unsupported_value", "n is not supported"),
        ({**GOOD, "max_tokens": -1}, 400, "below_min", "max_tokens"),
        ({**GOOD, "max_tokens": "many"}, 400, "invalid_type", "max_tokens must be an integer"),
        ({**GOOD, "response_format": {"type": "xml"}}, 400, "invalid_value", "response_format"),
        (
            {**GOOD, "response_format": asking(a={"type": "colour"})},
            400,
            "invalid_json_schema",
            "colour",
        ),
        (
            {**GOOD, "response_format": asking(a={"$ref": "http://127.0.0.1/x"})},
            400,
            "invalid_json_schema",
            "ref is not supported",
        ),
        (
            {**GOOD, "messages": [{"role": "user", "content": "Hello?"}]},
            400,
            "missing_image",
            "no picture",
        ),
        (
            {**GOOD, "messages": [{"role": "user", "content": [{"type": "audio"}]}]},
            400,
            "invalid_content_part",
            r"messages\[0\]\.content\[0\]",
        ),
        (picture_url("http://127.0.0.1/a.jpg"), 400, "invalid_image_url", "nothing is fetched"),
        (picture_url("data:image/png;base64,AAAA"), 400, "invalid_image_url", "image/jpeg"),
        (picture_url("data:image/jpeg;base64,@@@@"), 400, "invalid_base64", "base64"),
        (picture_url("data:image/jpeg;base64,AAAA"), 400, "invalid_image_format", "not a JPEG"),
        (
            picture_url(
                "data:image/jpeg;base64," + base64.b64encode(jpeg(plain(9))[:-600]).decode()
            ),
            400,
            "invalid_image_format",
            "cut off",
        ),
    ],
)
def test_bad_requests_are_answered_clearly(
    url: str, body: Any, status: int, code: str | None, message: str
) -> None:
    reply = post(url, body)

    error = error_of(reply)
    assert (reply.status_code, error["code"]) == (status, code)
    assert error["type"] == "invalid_request_error"
    assert re.search(message, error["message"])


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 200_000])
def test_bodies_that_are_no_json_object(url: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    reply = requests.post(f"{url}/chat/completions", data=body, headers=headers, timeout=5)

    assert reply.status_code == 400
    assert "JSON" in error_of(reply)["message"]


def test_other_paths_methods_types_and_sizes(url: str) -> None:
    address = f"{url}/chat/completions"
    text = requests.post(address, data="{}", headers={"Content-Type": "text/plain"}, timeout=5)
    huge = requests.post(address, json={"model": "x" * 21_000_000}, timeout=30)
    replies = [requests.get(address, timeout=5), requests.get(f"{url}/nothing", timeout=5)]

    assert [reply.status_code for reply in (text, huge, *replies)] == [415, 413, 405, 404]
    for reply in (text, huge, *replies):
        assert error_of(reply)["message"]


def test_counts_what_it_answers(url: str) -> None:
    before = stats(url)

    post(url, GOOD)
    post(url, {**GOOD, "model": "other"})

    after = stats(url)
    assert after["completed"] - before["completed"] == 1
    assert after["failed"] - before["failed"] == 1
    assert (after["inFlight"], after["aborted"]) == (0, before["aborted"])


def test_answers_many_at_once(url: str) -> None:
    frames = [jpeg(street_frame(number)) for number in (0, 80, 160, 400)]
    alone = [post(url, chat(frame)).json()["choices"][0]["message"]["content"] for frame in frames]

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda frame: post(url, chat(frame)), frames * 4))

    texts = [reply.json()["choices"][0]["message"]["content"] for reply in replies]
    assert texts == alone * 4


def test_a_client_that_goes_away_is_noticed_at_once(far_url: str) -> None:
    before = stats(far_url)["aborted"]
    parts = urlsplit(far_url)
    data = json.dumps(GOOD).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n"
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + data)
        wait_until(lambda: stats(far_url)["inFlight"] == 1, "the request to be in flight")

    wait_until(lambda: stats(far_url)["inFlight"] == 0, "the request to be given up", timeout=2)

    assert stats(far_url)["aborted"] == before + 1


class StuckDetector(Detector):
    """Looks at a picture for as long as the test wants."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def find(self, picture: Pixels) -> tuple[Detection, ...]:
        self.go_on.wait(10)
        return ()


def test_a_busy_detector_blocks_nothing_and_turns_away_what_is_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "MOST_WAITING", 3)
    stuck = StuckDetector()

    async def play() -> list[int]:
        describer = server.DescriberServer(stuck)
        url = await describer.start()
        calls = [asyncio.create_task(asyncio.to_thread(post, url, GOOD)) for _ in range(4)]
        (early,), others = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        assert early.result().headers["Retry-After"] == "1"
        seen = await asyncio.to_thread(stats, url)
        assert (seen["inFlight"], seen["failed"]) == (3, 1)
        stuck.go_on.set()
        replies = [early.result(), *await asyncio.gather(*others)]
        await describer.stop()
        return [reply.status_code for reply in replies]

    assert asyncio.run(play()) == [429, 200, 200, 200]


def test_latency_delays_answers_and_nothing_else() -> None:
    with describer_process("--latency-ms", "700") as url:
        reply = post(url, GOOD)

        assert reply.elapsed.total_seconds() >= 0.7
        assert requests.get(f"{url}/models", timeout=5).elapsed.total_seconds() < 0.5


def test_stops_although_a_request_is_in_flight() -> None:
    failures: list[BaseException] = []

    def call(url: str) -> None:
        try:
            post(url, GOOD)
        except requests.ConnectionError as error:
            failures.append(error)

    with describer_process("--latency-ms", "60000") as url:
        thread = threading.Thread(target=call, args=(url,))
        thread.start()
        wait_until(lambda: stats(url)["inFlight"] == 1, "the request to be in flight")

    thread.join(timeout=5)
    assert len(failures) == 1


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--port", "70000"], 2, "--port must be 0 to 65535"),
        (["--latency-ms", "-1"], 2, "must not be negative"),
        (["--latency-ms", "x"], 2, "invalid int value"),
    ],
)
def test_bad_options(options: list[str], code: int, message: str) -> None:
    done = _run(*options)

    assert done.returncode == code
    assert message in done.stderr


def test_a_port_that_is_taken_is_one_line(url: str) -> None:
    done = _run("--port", str(urlsplit(url).port))

    assert done.returncode == 3
    assert "error: cannot listen on 127.0.0.1 port" in done.stderr
    assert "Traceback" not in done.stderr


def _run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.describer", *options]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
