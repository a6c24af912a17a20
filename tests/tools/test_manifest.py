# SPDX-License-Identifier: MIT
"""Manifests: ours for each AXIS OS line, and what is said of wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tools import manifest, os_lines, settings
from tools.eap import Manifest
from tools.errors import BuildError, ManifestError, UsageError
from tools.settings import project_version

LINES = list(os_lines.LINES.values())


def ours(number: int = os_lines.DEFAULT) -> Manifest:
    rendered = manifest.render(os_lines.os_line(number), "aarch64")
    assert manifest.check(rendered) == []
    return rendered


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line.number))
def test_our_manifest_is_valid_for_every_line(line: os_lines.OsLine) -> None:
    rendered = manifest.render(line, "armv7hf")

    setup = rendered["acapPackageConf"]["setup"]
    assert manifest.check(rendered) == []
    assert rendered["schemaVersion"] == line.schema_version
    assert (setup["appName"], setup["version"]) == ("batondescribe", project_version())
    assert setup["architecture"] == "armv7hf"


def test_only_v2_has_a_vendor_id_and_os_versions() -> None:
    assert ours(12)["acapPackageConf"]["setup"]["embeddedSdkVersion"] == "3.0"
    newest = ours(13)["acapPackageConf"]["setup"]
    assert "embeddedSdkVersion" not in newest
    assert len(newest["vendorId"]) == 10
    assert newest["compatibleOsVersions"] == [{"min": "12.10", "max": "13"}]


def test_our_endpoints_have_their_access_levels() -> None:
    configuration = ours()["acapPackageConf"]["configuration"]

    assert {e["name"]: e["access"] for e in configuration["httpConfig"]} == {
        "status.cgi": "viewer",
        "sessions.cgi": "viewer",
        "descriptions.cgi": "viewer",
        "profiles.cgi": "admin",
        "triggers.cgi": "admin",
        "settings.cgi": "admin",
    }
    assert configuration["paramConfig"] == [
        {"name": "LogLevel", "default": "info", "type": "enum:info,debug,warning"}
    ]
    assert ours()["resources"]["linux"]["user"]["groups"] == ["video"]


def test_the_host_architecture_is_filled_in_for_the_virtual_camera() -> None:
    rendered = manifest.render(os_lines.os_line(12), "host")

    assert rendered["acapPackageConf"]["setup"]["architecture"] == "host"


@pytest.mark.parametrize("architecture", ["aarch64", "armv7hf"])
@pytest.mark.parametrize(
    ("number", "tag"),
    [
        (11, "1.15-{}-ubuntu22.04"),
        (12, "12.4.0-{}-ubuntu24.04"),
        (13, "13.0.0-alpha-{}-ubuntu26.04"),
    ],
)
def test_each_line_is_built_in_its_own_image(number: int, tag: str, architecture: str) -> None:
    image = os_lines.os_line(number).sdk_image(architecture)

    assert image == f"axisecp/acap-native-sdk:{tag.format(architecture)}"


def test_an_unknown_os_line_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="AXIS OS 9"):
        os_lines.os_line(9)


@pytest.mark.parametrize("version", ["1.2", "v1.2.3", "1.2.3.4", "01.2.3"])
def test_a_version_that_is_none_is_refused(version: str) -> None:
    with pytest.raises(UsageError, match=r"^--version is .* semantic version") as raised:
        manifest.render(os_lines.os_line(12), "host", version)
    assert "1.2.3" in raised.value.cure


def setup(described: Manifest) -> Manifest:
    return described["acapPackageConf"]["setup"]  # type: ignore[no-any-return]


def configuration(described: Manifest) -> Manifest:
    return described["acapPackageConf"]["configuration"]  # type: ignore[no-any-return]


Change = Callable[[Manifest], object]
S, C = "acapPackageConf.setup.", "acapPackageConf.configuration."

# name: (AXIS OS line, the change, the field named, a word of the rule or the cure)
WRONG: dict[str, tuple[int, Change, str, str]] = {
    "hyphen in appName": (12, lambda m: setup(m).update(appName="a-b"), S + "appName", "hyphen"),
    "27 characters": (12, lambda m: setup(m).update(appName="a" * 27), S + "appName", "26"),
    "leading digit": (12, lambda m: setup(m).update(appName="1ab"), S + "appName", "letter"),
    "one letter": (13, lambda m: setup(m).update(appName="a"), S + "appName", "2 to 26"),
    "no vendor": (12, lambda m: setup(m).pop("vendor"), S + "vendor", "missing"),
    "vendor of two lines": (12, lambda m: setup(m).update(vendor="a\nb"), S + "vendor", "line"),
    "a wrong runMode": (12, lambda m: setup(m).update(runMode="always"), S + "runMode", "respawn"),
    "a runMode of later": (
        12,
        lambda m: setup(m).update(runMode="respawnOnFailure"),
        S + "runMode",
        "never, once, respawn",
    ),
    "settingsPage": (
        12,
        lambda m: configuration(m).update(settingsPage="index.html"),
        C + "settingsPage",
        "did you mean settingPage?",
    ),
    "resources inside": (
        12,
        lambda m: m["acapPackageConf"].update(resources=m.pop("resources")),
        "acapPackageConf.resources",
        "top level",
    ),
    "anonymous CGI": (
        12,
        lambda m: configuration(m)["httpConfig"][0].update(access="anonymous"),
        C + "httpConfig.0.access",
        "reverseProxy",
    ),
    "an unknown kind of CGI": (
        12,
        lambda m: configuration(m)["httpConfig"][0].update(type="slowCgi"),
        C + "httpConfig.0.type",
        "fastCgi",
    ),
    "a CGI without name": (
        12,
        lambda m: configuration(m)["httpConfig"][1].pop("name"),
        C + "httpConfig.1.name",
        "missing",
    ),
    "extra key of a parameter": (
        12,
        lambda m: configuration(m)["paramConfig"][0].update(hint="x"),
        C + "paramConfig.0.hint",
        "no field",
    ),
    "two users": (
        12,
        lambda m: setup(m).update(user={"username": "sdk", "group": "sdk"}),
        S + "user",
        "exclude",
    ),
    "root": (
        12,
        lambda m: (m.pop("resources"), setup(m).update(user={"username": "root", "group": "x"})),
        S + "user.username",
        "other than root",
    ),
    "an unknown schema": (
        12,
        lambda m: m.update(schemaVersion="1.7.9"),
        "schemaVersion",
        "no schema matches",
    ),
    "no schema": (12, lambda m: m.pop("schemaVersion"), "schemaVersion", "missing"),
    "a reverse proxy too early": (
        11,
        lambda m: (m.update(schemaVersion="1.4.0"), configuration(m).update(reverseProxy=[])),
        C + "reverseProxy",
        "1.5.0",
    ),
    "embeddedSdkVersion 4.0": (
        12,
        lambda m: setup(m).update(embeddedSdkVersion="4.0"),
        S + "embeddedSdkVersion",
        "write 3.0",
    ),
    "embeddedSdkVersion in v2": (
        13,
        lambda m: setup(m).update(embeddedSdkVersion="3.0"),
        S + "embeddedSdkVersion",
        "compatibleOsVersions",
    ),
    "no vendorId in v2": (13, lambda m: setup(m).pop("vendorId"), S + "vendorId", "missing"),
    "no compatibleOsVersions in v2": (
        13,
        lambda m: setup(m).pop("compatibleOsVersions"),
        S + "compatibleOsVersions",
        "missing",
    ),
    "a short vendorId": (
        13,
        lambda m: setup(m).update(vendorId="12345"),
        S + "vendorId",
        "hexadecimal",
    ),
    "containers in v2": (
        13,
        lambda m: configuration(m).update(containers={}),
        C + "containers",
        "no containers",
    ),
    "a group of v1 in v2": (
        13,
        lambda m: m["resources"]["linux"]["user"].update(groups=["wheel"]),
        "resources.linux.user.groups.0",
        "video",
    ),
    "a D-Bus method of v1 in v2": (
        13,
        lambda m: m["resources"].update(dbus={"requiredMethods": ["com.axis.Other1.Do"]}),
        "resources.dbus.requiredMethods.0",
        "GetCredentials",
    ),
    "axis licence without appId": (
        12,
        lambda m: (
            m.update(schemaVersion="1.8.0"),
            m["acapPackageConf"].update(copyProtection={"method": "axis"}),
        ),
        S + "appId",
        "missing",
    ),
}


@pytest.mark.parametrize(("line", "change", "field", "word"), WRONG.values(), ids=WRONG.keys())
def test_a_broken_rule_is_named_with_its_field(
    line: int, change: Change, field: str, word: str
) -> None:
    described = ours(line)
    change(described)

    problems = manifest.check(described)

    assert [p.field for p in problems] == [field]
    assert word in f"{problems[0].rule} | {problems[0].cure}"
    assert problems[0].cure


def test_every_error_is_found_not_only_the_first() -> None:
    described = ours()
    setup(described).update(appName="x-y", version="1")
    setup(described).pop("vendor")
    described["extra"] = 1

    with pytest.raises(ManifestError) as raised:
        manifest.require_valid(described, "manifest.json")

    for field in (S + "appName", S + "version", S + "vendor", "extra"):
        assert field in raised.value.message


@pytest.mark.parametrize(
    ("change", "cure"),
    [
        (lambda m: m.update(acapPackageConf=[]), "write an object"),
        (lambda m: setup(m).update(runMode="always"), "make it one of never"),
        (lambda m: configuration(m)["paramConfig"][0].update(default=3), 'text in "quotes"'),
        (lambda m: m["resources"]["linux"]["user"].update(groups="video"), "write a list"),
    ],
)
def test_every_fault_has_a_cure(change: Change, cure: str) -> None:
    described = ours(13)
    change(described)

    assert cure in manifest.check(described)[0].cure


def test_a_version_that_the_project_file_lacks_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")

    with pytest.raises(BuildError, match="names no version") as raised:
        settings.project_version(tmp_path)
    assert "[project]" in raised.value.cure


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "", "[" * 100_000])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(ManifestError, match=r"mine\.json is no JSON"):
        manifest.parse(text, "mine.json")


MINIMAL_V1 = {
    "schemaVersion": "1.0",
    "acapPackageConf": {
        "setup": {
            "appName": "hello",
            "user": {"username": "sdk", "group": "sdk"},
            "runMode": "never",
            "vendor": "V",
            "version": "1.0.0",
        }
    },
}


def test_the_smallest_manifest_of_each_end_is_valid() -> None:
    assert manifest.check(MINIMAL_V1) == []
    assert manifest.check({**ours(13), "schemaVersion": "2.2.0"}) == []


def test_directory_access_and_reverse_proxies_are_known() -> None:
    described = ours(12)
    configuration(described)["httpConfig"].append({"type": "directory", "access": "viewer"})
    configuration(described)["reverseProxy"] = [
        {"apiPath": "api", "target": "http://localhost:2001", "access": "anonymous"},
        {"apiPath": "ws", "apiType": "ws", "target": "/run/x.sock", "access": "viewer"},
    ]

    assert manifest.check(described) == []
