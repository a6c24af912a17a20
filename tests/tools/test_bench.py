# SPDX-License-Identifier: MIT
"""`invoke bench`: its programs run and its figures have their shape. How quick anything is, is not
tested here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools import bench, bench_engine
from tools.errors import SetupError, UsageError

pytestmark = [pytest.mark.builds, pytest.mark.timeout(600)]

FIELDS = ["name", "value", "unit", "baseline", "baselineValue", "ratio"]
Figures = dict[str, dict[str, Any]]


def figure(name: str, value: float, baseline: float | None = None) -> dict[str, Any]:
    """A figure as the programs print it."""
    has = baseline is not None
    return {
        "name": name,
        "value": value,
        "unit": "us",
        "baseline": "the bare one" if has else None,
        "baselineValue": baseline,
        "ratio": value / baseline if baseline else None,
    }


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """What `bench --quick --json FILE` writes, by name."""
    path = tmp_path_factory.mktemp("bench") / "deep" / "engine.json"
    bench.run("engine", "", str(path), quick=True)
    written = json.loads(path.read_text())
    assert written["suite"] == "engine"
    return {entry["name"]: entry for entry in written["figures"]}


def test_every_figure_is_measured(measured: Figures) -> None:
    assert set(bench_engine.NAMES) <= set(measured)


def test_every_aim_is_of_a_figure(measured: Figures) -> None:
    assert set(bench_engine.AIMS) <= set(measured)
    for name, aim in bench_engine.AIMS.items():
        assert bench.Aim.parse(aim).holds(measured[name]) in (True, False)


def test_figures_have_their_shape(measured: Figures) -> None:
    for name, found in measured.items():
        assert list(found) == FIELDS, name
        assert isinstance(found["unit"], str)
        assert found["value"] >= 0, name
        if found["baseline"] is None:
            assert (found["baselineValue"], found["ratio"]) == (None, None), name
        else:
            assert found["ratio"] == pytest.approx(
                found["value"] / found["baselineValue"], rel=1e-3
            ), name


def test_figures_of_ratios_have_a_baseline(measured: Figures) -> None:
    for name, aim in bench_engine.AIMS.items():
        if aim.startswith("ratio"):
            assert measured[name]["baselineValue"] > 0, name


def test_only_some(measured: Figures, tmp_path: Path) -> None:
    path = tmp_path / "some.json"

    bench.run("engine", "registryScaling", str(path), quick=True)

    names = [entry["name"] for entry in json.loads(path.read_text())["figures"]]
    assert names
    assert all(name.split(".")[0] == "registryScaling" for name in names)


def test_unknown_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no suite 'engin'"):
        bench.run("engin", "", "", quick=True)
    with pytest.raises(UsageError, match="no figure 'edge'"):
        bench.run("engine", "idle, edge", "", quick=True)


def test_a_file_that_cannot_be_written_is_found_out_first(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be written"):
        bench.run("engine", "", str(tmp_path), quick=True)


def test_the_table_says_which_aims_hold() -> None:
    figures = [figure("quick", 110, 100), figure("slow", 250, 100), figure("plain", 0.25)]
    aims = {"quick": "ratio <= 1.2", "slow": "ratio <= 1.2", "plain": "value < 0.2"}

    lines = bench.table(figures, aims)

    expected = "quick 110 us 100 (the bare one) 1.1 ratio <= 1.2 holds"
    assert " ".join(lines[1].split()) == expected
    assert lines[2].endswith("ratio <= 1.2  MISSED")
    assert lines[3].endswith("value < 0.2   MISSED")
    assert lines[4] == "1 of 3 aims hold"


def test_a_figure_without_what_its_aim_needs_misses_it() -> None:
    assert not bench.Aim.parse("ratio <= 1.2").holds(figure("lone", 1))


@pytest.mark.parametrize("suite", ["build", "camera"])
def test_a_suite_that_is_one_whole_says_so(suite: str) -> None:
    with pytest.raises(UsageError, match="as a whole"):
        bench.run(suite, "", "", quick=True)
