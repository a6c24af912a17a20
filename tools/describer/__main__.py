# SPDX-License-Identifier: MIT
"""`python -m tools.describer`: the describer in the foreground until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys

from tools.describer import MODEL_NAME
from tools.describer.detector import Detector
from tools.describer.server import WORKERS, DescriberServer
from tools.describer.weights import fetch_model
from tools.errors import SetupError, ToolError, report


def main() -> int:
    """Parse, serve, and return the exit code."""
    options = _parse()
    try:
        asyncio.run(_serve(options.port, options.host, options.latency_ms / 1000, options.json))
    except ToolError as error:
        return report(error)
    return 0


async def _serve(port: int, host: str, latency: float, as_json: bool) -> None:
    detector = Detector(fetch_model(), WORKERS)
    detector.warm()
    server = DescriberServer(detector, latency=latency)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        url = await server.start(port, host)
    except OSError as error:
        raise SetupError(
            f"cannot listen on {host} port {port}: {error.strerror}", "choose another --port"
        ) from error
    ready = {"name": "describer", "url": url, "model": MODEL_NAME, "pid": os.getpid()}
    print(json.dumps(ready) if as_json else f"{MODEL_NAME} answers at {url}", flush=True)
    try:
        await stopped.wait()
    finally:
        await server.stop()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.describer",
        description=f"An OpenAI-compatible endpoint over an object detector ({MODEL_NAME}).",
    )
    parser.add_argument("--port", type=int, default=0, help="default: any that is free")
    parser.add_argument(
        "--host", default="127.0.0.1", help="another address only where a camera must reach it"
    )
    parser.add_argument(
        "--latency-ms", type=int, default=0, help="added to each answer, as if the model were far"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line when ready")
    options = parser.parse_args()
    if not 0 <= options.port <= 65535:
        parser.error("--port must be 0 to 65535")
    if options.latency_ms < 0:
        parser.error("--latency-ms must not be negative")
    return options


if __name__ == "__main__":
    sys.exit(main())
