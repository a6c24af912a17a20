# SPDX-License-Identifier: MIT
"""The package format: what is written, byte for byte, and what is refused when read."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools import eap
from tools.eap import reader
from tools.errors import BuildError, PackageError

EPOCH = 1_700_000_000


def manifest(**setup: Any) -> eap.Manifest:
    return {
        "schemaVersion": "1.7.3",
        "acapPackageConf": {
            "setup": {
                "appName": "door_watch",
                "vendor": "Somebody",
                "version": "2.1.7-beta+5",
                "runMode": "respawn",
                **setup,
            },
            "configuration": {
                "settingPage": "index.html",
                "httpConfig": [
                    {"type": "fastCgi", "name": "status.cgi", "access": "admin"},
                    {"type": "transferCgi", "name": "/plain.cgi", "access": "viewer"},
                    {"type": "directory", "access": "operator"},
                ],
                "paramConfig": [
                    {"name": "LogLevel", "default": "info", "type": "enum:info,debug"},
                    {"name": "Note", "default": "x=1", "type": ""},
                ],
            },
        },
    }


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    source = tmp_path / "source"
    (source / "html" / "img").mkdir(parents=True)
    (source / "door_watch").write_bytes(b"\x7fELF" + bytes(500))
    (source / "LICENSE").write_text("free")
    (source / "html" / "index.html").write_text("<p>")
    (source / "html" / "index.html~").write_text("an editor's backup")
    (source / "html" / "Zebra.css").write_text("p{}")
    (source / "html" / "img" / "dot.png").write_bytes(b"png")
    (source / "model.bin").write_bytes(b"weights")
    return {name: source / name for name in ("door_watch", "LICENSE", "html", "model.bin")}


def packed(files: dict[str, Path], target: Path, described: eap.Manifest | None = None) -> Path:
    return eap.pack(described or manifest(), files, target, epoch=EPOCH, architecture="aarch64")


def member_text(package: Path, name: str) -> str:
    with tarfile.open(package) as archive:
        content = archive.extractfile(name)
        assert content is not None
        return content.read().decode()


def test_package_conf_is_what_acap_build_writes(files: dict[str, Path], tmp_path: Path) -> None:
    package = packed(
        files,
        tmp_path / "a.eap",
        manifest(
            friendlyName="Door Watch", vendorUrl="https://axis.example", runOptions="-v --fast=1"
        ),
    )

    assert member_text(package, "package.conf").splitlines() == [
        'PACKAGENAME="Door Watch"',
        'APPTYPE="aarch64"',
        'APPNAME="door_watch"',
        'APPID=""',
        'LICENSENAME="Available"',
        'LICENSEPAGE="none"',
        'VENDOR="Somebody"',
        'REQEMBDEVVERSION="2.0"',
        'APPMAJORVERSION="2"',
        'APPMINORVERSION="1"',
        'APPMICROVERSION="7"',
        'APPGRP="sdk"',
        'APPUSR="sdk"',
        'APPOPTS="-v --fast=1"',
        'OTHERFILES="model.bin"',
        'SETTINGSPAGEFILE="index.html"',
        'SETTINGSPAGETEXT=""',
        """VENDORHOMEPAGELINK='<a href="https://axis.example" target="_blank">axis.example</a>\'""",
        'PREUPGRADESCRIPT=""',
        'POSTINSTALLSCRIPT=""',
        'STARTMODE="respawn"',
        'HTTPCGIPATHS="cgi.conf"',
    ]


def test_param_conf_and_cgi_conf_follow_the_manifest(
    files: dict[str, Path], tmp_path: Path
) -> None:
    package = packed(files, tmp_path / "a.eap")

    assert member_text(package, "param.conf") == (
        'LogLevel="info" type="enum:info,debug"\nNote=x=1\n'
    )
    assert member_text(package, "cgi.conf") == (
        "administrator /status.cgi fastCgi\nviewer /plain.cgi\n"
    )


def test_the_manifest_is_packed_with_its_architecture_and_four_spaces(
    files: dict[str, Path], tmp_path: Path
) -> None:
    text = member_text(packed(files, tmp_path / "a.eap"), "manifest.json")

    assert text.startswith('{\n    "schemaVersion": "1.7.3"')
    assert not text.endswith("\n")
    assert json.loads(text)["acapPackageConf"]["setup"]["architecture"] == "aarch64"


def test_members_have_the_documented_order_modes_and_owner(
    files: dict[str, Path], tmp_path: Path
) -> None:
    with tarfile.open(packed(files, tmp_path / "a.eap")) as archive:
        members = archive.getmembers()

    assert [(m.name, f"{m.mode:o}") for m in members] == [
        ("door_watch", "755"),
        ("package.conf", "644"),
        ("param.conf", "644"),
        ("LICENSE", "644"),
        ("manifest.json", "600"),
        ("model.bin", "644"),
        ("html", "755"),
        ("html/Zebra.css", "644"),
        ("html/img", "755"),
        ("html/img/dot.png", "644"),
        ("html/index.html", "644"),
        ("cgi.conf", "644"),
    ]
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members} == {(0, 0, "", "", EPOCH)}


def test_the_archive_is_what_gnu_tar_writes(files: dict[str, Path], tmp_path: Path) -> None:
    package = packed(files, tmp_path / "a.eap")
    folder = tmp_path / "unpacked"
    eap.read(package).extract(folder)

    options = ["--format=gnu", "--numeric-owner", "--owner=0", "--group=0", "--sort=name"]
    names = ["door_watch", "package.conf", "param.conf", "LICENSE", "manifest.json", "model.bin"]
    command = ["tar", *options, f"--mtime=@{EPOCH}", "-cf", "-", *names, "html", "cgi.conf"]
    theirs = subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout

    assert gzip.decompress(package.read_bytes()) == theirs


def test_the_gzip_header_carries_no_name_and_no_time(
    files: dict[str, Path], tmp_path: Path
) -> None:
    package = packed(files, tmp_path / "a.eap")

    assert package.read_bytes()[:10] == bytes.fromhex("1f8b0800000000000203")


def test_two_builds_in_two_places_give_the_same_bytes(
    files: dict[str, Path], tmp_path: Path
) -> None:
    first = packed(files, tmp_path / "one" / "a.eap").read_bytes()
    files["html"].joinpath("index.html").touch()
    files["model.bin"].chmod(0o664)

    assert packed(files, tmp_path / "two" / "b.eap").read_bytes() == first


def test_files_below_html_may_be_given_one_by_one(files: dict[str, Path], tmp_path: Path) -> None:
    whole = packed(files, tmp_path / "a.eap").read_bytes()
    folder = files.pop("html")
    for name in ("index.html", "img/dot.png", "Zebra.css"):
        files[f"html/{name}"] = folder / name

    assert packed(files, tmp_path / "b.eap").read_bytes() == whole


def test_reading_gives_back_what_was_packed(files: dict[str, Path], tmp_path: Path) -> None:
    package = eap.read(packed(files, tmp_path / "a.eap"))

    assert (package.app_name, package.friendly_name) == ("door_watch", "door_watch")
    assert (package.version, package.architecture) == ("2.1.7", "aarch64")
    assert (package.run_mode, package.run_options) == ("respawn", "")
    assert (package.setting_page, package.vendor) == ("index.html", "Somebody")
    assert package.cgi == (
        eap.CgiEntry("status.cgi", "admin", "fastCgi"),
        eap.CgiEntry("plain.cgi", "viewer", "transferCgi"),
    )
    assert package.param_conf[1] == eap.Parameter("Note", "x=1", "")
    assert package.signed is False
    assert package.contradictions() == []


def test_confs_are_parsed_where_the_manifest_is_silent(
    files: dict[str, Path], tmp_path: Path
) -> None:
    package = repacked(packed(files, tmp_path / "a.eap"), drop_configuration)

    read = eap.read(package)

    assert read.param_conf[0] == eap.Parameter("LogLevel", "info", "enum:info,debug")
    assert read.param_conf[1] == eap.Parameter("Note", "x=1", "")
    assert read.cgi == (
        eap.CgiEntry("status.cgi", "admin", "fastCgi"),
        eap.CgiEntry("plain.cgi", "viewer", "transferCgi"),
    )
    assert read.setting_page == "index.html"


def test_a_signature_after_the_archive_is_tolerated_and_reported(
    files: dict[str, Path], tmp_path: Path
) -> None:
    content = packed(files, tmp_path / "a.eap").read_bytes()

    assert eap.read(content + b"0123456789abcdef").signed is True
    assert eap.read(content + bytes(512)).signed is False


def test_a_contradiction_between_manifest_and_package_conf_is_named(
    files: dict[str, Path], tmp_path: Path
) -> None:
    def lie(name: str, content: bytes) -> bytes | None:
        return content.replace(b'APPTYPE="aarch64"', b'APPTYPE="armv7hf"')

    package = eap.read(repacked(packed(files, tmp_path / "a.eap"), lie))

    assert package.contradictions() == [
        "manifest.json has architecture 'aarch64', package.conf has APPTYPE 'armv7hf'"
    ]


@pytest.mark.parametrize("keep", [0, 1, 9, 40, 300, -1, -8])
def test_a_cut_package_is_refused(files: dict[str, Path], tmp_path: Path, keep: int) -> None:
    content = packed(files, tmp_path / "a.eap").read_bytes()[:keep]

    with pytest.raises(PackageError, match="cut"):
        eap.read(content)


def test_a_flipped_byte_is_noticed(files: dict[str, Path], tmp_path: Path) -> None:
    content = bytearray(packed(files, tmp_path / "a.eap").read_bytes())
    content[-6] ^= 0xFF

    with pytest.raises(PackageError, match="broken"):
        eap.read(bytes(content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04" + bytes(200), "no gzip"),
        (gzip.compress(b"not a tar" * 400), "no tar archive"),
        (gzip.compress(b""), "no tar archive"),
    ],
)
def test_what_is_no_package_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(PackageError, match=message):
        eap.read(content)


@pytest.mark.parametrize("missing", [("package.conf",), ("manifest.json", "package.conf")])
def test_a_package_without_its_description_is_refused(
    files: dict[str, Path], tmp_path: Path, missing: tuple[str, ...]
) -> None:
    def without(name: str, content: bytes) -> bytes | None:
        return None if name in missing else content

    with pytest.raises(PackageError, match=r"no package\.conf"):
        eap.read(repacked(packed(files, tmp_path / "a.eap"), without))


def test_package_conf_without_a_manifest_or_a_name_is_refused(
    files: dict[str, Path], tmp_path: Path
) -> None:
    def nameless(name: str, content: bytes) -> bytes | None:
        return None if name == "manifest.json" else content.replace(b"APPNAME", b"APPNOBODY")

    with pytest.raises(PackageError, match=r"no manifest\.json"):
        eap.read(repacked(packed(files, tmp_path / "a.eap"), nameless))


def test_a_package_from_before_manifests_is_what_package_conf_says(
    files: dict[str, Path], tmp_path: Path
) -> None:
    new = eap.read(packed(files, tmp_path / "a.eap"))

    old = eap.read(
        repacked(
            packed(files, tmp_path / "a.eap"),
            lambda name, content: None if name == "manifest.json" else content,
        )
    )

    assert (new.has_manifest, old.has_manifest) == (True, False)
    for name in ("app_name", "friendly_name", "vendor", "version", "architecture", "run_mode"):
        assert getattr(old, name) == getattr(new, name), name
    assert old.run_options == new.run_options
    assert (old.cgi, old.param_conf) == (new.cgi, new.param_conf)
    assert old.contradictions() == []


def test_a_manifest_nested_without_end_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    def nested(name: str, content: bytes) -> bytes | None:
        return b"[" * 200_000 if name == "manifest.json" else content

    with pytest.raises(PackageError, match="no JSON"):
        eap.read(repacked(packed(files, tmp_path / "a.eap"), nested))


def member(name: str, **fields: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


UNSAFE = {
    "a parent folder": [member("../evil")],
    "a parent folder inside": [member("html/../../evil")],
    "an absolute path": [member("/etc/evil")],
    "a link out": [member("link", type=tarfile.SYMTYPE, linkname="../other_app")],
    "an absolute link": [member("link", type=tarfile.SYMTYPE, linkname="/etc")],
    "a hard link out": [member("link", type=tarfile.LNKTYPE, linkname="../../etc/passwd")],
    "a file behind a link": [
        member("link", type=tarfile.SYMTYPE, linkname="html"),
        member("link/evil"),
    ],
    "a device": [member("null", type=tarfile.CHRTYPE)],
    "a pipe": [member("pipe", type=tarfile.FIFOTYPE)],
    "a 10 GB member": [member("big", size=10_000_000_000)],
    "a 10 GB name": [member("././@LongLink", type=tarfile.GNUTYPE_LONGNAME, size=10_000_000_000)],
}


@pytest.mark.parametrize("members", UNSAFE.values(), ids=UNSAFE.keys())
def test_unsafe_members_are_refused_and_nothing_is_unpacked(
    members: list[tarfile.TarInfo],
) -> None:
    raw = b"".join(m.tobuf(tarfile.GNU_FORMAT) for m in members) + bytes(1024)

    with pytest.raises(PackageError):
        eap.read(gzip.compress(raw))


def test_a_bomb_is_given_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_UNPACKED", 1 << 20)
    filler = member("filler", size=1 << 19)
    raw = b"".join(filler.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 19) for _ in range(4))

    with pytest.raises(PackageError, match="larger"):
        eap.read(gzip.compress(raw))


def test_links_inside_the_package_are_kept(files: dict[str, Path], tmp_path: Path) -> None:
    library = tmp_path / "lib"
    library.mkdir()
    (library / "libx.so.1").write_bytes(b"elf")
    (library / "libx.so").symlink_to("libx.so.1")

    eap.read(packed({**files, "lib": library}, tmp_path / "a.eap")).extract(tmp_path / "out")

    assert (tmp_path / "out/lib/libx.so").readlink() == Path("libx.so.1")


def test_unpacking_does_not_follow_a_link_that_an_app_left(
    files: dict[str, Path], tmp_path: Path
) -> None:
    package = eap.read(packed(files, tmp_path / "a.eap"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    installed = tmp_path / "installed"
    installed.mkdir()
    (installed / "html").symlink_to(elsewhere)
    (installed / "LICENSE").symlink_to(elsewhere / "LICENSE")

    package.extract(installed)

    assert list(elsewhere.iterdir()) == []
    assert (installed / "html/index.html").read_text() == "<p>"


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"LICENSE": None}, "LICENSE is missing or empty"),
        ({"door_watch": None}, "names door_watch"),
        ({"../x": "LICENSE"}, "outside the package folder"),
        ({"package.conf": "LICENSE"}, "made from the manifest"),
    ],
)
def test_packing_names_what_is_missing(
    files: dict[str, Path], tmp_path: Path, broken: dict[str, str | None], message: str
) -> None:
    changed = dict(files)
    for name, source in broken.items():
        changed.pop(name, None)
        if source:
            changed[name] = files[source]

    with pytest.raises(PackageError, match=message):
        packed(changed, tmp_path / "a.eap")
    assert not (tmp_path / "a.eap").exists()


def test_an_empty_license_fails_the_build(files: dict[str, Path], tmp_path: Path) -> None:
    files["LICENSE"].write_bytes(b"")

    with pytest.raises(PackageError, match="LICENSE is missing or empty"):
        packed(files, tmp_path / "a.eap")


def test_a_version_that_is_none_fails_the_build(files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="no semantic version"):
        packed(files, tmp_path / "a.eap", manifest(version="1.2"))


def test_another_architecture_than_the_manifests_fails_the_build(
    files: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(PackageError, match="'armv7hf', but this build is for 'aarch64'"):
        packed(files, tmp_path / "a.eap", manifest(architecture="armv7hf"))


def test_a_target_that_cannot_be_written_leaves_nothing_behind(
    files: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(BuildError, match="cannot be written"):
        packed(files, tmp_path / "file" / "a.eap")
    (tmp_path / "taken.eap").mkdir()
    with pytest.raises(BuildError, match="cannot be written"):
        packed(files, tmp_path / "taken.eap")
    assert list(tmp_path.glob(".*")) == []


def drop_configuration(name: str, content: bytes) -> bytes | None:
    if name != "manifest.json":
        return content
    described = json.loads(content)
    del described["acapPackageConf"]["configuration"]
    return json.dumps(described).encode()


def repacked(package: Path, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """The package with each plain member passed through `change`, None dropping it."""
    out = io.BytesIO()
    with tarfile.open(package) as old, tarfile.open(fileobj=out, mode="w:gz") as new:
        for info in old.getmembers():
            source = old.extractfile(info)
            content = change(info.name, source.read()) if source else b""
            if content is not None:
                info.size = len(content)
                new.addfile(info, io.BytesIO(content))
    return out.getvalue()
