# SPDX-License-Identifier: MIT
"""Content filters: the part of XPath that ONVIF's ItemFilter dialect has.

    Expression = boolean(Path) | Expression and Expression | Expression or Expression
               | not(Expression) | (Expression)
    Path       = //SimpleItem[Test], the name with or without a prefix; so does ElementItem
    Test       = @Name="..." | @Value="..." | Test and Test | Test or Test | not(Test) | (Test)

What else XPath has is refused with a clear error; [unconfirmed] how much more a device takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from tools.virtual_camera.topic_filter import FilterError

T = TypeVar("T")
Item = tuple[str, str]
"""Name and value of one SimpleItem, wherever in the message it is."""
Predicate = Callable[[Sequence[Item]], bool]
_Test = Callable[[Item], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"[^"]*"|'[^']*')|(?P<path>//(?:[A-Za-z_][\w.-]*:)?[A-Za-z]+)"""
    r"""|(?P<word>@?[A-Za-z]+)|(?P<sign>!=|[=()\[\]]))"""
)
_MAX_LENGTH = 8192
_MAX_DEPTH = 50


def parse_content_filter(text: str) -> Predicate:
    """A function from an event's items to whether it passes. FilterError when not understood."""
    if len(text) > _MAX_LENGTH:
        raise FilterError(f"the content filter is longer than {_MAX_LENGTH} characters")
    parser = _Parser(text)
    predicate = parser.expression()
    parser.expect("")
    return predicate


class _Parser:
    """Recursive descent; `and` binds stronger than `or`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _split(text)
        self._place = 0
        self._depth = 0

    def expression(self) -> Predicate:
        self._descend()
        found = self._conjunction()
        while self._take("or"):
            found = _either(found, self._conjunction())
        self._depth -= 1
        return found

    def _conjunction(self) -> Predicate:
        found = self._term()
        while self._take("and"):
            found = _both(found, self._term())
        return found

    def _term(self) -> Predicate:
        if self._take("not"):
            inner = self._parenthesised(self.expression)
            return lambda items: not inner(items)
        if self._take("boolean"):
            return self._parenthesised(self._path)
        return self._parenthesised(self.expression)

    def _path(self) -> Predicate:
        path = self._next()
        name = path.removeprefix("//").rpartition(":")[2]
        if not path.startswith("//") or name not in ("SimpleItem", "ElementItem"):
            raise self._error(f"{path or 'its end'} where //SimpleItem is expected")
        self.expect("[")
        test = self._test()
        self.expect("]")
        if name == "ElementItem":
            return lambda _: False
        return lambda items: any(test(item) for item in items)

    def _test(self) -> _Test:
        self._descend()
        found = self._test_conjunction()
        while self._take("or"):
            found = _either(found, self._test_conjunction())
        self._depth -= 1
        return found

    def _test_conjunction(self) -> _Test:
        found = self._comparison()
        while self._take("and"):
            found = _both(found, self._comparison())
        return found

    def _comparison(self) -> _Test:
        if self._take("not"):
            inner = self._parenthesised(self._test)
            return lambda item: not inner(item)
        token = self._next()
        if token == "(":
            self._place -= 1
            return self._parenthesised(self._test)
        if token not in ("@Name", "@Value"):
            raise self._error(f"{token or 'its end'} where @Name or @Value is expected")
        position = 0 if token == "@Name" else 1
        negated = self._take("!=")
        if not negated:
            self.expect("=")
        wanted = self._next()
        if wanted[:1] not in ('"', "'"):
            raise self._error(f"{wanted or 'its end'} where a quoted text is expected")
        return lambda item: (item[position] == wanted[1:-1]) is not negated

    def _parenthesised(self, inside: Callable[[], T]) -> T:
        self.expect("(")
        found = inside()
        self.expect(")")
        return found

    def _descend(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error("too many parentheses")

    def _next(self) -> str:
        token = self._tokens[self._place]
        self._place += bool(token)
        return token

    def _take(self, token: str) -> bool:
        found = self._tokens[self._place] == token
        self._place += found
        return found

    def expect(self, token: str) -> None:
        found = self._tokens[self._place]
        if found != token:
            raise self._error(f"{found or 'its end'} where {token or 'its end'} is expected")
        self._place += bool(token)

    def _error(self, what: str) -> FilterError:
        return FilterError(f"the content filter {self._text[:200]!r} has {what}")


def _split(text: str) -> list[str]:
    tokens: list[str] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise FilterError(f"the content filter is not understood from {text[place:][:40]!r} on")
        tokens.append(match[match.lastgroup or "sign"])
        place = match.end()
    return [*tokens, ""]


def _both(first: Callable[[T], bool], second: Callable[[T], bool]) -> Callable[[T], bool]:
    return lambda subject: first(subject) and second(subject)


def _either(first: Callable[[T], bool], second: Callable[[T], bool]) -> Callable[[T], bool]:
    return lambda subject: first(subject) or second(subject)
