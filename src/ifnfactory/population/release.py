"""A population: the model with its typical values and spreads, and what ties patients together.

One frozen population treats every trial. Another population is the same with some numbers changed
by name, which is how a calibration or a sensitivity analysis moves through the space:

    silencing_rate                    the typical value
    silencing_rate@hbeag_negative     the typical value in a stratum
    silencing_rate~sd                 the spread between patients
    immune_margin~log10_hbsag         the slope of a covariate's effect
    immune_margin~genotype.A          the effect of one level of a covariate
    entecavir:log10_residual          a number of a drug
    entecavir:log10_residual~sd       its spread between patients
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib import resources

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.biology.system import build_system
from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.streams import Seed
from ifnfactory.network.model import Network, Parameter
from ifnfactory.pharmacology.drug import Drug, Quantity, drug_names, load_drug
from ifnfactory.pharmacology.regimen import Regimen
from ifnfactory.population.baseline import GENOTYPES, BaselineDistribution, Eligibility
from ifnfactory.population.covariates import Effect
from ifnfactory.population.markers import STRATA
from ifnfactory.population.sample import Declared, VirtualPatients, draw_patients, shipped


@dataclass(frozen=True)
class Population:
    """Everything that decides what virtual patients are like.

    Attributes
    ----------
    network
        The system, whose parameters carry typical values and spreads.
    declared
        Correlations and covariate effects.
    drug_numbers
        Path and value of the numbers of drugs in which this population differs from their files.
    """

    network: Network
    declared: Declared
    drug_numbers: tuple[tuple[str, float], ...] = ()

    def draw(
        self, baseline: BaselineDistribution, eligibility: Eligibility, n: int, seed: Seed
    ) -> VirtualPatients:
        """Draw `n` untreated patients; see `population.sample.draw_patients`."""
        return draw_patients(self.network, baseline, eligibility, n, seed, self.declared)

    def dispensed(self, regimen: Regimen) -> Regimen:
        """Return the regimen with the drugs as they act in this population."""
        if not self.drug_numbers:
            return regimen
        return Regimen(tuple(replace(each, drug=self._drug(each.drug)) for each in regimen.courses))

    def _drug(self, drug: Drug) -> Drug:
        for path, value in self.drug_numbers:
            name, _, quantity = path.partition(":")
            if name == drug.name:
                quantity, _, detail = quantity.partition("~")
                old: Quantity = getattr(drug, quantity)
                new = replace(old, **{"spread" if detail else "value": value})
                drug = replace(drug, **{quantity: new})
        return drug

    @cached_property
    def fingerprint(self) -> str:
        """Hash of every number that a result rests on: model, drugs and population."""
        digest = hashlib.sha256(self.network.parameter_set.encode())
        digest.update(repr(self.declared).encode())
        digest.update(repr(self.drug_numbers).encode())
        digest.update(repr(Laboratory()).encode())  # assay errors and default limits
        for file in (
            resources.files("ifnfactory.population").joinpath("markers.toml"),
            *sorted(
                resources.files("ifnfactory.pharmacology.drugs").iterdir(),
                key=lambda item: item.name,
            ),
        ):
            if file.name.endswith(".toml"):
                digest.update(file.name.encode() + file.read_bytes())
        return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def starting_population() -> Population:
    """Return the population of the model's own files: literature, derived values and priors.

    Calibrations start here; what the program uses is a release (`population.released`).
    """
    return Population(build_system(), shipped())


def number_at(population: Population, path: str) -> float:
    """Return the number that a path names.

    Raises
    ------
    ModelError
        If the population has no such number.
    """
    if ":" in path:
        return dict(population.drug_numbers).get(path, _drug_number(path))
    name, kind, detail = _split(path)
    if kind == "effect":
        return _effect_number(_effect(population, name, detail, path), detail)
    parameter = _parameter(population, name, path)
    if kind == "sd":
        return parameter.spread.sd
    return parameter.typical(detail or None)


def effect_at(population: Population, path: str) -> Effect | None:
    """Return the covariate effect that a path names; None: it names something else."""
    if ":" in path:
        return None
    name, kind, detail = _split(path)
    return _effect(population, name, detail, path) if kind == "effect" else None


def changed(population: Population, numbers: Mapping[str, float]) -> Population:
    """Return the population with other numbers at some paths.

    Raises
    ------
    ModelError
        If a path names nothing.
    """
    parameters = {p.name: p for p in population.network.parameters}
    effects = list(population.declared.effects)
    drugs = dict(population.drug_numbers)
    for path, value in numbers.items():
        if ":" in path:
            _drug_number(path)
            drugs[path] = value
            continue
        name, kind, detail = _split(path)
        if kind == "effect":
            old = _effect(population, name, detail, path)
            index = next(
                i
                for i, e in enumerate(effects)
                if (e.parameter, e.covariate, e.stratum)
                == (old.parameter, old.covariate, old.stratum)
            )
            effects[index] = _with_effect(effects[index], detail, value)
        else:
            _parameter(population, name, path)
            parameters[name] = _with_value(parameters[name], kind, detail, value)
    network = replace(population.network, parameters=tuple(parameters.values()))
    declared = replace(population.declared, effects=tuple(effects))
    return Population(network, declared, tuple(sorted(drugs.items())))


def _drug_number(path: str) -> float:
    """Return the number that a drug's file gives at a path."""
    name, _, quantity = path.partition(":")
    quantity, _, detail = quantity.partition("~")
    found = getattr(load_drug(name), quantity, None) if name in drug_names() else None
    if not isinstance(found, Quantity) or detail not in {"", "sd"}:
        raise ModelError(f"{path}: no drug has this number")
    return found.spread if detail else found.value


def _split(path: str) -> tuple[str, str, str]:
    """Return (parameter, kind, detail) with kind one of value, sd, effect."""
    if "~" in path:
        name, _, detail = path.partition("~")
        return (name, "sd", "") if detail == "sd" else (name, "effect", detail)
    name, _, stratum = path.partition("@")
    return name, "value", stratum


def _parameter(population: Population, name: str, path: str) -> Parameter:
    for parameter in population.network.parameters:
        if parameter.name == name and parameter.value is not None:
            return parameter
    raise ModelError(f"{path}: no parameter with a typical value is called {name!r}")


def _effect(population: Population, name: str, detail: str, path: str) -> Effect:
    covariate, _, level = detail.partition(".")
    for effect in population.declared.effects:
        if (effect.parameter, effect.covariate) == (name, covariate):
            known = level in GENOTYPES if effect.levels is not None else not level
            if known:
                return effect
    raise ModelError(f"{path}: no covariate effect is called so")


def _effect_number(effect: Effect, detail: str) -> float:
    if effect.levels is None:
        return effect.slope
    return effect.levels[GENOTYPES.index(detail.partition(".")[2])]


def _with_effect(effect: Effect, detail: str, value: float) -> Effect:
    if effect.levels is None:
        return replace(effect, slope=value)
    levels = list(effect.levels)
    levels[GENOTYPES.index(detail.partition(".")[2])] = value
    return replace(effect, levels=tuple(levels))


def _with_value(parameter: Parameter, kind: str, stratum: str, value: float) -> Parameter:
    if kind == "sd":
        return replace(parameter, spread=replace(parameter.spread, sd=value))
    if not stratum:
        return replace(parameter, value=value)
    if stratum not in STRATA:
        raise ModelError(f"{parameter.name}@{stratum}: the strata are {', '.join(STRATA)}")
    if stratum not in {name for name, _ in parameter.by}:
        return replace(parameter, by=(*parameter.by, (stratum, value)))
    by = tuple((name, value if name == stratum else old) for name, old in parameter.by)
    return replace(parameter, by=by)
