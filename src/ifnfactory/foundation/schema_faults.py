"""Say in plain words what a schema found wrong with a user's file, and where."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from ifnfactory.foundation.lines import Path


@dataclass(frozen=True)
class Fault:
    """Something to mend at one place of the file.

    Attributes
    ----------
    path
        Keys and indices from the top of the document.
    """

    path: Path
    what: str
    fix: str


def schema_faults(model: type[BaseModel], raw: Mapping[str, Any]) -> list[Fault]:
    """Return everything that `model` holds against the parsed file, in no special order."""
    try:
        model.model_validate(dict(raw))
    except ValidationError as error:
        return [
            _fault(model, tuple(entry["loc"]), entry["type"], entry["msg"], entry)
            for entry in error.errors(include_url=False)
        ]
    return []


def _fault(
    model: type[BaseModel], path: Path, kind: str, message: str, entry: Mapping[str, Any]
) -> Fault:
    key = _name(path)
    if kind == "ifn":
        return Fault(path, entry["ctx"]["what"], entry["ctx"]["fix"])
    if kind == "extra_forbidden":
        known = list(_fields(model, path[:-1]))
        near = get_close_matches(key, known, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]!r}?" if near else f"the keys here are {', '.join(known)}"
        return Fault(path, f"unknown key {key!r}", hint)
    if path and path[-1] == "[key]":
        fix = "use small letters, digits and _, beginning with a letter"
        return Fault(path[:-1], f"{_name(path[:-1])!r} is no name", fix)
    description = _description(model, path)
    if kind in ("model_type", "dict_type"):
        return Fault(path, f"{key} has to be a table", f"write {description}")
    if kind == "missing":
        return Fault(path, f"{key!r} is missing", f"add {key}: {description}")
    told = message[0].lower() + message[1:] if message else "is wrong"
    told = told.removeprefix("input ").removeprefix("string ")
    value = entry.get("input")
    shown = f" = {value!r}" if isinstance(value, (str, int, float, bool)) else ""
    return Fault(path, f"{key}{shown} {told}", f"write {description}")


def _name(path: Path) -> str:
    """Return what to call the value at `path`: its key, with its index in a list."""
    if not path:
        return "the file"
    return f"{_name(path[:-1])}[{path[-1]}]" if isinstance(path[-1], int) else path[-1]


def _description(top: type[BaseModel], path: Path) -> str:
    while path and not isinstance(path[-1], str):
        path = path[:-1]
    if path:
        field = _fields(top, path[:-1]).get(str(path[-1]))
        if field is not None and field.description:
            return field.description
    return "what the schema asks for (see the documentation)"


def _fields(top: type[BaseModel], path: Path) -> Mapping[str, FieldInfo]:
    """Return the keys that the table at `path` may hold; none where there is no such table."""
    annotation: Any = top
    for part in path:
        if isinstance(part, int):
            continue  # the element of a list has been reached with the list's own key
        if get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]  # a key of the user's own
            continue
        model = _model(annotation)
        field = None if model is None else model.model_fields.get(part)
        annotation = None if field is None else field.annotation
    model = _model(annotation)
    return {} if model is None else model.model_fields


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (list, Union, types.UnionType):
        for argument in get_args(annotation):
            if found := _model(argument):
                return found
    return None
