# SPDX-License-Identifier: MIT
"""`invoke bench`: measures one suite of figures, prints them as a table, writes them as JSON.

A figure is {"name", "value", "unit", "baseline", "baselineValue", "ratio"}; `ratio` is value to
baseline value, both measured in turns in the same call. Where there is no baseline, the last three
are null.
"""

from __future__ import annotations

import json
import operator
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tools import bench_build, bench_camera, bench_emulated, bench_engine, console
from tools.errors import SetupError, UsageError

Figure = Mapping[str, Any]
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">=": operator.ge,
}


class Measure(Protocol):
    """Measures a suite. `only` names figures ([]: all), `quick` asks for a few rounds, in which the
    figures mean nothing; `say` takes lines of progress."""

    def __call__(
        self, say: Callable[[str], None], only: Sequence[str], quick: bool
    ) -> list[dict[str, object]]: ...


@dataclass(frozen=True)
class Aim:
    """What a figure's value or ratio should be, as in "ratio <= 1.2"."""

    field: str
    relation: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> Aim:
        field, relation, limit = text.split()
        return cls(field, relation, float(limit))

    def holds(self, figure: Figure) -> bool:
        value = figure[self.field]
        return value is not None and _COMPARE[self.relation](value, self.limit)

    def __str__(self) -> str:
        return f"{self.field} {self.relation} {self.limit:g}"


@dataclass(frozen=True)
class Suite:
    """Figures that are measured together."""

    measure: Measure
    names: Sequence[str]
    """what --only may name"""
    aims: Mapping[str, str]


def _whole(*parts: Callable[[Callable[[str], None]], list[dict[str, object]]]) -> Measure:
    """Suites that are measured from start to end or not at all."""

    def measure(
        say: Callable[[str], None], only: Sequence[str], quick: bool
    ) -> list[dict[str, object]]:
        if only or quick:
            raise UsageError("this suite is measured as a whole", "leave out --only and --quick")
        return [figure for part in parts for figure in part(say)]

    return measure


SUITES = {
    "engine": Suite(bench_engine.measure, bench_engine.NAMES, bench_engine.AIMS),
    "build": Suite(
        _whole(bench_build.measure, bench_emulated.measure),
        (),
        {
            "buildNoChange": "value < 1",
            "buildNoChangeHost": "value < 1",
            "buildNoChangeDocker": "value < 1",
            "buildOverhead": "ratio <= 1.1",
            "packageSize": "value < 150000",
        },
    ),
    "camera": Suite(_whole(bench_camera.measure), (), {}),
}


def run(suite: str, only: str, json_path: str, quick: bool) -> None:
    """Measure, and print and write what was found.

    UsageError for a suite or a figure that does not exist, or a file that cannot be written;
    SetupError and BuildError when something to measure with is missing.
    """
    chosen = _suite(suite)
    names = _names(chosen, only)
    target = _target(json_path)
    began = time.monotonic()
    figures = chosen.measure(console.progress, names, quick)
    for line in table(figures, {} if quick else chosen.aims):
        console.result(line)
    console.progress(f"bench: {len(figures)} figures in {time.monotonic() - began:.0f} s")
    if target is not None:
        target.write_text(json.dumps({"suite": suite, "figures": figures}, indent=4) + "\n")


def table(figures: Sequence[Figure], aims: Mapping[str, str]) -> list[str]:
    """The figures as lines, and last how many of their aims hold, where they have any."""
    rows = [("figure", "value", "baseline", "ratio", "aim", "")]
    verdicts = []
    for figure in figures:
        aim = Aim.parse(aims[figure["name"]]) if figure["name"] in aims else None
        verdict = ("holds" if aim.holds(figure) else "MISSED") if aim else ""
        verdicts += [verdict] if aim else []
        rows.append((*_cells(figure), str(aim or ""), verdict))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if verdicts:
        lines.append(f"{verdicts.count('holds')} of {len(verdicts)} aims hold")
    return lines


def _cells(figure: Figure) -> tuple[str, str, str, str]:
    value = f"{_shown(figure['value'])} {figure['unit']}"
    if figure["ratio"] is None:
        return (figure["name"], value, "", "")
    baseline = f"{_shown(figure['baselineValue'])} ({figure['baseline']})"
    return (figure["name"], value, baseline, f"{figure['ratio']:.3g}")


def _shown(value: float) -> str:
    """Three digits, without an exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _suite(name: str) -> Suite:
    if name not in SUITES:
        raise UsageError(f"there is no suite {name!r}", f"known: {', '.join(SUITES)}")
    return SUITES[name]


def _names(suite: Suite, only: str) -> list[str]:
    names = [name.strip() for name in only.split(",") if name.strip()]
    for name in names:
        if name not in suite.names:
            raise UsageError(f"there is no figure {name!r}", f"known: {', '.join(suite.names)}")
    return names


def _target(json_path: str) -> Path | None:
    """Where the JSON goes; found out before anything takes its time."""
    if not json_path:
        return None
    path = Path(json_path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror}", "name another") from error
    return path
