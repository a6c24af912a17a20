# SPDX-License-Identifier: MIT
"""Installed apps: how they run, what they see, what they say, and how they end."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest

from tests.tools.virtual_camera_helpers import APP, MakePackage, RunningCamera, StartCamera
from tests.waiting import wait_until
from tools.virtual_camera.app_runner import RestartPolicy

pytest_plugins = ["tests.tools.virtual_camera_fixtures"]


def start(camera: RunningCamera, package: Path, app: str = APP) -> int:
    """Install, start, wait until it serves; the app's pid."""
    assert camera.upload(package) == "OK"
    assert camera.control_app("start", app) == "OK"
    camera.wait_until_serving(app)
    return int(camera.app_state(app)["pid"])


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that nobody has reaped yet does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def test_start_stop_and_restart_tell_the_truth(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    pid = start(camera, make_package())

    assert camera.applications()[APP]["Status"] == "Running"
    assert camera.control_app("start") == "Error: 6"
    assert camera.control_app("restart") == "OK"
    assert not is_alive(pid)
    assert camera.control_app("stop") == "OK"
    assert camera.applications()[APP]["Status"] == "Stopped"
    assert camera.control_app("stop") == "Error: 7"
    assert camera.control_app("restart") == "Error: 7"
    assert camera.control_app("start", "nothing") == "Error: 4"
    assert camera.control_app("start", "") == "Error: 1"
    assert camera.control_app("explode") == "Error: 1"


def test_control_cgi_answers_with_the_page_asked_for(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    camera.upload(make_package())
    path = f"/axis-cgi/applications/control.cgi?action=start&package={APP}"

    reply = camera.get(f"{path}&returnpage=/local/{APP}/index.html")

    assert reply.headers["Content-Type"].startswith("text/html")
    assert f"/local/{APP}/index.html" in reply.text


def test_an_app_has_the_documented_surroundings(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    pid = start(camera, make_package(runOptions='--flag "two words"'))

    seen = camera.call("all.cgi?a=1&b=%20", headers={"X-Thing": "yes"}).text

    assert f"cwd=/usr/local/packages/{APP}\n" in seen
    assert "env.G_SLICE=always-malloc\n" in seen
    assert "env.DBUS_SYSTEM_BUS_ADDRESS=unix:path=" in seen
    assert "env.FCGI_SOCKET_NAME=/" in seen
    assert "env.LD_LIBRARY_PATH=/" in seen
    assert "param.QUERY_STRING=a=1&b=%20\n" in seen
    assert f"param.SCRIPT_NAME=/local/{APP}/all.cgi\n" in seen
    assert f"param.REQUEST_URI=/local/{APP}/all.cgi?a=1&b=%20\n" in seen
    assert "param.REMOTE_USER=root\n" in seen
    assert "param.HTTP_X_THING=yes\n" in seen
    assert "param.HTTP_AUTHORIZATION" not in seen
    assert Path(f"/proc/{pid}/cmdline").read_bytes().endswith(b"--flag\0two words\0")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: running the tests as root would do")
def test_an_app_is_confined_to_its_folder(
    start_camera: StartCamera, make_package: MakePackage, tmp_path: Path
) -> None:
    camera = start_camera(state=tmp_path / "state")
    camera.allow_unsigned()
    pid = start(camera, make_package())
    secret = tmp_path / "state" / "users.json"

    def access(path: str) -> str:
        return camera.request("POST", f"/local/{APP}/access.cgi", data=path).text

    assert Path(f"/proc/{pid}").stat().st_uid != 0
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert access("localdata") == "read=yes\nwrite=yes\n"
    assert access("/tmp") == "read=yes\nwrite=yes\n"
    assert access(str(secret)).startswith("read=No such file")
    assert access("/etc/shadow").startswith("read=No such file")
    assert access("/usr/bin/env") == "read=yes\nwrite=Permission denied\n"
    assert access("/root").startswith("read=No such file")


def test_everything_an_app_says_is_in_its_log(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    pid = start(camera, make_package())

    log = camera.wait_for_log("hello from stderr")

    assert log.startswith(f"----- Contents of SYSTEM_LOG for '{APP}' -----\n\n")
    assert f" [ INFO ] {APP}[0]: starting {APP}\n" in log
    assert f" [ INFO ] {APP}[{pid}]: hello from stdout\n" in log
    assert f" [ INFO ] {APP}[{pid}]: hello from stderr\n" in log
    assert f" [ INFO ] {APP}[{pid}]: hello from syslog\n" in log
    whole = camera.get("/axis-cgi/systemlog.cgi").text
    assert f"[ INFO    ] {APP}[{pid}]: hello from syslog\n" in whole
    filtered = camera.get("/axis-cgi/systemlog.cgi?text=stdout").text
    assert "hello from stdout" in filtered
    assert "hello from syslog" not in filtered


def test_a_flood_of_log_lines_is_bounded(camera: RunningCamera, make_package: MakePackage) -> None:
    start(camera, make_package())

    reply = camera.call("log.cgi?lines=30000", timeout=60)

    assert reply.text == "logged\n"
    log = camera.wait_for_log("suppressing the rest")
    assert 1000 < log.count(" of 30000\n") < 10_000
    assert len(log) < 2_000_000
    assert camera.call("viewer.cgi").status_code == 200


def test_a_crashed_app_is_started_again_when_its_run_mode_says_so(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    pid = start(camera, make_package(runMode="respawn"))

    assert camera.call("crash.cgi").status_code == 502

    wait_until(lambda: camera.app_state()["starts"] == 2, "the app to be started again")
    camera.wait_until_serving()
    assert camera.app_state()["pid"] != pid
    assert f"{APP} was ended by SIGABRT" in camera.app_log()


@pytest.mark.parametrize(
    ("run_mode", "status", "restarts"),
    [
        ("never", 1, False),
        ("once", 1, False),
        ("respawnOnFailure", 0, False),
        ("respawnOnFailure", 1, True),
        ("respawn", 0, True),
    ],
)
def test_run_modes_decide_on_a_restart(
    camera: RunningCamera, make_package: MakePackage, run_mode: str, status: int, restarts: bool
) -> None:
    start(camera, make_package(runMode=run_mode))

    camera.call(f"exit.cgi?status={status}")

    camera.wait_for_log(f"{APP} ended with status {status}")
    if restarts:
        wait_until(lambda: camera.app_state()["starts"] == 2, "the app to be started again")
    else:
        assert "restarting" not in camera.app_log()
        assert camera.applications()[APP]["Status"] == "Stopped"


def test_an_app_that_ends_at_once_is_restarted_with_growing_delays(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    camera.upload(make_package(runMode="respawn", runOptions="--exit 3"))
    camera.control_app("start")

    log = camera.wait_for_log(f"restarting {APP} in 0.2 s")

    assert log.index("in 0.05 s") < log.index("in 0.1 s") < log.index("in 0.2 s")
    assert camera.control_app("stop") == "OK"
    assert camera.control_app("stop") == "Error: 7"


def test_an_app_that_ignores_sigterm_is_killed_after_the_grace(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    pid = start(camera, make_package(runOptions="--ignore-sigterm"))

    assert camera.control_app("stop") == "OK"

    assert not is_alive(pid)
    assert "did not stop within 0.5 s, killed" in camera.app_log()


def test_processes_that_an_app_leaves_behind_end_with_it(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    pid = start(camera, make_package())
    camera.call("fork.cgi")
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    others = [p for p in pids if p != pid and _namespace(p) == _namespace(pid)]
    assert len(others) == 2  # the sandbox's init and the child

    camera.control_app("stop")

    wait_until(lambda: not any(map(is_alive, others)), "the app's children to end")


def _namespace(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


def test_without_bubblewrap_apps_run_and_end_all_the_same(
    start_camera: StartCamera, make_package: MakePackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.virtual_camera.sandbox.Sandbox._probe", lambda _: False)
    camera = start_camera()
    camera.allow_unsigned()
    pid = start(camera, make_package())

    child = int(camera.call("fork.cgi").text.removeprefix("child="))
    assert is_alive(child)
    assert "hello from stdout" in camera.app_log()
    assert f"pid={pid}\n" in camera.call("all.cgi").text

    camera.control_app("stop")

    wait_until(lambda: not is_alive(pid) and not is_alive(child), "the processes to end")


def test_an_upgrade_of_a_running_app_restarts_it(
    camera: RunningCamera, make_package: MakePackage
) -> None:
    pid = start(camera, make_package())

    assert camera.upload(make_package(version="2.0.0")) == "OK"

    assert camera.applications()[APP]["Status"] == "Running"
    assert not is_alive(pid)
    camera.wait_until_serving()
    assert camera.control_app("remove") == "OK"


def test_signals_reach_the_app_itself(camera: RunningCamera, make_package: MakePackage) -> None:
    pid = start(camera, make_package())
    path = f"/virtual/apps/{APP}/signal"

    assert camera.post(path, json={"signal": "SIGFOO"}).status_code == 400
    assert camera.post(path, json={"signal": "SIGKILL"}).json()["pid"] == pid

    camera.wait_for_log(f"{APP} was ended by SIGKILL")
    assert camera.post(path, json={"signal": "SIGTERM"}).status_code == 409
    assert camera.post("/virtual/apps/no/signal", json={"signal": "SIGTERM"}).status_code == 404


def test_the_camera_stops_its_apps_with_it(
    start_camera: StartCamera, make_package: MakePackage
) -> None:
    camera = start_camera(restart=RestartPolicy(stop_grace=5))
    camera.allow_unsigned()
    pid = start(camera, make_package())

    camera.stop()

    assert not is_alive(pid)


def test_two_apps_do_not_see_each_other(camera: RunningCamera, make_package: MakePackage) -> None:
    start(camera, make_package())
    start(camera, make_package("other_app"), "other_app")

    camera.post(f"/virtual/apps/{APP}/signal", json={"signal": signal.Signals.SIGKILL.name})

    camera.wait_for_log(f"{APP} was ended by SIGKILL")
    assert camera.call("viewer.cgi", "other_app").status_code == 200
    assert "SIGKILL" not in camera.app_log("other_app")
