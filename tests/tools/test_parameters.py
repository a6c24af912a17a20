# SPDX-License-Identifier: MIT
"""The parameter store: names, types, changes, persistence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.virtual_camera.parameter_types import parse_type
from tools.virtual_camera.parameters import ParameterError, ParameterStore, system_parameters


def camera(path: Path | None = None) -> ParameterStore:
    system = system_parameters(
        serial="B8A44F000001", architecture="aarch64", os_version="12.1.0", model="AXIS V1000"
    )
    return ParameterStore(path, system)


def kind_of(error: pytest.ExceptionInfo[ParameterError]) -> str:
    return error.value.kind


@pytest.mark.parametrize(
    "name",
    [
        "Properties.System.SerialNumber",
        "root.Properties.System.SerialNumber",
        "root.properties.system.serialnumber",
    ],
)
def test_names_are_accepted_in_every_spelling(name: str) -> None:
    assert camera().get(name) == "B8A44F000001"


def test_unknown_names_have_no_value() -> None:
    assert camera().get("Properties.Nothing") is None
    assert camera().get("Properties.System") is None


def test_groups_and_wildcards() -> None:
    store = camera()

    assert store.list("Brand")["root.Brand.Brand"] == "AXIS"
    assert set(store.list("root.Properties.*.Version")) == {
        "root.Properties.EmbeddedDevelopment.Version",
        "root.Properties.Firmware.Version",
    }
    assert set(store.list("properties.system.soc")) == {"root.Properties.System.Soc"}
    assert store.list("") == store.list("root")
    assert store.list("Bran") == {}


def test_an_apps_group_is_listed_with_a_capital() -> None:
    store = camera()

    store.add("audio_control.Volume", "5", "int:min=0;max=9")

    assert store.list("audio_control") == {"root.Audio_control.Volume": "5"}
    assert store.get("root.audio_control.volume") == "5"


@pytest.mark.parametrize(
    ("name", "value", "type_", "kind"),
    [
        ("app.Volume", "5", "string", "Exists"),
        ("APP.volume", "5", "string", "Exists"),
        ("Volume", "5", "string", "InvalidName"),
        ("app.Vol ume", "5", "string", "InvalidName"),
        ("app.Other", "x", "int", "InvalidValue"),
        ("app.Other", "maybe", "bool:no,yes", "InvalidValue"),
    ],
)
def test_adding_is_refused(name: str, value: str, type_: str, kind: str) -> None:
    store = camera()
    store.add("app.Volume", "5")
    before = store.list("")

    with pytest.raises(ParameterError) as refused:
        store.add(name, value, type_)

    assert kind_of(refused) == kind
    assert store.list("") == before


def test_changes_are_announced_once() -> None:
    store = camera()
    store.add("app.Volume", "5")
    heard: list[tuple[str, str]] = []
    stop = store.listen(lambda name, value: heard.append((name, value)))

    store.set("app.Volume", "6")
    store.set("app.Volume", "6")
    stop()
    store.set("app.Volume", "7")

    assert heard == [("root.App.Volume", "6")]


def test_a_set_without_sync_waits_for_one_with(tmp_path: Path) -> None:
    path = tmp_path / "parameters.json"
    store = camera(path)
    store.add("app.A", "1")
    store.add("app.B", "1")
    heard: list[str] = []
    store.listen(lambda name, value: heard.append(f"{name}={value}"))

    store.set("app.A", "2", sync=False)
    assert store.get("app.A") == "2"
    assert heard == []
    store.add("app.C", "1")
    assert camera(path).get("app.A") == "1"
    store.set("app.B", "3")

    assert heard == ["root.App.A=2", "root.App.B=3"]
    assert camera(path).get("app.A") == "2"


def test_who_may_change_what() -> None:
    store = camera()
    store.add("app.Fixed", "1", "readonly:string")

    store.set("app.Fixed", "2", by_app=True)
    store.set("Network.SSH.Enabled", "yes")
    with pytest.raises(ParameterError) as by_user:
        store.set("app.Fixed", "3")
    with pytest.raises(ParameterError) as by_app:
        store.set("Network.SSH.Enabled", "no", by_app=True)
    with pytest.raises(ParameterError) as removed:
        store.remove("Brand.Brand")

    assert [kind_of(by_user), kind_of(by_app), kind_of(removed)] == ["Denied"] * 3
    assert store.get("app.Fixed") == "2"


def test_unknown_parameters_cannot_be_changed() -> None:
    with pytest.raises(ParameterError) as changed:
        camera().set("app.Missing", "1")
    with pytest.raises(ParameterError) as removed:
        camera().remove("app.Missing")

    assert [kind_of(changed), kind_of(removed)] == ["NotFound"] * 2
    assert "root.app.Missing" in str(changed.value)


def test_removing_an_app_leaves_the_others() -> None:
    store = camera()
    store.add("one.A", "1")
    store.add("two.A", "1")

    store.remove_group("ONE")

    assert store.get("one.A") is None
    assert store.get("two.A") == "1"


def test_parameters_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state" / "parameters.json"
    store = camera(path)
    store.add("my_app.Level", "5", "int:min=0;max=9")
    store.set("my_app.Level", "6")
    store.set("Image.I0.Appearance.Resolution", "640x480")

    again = camera(path)

    assert again.list("my_app") == {"root.My_app.Level": "6"}
    assert again.get("Image.I0.Appearance.Resolution") == "640x480"
    with pytest.raises(ParameterError, match="more than 9"):
        again.set("my_app.Level", "10")


def test_facts_of_the_camera_win_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "parameters.json"
    camera(path).add("app.A", "1")
    text = path.read_text().replace('"12.1.0"', '"11.0.0"')
    path.write_text(text)

    assert camera(path).get("Properties.Firmware.Version") == "12.1.0"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"parameters": [{"value": "1"}]}'])
def test_a_broken_file_is_kept_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "parameters.json"
    path.write_text(text)

    store = camera(path)
    store.add("app.A", "1")

    assert (tmp_path / "parameters.broken").read_text() == text
    assert json.loads(path.read_text())["version"] == 1


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")

    with pytest.raises(ParameterError) as failed:
        camera(blocked / "parameters.json").add("app.A", "1")

    assert kind_of(failed) == "Storage"


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("string", ["", "anything = at all"], []),
        ("string:maxlen=3", ["", "abc"], ["abcd"]),
        ("int", ["0", "-5", "+7"], ["", "1.5", "x"]),
        ("int:min=1;max=10", ["1", "10"], ["0", "11"]),
        ("int:range=0,1024-65535", ["0", "1024", "65535"], ["1", "1023"]),
        ("int:maxlen=2", ["12"], ["123"]),
        ("bool:no,yes", ["no", "yes"], ["", "true"]),
        ("enum:a|Nice A,b|Nice B", ["a", "b"], ["Nice A", "c"]),
        ("hidden:nosync:int:min=1", ["1"], ["0"]),
        ("password:maxlen=4", ["1234"], ["12345"]),
        ("radio:a,b", ["anything"], []),
        ("", ["anything"], []),
    ],
)
def test_types_say_what_fits(type_: str, good: list[str], bad: list[str]) -> None:
    parsed = parse_type(type_)

    assert [value for value in good if parsed.refusal(value)] == []
    assert [value for value in bad if not parsed.refusal(value)] == []


def test_what_a_type_tells() -> None:
    hidden = parse_type("hidden:enum:a|Nice A,b")

    assert hidden.controls == {"hidden"}
    assert hidden.choices == (("a", "Nice A"), ("b", "b"))
    assert parse_type("password").is_secret
