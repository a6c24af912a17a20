# SPDX-License-Identifier: MIT
"""What the describer's tests share: the real detector, real and drawn pictures, requests."""

from __future__ import annotations

import base64
import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import cv2
import numpy as np
import pytest
import requests

from tools.demo_footage import fetch_street_clip
from tools.describer import MODEL_NAME
from tools.describer.detector import Detection, Detector, Pixels
from tools.describer.weights import fetch_model
from tools.errors import SetupError

PROJECT = Path(__file__).resolve().parents[2]


@functools.cache
def detector() -> Detector:
    """The real detector; its weights are fetched when they are not there."""
    try:
        return Detector(fetch_model())
    except SetupError as error:
        _lacking(error)


@functools.cache
def street_frame(number: int = 200) -> Pixels:
    """A frame of real footage: some people, a car and a truck on the right."""
    try:
        clip = cv2.VideoCapture(str(fetch_street_clip()))
    except SetupError as error:
        _lacking(error)
    clip.set(cv2.CAP_PROP_POS_FRAMES, number)
    read, frame = clip.read()
    assert read, f"vtest.avi has no frame {number}"
    return frame.astype(np.uint8, copy=False)


def _lacking(error: SetupError) -> NoReturn:
    """Skip where the registries are out of reach; on CI that is a failure."""
    if os.environ.get("CI"):
        raise error
    pytest.skip(f"{error.message}; to run it: {error.cure}")


def plain(brightness: int, width: int = 640, height: int = 360) -> Pixels:
    """A picture of one grey."""
    return np.full((height, width, 3), brightness, np.uint8)


def jpeg(picture: Pixels) -> bytes:
    """The picture as a JPEG."""
    return cv2.imencode(".jpg", picture)[1].tobytes()


def found(label: str, middle: float = 0.5, confidence: float = 0.9) -> Detection:
    """A detection whose box is a tenth of the picture wide."""
    return Detection(label, confidence, middle - 0.05, 0.4, 0.1, 0.2)


def chat(picture: bytes, prompt: str = "Describe.", **more: Any) -> dict[str, Any]:
    """The body of a chat completion with one picture."""
    url = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
    parts = [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": url}}]
    return {"model": MODEL_NAME, "messages": [{"role": "user", "content": parts}], **more}


def asking(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """A response_format that asks for a description and these properties."""
    schema = {
        "type": "object",
        "properties": {"description": {"type": "string"}, **properties},
        "required": ["description", *properties],
        "additionalProperties": False,
    }
    return {
        "type": "json_schema",
        "json_schema": {"name": "answers", "strict": True, "schema": schema},
    }


def post(url: str, body: Any, **options: Any) -> requests.Response:
    """POST a chat completion to the describer at `url` (".../v1")."""
    options.setdefault("timeout", 30)
    return requests.post(f"{url}/chat/completions", json=body, **options)


def content(reply: requests.Response) -> Any:
    """The content of a structured answer."""
    assert reply.status_code == 200, reply.text
    return json.loads(reply.json()["choices"][0]["message"]["content"])


@contextmanager
def describer_process(*options: str) -> Iterator[str]:
    """`python -m tools.describer` with `options`; yields its URL, ends it with SIGTERM."""
    detector()  # the weights are there, or the test is skipped
    command = [sys.executable, "-m", "tools.describer", "--json", *options]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            assert ready["pid"] == process.pid
            yield ready["url"]
        finally:
            process.terminate()
            assert process.wait(timeout=10) == 0
