# SPDX-License-Identifier: MIT
"""The OpenAI chat-completions protocol: a request decoded, an answer and an error encoded.

Fields and error bodies as in OpenAI's API reference, "Create chat completion". Sampling options
(temperature, top_p, seed, ...) are accepted and change nothing: a detector does not sample.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

MOST_PICTURES = 16


class ChatError(Exception):
    """A request that is answered with an error: HTTP status, and OpenAI's message, code, param."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param

    def body(self) -> dict[str, Any]:
        """The JSON of an error reply."""
        kinds = {401: "authentication_error", 429: "rate_limit_error", 500: "server_error"}
        kind = kinds.get(self.status, "invalid_request_error")
        message = {"message": str(self), "type": kind, "param": self.param, "code": self.code}
        return {"error": message}


@dataclass(frozen=True)
class ChatRequest:
    """What a client asks for: the text of its messages, its pictures, the shape of the answer.

    `pictures` are the decoded bytes, not checked to be JPEGs. `schema` is the JSON schema of a
    structured answer, None for plain text; `most_words` cuts the answer (None: no limit).
    `model` is empty when the client leaves the choice to the server.
    """

    model: str
    prompt: str
    pictures: tuple[bytes, ...]
    schema: Mapping[str, Any] | None
    most_words: int | None

    @classmethod
    def decode(cls, text: bytes) -> ChatRequest:
        """A request from its body. Raises ChatError, which names the parameter."""
        try:
            body = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ChatError(f"the body is not JSON: {error}", code="invalid_json") from error
        if not isinstance(body, dict):
            raise ChatError("the body must be a JSON object", code="invalid_type")
        model = _typed(body, "model", str) or ""
        if body.get("stream") or body.get("n", 1) != 1:
            param = "stream" if body.get("stream") else "n"
            raise ChatError(f"{param} is not supported", param=param, code="unsupported_value")
        most = _typed(body, "max_completion_tokens", int) or _typed(body, "max_tokens", int)
        if most is not None and most < 1:
            raise ChatError("max_tokens must be 1 or more", param="max_tokens", code="below_min")
        texts, pictures = _read_messages(_typed(body, "messages", list))
        schema = _read_format(_typed(body, "response_format", dict))
        return cls(model, "\n".join(texts), tuple(pictures), schema, most)


def encode_reply(model: str, content: str | None, prompt: str, refusal: str | None = None) -> Any:
    """A chat completion. Its usage counts words, for a detector has no tokens."""
    used = [len(prompt.split()), len((content or refusal or "").split())]
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": refusal},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": used[0],
            "completion_tokens": used[1],
            "total_tokens": sum(used),
        },
    }


def cut(reply: Any, most_words: int | None) -> Any:
    """The reply with its content cut to the number of words that the client asked for at most."""
    choice = reply["choices"][0]
    words = (choice["message"]["content"] or "").split(" ")
    if most_words is not None and len(words) > most_words:
        choice["message"]["content"] = " ".join(words[:most_words])
        choice["finish_reason"] = "length"
    return reply


def _typed(body: Mapping[str, Any], name: str, kind: type) -> Any:
    """A field, None when it is absent or null. Raises ChatError when it is of another type."""
    value = body.get(name)
    if value is not None and (not isinstance(value, kind) or (kind is int and value is True)):
        words = {str: "a string", int: "an integer", list: "an array", dict: "an object"}
        raise ChatError(f"{name} must be {words[kind]}", param=name, code="invalid_type")
    return value


def _read_messages(messages: Sequence[Any] | None) -> tuple[list[str], list[bytes]]:
    """All texts and all pictures of the messages, in order."""
    if not messages:
        raise ChatError("messages must not be empty", param="messages", code="missing_parameter")
    texts: list[str] = []
    pictures: list[bytes] = []
    for i, message in enumerate(messages):
        content = message.get("content") if isinstance(message, dict) else None
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if not isinstance(parts, list):
            where = f"messages[{i}].content"
            raise ChatError(f"{where} must be text or a list of parts", param=where)
        for j, part in enumerate(parts):
            _read_part(part, f"messages[{i}].content[{j}]", texts, pictures)
    if not pictures:
        raise ChatError(
            "there is no picture in the messages: this model describes pictures, it does not chat",
            param="messages",
            code="missing_image",
        )
    if len(pictures) > MOST_PICTURES:
        raise ChatError(f"at most {MOST_PICTURES} pictures are read", param="messages")
    return texts, pictures


def _read_part(part: Any, where: str, texts: list[str], pictures: list[bytes]) -> None:
    match part:
        case {"type": "text", "text": str(text)}:
            texts.append(text)
        case {"type": "image_url", "image_url": {"url": str(url)}}:
            pictures.append(_read_url(url, f"{where}.image_url.url"))
        case _:
            raise ChatError(
                f'{where} must be {{"type": "text", "text": ...}} or '
                '{"type": "image_url", "image_url": {"url": ...}}',
                param=where,
                code="invalid_content_part",
            )


def _read_url(url: str, where: str) -> bytes:
    """The bytes of a data URL (RFC 2397)."""
    head, comma, data = url.partition(",")
    if not comma or head.lower() not in ("data:image/jpeg;base64", "data:image/jpg;base64"):
        raise ChatError(
            f"{where} must begin with data:image/jpeg;base64, (nothing is fetched from elsewhere, "
            f"no other format is read); it begins with {url[:40]!r}",
            param=where,
            code="invalid_image_url",
        )
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ChatError(f"{where}: {error}", param=where, code="invalid_base64") from error


def _read_format(form: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The schema of a structured answer; None for plain text."""
    match form:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return {"type": "object", "properties": {"description": {"type": "string"}}}
        case {"type": "json_schema", "json_schema": {"name": str(), "schema": dict(schema)}}:
            return _checked(schema)
    raise ChatError(
        "response_format must be of type text, json_object, or json_schema with name and schema",
        param="response_format",
        code="invalid_value",
    )


def _checked(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema, if it is one that can be answered."""
    reason = ""
    try:
        Draft202012Validator.check_schema(schema)
        if not isinstance(schema.get("properties"), dict) or not schema["properties"]:
            reason = "it must have properties"
        elif '"$ref"' in json.dumps(schema):
            reason = "$ref is not supported"
    except SchemaError as error:
        reason = error.message
    if reason:
        raise ChatError(
            f"invalid schema for response_format: {reason}",
            param="response_format",
            code="invalid_json_schema",
        )
    return schema
