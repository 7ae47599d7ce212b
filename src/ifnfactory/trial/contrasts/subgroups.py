"""Subgroups of patients that a hepatologist asks about, from who they were before treatment.

The limits are engineering choices (`prior`): round numbers that published subgroup analyses use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ifnfactory.assays.panel import Bools, Floats
from ifnfactory.population.baseline import GENOTYPES
from ifnfactory.population.patients import PatientTable

_HBSAG: Final = (1_000.0, 10_000.0)
_ALT: Final = (2.0, 5.0)
_AGE: Final = (30.0, 45.0)


@dataclass(frozen=True)
class Subgroup:
    """Some of the patients.

    Attributes
    ----------
    factor
        What divides them, a key of `FACTORS`.
    label
        What these have in common.
    members
        Shape (patients,).
    """

    factor: str
    label: str
    members: Bools


def subgroups(factor: str, patients: PatientTable, alt_uln: float) -> tuple[Subgroup, ...]:
    """Return the subgroups of one factor, a key of `FACTORS`; together they hold everybody."""
    return tuple(
        Subgroup(factor, label, members) for label, members in FACTORS[factor](patients, alt_uln)
    )


_Parts = list[tuple[str, Bools]]


def _genotype(patients: PatientTable, alt_uln: float) -> _Parts:
    del alt_uln
    return [(f"genotype {name}", patients.genotype == name) for name in GENOTYPES]


def _hbeag(patients: PatientTable, alt_uln: float) -> _Parts:
    del alt_uln
    positive = patients.hbeag_positive
    return [("HBeAg positive", positive), ("HBeAg negative", ~positive)]


def _sex(patients: PatientTable, alt_uln: float) -> _Parts:
    del alt_uln
    return [("women", patients.female), ("men", ~patients.female)]


def _hbsag(patients: PatientTable, alt_uln: float) -> _Parts:
    del alt_uln
    return _bands(patients.hbsag0, _HBSAG, "HBsAg", "IU/mL")


def _alt(patients: PatientTable, alt_uln: float) -> _Parts:
    return _bands(patients.alt0 / alt_uln, _ALT, "ALT", "× ULN")


def _age(patients: PatientTable, alt_uln: float) -> _Parts:
    del alt_uln
    return _bands(patients.age, _AGE, "age", "years")


def _bands(values: Floats, limits: tuple[float, float], name: str, unit: str) -> _Parts:
    low, high = limits
    return [
        (f"{name} < {low:,.0f} {unit}", values < low),
        (f"{name} {low:,.0f} to {high:,.0f} {unit}", (values >= low) & (values < high)),
        (f"{name} ≥ {high:,.0f} {unit}", np.asarray(values >= high)),
    ]


FACTORS: Final[dict[str, Callable[[PatientTable, float], _Parts]]] = {
    "genotype": _genotype,
    "hbeag": _hbeag,
    "hbsag": _hbsag,
    "alt": _alt,
    "age": _age,
    "sex": _sex,
}
"""Name of a factor → its subgroups, given the upper limit of normal ALT [U/L]."""
