# SPDX-License-Identifier: MIT
"""Puts packages on the camera's disk and takes them off it again.

Each app has one folder: `package` (what the app sees), `app.json` (the record), and during an
upgrade `new` and `old`. A camera that was cut off in the middle of an upgrade finishes it at start.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from tools.eap import Package
from tools.virtual_camera.app_record import AppRecord
from tools.virtual_camera.files import give_to

RECORD = "app.json"
_LOCAL_DATA = "localdata"


class AppFolder:
    """The folder of one app below the camera's state folder."""

    def __init__(self, folder: Path, uid: int) -> None:
        self.folder = folder
        self._uid = uid

    @property
    def package(self) -> Path:
        return self.folder / "package"

    @property
    def record(self) -> Path:
        return self.folder / RECORD

    def unpack(self, package: Package) -> None:
        """Extract beside the installed package, owned by the app's user. Undone by `discard`."""
        new = self.folder / "new"
        shutil.rmtree(new, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        package.extract(new)
        (new / _LOCAL_DATA).mkdir(exist_ok=True)
        give_to(new, self._uid, self._uid)

    def discard(self) -> None:
        """Give up an unpacked package; nothing else of it was installed yet."""
        shutil.rmtree(self.folder / "new", ignore_errors=True)
        if not self.package.exists():
            shutil.rmtree(self.folder, ignore_errors=True)

    def swap(self, record: AppRecord, previous: AppRecord | None) -> None:
        """Put the unpacked package in place; what the app itself wrote moves over from the old one,
        and so does all of localdata."""
        if previous is not None:
            shutil.rmtree(self.folder / "old", ignore_errors=True)
            self.package.replace(self.folder / "old")
        (self.folder / "new").replace(self.package)
        if previous is not None:
            self._keep_data(previous.members)
        record.save(self.record)

    def repair(self) -> None:
        """Finish what an upgrade left behind when the camera was cut off."""
        if (self.folder / "old").exists():
            if not self.package.exists():
                (self.folder / "old").replace(self.package)
            elif self.record.exists():
                self._keep_data(AppRecord.load(self.record).members)
        shutil.rmtree(self.folder / "new", ignore_errors=True)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _keep_data(self, replaced: Iterable[str]) -> None:
        old = self.folder / "old"
        local = self.package / _LOCAL_DATA
        if (old / _LOCAL_DATA).is_dir() and not (old / _LOCAL_DATA).is_symlink():
            _move_over(old / _LOCAL_DATA, local, wins=True)
        for name in sorted(replaced, reverse=True):
            _drop_member(old, name)
        _move_over(old, self.package, wins=False)
        shutil.rmtree(old, ignore_errors=True)


def _drop_member(folder: Path, name: str) -> None:
    """Remove a file that a package brought, and a folder when it is empty. The app may have put a
    link in place of a folder: what lies behind one is not the package's."""
    path = folder / name
    if any(parent.is_symlink() for parent in path.parents if parent.is_relative_to(folder)):
        return
    if _is_folder(path):
        with contextlib.suppress(OSError):
            path.rmdir()
    else:
        path.unlink(missing_ok=True)


def _move_over(source: Path, target: Path, *, wins: bool) -> None:
    """Move everything in the folder `source` to `target`; of two files of one name the one in
    `source` stays when it `wins`. Links are moved as links."""
    for entry in list(source.iterdir()):
        place = target / entry.name
        is_free = not place.exists() and not place.is_symlink()
        if _is_folder(entry) and _is_folder(place):
            _move_over(entry, place, wins=wins)
        elif is_free or (wins and not _is_folder(place) and not _is_folder(entry)):
            entry.rename(place)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
