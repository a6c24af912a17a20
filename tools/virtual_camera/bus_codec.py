# SPDX-License-Identifier: MIT
"""Events and settings as they travel on the bus; EventWire.h and VdoMap.c are the other side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from dbus_fast import Variant

from tools.errors import UsageError
from tools.virtual_camera.event_keys import AnyValue, Element, Key, ValueType
from tools.virtual_camera.video_frames import SettingValue

EVENT_KEYS = "a(ssyv)"
DECLARED_KEYS = "a(ssyvyasss)"
_ELEMENT = "(ssa{ss}bsav)"
_IS_SET, _IS_SOURCE, _IS_DATA = 1, 2, 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SIGNATURES = {
    ValueType.INT: "i",
    ValueType.BOOL: "b",
    ValueType.DOUBLE: "d",
    ValueType.STRING: "s",
    ValueType.ELEMENT: _ELEMENT,
}


def encode_time(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def decode_time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def encode_keys(keys: Iterable[Key]) -> list[list[Any]]:
    return [
        [key.name, key.namespace, int(key.type), Variant(_SIGNATURES[key.type], _plain(key.value))]
        for key in keys
        if key.value is not None
    ]


def _plain(value: AnyValue) -> Any:
    if not isinstance(value, Element):
        return value
    children = [Variant(_ELEMENT, _plain(child)) for child in value.children]
    attributes = dict(value.attributes)
    has_body = value.body is not None
    return [value.name, value.namespace, attributes, has_body, value.body or "", children]


def _decode_value(type_: ValueType, variant: Variant) -> AnyValue:
    if variant.signature != _SIGNATURES[type_]:
        raise UsageError(
            f"a value of type {type_.name} cannot have the signature {variant.signature}"
        )
    if type_ is not ValueType.ELEMENT:
        return variant.value  # type: ignore[no-any-return]
    name, namespace, attributes, has_body, body, children = variant.value
    return Element(
        name,
        namespace,
        attributes,
        body if has_body else None,
        tuple(_decode_element(child) for child in children),
    )


def _decode_element(variant: Variant) -> Element:
    element = _decode_value(ValueType.ELEMENT, variant)
    assert isinstance(element, Element)
    return element


def decode_key(name: str, namespace: str, type_: int, value: Variant) -> Key:
    kind = _value_type(name, type_)
    return Key(name, namespace, kind, _decode_value(kind, value))


def decode_declared_key(
    name: str,
    namespace: str,
    type_: int,
    value: Variant,
    flags: int,
    tags: list[str],
    nice_name: str,
    value_nice_name: str,
) -> Key:
    kind = _value_type(name, type_)
    return Key(
        name,
        namespace,
        kind,
        _decode_value(kind, value) if flags & _IS_SET else None,
        bool(flags & _IS_SOURCE),
        bool(flags & _IS_DATA),
        tuple(tags),
        nice_name,
        value_nice_name,
    )


def _value_type(name: str, type_: int) -> ValueType:
    try:
        return ValueType(type_)
    except ValueError:
        raise UsageError(f"key {name}: there is no type {type_}") from None


def decode_settings(settings: dict[str, Variant]) -> dict[str, SettingValue]:
    return {
        name: tuple(variant.value) if isinstance(variant.value, list) else variant.value
        for name, variant in settings.items()
    }


def encode_settings(settings: dict[str, SettingValue]) -> dict[str, Variant]:
    encoders: list[tuple[type, str, Callable[[Any], Any]]] = [
        (bool, "b", bool),
        (int, "u", int),
        (float, "d", float),
        (str, "s", str),
        (tuple, "(uu)", list),
    ]
    encoded: dict[str, Variant] = {}
    for name, value in settings.items():
        signature, encode = next((s, e) for kind, s, e in encoders if isinstance(value, kind))
        encoded[name] = Variant(signature, encode(value))
    return encoded
