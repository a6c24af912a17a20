# SPDX-License-Identifier: MIT
"""The baseline of requests: the bare aiohttp server. It answers GET /NAME with that file of the
folder, read from disk each time, and anything else with {}. Prints its port when it is ready."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from aiohttp import web


def main(folder: Path) -> None:
    async def file(request: web.Request) -> web.StreamResponse:
        return web.Response(body=(folder / request.match_info["name"]).read_bytes())

    async def nothing(_request: web.Request) -> web.StreamResponse:
        return web.json_response({})

    async def say_port(_app: web.Application) -> None:
        print(runner_port, flush=True)

    app = web.Application()
    app.router.add_get("/{name}", file)
    app.router.add_post("/{name}", nothing)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # from here on, who knows the port is heard
        runner_port = listener.getsockname()[1]
        app.on_startup.append(say_port)
        web.run_app(app, sock=listener, print=None, access_log=None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
