"""Released populations: vectors of numbers, weights and where they come from, kept for ever.

A release says, by path (see `population.release`), in which numbers it differs from the starting
values of the model's files: once for the reference vector that every run uses unless told
otherwise, and once for each member of the ensemble, which together carry the uncertainty of the
parameters. It names the structure it belongs to; on another structure it is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.toml_gate import read_text
from ifnfactory.network.model import Parameter
from ifnfactory.population.covariates import Effect
from ifnfactory.population.release import (
    Population,
    changed,
    effect_at,
    starting_population,
)
from ifnfactory.population.release_file import MemberFile, ReleaseFile, parse_release_file

CURRENT: Final = "2026-11"
"""Name of the release that the program uses."""
FOLDER: Final = resources.files("ifnfactory.population") / "releases"


@dataclass(frozen=True)
class Member:
    """One vector of an ensemble and its weight."""

    weight: float
    numbers: Mapping[str, float]


@dataclass(frozen=True)
class Release:
    """A released population.

    Attributes
    ----------
    structure
        Fingerprint of the equations that the numbers belong to.
    provenance
        What was done to find the numbers, as (word, text) pairs.
    reference
        Numbers by path.
    """

    name: str
    structure: str
    provenance: tuple[tuple[str, str], ...]
    reference: Mapping[str, float]
    members: tuple[Member, ...]

    def population(self) -> Population:
        """Return the population of the reference vector; what was calibrated says so."""
        found = changed(starting_population(), self.reference)
        moved = {path.partition("~")[0].partition("@")[0] for path in self.reference}
        parameters = tuple(
            replace(each, source=self._origin(each)) if each.name in moved else each
            for each in found.network.parameters
        )
        fitted = [effect_at(found, path) for path in self.reference]
        effects = tuple(
            replace(each, source=self._fitted(str(each.source.text), self._effect_start(each)))
            if each in fitted
            else each
            for each in found.declared.effects
        )
        return replace(
            found,
            network=replace(found.network, parameters=parameters),
            declared=replace(found.declared, effects=effects),
        )

    def _origin(self, parameter: Parameter) -> Source:
        start = next(
            each for each in starting_population().network.parameters if each.name == parameter.name
        )
        return self._fitted(str(start.source), _numbers(start))

    def _effect_start(self, effect: Effect) -> tuple[float, ...]:
        key = (effect.parameter, effect.covariate, effect.stratum)
        return next(
            each.levels or (each.slope,)
            for each in starting_population().declared.effects
            if (each.parameter, each.covariate, each.stratum) == key
        )

    def _fitted(self, origin: str, start: tuple[float, ...]) -> Source:
        values = ", ".join(f"{value:.4g}" for value in start)
        return Source(f"release {self.name}, from {values}: {origin}", "fit")

    def ensemble(self) -> tuple[tuple[float, Population], ...]:
        """Return weight and population of every member."""
        start = starting_population()
        return tuple((each.weight, changed(start, each.numbers)) for each in self.members)


def _numbers(parameter: Parameter) -> tuple[float, ...]:
    """Return the typical values of a parameter, the general one first, and its spread."""
    general = () if parameter.value is None else (parameter.value,)
    sd = () if parameter.spread.kind == "none" else (parameter.spread.sd,)
    return (*general, *(value for _, value in parameter.by), *sd)


def read_release(text: str, where: str) -> Release:
    """Read a release.

    Raises
    ------
    UserInputError
        With every problem of the file; see `population.release_file`.
    """
    file = parse_release_file(text, where)
    return Release(
        file.name,
        file.structure,
        tuple(file.provenance.items()),
        file.reference,
        tuple(Member(each.weight, each.numbers) for each in file.members),
    )


def load_release(name: str = CURRENT) -> Release:
    """Return a release by its name, or from the file of that path.

    Raises
    ------
    UserInputError
        If there is none, or it belongs to another version of the model.
    """
    if name in release_names():
        return _shipped_release(name)
    path = Path(name)
    if not name or "\0" in name or not path.exists():
        known = ", ".join(release_names())
        fix = f"give a file that ifn calibrate wrote, or one of: {known}"
        raise UserInputError([Problem(f"no population {name!r}", "--population", fix)])
    return read_release(read_text(path, "give the name of a release"), str(path))


def release_names() -> tuple[str, ...]:
    """Return the names of all releases that the package keeps."""
    files = (entry.name for entry in FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in files if name.endswith(".json")))


@lru_cache(maxsize=4)
def _shipped_release(name: str) -> Release:
    file = FOLDER / f"{name}.json"
    return read_release(file.read_text(encoding="utf-8"), file.name)


@lru_cache(maxsize=1)
def shipped_population() -> Population:
    """Return the population that the program uses: the reference of the current release."""
    return load_release().population()


def write_release(release: Release) -> str:
    """Return the text of a release's file."""
    file = ReleaseFile(
        name=release.name,
        structure=release.structure,
        provenance=dict(release.provenance),
        reference=dict(release.reference),
        members=[MemberFile(weight=m.weight, numbers=dict(m.numbers)) for m in release.members],
    )
    return json.dumps(file.model_dump(), indent=1, ensure_ascii=False) + "\n"
