# SPDX-License-Identifier: MIT
"""Digest authentication (RFC 7616, MD5, qop=auth) as an Axis device answers it on HTTP and RTSP.

The challenge has the shape that devices send: realm AXIS_<serial>, a nonce of twelve base64
characters followed by forty hexadecimal ones, and stale=true even in the first challenge. A wrong
password is answered without stale, so that a client that retries on stale stops there. Clients that
answer without qop, as RFC 2069 had it, are understood too, as by the device's web server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import struct
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

NONCE_SECONDS = 300.0
"""How long a nonce serves; its real life on a device is [unconfirmed]."""
_REMEMBERED_NONCES = 4096
_COUNT_WINDOW = 128
"""A client with parallel connections may send its counts out of order by this much."""
_FIELD = re.compile(r'\b(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True)
class Verdict:
    """What an Authorization header is worth: `user` is None when it is refused."""

    user: str | None
    stale: bool = False
    """The credentials are right, but the nonce is too old or was used before."""


@dataclass
class _Uses:
    highest: int = 0
    seen: set[int] = field(default_factory=set)
    answers: set[str] = field(default_factory=set)
    """responses without a count: each is good once"""

    def admit(self, count: int) -> bool:
        """True the first time that `count` comes, False for a replay or a count long past."""
        if count in self.seen or count <= self.highest - _COUNT_WINDOW:
            return False
        self.highest = max(self.highest, count)
        self.seen.add(count)
        if len(self.seen) > 2 * _COUNT_WINDOW:
            self.seen = {old for old in self.seen if old > self.highest - _COUNT_WINDOW}
        return True

    def admit_answer(self, response: str) -> bool:
        """The same for an answer that has no count."""
        if response in self.answers or len(self.answers) >= _COUNT_WINDOW:
            return False
        self.answers.add(response)
        return True


class DigestAuthenticator:
    """Issues challenges and checks answers. Nonces carry their own proof and need no table; only
    the counts of those that were used are remembered, the last 4,096 of them."""

    def __init__(
        self,
        realm: str,
        find_ha1: Callable[[str], str | None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`find_ha1` gives MD5(user:realm:password) in hex for a user, None when there is none."""
        self.realm = realm
        self._find_ha1 = find_ha1
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._uses: OrderedDict[str, _Uses] = OrderedDict()

    def stream_challenge(self) -> str:
        """The value of a WWW-Authenticate header on RTSP, where devices offer no qop."""
        return f'Digest realm="{self.realm}", nonce="{self._issue()}", stale=FALSE'

    def challenge(self, *, stale: bool) -> str:
        """The value of a WWW-Authenticate header."""
        parts = [f'realm="{self.realm}"', f'nonce="{self._issue()}"', "algorithm=MD5"]
        if stale:
            parts.append("stale=true")
        parts.append('qop="auth"')
        return "Digest " + ", ".join(parts)

    def check(self, method: str, target: str, header: str) -> Verdict:
        """Judge an Authorization header for `method` and the request target as it was sent."""
        fields = parse_fields(header)
        if not _same_target(fields, target):
            return Verdict(None)
        verdict = self._check(method, fields)
        if verdict.user and not self._admit(fields):
            return Verdict(None, stale=True)
        return verdict

    def check_stream(self, method: str, header: str) -> Verdict:
        """Judge it on RTSP: clients send the same answer again on their connection, and name the
        stream where the request names a part of it."""
        return self._check(method, parse_fields(header))

    def _check(self, method: str, fields: dict[str, str]) -> Verdict:
        user = fields.get("username", "")
        ha1 = self._find_ha1(user)
        if ha1 is None or fields.get("realm") != self.realm:
            return Verdict(None)
        if fields.get("qop", "auth") != "auth" or fields.get("algorithm", "MD5").upper() != "MD5":
            return Verdict(None)
        expected = _expected(ha1, _md5(f"{method}:{fields.get('uri', '')}"), fields)
        if not hmac.compare_digest(expected.encode(), fields.get("response", "").lower().encode()):
            return Verdict(None)
        if not self._is_fresh(fields.get("nonce", "")):
            return Verdict(None, stale=True)
        return Verdict(user)

    def _issue(self) -> str:
        stamp = base64.b64encode(struct.pack("<d", self._clock())).decode()
        return stamp + self._proof(stamp)

    def _proof(self, stamp: str) -> str:
        return hmac.new(self._secret, f"{stamp}:{self.realm}".encode(), hashlib.sha1).hexdigest()

    def _is_fresh(self, nonce: str) -> bool:
        stamp, proof = nonce[:12], nonce[12:]
        if not hmac.compare_digest(self._proof(stamp).encode(), proof.encode()):
            return False
        issued: float = struct.unpack("<d", base64.b64decode(stamp))[0]
        return 0 <= self._clock() - issued <= NONCE_SECONDS

    def _admit(self, fields: dict[str, str]) -> bool:
        nonce, count = fields["nonce"], fields.get("nc", "")
        if "qop" in fields and not re.fullmatch(r"[0-9a-fA-F]{1,8}", count):
            return False
        uses = self._uses.setdefault(nonce, _Uses())
        self._uses.move_to_end(nonce)
        if len(self._uses) > _REMEMBERED_NONCES:
            self._uses.popitem(last=False)
        if "qop" not in fields:
            return uses.admit_answer(fields["response"].lower())
        return uses.admit(int(count, 16))


def parse_fields(header: str) -> dict[str, str]:
    """The key="value" fields of a Digest header; later ones of the same name are ignored."""
    fields: dict[str, str] = {}
    for match in _FIELD.finditer(header.partition(" ")[2]):
        quoted, plain = match[2], match[3]
        value = plain if quoted is None else quoted
        if quoted and "\\" in quoted:
            value = re.sub(r"\\(.)", r"\1", quoted)
        fields.setdefault(match[1].lower(), value)
    return fields


def hash_password(user: str, realm: str, password: str) -> str:
    """HA1: what a digest server keeps instead of the password."""
    return _md5(f"{user}:{realm}:{password}")


def _same_target(fields: dict[str, str], target: str) -> bool:
    """Whether the answer is for this target; public clients leave out the query."""
    uri = fields.get("uri", "")
    if "://" in uri.partition("?")[0]:
        uri = "/" + uri.split("://", 1)[1].partition("/")[2]
    return uri in (target, target.partition("?")[0])


def _expected(ha1: str, ha2: str, fields: dict[str, str]) -> str:
    nonce = fields.get("nonce", "")
    if "qop" not in fields:
        return _md5(f"{ha1}:{nonce}:{ha2}")
    count, cnonce = fields.get("nc", ""), fields.get("cnonce", "")
    return _md5(f"{ha1}:{nonce}:{count}:{cnonce}:auth:{ha2}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
