# SPDX-License-Identifier: MIT
"""The camera's self-signed certificate for HTTPS, made by openssl(1) once for each state folder.

Python's ssl module cannot make certificates; openssl can, is on most machines, and takes 20 ms.
"""

from __future__ import annotations

import asyncio
import shutil
import ssl
from pathlib import Path

from tools.errors import SetupError

_DAYS = "3650"


async def tls_context(folder: Path, host: str) -> ssl.SSLContext:
    """A server context with the certificate in `folder`, which is made for `host` if need be.

    SetupError when openssl is not installed or fails.
    """
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not (certificate.is_file() and key.is_file()):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        await _make(certificate, key, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise SetupError(
            f"{certificate} cannot be used: {error}", "remove its folder; a new one is made"
        ) from error
    return context


async def _make(certificate: Path, key: Path, host: str) -> None:
    program = shutil.which("openssl")
    if program is None:
        raise SetupError("openssl is not installed", "apt-get install openssl")
    names = f"subjectAltName=DNS:{host},DNS:{host}.local,DNS:localhost,IP:127.0.0.1"
    command = [program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", _DAYS, "-subj", f"/O=Virtual camera/CN={host}"]
    command += ["-addext", names, "-keyout", str(key), "-out", str(certificate)]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines()
        raise SetupError(f"openssl makes no certificate: {lines[-1] if lines else 'no reason'}")
    key.chmod(0o600)
