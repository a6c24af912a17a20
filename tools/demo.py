# SPDX-License-Identifier: MIT
"""`invoke demo`: the user's scenario, played on the deployed app without any hardware.

A virtual camera shows real footage, the built-in describer answers after a stated delay, as a
hosted model would. Device1Scenario1 becomes active; profile A describes once, B and C go on at
their own intervals; the scenario becomes inactive while the describer works on calls of both.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tools import build, console, debian
from tools.app_client import AppClient
from tools.camera import Trigger, VirtualCamera
from tools.demo_footage import fetch_street_clip
from tools.demo_processes import companion
from tools.demo_timeline import Picture, Timeline
from tools.demo_verdict import KINDS, Verdict
from tools.deploy import deploy
from tools.describer.weights import fetch_model
from tools.errors import CameraError, Refused, SetupError, UsageError, VerdictError
from tools.settings import (
    BUILD,
    VIRTUAL_PASSWORD,
    VIRTUAL_USER,
    announce_virtual_camera,
    virtual_settings,
)

FOLDER = BUILD / "demo"
TRIGGER = Trigger(scenario="Device1Scenario1")
LATENCY_MS = 900
"""How far away the describer pretends to be. Shorter than each interval, so that B and C, whose
intervals are in step, have at times no call in flight, and at others both have a fresh one."""
PATIENCE = 60.0
"""Seconds for what takes a few; a slow machine is not a wrong app."""
_STARTED = "BATONDESCRIBE_STARTED"


def profiles() -> list[dict[str, Any]]:
    """The demo's three profiles, as the app is given them; ids A, B and C."""
    common: dict[str, Any] = {
        "trigger": TRIGGER.profile_part,
        "frame": {"width": 768, "height": 576},
    }
    people = {"name": "people", "type": "integer", "text": "How many people are in the picture?"}
    return [
        {
            "id": "A",
            "name": "What happened",
            "sessionType": "oneShot",
            "prompt": "Describe what the camera sees.",
            "questions": [people],
            **common,
        },
        {
            "id": "B",
            "name": "Keep watching",
            "sessionType": "activeMonitoring",
            "intervalMs": 1500,
            "prompt": "Describe what is going on.",
            **common,
        },
        {
            "id": "C",
            "name": "Keep watching, less often",
            "sessionType": "activeMonitoring",
            "intervalMs": 3000,
            "prompt": "Describe the people and the vehicles.",
            **common,
        },
    ]


def run(json_path: Path | None = None, keep: bool = False, source: str | None = None) -> None:
    """Play the demo, print its timeline as it happens, and end with the verdict.

    `json_path` gets the outcome as JSON; `keep` leaves camera and describer running; `source` is
    shown instead of the street clip. Raises VerdictError when a session is left over or ended in
    any other way than it must.
    """
    began = _time_of_start()
    if json_path is not None and not json_path.resolve().parent.is_dir():
        raise UsageError(f"there is no folder for {json_path}", "make it, or name another file")
    package = _prepare()
    with _stage(source or str(fetch_street_clip()), keep) as stage:
        deploy(stage.camera.vapix, package, allow_unsigned=True)
        verdict = _play(stage, began)
        if keep:
            announce_virtual_camera(stage.camera_ready)
    if json_path is not None:
        json_path.write_text(json.dumps(verdict.to_json(), indent=4) + "\n")
    console.result("\n".join(["", *verdict.lines()]))
    console.result(f"the described pictures are in {_short(FOLDER)}")
    if keep:
        _tell_addresses(stage)
    if verdict.faults:
        raise VerdictError(
            "verdict: " + "; ".join(verdict.faults), f"logs: {_short(FOLDER / 'camera.log')}"
        )
    console.result(
        "verdict: A completed; B and C ended with their trigger, each with a call in flight; "
        "no session is left"
    )


@dataclass(frozen=True)
class Stage:
    """What the demo is played on. `*_ready`: what each process printed when it was ready."""

    camera: VirtualCamera
    app: AppClient
    camera_ready: dict[str, Any]
    describer_ready: dict[str, Any]

    @property
    def describer_stats(self) -> str:
        return f"{str(self.describer_ready['url']).removesuffix('/v1')}/stats"

    def find_picture(self, timestamp_us: int) -> Picture:
        """What the camera knows of a picture that it handed out; by VDO's timestamp."""
        control = self.camera.control
        found = [taken for taken in control.snapshots() if taken.timestamp_us == timestamp_us]
        if not found:
            return Picture("a picture that the camera does not know")
        try:
            return Picture(found[-1].name, control.snapshot_jpeg(found[-1].sha256))
        except Refused:  # the camera keeps the bytes of the last few only
            return Picture(found[-1].name)


def _time_of_start() -> float:
    """When the command was given: time.time(), or what set-up noted before it began."""
    try:
        return float(os.environ[_STARTED])
    except (KeyError, ValueError):
        return time.time()


def _prepare() -> Path:
    """Everything that takes time only once; the package to deploy."""
    debian.require("camera")
    fetch_model(say=lambda line: console.progress(line.removeprefix("describer: ")))
    return build.build("host").path


@contextmanager
def _stage(source: str, keep: bool) -> Iterator[Stage]:
    """The describer and a virtual camera that shows `source`."""
    watching = ["--port", "0", "--user", VIRTUAL_USER, "--password", VIRTUAL_PASSWORD]
    watching += ["--source", source]
    delay = ["--latency-ms", str(LATENCY_MS)]
    with ExitStack() as stack:
        console.progress("starting the describer and a virtual camera")
        describer = stack.enter_context(
            companion("tools.describer", delay, FOLDER / "describer.log", keep=keep)
        )
        ready = stack.enter_context(
            companion("tools.virtual_camera", watching, FOLDER / "camera.log", keep=keep)
        )
        camera = VirtualCamera(virtual_settings(ready), VIRTUAL_PASSWORD)
        yield Stage(camera, AppClient(camera.vapix), ready, describer)


def _play(stage: Stage, began: float) -> Verdict:
    """The scenario itself."""
    model = str(stage.describer_ready["model"])
    stage.app.change_settings(describer={"url": stage.describer_ready["url"], "model": model})
    stage.app.put_profiles(profiles())
    kinds = {p["id"]: (p["sessionType"], KINDS[p["sessionType"]]) for p in profiles()}
    missed: list[str] = []

    def fetch(since: int, wait: int) -> Any:
        return stage.app.descriptions(since, wait=wait, include_sessions=True)

    console.result(
        f"{model} answers {LATENCY_MS} ms late, as if it were far away\n"
        f"{stage.camera.settings.url} shows {Path(stage.camera.control.video()).name}\n"
    )
    _wait_for_subscriptions(stage.app, len(kinds))
    shown = {profile: words for profile, (_, words) in kinds.items()}
    with Timeline(fetch, stage.find_picture, shown, FOLDER, console.result) as timeline:
        _act(stage, timeline, missed)
    first = timeline.first_description
    return Verdict.judge(
        [(profile, session_type) for profile, (session_type, _) in kinds.items()],
        stage.app.sessions(),
        describer=model,
        seconds_to_first_description=None if first is None else first - began,
        missed=tuple(missed),
    )


def _act(stage: Stage, timeline: Timeline, missed: list[str]) -> None:
    """Activate, let them describe, deactivate in mid-call; adds to `missed` what did not happen."""

    def expect(what: str, reached: Callable[[], bool]) -> None:
        if not timeline.wait_for(reached, PATIENCE):
            missed.append(what)
            timeline.say("demo", f"waited {PATIENCE:g} s in vain for {what}")

    timeline.zero()
    timeline.say("scenario", f"{TRIGGER.name} becomes active")
    stage.camera.set_trigger(TRIGGER, True)
    expect("A to complete", lambda: timeline.count("end", "A") == 1)
    expect("3 descriptions of B", lambda: timeline.count("description", "B") >= 3)
    expect("2 descriptions of C", lambda: timeline.count("description", "C") >= 2)
    if not _wait_for_calls(stage.describer_stats, 2):
        missed.append("calls of B and C in flight")
    timeline.say("scenario", f"{TRIGGER.name} becomes inactive; calls of B and C are in flight")
    stage.camera.set_trigger(TRIGGER, False)
    expect("B and C to end", lambda: timeline.count("end", "B") + timeline.count("end", "C") == 2)


def _wait_for_subscriptions(app: AppClient, count: int) -> None:
    """Until the app knows the state of each profile's trigger."""
    deadline = time.monotonic() + PATIENCE
    while sum(s.state == "inactive" for s in app.status().subscriptions) != count:
        if time.monotonic() >= deadline:
            states = ", ".join(f"{s.profile} {s.state}" for s in app.status().subscriptions)
            raise CameraError(
                f"{TRIGGER.name} is not known as inactive to all profiles: {states}",
                f"see {_short(FOLDER / 'camera.log')}",
            )
        time.sleep(0.02)


def _wait_for_calls(stats: str, count: int) -> bool:
    """Until `count` calls are in flight at the describer that have just begun together.

    Where that does not come, on a slow machine, any moment with as many calls will do.
    """
    began = time.monotonic()
    last_idle = 0.0
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() - began < PATIENCE:
            try:
                calls = int(session.get(stats, timeout=5).json()["inFlight"])
            except (requests.RequestException, ValueError, KeyError) as error:
                raise SetupError(
                    f"the describer does not answer at {stats}",
                    f"see {_short(FOLDER / 'describer.log')}",
                ) from error
            now = time.monotonic()
            if calls == 0:
                last_idle = now
            if calls >= count and (now - last_idle < 0.3 or now - began > PATIENCE / 4):
                return True
            time.sleep(0.005)
    return False


def _tell_addresses(stage: Stage) -> None:
    pids = f"{stage.camera_ready['pid']} {stage.describer_ready['pid']}"
    settings = stage.camera.settings
    console.result(
        f"\nstill running, until `kill {pids}`:\n"
        f"  camera     {settings.url} (user {settings.user}, password {VIRTUAL_PASSWORD})\n"
        f"  control    {settings.control}\n"
        f"  app        {settings.url}/local/{stage.app.app}/\n"
        f"  describer  {stage.describer_ready['url']}"
    )


def _short(path: Path) -> str:
    """The path as the user sees it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
