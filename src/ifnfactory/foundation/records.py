"""Frozen records of arrays as bytes and back: nested dataclasses, without pickles.

For records that a process writes for itself: what another program should read is a table.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

Record = TypeVar("Record")


def pack(record: Any) -> bytes:
    """Return a record of arrays, numbers, words, tuples of these and such records as bytes."""
    sink = io.BytesIO()
    np.savez(sink, **dict(_leaves(record, "")))
    return sink.getvalue()


def unpack(kind: type[Record], content: bytes) -> Record:
    """Return the record of this kind that `pack` packed.

    Raises
    ------
    ValueError
        If the bytes hold no such record.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        try:
            return _built(kind, dict(arrays), "")
        except KeyError as error:
            raise ValueError(f"this is no {kind.__name__}: {error} is missing") from error


def _leaves(record: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for field in fields(record):
        value, name = getattr(record, field.name), f"{prefix}{field.name}"
        if value is None:
            continue
        if is_dataclass(value):
            yield f"{name}.", np.zeros(0)  # a record without leaves is there all the same
            yield from _leaves(value, f"{name}.")
        else:
            yield name, np.asarray(value)


def _value(found: Any, hint: Any) -> Any:
    if get_origin(hint) is tuple:
        return tuple(found.tolist())
    return found if found.ndim else found.item()


def _built(kind: type[Any], arrays: Mapping[str, Any], prefix: str) -> Any:
    hints, values = get_type_hints(kind), dict[str, Any]()
    for field in fields(kind):
        name, hint = f"{prefix}{field.name}", hints[field.name]
        options = [each for each in get_args(hint) if each is not NoneType]
        inner: Any = options[0] if NoneType in get_args(hint) else hint
        if isinstance(inner, type) and is_dataclass(inner):
            there = f"{name}." in arrays
            values[field.name] = _built(inner, arrays, f"{name}.") if there else None
        elif name in arrays:
            values[field.name] = _value(arrays[name], hint)
        elif NoneType in get_args(hint):
            values[field.name] = None
        else:
            raise KeyError(name)
    return kind(**values)
