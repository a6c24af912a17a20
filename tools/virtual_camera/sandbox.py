# SPDX-License-Identifier: MIT
"""How an app is started: as an unprivileged user that sees its own package folder and nothing else.

bubblewrap builds the view where the machine lets it: as root the app then runs under APP_UID, else
in a user namespace under the caller's own uid. Elsewhere the app runs in its real folder, with the
platform's syslog library preloaded. What is for another processor is run by the emulator.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.virtual_camera.app_group import own_group
from tools.virtual_camera.emulation import Emulator
from tools.virtual_camera.foreign_programs import OWN_FOLDER, foreign_programs
from tools.virtual_camera.full_disk import DISK, full_disk_prefix
from tools.virtual_camera.libraries import Libraries, Missing, system_folders
from tools.virtual_camera.moved_clock import FOLDER, MovedClock
from tools.virtual_camera.sandbox_folders import ETC, system_binds
from tools.virtual_camera.storage import Storage
from tools.virtual_camera.task_limit import limit_tasks

APP_UID = 65534
"""nobody. On a device an app has a user of its own, made at install; here the message bus admits
only users that the machine knows."""
_PACKAGES = Path("/usr/local/packages")
_LIBRARIES = "/usr/local/lib/platform"
_EMULATOR = "/usr/local/lib/emulator"
_SYSROOT = "/usr/local/lib/sysroot"
_BUS = "/run/dbus/system_bus_socket"
_STORAGE = "/var/spool/storage"
_SYSLOG_LIBRARY = "libvirtualsyslog.so"
_LOOPBACK_LIBRARY = "libvirtualloopback.so"
_HTTP_PORT = 80
TOKEN = "VIRTUAL_CAMERA_APP"
"""Variable that marks the processes of one start of an app where there is no pid namespace."""


@dataclass(frozen=True)
class Place:
    """Where one app lives on this machine."""

    app: str
    package: Path
    """its package folder"""
    run: Path
    """its folder for sockets, short enough for a socket address"""
    syslog: Path
    """the camera's datagram socket for it"""
    uses_fastcgi: bool

    @property
    def fastcgi_socket(self) -> Path:
        """As the camera sees it."""
        return self.run / "fcgi.sock"


@dataclass(frozen=True)
class Launch:
    """A command that starts an app. With `reports_pid` it takes --info-fd and the app is the second
    process of a pid namespace of its own."""

    argv: list[str]
    reports_pid: bool
    prefix: tuple[str, ...] = ()
    """a command that prepares the machine for `argv` and becomes it"""


class Sandbox:
    """The one place that knows how apps are confined on this machine."""

    def __init__(
        self, platform: Path, bus_address: str, host: str, emulator: Emulator | None = None
    ) -> None:
        self._platform = platform
        self._emulator = emulator
        self._foreign = foreign_programs(emulator, platform)
        self._bus_address = bus_address
        self._host = host
        sysroot = emulator.sysroot if emulator else None
        self.libraries = Libraries(platform, system_folders(sysroot))
        self._bwrap = shutil.which("bwrap") or ""
        self._is_root = os.geteuid() == 0
        self.own_group = own_group() if self._is_root else None
        """of this camera's apps alone; None where they cannot have one"""
        self._works = bool(self._bwrap) and self._probe()
        self.storage: Storage | None = None
        """the cards on which apps have areas"""
        self.is_disk_full = False
        """whether apps that are started from now on meet a full disk"""
        self.clock: MovedClock | None = None
        """of apps"""
        self.service_port = 0
        """where 127.0.0.12, which apps call at port 80, has the camera's VAPIX; 0: nowhere"""

    @property
    def uid(self) -> int:
        """Who owns the app's files and runs it."""
        return APP_UID if self._is_root else os.geteuid()

    @property
    def _gid(self) -> int:
        return self.uid if self.own_group is None else self.own_group

    @property
    def is_confined(self) -> bool:
        return self._works

    @property
    def can_fill_disk(self) -> bool:
        return self._works and self._is_root

    def localdata(self, place: Place) -> str:
        """As the app sees it."""
        return str((_PACKAGES / place.app if self._works else place.package) / "localdata")

    def area(self, place: Place, card: str) -> str:
        """The app's folder on a card that is there, as a confined app sees it."""
        return f"{_STORAGE}/{card}/areas/{place.app}"

    def card_disk(self, card: str) -> str:
        """Where in a sandbox the full disk of a card is."""
        return f"{DISK}-{card}"

    def missing(self, place: Place, program: str) -> Missing:
        """Which libraries and functions `program` will not find. Takes a while the first time."""
        return self.libraries.missing(place.app, place.package, program)

    def prepare(self, place: Place) -> None:
        """Make the folder for the app's sockets, and remove those of an earlier start."""
        shutil.rmtree(place.run, ignore_errors=True)
        place.run.mkdir(parents=True, mode=0o755)
        if self._is_root:
            os.chown(place.run, APP_UID, APP_UID)
        account = place.run.parent / f"{place.app}.passwd"
        account.write_text(f"root:x:0:0::/:\nacap-{place.app}:x:{self.uid}:{self._gid}::/:\n")
        group = place.run.parent / f"{place.app}.group"
        group.write_text(f"root:x:0:\naddon:x:{self._gid}:\n")

    def clear(self, place: Place) -> None:
        """Remove what `prepare` made."""
        shutil.rmtree(place.run, ignore_errors=True)
        for name in ("passwd", "group"):
            (place.run.parent / f"{place.app}.{name}").unlink(missing_ok=True)

    def launch(self, place: Place, command: Sequence[str], token: str) -> Launch:
        """The command line that runs `command` (its program relative to the package folder)."""
        if self._works:
            folder = _PACKAGES / place.app
            environment = self._environment(
                place, Path(f"/run/{place.app}/fcgi.sock"), _LIBRARIES, self._bus_inside()
            )
            if self._foreign is not None:
                environment = self._foreign.environment(environment, _EMULATOR, _SYSROOT)
            inner = [*self._drop(confined=True), "env"]
            inner += self._run(place, command[0], environment, _EMULATOR, _SYSROOT)
            inner.append(str(folder / command[0]))
            argv = [*self._view(place), "--", *inner, *command[1:]]
            return Launch(argv, reports_pid=True, prefix=self._prefix(place))
        environment = self._environment(
            place, place.fastcgi_socket, str(self._platform), self._bus_address
        )
        environment |= {TOKEN: token, "VIRTUAL_SYSLOG_SOCKET": str(place.syslog)}
        self._preload(environment, str(self._platform), _SYSLOG_LIBRARY)
        program = str(place.package / command[0])
        inner = [*self._drop(confined=False), "env", "-i", "-C", str(place.package)]
        emulator = self._emulator
        seen = (str(emulator.program), str(emulator.sysroot)) if emulator else ("", "")
        inner += self._run(place, command[0], environment, *seen)
        return Launch([*inner, program, *command[1:]], reports_pid=False)

    def _run(
        self, place: Place, program: str, environment: Mapping[str, str], qemu: str, sysroot: str
    ) -> list[str]:
        """What `env` needs to run `program`. The libraries of another processor are no use to a
        program of this machine, such as a script's shell."""
        if self._emulator is None:
            return _assign(environment)
        if self._emulator.runs(place.package / program):
            return self._emulator.command(qemu, sysroot, environment)
        if self._foreign is not None and qemu == _EMULATOR:  # what it executes may have a use
            return _assign(environment)
        return _assign({n: text for n, text in environment.items() if not n.startswith("LD_")})

    def _prefix(self, place: Place) -> tuple[str, ...]:
        disk = str(place.run.parent / f"{place.app}.disk")
        prefix: tuple[str, ...] = ()
        if self.is_disk_full:
            prefix += full_disk_prefix(str(place.package / "localdata"), disk)
        if self.storage is not None and self.can_fill_disk:
            for id_, area in self.storage.full_areas(place.app):
                prefix += full_disk_prefix(str(area), f"{disk}-{id_}")
        return prefix

    def _environment(self, place: Place, socket: Path, libraries: str, bus: str) -> dict[str, str]:
        environment = {
            "PATH": "/usr/bin:/bin",
            "G_SLICE": "always-malloc",
            "LD_LIBRARY_PATH": libraries,
            "DBUS_SYSTEM_BUS_ADDRESS": bus,
        }
        if self.storage is not None:
            seen = _STORAGE if self._works else self.storage.view(place.app, self.uid)
            environment["VIRTUAL_STORAGE_AREAS"] = f"{seen}/{{id}}/areas/{place.app}"
        if place.uses_fastcgi:
            environment["FCGI_SOCKET_NAME"] = str(socket)
        if self.clock is not None and self.clock.is_movable and self._works:
            environment |= self.clock.environment()
        if self.service_port not in (0, _HTTP_PORT):
            environment["VIRTUAL_SERVICE_PORT"] = str(self.service_port)
            self._preload(environment, libraries, _LOOPBACK_LIBRARY)
        return environment

    def _preload(self, environment: dict[str, str], libraries: str, name: str) -> None:
        """Put a library of the platform folder, which the app sees as `libraries`, before libc."""
        if self._foreign is not None and libraries == _LIBRARIES:
            libraries = OWN_FOLDER
        if (self._platform / name).exists():
            loaded = f"{environment.get('LD_PRELOAD', '')}:{libraries}/{name}".lstrip(":")
            environment |= {"LD_PRELOAD": loaded, "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def _drop(self, *, confined: bool) -> list[str]:
        """Give up root, and processes without end; without bubblewrap, die when the camera dies."""
        argv = [*limit_tasks(self.uid), "setpriv", "--no-new-privs"]
        if not confined:
            argv += ["--pdeathsig", "KILL"]
        if self._is_root:
            argv += [f"--reuid={APP_UID}", f"--regid={self._gid}", "--clear-groups"]
            argv += ["--inh-caps=-all", "--bounding-set=-all"]
        return [*argv, "--"]

    def _view(self, place: Place) -> list[str]:
        folder = str(_PACKAGES / place.app)
        argv = [*self._isolation(), *system_binds()]
        argv += ["--perms", "0755", "--tmpfs", "/usr/local"]
        argv += ["--perms", "0755", "--dir", str(_PACKAGES)]
        argv += ["--perms", "0755", "--dir", "/usr/local/lib"]
        argv += ["--bind", str(place.package), folder]
        argv += ["--ro-bind-try", str(self._platform), _LIBRARIES]
        if self._emulator is not None:
            argv += ["--ro-bind", str(self._emulator.program), _EMULATOR]
            argv += ["--ro-bind", str(self._emulator.sysroot), _SYSROOT]
        if self._foreign is not None:
            argv += self._foreign.view()
        argv += ["--proc", "/proc", "--dev", "/dev", "--bind", str(place.syslog), "/dev/log"]
        argv += ["--perms", "1777", "--tmpfs", "/dev/shm", "--perms", "1777", "--tmpfs", "/tmp"]
        argv += ["--perms", "0755", "--dir", "/var", "--perms", "1777", "--tmpfs", "/var/tmp"]
        argv += ["--perms", "0755", "--dir", "/etc", "--perms", "0755", "--dir", "/run"]
        argv += ["--symlink", "../run", "/var/run", "--bind", str(place.run), f"/run/{place.app}"]
        if self.storage is not None:
            argv += ["--perms", "0755", "--dir", "/var/spool"]
            argv += ["--bind", str(self.storage.view(place.app, self.uid)), _STORAGE]
        if self.clock is not None and self.clock.is_movable:
            argv += ["--ro-bind", str(self.clock.folder), FOLDER]
        for name in ETC:
            argv += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        for name in ("passwd", "group"):
            argv += ["--ro-bind", f"{place.run.parent}/{place.app}.{name}", f"/etc/{name}"]
        socket = _socket_of(self._bus_address)
        if socket:
            argv += ["--perms", "0755", "--dir", "/run/dbus", "--bind", socket, _BUS]
        return [*argv, "--clearenv", "--chdir", folder]

    def _isolation(self) -> list[str]:
        argv = [self._bwrap, "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
        argv += ["--unshare-cgroup-try", "--hostname", self._host, "--new-session"]
        if not self._is_root:
            return [*argv, "--unshare-user"]
        argv += ["--cap-drop", "ALL"]
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            argv += ["--cap-add", capability]
        return argv

    def _bus_inside(self) -> str:
        return f"unix:path={_BUS}" if _socket_of(self._bus_address) else self._bus_address

    def _probe(self) -> bool:
        argv = [*self._isolation(), *system_binds(), "--proc", "/proc", "--dev", "/dev"]
        argv += ["--", *self._drop(confined=True), "true"]
        try:
            done = subprocess.run(argv, capture_output=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


def _assign(environment: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in environment.items()]


def _socket_of(address: str) -> str:
    """The path in a D-Bus address such as unix:path=/run/bus,guid=..., "" when it has none."""
    kind, _, rest = address.partition(":")
    pairs = dict(part.partition("=")[::2] for part in rest.split(","))
    return pairs.get("path", "") if kind == "unix" else ""
