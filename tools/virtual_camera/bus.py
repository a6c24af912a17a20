# SPDX-License-Identifier: MIT
"""The camera's own message bus: a dbus-daemon of its own, on a socket that only its apps know.

Apps connect as any user; only the camera's user may own the names of its services.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from pathlib import Path
from xml.sax.saxutils import escape

from tools.errors import SetupError
from tools.virtual_camera.runtime_folder import runtime_folder

_START_SECONDS = 10.0
_STOP_SECONDS = 5.0
_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <deny own_prefix="virtualcamera"/>
    <deny own_prefix="com.axis"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
  <policy user="{uid}">
    <allow own="*"/>
  </policy>
  <limit name="max_incoming_bytes">134217728</limit>
  <limit name="max_outgoing_bytes">134217728</limit>
  <limit name="max_message_size">33554432</limit>
  <limit name="max_connections_per_user">4096</limit>
  <limit name="max_completed_connections">4096</limit>
  <limit name="max_match_rules_per_connection">4096</limit>
  <limit name="max_replies_per_connection">65536</limit>
</busconfig>
"""


class Bus:
    """One bus. `address` is what DBUS_SYSTEM_BUS_ADDRESS of an app has to be; "" before start."""

    def __init__(self) -> None:
        self.address = ""
        self._folder: Path | None = None
        self._cleanup = contextlib.ExitStack()
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the daemon. SetupError when it is not installed or does not come up."""
        program = shutil.which("dbus-daemon")
        if program is None:
            raise SetupError("dbus-daemon is not installed", "apt-get install dbus")
        self._folder = self._cleanup.enter_context(runtime_folder("bus"))
        configuration = self._folder / "bus.conf"
        configuration.write_text(
            _CONFIGURATION.format(socket=escape(str(self._folder / "bus")), uid=os.getuid())
        )
        command = [program, f"--config-file={configuration}", "--nofork", "--print-address=1"]
        # The bus ends with the camera, however that ends.
        if setpriv := shutil.which("setpriv"):
            command = [setpriv, "--pdeathsig", "TERM", "--", *command]
        with (self._folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        try:
            self.address = await self._read_address()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the daemon; whoever is connected loses the bus."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), _STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
        self._cleanup.close()
        self._folder = None
        self.address = ""

    async def _read_address(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._folder is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), _START_SECONDS)
        except TimeoutError:
            line = b""
        if not line.strip():
            lines = (self._folder / "log").read_text(errors="replace").strip().splitlines()
            raise SetupError(f"dbus-daemon does not start: {lines[-1] if lines else 'no answer'}")
        return line.decode().strip()
