"""Covariate effects: what a patient's genotype, sex, age and markers do to parameters."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.evidence import Source
from ifnfactory.population.baseline import GENOTYPES
from ifnfactory.population.candidates import Enrolled
from ifnfactory.population.markers import STRATA
from ifnfactory.population.patients import Floats

COVARIATES: Final = Path(__file__).with_name("covariates.toml")


@dataclass(frozen=True)
class Effect:
    """The effect of one covariate on one parameter, on the parameter's own scale.

    Attributes
    ----------
    levels
        Shift of genotypes A to D; None for a numeric covariate.
    slope, centre
        Shift per unit of (covariate - centre), the centre by HBeAg status, negative first.
    stratum
        HBeAg status in which the effect exists; None: in both.
    """

    parameter: str
    covariate: str
    levels: tuple[float, ...] | None
    slope: float
    centre: tuple[float, float]
    stratum: int | None
    source: Source


def load_effects(path: Path = COVARIATES) -> tuple[Effect, ...]:
    """Read the declared effects.

    Raises
    ------
    ModelError
        Listing every effect that is incomplete, has no source, or names an unknown covariate.
    """
    effects: list[Effect] = []
    faults: list[str] = []
    for number, body in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["effect"], 1):
        try:
            effects.append(_effect(body))
        except (KeyError, ValueError) as error:
            faults.append(f"{path.name}: effect {number}: {error}")
    if faults:
        raise ModelError("\n".join(faults))
    return tuple(effects)


def _effect(body: Mapping[str, Any]) -> Effect:
    covariate = str(body["covariate"])
    if covariate not in (*_NUMERIC, "genotype"):
        raise ValueError(f"covariate {covariate!r} is none of genotype, {', '.join(_NUMERIC)}")
    levels = None
    centre, slope = (0.0, 0.0), 0.0
    if covariate == "genotype":
        levels = tuple(float(body["levels"][name]) for name in GENOTYPES)
    else:
        slope = float(body["slope"])
        centre = (float(body["centre"][STRATA[0]]), float(body["centre"][STRATA[1]]))
    stratum = STRATA.index(str(body["stratum"])) if "stratum" in body else None
    return Effect(
        parameter=str(body["parameter"]),
        covariate=covariate,
        levels=levels,
        slope=slope,
        centre=centre,
        stratum=stratum,
        source=Source(str(body["source"]), str(body["tag"])),
    )


@dataclass(frozen=True)
class Covariates:
    """What effects may depend on: arrays of shape (n,)."""

    genotype: NDArray[np.str_]
    status: NDArray[np.int64]
    age: Floats
    female: Floats
    prior_interferon: Floats
    cirrhosis: Floats
    log10_hbv_dna: Floats
    log10_hbsag: Floats
    ln_alt: Floats


_NUMERIC: Final = (
    "age",
    "female",
    "prior_interferon",
    "cirrhosis",
    "log10_hbv_dna",
    "log10_hbsag",
    "ln_alt",
)


def covariates_of(enrolled: Enrolled, log10_hbsag: Floats) -> Covariates:
    """Gather the covariates of the enrolled."""
    return Covariates(
        genotype=enrolled.genotype,
        status=enrolled.hbeag_positive.astype(np.int64),
        age=enrolled.age,
        female=enrolled.female.astype(np.float64),
        prior_interferon=enrolled.prior_interferon.astype(np.float64),
        cirrhosis=enrolled.cirrhosis.astype(np.float64),
        log10_hbv_dna=enrolled.log10_dna,
        log10_hbsag=log10_hbsag,
        ln_alt=enrolled.ln_alt,
    )


def shift(effects: Sequence[Effect], parameter: str, covariates: Covariates) -> Floats:
    """Return the sum of all effects on `parameter`, shape (n,)."""
    total = np.zeros(len(covariates.status))
    for effect in effects:
        if effect.parameter != parameter:
            continue
        part = _part(effect, covariates)
        total += part if effect.stratum is None else part * (covariates.status == effect.stratum)
    return total


def _part(effect: Effect, covariates: Covariates) -> Floats:
    if effect.levels is not None:
        return np.array(effect.levels)[np.searchsorted(GENOTYPES, covariates.genotype)]
    column: Floats = getattr(covariates, effect.covariate)
    return effect.slope * (column - np.array(effect.centre)[covariates.status])
