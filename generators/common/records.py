"""Dataclasses from JSON or YAML, strictly: unknown keys, missing keys and wrong types are refused.

Manifests, recipes and model configurations are read with it. It needs nothing but Python, because
generating and training also run on bare machines.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import types
import typing
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union

from mesoinv.generators.common.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


def from_dict(record: type[T], data: object, where: str = "") -> T:
    """Make a dataclass from plain data.

    Parameters
    ----------
    record : dataclass type
        Its annotations may be dataclasses, ``list``, ``tuple``, ``dict[str, …]``, ``Literal``,
        unions (of dataclasses with a ``kind``, or with None), str, int, float, bool and object.
    data : object
        What a JSON or YAML parser gave.
    where : str
        Name of the place, for messages.

    Returns
    -------
    record

    Raises
    ------
    UsageError
        If a key is unknown (the nearest is suggested) or missing, or a value has another type.
    """
    if not isinstance(data, dict):
        raise _wrong(where, f"keys and values of {record.__name__}", data)
    fields = {f.name: f for f in dataclasses.fields(record) if f.init}  # type: ignore[arg-type]
    for key in data:
        if key not in fields:
            raise unknown_name(f"key in {where or record.__name__}", str(key), fields)
    missing = [
        name
        for name, f in fields.items()
        if name not in data
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise UsageError(f"{where or record.__name__} lacks {', '.join(missing)}.")
    hints = _hints(typing.cast("Any", record))
    inside = f"{where}." if where else ""
    values = {key: _value(hints[key], item, inside + key) for key, item in data.items()}
    try:
        return record(**values)
    except UsageError as error:  # what the record itself refuses; say where it stands
        raise UsageError(f"{where}: {error}" if where else str(error)) from None


def to_json(record: Any) -> str:
    """Return a dataclass as JSON text that `from_dict` reads back."""
    return json.dumps(dataclasses.asdict(record), indent=1, ensure_ascii=False) + "\n"


def digest_of(record: Any) -> str:
    """Return the SHA-256 of the canonical JSON of plain data and dataclasses.

    Keys are sorted, and fields that have their default value are left out, so that a new field
    with a default changes no digest, and neither does the name of a class.
    """
    text = json.dumps(canonical(record), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> Any:
    """Return plain data: dataclasses as dictionaries without the fields that have their default.

    ``kind`` stays, because it tells records of the same fields apart.
    """
    if dataclasses.is_dataclass(value):
        return {
            f.name: canonical(item)
            for f in dataclasses.fields(value)
            if (item := getattr(value, f.name)) != _default(f) or f.name == "kind"
        }
    if isinstance(value, dict):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    return value


def _default(f: dataclasses.Field[Any]) -> Any:
    if f.default_factory is not dataclasses.MISSING:
        return f.default_factory()
    return f.default


@functools.cache
def _hints(record: Any) -> dict[str, Any]:
    """Return the types of a record's fields: evaluating them takes longer than reading it."""
    return typing.get_type_hints(record)


def _value(hint: Any, data: object, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {Union, types.UnionType}:
        return _union(arguments, data, where)
    if origin is Literal:
        if data not in arguments:
            raise unknown_name(where, str(data), map(str, arguments))
        return data
    if origin in {list, tuple}:
        return origin(_items(arguments[0], data, where))
    if origin is dict:
        if not isinstance(data, dict):
            raise _wrong(where, "keys and values", data)
        return {str(key): _value(arguments[1], v, f"{where}.{key}") for key, v in data.items()}
    if dataclasses.is_dataclass(hint):
        return from_dict(typing.cast("type[Any]", hint), data, where)
    return _scalar(hint, data, where)


def _items(hint: Any, data: object, where: str) -> Iterable[Any]:
    if not isinstance(data, list | tuple):
        raise _wrong(where, "a list", data)
    if set(map(type, data)) == {hint}:  # long lists of numbers
        return data
    return (_value(hint, item, f"{where}[{i}]") for i, item in enumerate(data))


def _scalar(hint: Any, data: object, where: str) -> Any:
    if hint in {object, Any}:
        return data
    if hint is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, hint) or (isinstance(data, bool) and hint is not bool):
        raise _wrong(where, f"a value of type {hint.__name__}", data)
    return data


def _union(arguments: tuple[Any, ...], data: object, where: str) -> Any:
    if data is None and type(None) in arguments:
        return None
    kinds = {
        typing.get_args(hints["kind"])[0]: a
        for a in arguments
        if dataclasses.is_dataclass(a) and "kind" in (hints := _hints(typing.cast("Any", a)))
    }
    if kinds and isinstance(data, dict):
        kind = data.get("kind")
        if kind not in kinds:
            raise unknown_name(f"kind of {where}", str(kind), kinds)
        return from_dict(typing.cast("type[Any]", kinds[kind]), data, where)
    for argument in arguments:
        try:
            return _value(argument, data, where)
        except UsageError:
            continue
    raise _wrong(where, " or ".join(getattr(a, "__name__", str(a)) for a in arguments), data)


def _wrong(where: str, expected: str, data: object) -> UsageError:
    return UsageError(f"{where or 'The file'} must be {expected}; got {data!r:.80}.")
