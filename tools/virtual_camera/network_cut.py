# SPDX-License-Identifier: MIT
"""Cuts the network between a camera's apps and everything but the camera.

As when a cable is pulled somewhere on the way, nothing is answered and nobody is told: open
connections of the apps hang, new ones are never made, and datagrams are lost. What hung goes on
when the network is back, if both ends still wait. Connections that were made to an app, such as
those of the camera's reverse proxy, stay, and so do all to the camera itself. The kernel's packet
filter does it, so it holds for emulated apps too; it takes root. Apps are known by their group,
which each camera has of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tools.errors import SetupError
from tools.virtual_camera.connections import Connection, connections_of
from tools.virtual_camera.packet_filter import PacketFilter
from tools.virtual_camera.sandbox import Sandbox

Address = tuple[str, int]
_TABLE = """
table inet {table} {{
  flags owner;
  set camera {{ type ipv4_addr . inet_service; }}
  set open4 {{ type inet_service . ipv4_addr . inet_service; }}
  set open6 {{ type inet_service . ipv6_addr . inet_service; }}
  chain leaving {{
    type filter hook output priority 0; policy accept;
    tcp sport . ip daddr . tcp dport @open4 drop
    tcp sport . ip6 daddr . tcp dport @open6 drop
    meta skgid != {group} accept
    tcp flags & (syn | ack) != syn accept
    ip daddr . tcp dport @camera accept
    drop
  }}
  chain arriving {{
    type filter hook input priority 0; policy accept;
    tcp dport . ip saddr . tcp sport @open4 drop
    tcp dport . ip6 saddr . tcp sport @open6 drop
  }}
}}
"""


class NetworkCut:
    """The knob of one camera."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._filter: PacketFilter | None = None

    @property
    def is_cut(self) -> bool:
        return self._filter is not None

    def cut(self, camera: Sequence[Address]) -> None:
        """Let the apps, running or started later, reach only `camera`: where it listens (IPv4).
        SetupError where this machine cannot do that; nothing is changed then."""
        if self._filter is not None:
            return
        rules, group = PacketFilter(), self._sandbox.own_group
        if group is None:
            rules.close()
            raise SetupError("the apps have no group of their own: that takes root")
        table = f"virtual_camera_{group}"
        own = [f"camera {{ {address} . {port} }}" for address, port in camera]
        try:
            rules.run(_TABLE.format(table=table, group=group) + _additions(table, own))
            # None can be added any more: what is open now is all there is.
            rules.run(_additions(table, _outgoing(connections_of(group), camera)))
        except BaseException:
            rules.close()
            raise
        self._filter = rules

    def restore(self) -> None:
        """The network is whole again; harmless when it was not cut."""
        rules, self._filter = self._filter, None
        if rules is not None:
            rules.close()


def _outgoing(found: Iterable[Connection], camera: Sequence[Address]) -> list[str]:
    """The elements for those that the apps made, without those to the camera."""
    every = list(found)
    served = {entry.local_port for entry in every if entry.is_listening}
    return [
        f"open{entry.address.version} {{ {entry.local_port} . {entry.address} . {entry.port} }}"
        for entry in every
        if entry.port
        and entry.local_port not in served
        and (str(entry.address), entry.port) not in camera
    ]


def _additions(table: str, elements: Iterable[str]) -> str:
    return "".join(f"add element inet {table} {element}\n" for element in elements)
