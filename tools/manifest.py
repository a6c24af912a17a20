# SPDX-License-Identifier: MIT
"""manifest.json: rendered from manifest.json.j2, and any manifest checked against its schema.

The schemas in tools/schemas are our own, written from "ACAP manifest schemas, field descriptions";
Axis's exact patterns are not published, so where a rule is [unconfirmed] ours is the lenient one.
They use keywords of their own: `x-since` (a field is refused in older schema versions),
`x-from` (rules that apply from a version on) and `x-until` (rules that apply before a version).
`x-rule` and `x-cure` say in words what a field wants; `x-misplaced` what to do with a field that
belongs elsewhere; `x-not` what breaking a schema's `not` means.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from tools.bootstrap import PROJECT
from tools.eap import Manifest
from tools.errors import ManifestError, UsageError
from tools.os_lines import OsLine
from tools.settings import APP_NAME, project_version

SCHEMA_VERSIONS = (
    "1.0", "1.1", "1.2", "1.3", "1.3.1", "1.4.0", "1.5.0", "1.6.0", "1.7.0", "1.7.1", "1.7.2",
    "1.7.3", "1.7.4", "1.8.0", "1.9.0", "1.10.0", "1.11.0", "2.0.0", "2.1.0", "2.2.0",
)  # fmt: skip
_SCHEMAS = Path(__file__).parent / "schemas"
_TEMPLATE = PROJECT / "manifest.json.j2"


@dataclass(frozen=True)
class Problem:
    """One broken rule: the field's path, what it should be, and what to do."""

    field: str
    rule: str
    cure: str

    def __str__(self) -> str:
        return f"{self.field} {self.rule}"


def render(line: OsLine, architecture: str, version: str = "") -> Manifest:
    """This app's manifest for one AXIS OS line and architecture, checked.

    `version` is the project's unless given (UsageError for a bad one). `host` is the architecture
    of packages for the virtual camera on this machine; Axis's schemas do not know it, so it is
    filled in after the check.
    """
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, autoescape=False
    )
    has_page = (PROJECT / "app" / "html" / "index.html").is_file()
    text = environment.from_string(_TEMPLATE.read_text()).render(
        app_name=APP_NAME,
        version=version or project_version(),
        schema_version=line.schema_version,
        embedded_sdk_version=line.embedded_sdk_version,
        vendor_id=line.vendor_id,
        compatible_os_versions=line.compatible_os_versions,
        setting_page="index.html" if has_page else "",
    )
    manifest = parse(text, _TEMPLATE.name)
    problems = check(manifest)
    for problem in problems:
        if version and problem.field == "acapPackageConf.setup.version":
            raise UsageError(f"--version {problem.rule}", problem.cure)
    _require_none(problems, _TEMPLATE.name)
    manifest["acapPackageConf"]["setup"]["architecture"] = architecture
    return manifest


def parse(text: str, name: str) -> Manifest:
    """The manifest in `text`; ManifestError says where it is no JSON object."""
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{name} is no JSON: {error}", "mend the line it names") from error
    if not isinstance(manifest, dict):
        raise ManifestError(f"{name} is no JSON object", 'it starts with {"schemaVersion": ...')
    return manifest


def require_valid(manifest: Manifest, name: str) -> None:
    """Raise ManifestError with every broken rule of `manifest`."""
    _require_none(check(manifest), name)


def _require_none(problems: list[Problem], name: str) -> None:
    if problems:
        cures = dict.fromkeys(p.cure for p in problems if p.cure)
        raise ManifestError(f"{name}: {'; '.join(map(str, problems))}", "; ".join(cures))


def check(manifest: Manifest) -> list[Problem]:
    """Every rule that `manifest` breaks, [] for a good one."""
    version = manifest.get("schemaVersion")
    if version not in SCHEMA_VERSIONS:
        close = difflib.get_close_matches(str(version), SCHEMA_VERSIONS, 1)
        cure = f"did you mean {close[0]}? " if close else ""
        return [
            Problem(
                "schemaVersion",
                "is missing" if version is None else f"{version!r}: no schema matches",
                f"{cure}known are {', '.join(SCHEMA_VERSIONS)}",
            )
        ]
    schema = json.loads((_SCHEMAS / f"manifest-v{version[0]}.json").read_text())
    validator = _validator_for(_number(version))(schema)
    return sorted(
        {problem for error in validator.iter_errors(manifest) for problem in _problems(error)},
        key=lambda problem: problem.field,
    )


def _validator_for(version: tuple[int, ...]) -> Any:
    def since(
        _validator: Any, first: str, instance: Any, _schema: Any
    ) -> Iterator[ValidationError]:
        if version < _number(first):
            yield ValidationError(f"needs schemaVersion {first} or later")

    def from_(validator: Any, rules: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
        for first, schema in rules.items():
            if version >= _number(first):
                yield from validator.descend(instance, schema)

    def until(validator: Any, rules: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
        for first, schema in rules.items():
            if version < _number(first):
                yield from validator.descend(instance, schema)

    keywords = {"x-since": since, "x-from": from_, "x-until": until}
    return extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]


def _problems(error: ValidationError) -> Iterator[Problem]:
    """What one finding of the validator means, in the user's words."""
    path = ".".join(str(part) for part in error.absolute_path)
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    found: Any = error.instance
    if error.validator == "required":
        for name in schema["required"]:
            if name not in found:
                yield Problem(_join(path, name), "is missing", f"add {name}")
    elif error.validator == "additionalProperties":
        for name in set(found) - set(schema["properties"]):
            yield _unknown(path, name, schema)
    elif error.validator == "not" and "x-not" in schema:
        yield Problem(**schema["x-not"])
    elif error.validator == "x-since":
        yield Problem(path, error.message, "raise schemaVersion, or take the field out")
    else:
        rule = schema.get("x-rule") or _in_words(error)
        shown = json.dumps(found)[:60]
        cure = schema.get("x-cure") or _cure(error, rule)
        yield Problem(path or "manifest", f"is {shown}, but must be {rule}", cure)


def _unknown(path: str, name: str, schema: dict[str, Any]) -> Problem:
    hint = schema.get("x-misplaced", {}).get(name)
    close = difflib.get_close_matches(name, schema.get("properties", {}), 1)
    if hint:
        cure = str(hint)
    elif close:
        cure = f"did you mean {close[0]}?"
    else:
        cure = f"take {name} out"
    return Problem(_join(path, name), "is no field of this schema", cure)


def _in_words(error: ValidationError) -> str:
    value = error.validator_value
    words = {
        "type": f"of type {value}",
        "enum": "one of " + ", ".join(map(str, value)) if isinstance(value, list) else "",
        "const": json.dumps(value),
        "minLength": f"at least {value} characters",
        "maxLength": f"at most {value} characters",
        "minItems": f"a list of at least {value}",
        "pattern": f"of the form {value}",
    }
    return words.get(str(error.validator), error.message)


def _cure(error: ValidationError, rule: str) -> str:
    types = {"object": "an object, {...}", "array": "a list, [...]", "string": 'text in "quotes"'}
    if error.validator == "type" and error.validator_value in types:
        return f"write {types[error.validator_value]}"
    return f"make it {rule}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _number(version: str) -> tuple[int, ...]:
    return tuple(([int(part) for part in version.split(".")] + [0, 0])[:3])
