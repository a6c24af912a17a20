# SPDX-License-Identifier: MIT
"""serverreport.cgi (VAPIX System settings): parameters and log as text, zip or tar, on request with
a picture. What sections a device's report has, and their order, is [unconfirmed]."""

from __future__ import annotations

import asyncio
import io
import tarfile
import time
import zipfile
from collections.abc import Callable, Mapping

from aiohttp import web

from tools.virtual_camera.parameters import ParameterStore
from tools.virtual_camera.pictures import PictureSource
from tools.virtual_camera.system_log import SystemLog
from tools.virtual_camera.web import text

_REPORT, _PICTURE = "report.txt", "image.jpg"
_SIZE = (1280, 720)


class ServerReportApi:
    """The CGI."""

    def __init__(
        self,
        parameters: ParameterStore,
        log: SystemLog,
        pictures: Callable[[], PictureSource],
    ) -> None:
        self._parameters = parameters
        self._log = log
        self._pictures = pictures

    async def handle(self, request: web.Request) -> web.StreamResponse:
        mode = request.query.get("mode", "text")
        report = self._report()
        if mode == "text":
            return text(report)
        files = {_REPORT: report.encode()}
        if mode == "zip":
            return _download(_zip(files), "zip")
        if mode == "zip_with_image":
            picture = await asyncio.to_thread(self._pictures().snapshot, *_SIZE)
            return _download(_zip({**files, _PICTURE: picture.jpeg}), "zip")
        if mode == "tar_all":
            log = self._log.render().encode()
            return _download(_tar({**files, "var/log/info.log": log}), "tar.gz")
        return text(f"Error: mode {mode} is not supported\n", status=400)

    def _report(self) -> str:
        listed = self._parameters.describe("root")
        lines = [
            f"{p.name}={'******' if p.type.is_secret else p.value}".replace("\n", " ")
            for p in listed
        ]
        made = time.strftime("%Y-%m-%d %H:%M:%S %z")
        return (
            f"----- Server report start -----\n\nGenerated {made}\n\n"
            "----- Parameter list -----\n\n" + "\n".join(lines) + "\n\n" + self._log.render() + "\n"
            "----- Server report end -----\n"
        )


def _zip(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def _tar(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), int(time.time())
            archive.addfile(member, io.BytesIO(data))
    return target.getvalue()


def _download(data: bytes, ending: str) -> web.Response:
    kinds = {"zip": "application/zip", "tar.gz": "application/gzip"}
    named = f'attachment; filename="report.{ending}"'
    headers = {"Content-Type": kinds[ending], "Content-Disposition": named}
    return web.Response(body=data, headers=headers)
