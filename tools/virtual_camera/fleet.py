# SPDX-License-Identifier: MIT
"""Many cameras in one run: each a process of its own, forked from one that has loaded everything.

What they load is in memory once, and starting one costs no loading. They end with the parent.
"""

from __future__ import annotations

import ctypes
import gc
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import FrameType

from tools.errors import SetupError, ToolError, report
from tools.virtual_camera.settings import CameraSettings

MOST = 500
_START_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
Run = Callable[[CameraSettings, Callable[[], None]], None]
"""Runs one camera until SIGINT or SIGTERM; calls its second argument when it is ready."""


class _Stop(Exception):
    """SIGINT or SIGTERM."""


def fleet_settings(settings: CameraSettings, count: int) -> list[CameraSettings]:
    """Settings of `count` cameras: names with a number, the next free ports from the first on,
    folders of their own. SetupError when there are not enough ports."""
    ports = _free_ports(settings.port, count) if settings.port else [0] * count
    return [
        replace(
            settings,
            name=f"{settings.name}-{number}",
            port=port,
            https_port=0,
            state=settings.state / f"{settings.name}-{number}" if settings.state else None,
        )
        for number, port in enumerate(ports, 1)
    ]


def run_fleet(cameras: Sequence[CameraSettings], run: Run) -> int:
    """Run them all until SIGINT or SIGTERM; the exit code. They start in order, as many at
    once as there are processors; when one cannot start, all are stopped."""
    _load()
    children: dict[int, str] = {}
    previous = {number: signal.signal(number, _stop) for number in _SIGNALS}
    try:
        _start_all(cameras, run, children)
        _await_all(children)
    except _Stop:
        pass
    except ToolError as error:
        return report(error)
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        _stop_all(children)
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 0


def _load() -> None:
    """Everything that a camera may need later, while it can still be shared."""
    import tools.virtual_camera.opencv
    import tools.virtual_camera.pattern  # noqa: F401

    gc.collect()
    gc.freeze()


def _start_all(cameras: Sequence[CameraSettings], run: Run, children: dict[int, str]) -> None:
    at_once = os.cpu_count() or 1
    with selectors.DefaultSelector() as starting:
        for settings in cameras:
            while len(starting.get_map()) >= at_once:
                _await_start(starting)
            reader, writer = os.pipe()
            pid = _fork(settings, run, writer, [reader, *(key.fd for key in _keys(starting))])
            children[pid] = settings.name
            os.close(writer)
            starting.register(reader, selectors.EVENT_READ, settings.name)
        while starting.get_map():
            _await_start(starting)


def _keys(selector: selectors.BaseSelector) -> list[selectors.SelectorKey]:
    return list(selector.get_map().values())


def _await_start(starting: selectors.BaseSelector) -> None:
    events = starting.select(_START_SECONDS)
    if not events:
        raise SetupError(f"{_keys(starting)[0].data} does not get ready")
    for key, _ in events:
        starting.unregister(key.fd)
        with os.fdopen(key.fd, "rb") as reader:
            if not reader.read(1):
                raise SetupError(f"{key.data} cannot start", "its own message is above")


def _fork(settings: CameraSettings, run: Run, writer: int, others: Sequence[int]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        for descriptor in others:
            os.close(descriptor)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if os.getppid() == parent:
            run(settings, lambda: _ready(writer))
            code = 0
    except ToolError as error:
        code = report(error)
    finally:
        sys.stdout.flush()
        os._exit(code)


def _ready(writer: int) -> None:
    os.write(writer, b".")
    os.close(writer)


def _await_all(children: dict[int, str]) -> None:
    """Until the last one has ended; each that ends by itself is named."""
    while children:
        pid, status = os.wait()
        name = children.pop(pid, "")
        if name:
            code = os.waitstatus_to_exitcode(status)
            print(f"warning: {name} ended with {code}", file=sys.stderr)
    raise SetupError("every camera has ended")


def _stop_all(children: dict[int, str]) -> None:
    for pid in children:
        os.kill(pid, signal.SIGTERM)
    for pid in children:
        os.waitpid(pid, 0)
    children.clear()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stop


def _free_ports(first: int, count: int) -> list[int]:
    """The next free ports; held until all are found, so that none is counted twice."""
    found: list[int] = []
    with ExitStack() as stack:
        for port in range(first, 65536):
            if len(found) == count:
                return found
            probe = stack.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
    if len(found) == count:
        return found
    raise SetupError(
        f"there are not {count} free ports from {first} on", "choose another --port, or 0"
    )
