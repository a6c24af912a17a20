# SPDX-License-Identifier: MIT
"""What the device tests say in one word each: profiles, and waiting for what the app does."""

from __future__ import annotations

import secrets
from typing import Any

from tests.waiting import wait_until
from tools.app_client import AppClient, Session
from tools.camera import Camera, Trigger
from tools.settings import APP_NAME

PROMPT_END_MS = 50.0
"""A session has ended this soon after the event that ends it was delivered."""
EMULATED_END_MS = 250.0
"""PROMPT_END_MS of an emulated app, which is some ten times slower and whose every piece of code is
translated when it first runs: on a busy machine that has been seen to take 56 ms."""
Json = dict[str, Any]


def one_shot(name: str, trigger: Trigger, **more: Any) -> Json:
    """A profile that describes once for each activation. Its id is new in each test."""
    return _profile(name, trigger, {"sessionType": "oneShot", **more})


def monitoring(name: str, trigger: Trigger, interval_ms: int = 200, **more: Any) -> Json:
    """A profile that goes on describing while the trigger is active."""
    more = {"sessionType": "activeMonitoring", "intervalMs": interval_ms, **more}
    return _profile(name, trigger, more)


def _profile(name: str, trigger: Trigger, more: Json) -> Json:
    return {
        "id": f"{name}-{secrets.token_hex(3)}",
        "trigger": trigger.profile_part,
        "frame": {"width": 640, "height": 360},
        "prompt": f"Describe it for {name}.",
        **more,
    }


def use(app: AppClient, *profiles: Json) -> None:
    """Give the app these profiles, and wait until it knows the state of their triggers."""
    app.put_profiles(profiles)
    wait_until(
        lambda: (
            {s.profile for s in app.status().subscriptions if s.state != "unknown"}
            >= {profile["id"] for profile in profiles}
        ),
        "the triggers' states to be known",
    )


def open_sessions(app: AppClient, profile: Json) -> list[Session]:
    """The profile's sessions that are open."""
    return [s for s in app.sessions().open if s.profile == profile["id"]]


def ended_sessions(app: AppClient, profile: Json) -> list[Session]:
    """The profile's sessions that have ended, newest last."""
    return [s for s in app.sessions().ended if s.profile == profile["id"]]


def wait_for_session(app: AppClient, profile: Json, timeout: float = 10.0) -> Session:
    """The profile's one open session, once it is there."""
    (session,) = wait_until(
        lambda: open_sessions(app, profile),
        f"a session of {profile['id']}",
        timeout,
    )
    return session


def wait_for_descriptions(app: AppClient, profile: Json, count: int) -> Session:
    """The profile's open session, once it has as many descriptions."""

    def enough() -> list[Session]:
        return [s for s in open_sessions(app, profile) if s.descriptions >= count]

    (session,) = wait_until(enough, f"{count} descriptions of {profile['id']}", timeout=30)
    return session


def wait_for_end(app: AppClient, profile: Json, count: int = 1) -> Session:
    """The profile's newest ended session, once `count` have ended."""
    sessions = wait_until(
        lambda: (found := ended_sessions(app, profile))[count - 1 :] and found,
        f"{count} session(s) of {profile['id']} to end",
    )
    return sessions[-1]


def wait_for_edge(app: AppClient, profile: Json, state: str) -> None:
    """Until the app knows the profile's trigger as "active" or "inactive"."""
    wait_until(
        lambda: (
            (profile["id"], state) in {(s.profile, s.state) for s in app.status().subscriptions}
        ),
        f"the trigger of {profile['id']} to be known as {state}",
    )


def session_log(camera: Camera, session: Session | str) -> list[str]:
    """What the camera's log says of one session, oldest first, without time and sender."""
    identifier = session if isinstance(session, str) else session.id
    words = f"session {identifier} "
    lines = camera.vapix.system_log(APP_NAME)
    return [line[line.index(words) :] for line in lines if words in line]
