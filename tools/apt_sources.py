# SPDX-License-Identifier: MIT
"""The machine's package sources, copied and changed for an apt-get with a state of its own.

So that packages of another architecture, or sources, can be fetched while apt's and dpkg's own
state stays as it is.
"""

from __future__ import annotations

import re
from pathlib import Path

_APT = Path("/etc/apt")
# Ubuntu keeps the processors of cameras on another server than those of workstations.
_UBUNTU = re.compile(r"https?://(?:[\w.-]+\.)?(?:archive|security)(\.ubuntu\.\w+)/ubuntu/?(?=\s|$)")
_PORTS = r"http://ports\1/ubuntu-ports/"
_ONE_LINE_ARCHITECTURES = re.compile(r"\s*\barch[+-]?=[^\s\]]*")
_STANZA_ARCHITECTURES = re.compile(r"(?mi)^Architectures(-Add|-Remove)?:.*\n(?:[ \t].*\n)*")


def codename() -> str:
    """Of the machine's release, such as bookworm; "" where it has none."""
    release = Path("/etc/os-release")
    fields = release.read_text().splitlines() if release.is_file() else []
    found = (f.partition("=")[2] for f in fields if f.startswith("VERSION_CODENAME="))
    return next(found, "").strip('"')


def copy(work: Path, *, kind: str = "deb", apt: Path = _APT, release: str = "") -> dict[str, Path]:
    """Copy the sources in `apt` to `work`; the apt settings that name them and a new state there.

    `kind` is what they are asked for: "deb" packages of any architecture, "deb-src" their sources;
    `release` names another release of the distribution than the machine's.
    """
    parts = work / "sources.list.d"
    parts.mkdir(parents=True)
    main = apt / "sources.list"
    lists = [main, *sorted((apt / "sources.list.d").glob("*.list"))]
    text = "\n".join(path.read_text() for path in lists if path.is_file())
    (work / "sources.list").write_text(_of(release, _one_line(text, kind)) + "\n")
    for path in sorted((apt / "sources.list.d").glob("*.sources")):
        (parts / path.name).write_text(_of(release, _stanzas(path.read_text(), kind)))
    (work / "state" / "lists" / "partial").mkdir(parents=True)
    (work / "cache" / "archives" / "partial").mkdir(parents=True)
    (work / "state" / "status").touch()
    return {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": parts,
        "Dir::State": work / "state",
        "Dir::State::status": work / "state" / "status",
        "Dir::Cache": work / "cache",
    }


def _of(release: str, text: str) -> str:
    return text.replace(codename(), release) if release else text


def _one_line(text: str, kind: str) -> str:
    if kind == "deb-src":
        return re.sub(r"(?m)^deb(-src)?\s", "deb-src ", text)
    text = _ONE_LINE_ARCHITECTURES.sub("", text)
    return _UBUNTU.sub(_PORTS, re.sub(r"\[\s*\]\s*", "", text))


def _stanzas(text: str, kind: str) -> str:
    text = re.sub(r"(?mi)^Types:.*$", f"Types: {kind}", text)
    if kind == "deb-src":
        return text
    return _UBUNTU.sub(_PORTS, _STANZA_ARCHITECTURES.sub("", text + "\n"))
