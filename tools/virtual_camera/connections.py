# SPDX-License-Identifier: MIT
"""The TCP connections of a group's processes, as /proc tells them (proc(5))."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

_PROC = Path("/proc")
_SOCKET = re.compile(r"socket:\[(\d+)\]")
_LISTEN = "0A"


@dataclass(frozen=True)
class Connection:
    """One socket; `address` and `port` are the other end's, 0 where there is none."""

    local_port: int
    address: IPv4Address | IPv6Address
    port: int
    is_listening: bool


def connections_of(group: int) -> list[Connection]:
    """Of every process whose group is `group`, in its own network namespace."""
    found = []
    for process in _processes(group):
        inodes = set(_sockets(process))
        for table in ("tcp", "tcp6"):
            for line in _lines(process / "net" / table)[1:]:
                fields = line.split()
                if fields[9] in inodes:
                    found.append(_connection(fields))
    return found


def _processes(group: int) -> Iterator[Path]:
    wanted = str(group)
    for process in _PROC.iterdir():
        if process.name.isdigit():
            groups = next((x for x in _lines(process / "status") if x.startswith("Gid:")), "")
            if wanted in groups.split()[1:]:
                yield process


def _sockets(process: Path) -> Iterator[str]:
    """Inode numbers of its sockets."""
    with contextlib.suppress(OSError):
        for entry in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                if found := _SOCKET.fullmatch(str(entry.readlink())):
                    yield found[1]


def _lines(path: Path) -> list[str]:
    """[] for a process that is gone."""
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _connection(fields: list[str]) -> Connection:
    local, remote, state = fields[1:4]
    address, port = remote.split(":")
    return Connection(
        local_port=int(local.rpartition(":")[2], 16),
        address=_address(address),
        port=int(port, 16),
        is_listening=state == _LISTEN,
    )


def _address(text: str) -> IPv4Address | IPv6Address:
    """In /proc an address is in words of 32 bits, each in the machine's byte order."""
    words = (int(text[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(text), 8))
    address = ip_address(b"".join(words))
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
