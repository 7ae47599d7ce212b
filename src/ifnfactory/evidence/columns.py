"""Baseline covariates of an arm's patients, as the columns of a regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.population.baseline import GENOTYPES
from ifnfactory.trial.result import ArmOutcome, TrialResult

Floats = NDArray[np.float64]


def _baseline(marker: str) -> Callable[[TrialResult, ArmOutcome], Floats]:
    def log10(_: TrialResult, outcome: ArmOutcome) -> Floats:
        values: Floats = getattr(outcome.integrated().panel, marker)[:, 0]
        return np.log10(values)

    return log10


def _of_patients(column: str, per: float) -> Callable[[TrialResult, ArmOutcome], Floats]:
    def values(_: TrialResult, outcome: ArmOutcome) -> Floats:
        return getattr(outcome.integrated().patients, column).astype(np.float64) / per

    return values


def _is_genotype(name: str) -> Callable[[TrialResult, ArmOutcome], Floats]:
    def flag(_: TrialResult, outcome: ArmOutcome) -> Floats:
        return (outcome.integrated().patients.genotype == name).astype(np.float64)

    return flag


def _alt_ge_2uln(result: TrialResult, outcome: ArmOutcome) -> Floats:
    alt = outcome.integrated().panel.alt[:, 0]
    return (alt >= 2.0 * result.laboratory.alt_uln).astype(np.float64)


def _dna_lt_2e8(_: TrialResult, outcome: ArmOutcome) -> Floats:
    return (outcome.integrated().panel.hbv_dna[:, 0] < 2e8).astype(np.float64)


COLUMNS: Final[dict[str, Callable[[TrialResult, ArmOutcome], Floats]]] = {
    "age": _of_patients("age", 10.0),
    "weight": _of_patients("weight", 10.0),
    "female": _of_patients("female", 1.0),
    "log10_alt": _baseline("alt"),
    "log10_hbv_dna": _baseline("hbv_dna"),
    "log10_hbsag": _baseline("hbsag"),
    "alt_ge_2uln": _alt_ge_2uln,
    "dna_lt_2e8": _dna_lt_2e8,
    **{f"genotype_{name}": _is_genotype(name) for name in GENOTYPES},
}
"""Columns of a regression, shape (patients who could be computed,)."""
