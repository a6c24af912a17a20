# SPDX-License-Identifier: MIT
"""Rules in the kernel's packet filter that last as long as the process that set them.

libnftables (Debian's libnftables1) does it. A table with the flag `owner` belongs to the socket
that made it: the kernel removes it when that closes, also when this process is killed.
"""

from __future__ import annotations

import ctypes

from tools.errors import SetupError

_LIBRARY = "libnftables.so.1"
_CURE = "apt-get install libnftables1"


class PacketFilter:
    """A connection to the packet filter. SetupError when libnftables is not there."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL(_LIBRARY)
        except OSError as error:
            raise SetupError(f"{_LIBRARY} is not installed", _CURE) from error
        self._library.nft_ctx_new.restype = ctypes.c_void_p
        self._library.nft_ctx_get_error_buffer.restype = ctypes.c_char_p
        self._context = ctypes.c_void_p(self._library.nft_ctx_new(ctypes.c_uint32(0)))
        self._library.nft_ctx_buffer_error(self._context)

    def run(self, commands: str) -> None:
        """Carry out `commands`, in the language of nft(8), all or none. SetupError when the kernel
        says no: it takes CAP_NET_ADMIN, and Linux 5.12 for tables with an owner."""
        if self._library.nft_run_cmd_from_buffer(self._context, commands.encode()) != 0:
            said = self._library.nft_ctx_get_error_buffer(self._context) or b""
            lines = said.decode("utf-8", "replace").strip().splitlines()
            reason = lines[0].removeprefix("Error: ") if lines else "no reason"
            raise SetupError(f"the packet filter cannot be set here: {reason}")

    def close(self) -> None:
        """Remove the tables that this connection owns."""
        self._library.nft_ctx_free(self._context)
        self._context = ctypes.c_void_p()
