# SPDX-License-Identifier: MIT
"""Digest authentication and roles."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pytest
import requests

from tests.tools.virtual_camera_helpers import RunningCamera
from tools.virtual_camera.digest import (
    NONCE_SECONDS,
    DigestAuthenticator,
    Verdict,
    hash_password,
    parse_fields,
)

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]

REALM = "AXIS_B8A44F000001"
TARGET = "/axis-cgi/param.cgi?action=list"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> DigestAuthenticator:
    known = {"root": hash_password("root", REALM, "pass")}
    return DigestAuthenticator(REALM, known.get, clock)


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def answer(challenge: str, count: int = 1, password: str = "pass", uri: str = TARGET) -> str:
    """An Authorization header as a client makes it from a challenge."""
    nonce, nc, cnonce = parse_fields(challenge)["nonce"], f"{count:08x}", "0a4f113b"
    ha1, ha2 = md5(f"root:{REALM}:{password}"), md5(f"GET:{uri}")
    response = md5(f"{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}")
    return (
        f'Digest username="root", realm="{REALM}", nonce="{nonce}", uri="{uri}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc={nc}, cnonce="{cnonce}"'
    )


def test_a_challenge_has_the_shape_of_a_device(server: DigestAuthenticator) -> None:
    challenge = server.challenge(stale=True)

    pattern = rf'Digest realm="{REALM}", nonce="[\w+/]{{11}}=[0-9a-f]{{40}}", '
    assert re.fullmatch(pattern + 'algorithm=MD5, stale=true, qop="auth"', challenge)


def test_the_right_answer_is_accepted_once_for_each_count(server: DigestAuthenticator) -> None:
    challenge = server.challenge(stale=True)

    assert server.check("GET", TARGET, answer(challenge, 1)) == Verdict("root")
    assert server.check("GET", TARGET, answer(challenge, 3)) == Verdict("root")
    assert server.check("GET", TARGET, answer(challenge, 2)) == Verdict("root")
    assert server.check("GET", TARGET, answer(challenge, 2)) == Verdict(None, stale=True)
    assert server.check("GET", TARGET, answer(challenge, 500)) == Verdict("root")
    assert server.check("GET", TARGET, answer(challenge, 4)) == Verdict(None, stale=True)


def test_an_answer_without_qop_is_accepted_once(server: DigestAuthenticator) -> None:
    nonce = parse_fields(server.challenge(stale=True))["nonce"]
    ha1 = md5(f"root:{REALM}:pass")

    def old(method: str) -> str:
        response = md5(f"{ha1}:{nonce}:{md5(f'{method}:{TARGET}')}")
        return (
            f'Digest username="root", realm="{REALM}", nonce="{nonce}", uri="{TARGET}", '
            f'response="{response}"'
        )

    assert server.check("GET", TARGET, old("GET")) == Verdict("root")
    assert server.check("POST", TARGET, old("POST")) == Verdict("root")
    assert server.check("GET", TARGET, old("GET")) == Verdict(None, stale=True)
    assert server.check("GET", TARGET, old("GET") + ", nc=00000002") == Verdict(None, stale=True)
    assert server.check("GET", TARGET, old("POST")) == Verdict(None)


def test_an_old_nonce_is_stale(server: DigestAuthenticator, clock: Clock) -> None:
    challenge = server.challenge(stale=True)
    clock.now += NONCE_SECONDS + 1

    assert server.check("GET", TARGET, answer(challenge)) == Verdict(None, stale=True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda header: header.replace('username="root"', 'username="nobody"'),
        lambda header: header.replace("nc=00000001", "nc=00000002"),
        lambda header: header.replace("qop=auth", "qop=auth-int"),
        lambda header: header.replace(REALM, "AXIS_OTHER"),
        lambda header: header.replace("action=list", "action=update"),
        lambda _: 'Digest username="root"',
        lambda _: "Digest",
        lambda _: 'Digest username="' + "x" * 7000,
    ],
)
def test_a_spoilt_answer_is_wrong_and_not_stale(
    server: DigestAuthenticator, spoil: Callable[[str], str]
) -> None:
    header = spoil(answer(server.challenge(stale=True)))

    assert server.check("GET", TARGET, header) == Verdict(None)


def test_an_answer_for_another_method_is_wrong(server: DigestAuthenticator) -> None:
    assert server.check("POST", TARGET, answer(server.challenge(stale=True))) == Verdict(None)


def test_an_answer_for_the_address_without_its_query_is_right(
    server: DigestAuthenticator,
) -> None:
    path = TARGET.partition("?")[0]
    header = answer(server.challenge(stale=True), uri=path)

    assert server.check("GET", TARGET, header) == Verdict("root")
    assert server.check("GET", TARGET, header) == Verdict(None, stale=True)
    header = answer(server.challenge(stale=True), uri="/axis-cgi/other.cgi")
    assert server.check("GET", TARGET, header) == Verdict(None)


def test_a_nonce_of_another_server_is_stale(server: DigestAuthenticator, clock: Clock) -> None:
    other = DigestAuthenticator(REALM, lambda _: None, clock)

    header = answer(other.challenge(stale=True))

    assert server.check("GET", TARGET, header) == Verdict(None, stale=True)


def test_the_camera_asks_for_digest_as_a_device_does(camera: RunningCamera) -> None:
    reply = camera.get(TARGET, user="")

    challenge = reply.headers["WWW-Authenticate"]
    assert reply.status_code == 401
    assert challenge.startswith(f'Digest realm="AXIS_{camera.settings.serial}"')
    assert "stale=true" in challenge
    assert reply.headers["Content-Type"] == "text/html; charset=iso-8859-1"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "<h1>Unauthorized</h1>" in reply.text


def test_credentials_of_another_scheme_are_as_good_as_none(camera: RunningCamera) -> None:
    reply = requests.get(camera.url + TARGET, auth=("root", "pass"), timeout=5)

    assert reply.status_code == 401
    assert "stale=true" in reply.headers["WWW-Authenticate"]


def test_a_wrong_password_is_refused_without_stale(camera: RunningCamera) -> None:
    reply = camera.get(TARGET, password="wrong")

    assert reply.status_code == 401
    assert "stale" not in reply.headers["WWW-Authenticate"]
    assert camera.get(TARGET).status_code == 200


def test_a_replayed_answer_is_refused(camera: RunningCamera) -> None:
    used = camera.get(TARGET).request.headers["Authorization"]

    reply = requests.get(camera.url + TARGET, headers={"Authorization": used}, timeout=5)

    assert reply.status_code == 401
    assert "stale=true" in reply.headers["WWW-Authenticate"]


def test_basic_is_taken_only_when_the_policy_says_so(camera: RunningCamera) -> None:
    assert requests.get(camera.url + TARGET, auth=("root", "pass"), timeout=5).status_code == 401

    camera.get("/axis-cgi/param.cgi?action=update&Network.HTTP.AuthenticationPolicy=basic")

    assert requests.get(camera.url + TARGET, auth=("root", "pass"), timeout=5).status_code == 200
    assert requests.get(camera.url + TARGET, auth=("root", "no"), timeout=5).status_code == 401
    challenge = camera.get(TARGET, user="").headers["WWW-Authenticate"]
    assert challenge == f'Basic realm="AXIS_{camera.settings.serial}"'


def account_answer(page: str) -> str:
    """The line in the body of the page."""
    match = re.fullmatch(
        r"<html><head><title>.*</title></head><body.*?>(.*)\n</body>\s*</html>\n", page
    )
    assert match is not None, page
    return match[1]


def test_roles_are_kept_apart(camera: RunningCamera) -> None:
    for name, groups in (("joe", "viewer"), ("ann", "operator:viewer")):
        added = camera.get(
            f"/axis-cgi/pwdgrp.cgi?action=add&user={name}&pwd=pw&grp=users&sgrp={groups}"
        )
        assert account_answer(added.text) == f"Created account {name}."

    def status(path: str, user: str) -> int:
        return camera.get(path, user=user, password="pw").status_code

    admin_only = "/axis-cgi/applications/list.cgi"
    inputs = "/axis-cgi/virtualinput/activate.cgi?schemaversion=1&port=1"
    assert [status("/axis-cgi/jpg/image.cgi", user) for user in ("joe", "ann")] == [200, 200]
    assert [status(inputs, user) for user in ("joe", "ann")] == [403, 200]
    assert [status(admin_only, user) for user in ("joe", "ann")] == [403, 403]


def test_accounts_are_changed_listed_and_removed(camera: RunningCamera) -> None:
    def act(query: str) -> str:
        return account_answer(camera.get(f"/axis-cgi/pwdgrp.cgi?{query}").text)

    act("action=add&user=joe&pwd=one&grp=users&sgrp=viewer:ptz")

    assert 'viewer="root,joe"' in camera.get("/axis-cgi/pwdgrp.cgi?action=get").text
    assert act("action=update&user=joe&pwd=two") == "Modified account joe."
    assert camera.get(TARGET, user="joe", password="one").status_code == 401
    assert camera.get(TARGET, user="joe", password="two").status_code == 200
    exists = "Error: this user name already exists, consult the system log file."
    assert act("action=add&user=joe&pwd=x&grp=users&sgrp=viewer") == exists
    assert act("action=remove&user=joe") == "Removed account joe."
    assert act("action=remove&user=joe") == "Error: account user name."
    assert act("action=add&user=a%20b&pwd=x&sgrp=viewer") == "Error: account user name."
    assert act("action=add&user=joe&pwd=x&sgrp=viewer:boss").startswith("Error: consult")
    assert act("action=remove&user=root") == "Error: consult the system log file."


def test_groups_may_stand_in_any_order(camera: RunningCamera) -> None:
    camera.get(
        "/axis-cgi/pwdgrp.cgi?action=add&user=joe&pwd=pw&grp=users&sgrp=viewer:operator:admin:ptz"
    )

    listed = camera.get("/axis-cgi/pwdgrp.cgi?action=get").text
    assert 'admin="root,joe"' in listed
    assert 'ptz="root,joe"' in listed


def test_huge_headers_are_refused_and_the_camera_stays(camera: RunningCamera) -> None:
    reply = requests.get(camera.url + TARGET, headers={"X-Big": "x" * 1_000_000}, timeout=10)

    assert reply.status_code == 400
    assert camera.get(TARGET).status_code == 200
