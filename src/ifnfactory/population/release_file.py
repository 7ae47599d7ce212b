"""The file of a release: its schema, and everything that can be wrong with it, told at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ifnfactory.biology.system import build_system
from ifnfactory.foundation.errors import ModelError, Problem, UserInputError
from ifnfactory.population.limits import value_fault
from ifnfactory.population.release import changed, starting_population

Share = Annotated[float, Field(strict=True, gt=0.0, le=1.0)]
Number = Annotated[float, Field(strict=True)]
Text = Annotated[str, Field(min_length=1)]
_WROTE: Final = "give a file that ifn calibrate wrote"
_ROUNDING: Final = 1e-6


class MemberFile(BaseModel):
    """One vector of the ensemble."""

    model_config = ConfigDict(extra="forbid")

    weight: Share
    numbers: dict[str, Number]


class ReleaseFile(BaseModel):
    """A release as it is written."""

    model_config = ConfigDict(extra="forbid")

    name: Text
    structure: Text
    provenance: dict[str, str]
    reference: dict[str, Number]
    members: list[MemberFile] = Field(min_length=1)


def parse_release_file(text: str, where: str) -> ReleaseFile:
    """Read a release.

    Raises
    ------
    UserInputError
        With every problem: not a release, another structure, numbers that the model does not have
        or that nobody can have.
    """
    raw = _document(text, where)
    problems = [
        *_schema_problems(raw, where),
        *_structure_problems(raw, where),
        *_weight_problems(raw, where),
        *(
            problem
            for place, numbers in _vectors(raw)
            for problem in _numbers(place, numbers, where)
        ),
    ]
    if problems:
        raise UserInputError(problems)
    return ReleaseFile.model_validate(raw)


def _document(text: str, where: str) -> Mapping[str, Any]:
    """Return the JSON object, or say at which line it breaks off."""
    doubled: list[str] = []

    def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        doubled.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(pairs)

    try:
        found = json.loads(text, object_pairs_hook=once, parse_int=float)
    except json.JSONDecodeError as error:
        told = f"this is not JSON: {error.msg}"
        raise UserInputError([Problem(told, f"{where}:{error.lineno}", _WROTE)]) from error
    except RecursionError:
        raise UserInputError([Problem("brackets are nested too deeply", where, _WROTE)]) from None
    if not isinstance(found, dict):
        raise UserInputError([Problem("the JSON is no object with a name", where, _WROTE)])
    if doubled:
        told = "keep one"
        raise UserInputError([Problem(f"{name!r} stands twice", where, told) for name in doubled])
    return found


def _schema_problems(raw: Mapping[str, Any], where: str) -> list[Problem]:
    try:
        ReleaseFile.model_validate(raw)
    except ValidationError as error:
        return [
            Problem(f"{'.'.join(map(str, each['loc']))}: {each['msg']}", where, _WROTE)
            for each in error.errors(include_url=False)
        ]
    return []


def _structure_problems(raw: Mapping[str, Any], where: str) -> list[Problem]:
    there, here = raw.get("structure"), build_system().fingerprint
    if not isinstance(there, str) or there == here:
        return []
    told = (
        f"the population {raw.get('name', '')} belongs to another version of the model "
        f"({there}, this one is {here})"
    )
    fix = (
        "calibrate again with this version (ifn calibrate), or use the version that wrote the file"
    )
    return [Problem(told, where, fix)]


def _weight_problems(raw: Mapping[str, Any], where: str) -> list[Problem]:
    members = raw.get("members")
    if not isinstance(members, list):
        return []
    weights = [each.get("weight") for each in members if isinstance(each, dict)]
    known = [each for each in weights if isinstance(each, float) and 0.0 < each <= 1.0]
    if len(known) < len(members) or not known or abs(sum(known) - 1.0) <= _ROUNDING:
        return []  # where a weight is none, the schema has said so
    return [Problem(f"the weights add up to {sum(known):g}", where, "make them add up to 1")]


def _vectors(raw: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the place and the numbers of the reference and of each member that has some."""
    members = raw.get("members")
    bodies = members if isinstance(members, list) else []
    found = [("reference", raw.get("reference"))]
    found += [
        (f"members.{place}.numbers", body.get("numbers"))
        for place, body in enumerate(bodies)
        if isinstance(body, dict)
    ]
    yield from ((place, numbers) for place, numbers in found if isinstance(numbers, dict))


def _numbers(place: str, numbers: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """Yield what is wrong with each number that is one."""
    start = starting_population()
    for path, value in numbers.items():
        if not isinstance(value, float):
            continue  # the schema has said so
        try:
            changed(start, {path: value})
        except ModelError as error:
            yield Problem(f"{place}: {error}", where, "take it out of the file")
            continue
        if (meant := value_fault(start, path, value)) is not None:
            yield Problem(f"{place}.{path} is {value:g}", where, f"write {meant}")
