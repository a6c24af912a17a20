# SPDX-License-Identifier: MIT
"""Setting up .venv: once, whole, one at a time."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tools import bootstrap, debian
from tools.bootstrap import PROJECT
from tools.errors import SetupError

ENSURE = """
import sys
from pathlib import Path
from tools import bootstrap
bootstrap.ensure(Path(sys.argv[1]))
"""


def new_project(folder: Path, lock: str = "") -> Path:
    folder.mkdir()
    (folder / "requirements.lock").write_text(lock or "# nothing\n")
    return folder


def ensure_in_process(project: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ENSURE, str(project)],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
    )


def stamp(project: Path) -> Path:
    return project / ".venv" / "requirements.sha256"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was set up by two processes at once, over a half-made .venv."""
    project = new_project(tmp_path_factory.mktemp("two") / "project")
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "half-made").touch()

    both = [ensure_in_process(project), ensure_in_process(project)]
    said = [process.communicate(timeout=100)[1] for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    assert sum("setting up .venv" in text for text in said) == 1, said
    assert sum("waiting for another set-up" in text for text in said) == 1, said
    return project


def test_a_half_made_venv_is_made_again_by_one_of_two(made: Path) -> None:
    assert not (made / ".venv" / "half-made").exists()
    assert bootstrap.venv_python(made).exists()


def test_the_stamp_is_the_locks_hash(made: Path) -> None:
    expected = hashlib.sha256((made / "requirements.lock").read_bytes()).hexdigest()
    assert stamp(made).read_text() == expected


def test_when_it_is_done_nothing_is_run(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "Popen", never)

    bootstrap.ensure(made)


def wheel(folder: Path) -> tuple[str, str]:
    """A package of one module: its requirement, and its hash."""
    path = folder / "tinything-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tinything.py", "answer = 42\n")
        info = "tinything-1.0.dist-info"
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tinything\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return f"tinything @ {path.as_uri()}", hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_changed_lock_is_followed_in_place(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (made / ".venv" / "marker").touch()
    requirement, digest = wheel(tmp_path)
    (made / "requirements.lock").write_text(f"{requirement} --hash=sha256:{digest}\n")

    bootstrap.ensure(made)

    assert (made / ".venv" / "marker").exists()
    command = [str(bootstrap.venv_python(made)), "-c", "import tinything; print(tinything.answer)"]
    assert subprocess.check_output(command, text=True) == "42\n"
    said = capsys.readouterr().err
    assert "bringing .venv up to date" in said
    assert "tinything" in said


def test_a_package_of_another_hash_is_not_installed(made: Path, tmp_path: Path) -> None:
    requirement, _ = wheel(tmp_path)
    (made / "requirements.lock").write_text(f"{requirement} --hash=sha256:{'0' * 64}\n")

    with pytest.raises(SetupError, match=r"requirements\.lock could not be installed"):
        bootstrap.ensure(made)
    assert not stamp(made).exists(), "the next run has to try again"


def test_without_ensurepip_the_debian_package_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(packages: list[str]) -> None:
        asked.extend(packages)
        raise SetupError("this machine lacks it", "run: sudo apt-get install")

    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(debian, "install_missing", refuse)

    with pytest.raises(SetupError, match="lacks"):
        bootstrap.ensure(new_project(tmp_path / "project"))
    assert asked == [f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"]


def test_an_old_python_is_told_which_one_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))

    with pytest.raises(SetupError, match=r"Python 3\.9 is too old") as raised:
        bootstrap.enter(tmp_path / "tasks.py", [], tmp_path)
    assert "3.11" in raised.value.cure


def test_a_set_up_that_was_killed_is_done_again(tmp_path: Path) -> None:
    project = new_project(tmp_path / "project")
    first = ensure_in_process(project)
    wait_until(lambda: (project / ".venv" / "pyvenv.cfg").exists(), "the venv to be begun")
    first.kill()
    first.communicate()
    assert not stamp(project).exists()

    second = ensure_in_process(project)
    said = second.communicate(timeout=100)[1]

    assert second.returncode == 0, said
    assert stamp(project).exists()
