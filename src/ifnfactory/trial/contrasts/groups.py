"""Groups of virtual patients that are compared, and whether two of them are the same persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.panel import Bools, Floats, Panel
from ifnfactory.population.patients import PatientTable
from ifnfactory.trial.endpoints import EndpointContext

Rows = NDArray[np.int64]

WHO: Final = ("age", "female", "weight", "genotype", "hbeag_positive", "hbv_dna0", "hbsag0", "alt0")
"""What makes a person: patients with the same seed, number and these are the same one."""


@dataclass(frozen=True)
class Group:
    """One arm of one run.

    Attributes
    ----------
    name
        What to call it among the groups of a comparison.
    run, arm
        Where it comes from.
    seed
        Seed of its run.
    known
        Shape (patients,): whose course could be computed; the others count nowhere.
    last_week
        Shape (patients,): the week after which a patient does not come any more; inf: stays.
    """

    name: str
    run: str
    arm: str
    seed: int
    patients: PatientTable
    panel: Panel
    known: Bools
    last_week: Floats
    context: EndpointContext


@dataclass(frozen=True)
class Pairing:
    """Which rows of two groups are the same persons.

    Attributes
    ----------
    rows
        Rows of the group and of the control, person by person; None where they are different
        persons.
    reason
        Why, in words.
    """

    rows: tuple[Rows, Rows] | None
    reason: str


def pair(group: Group, control: Group) -> Pairing:
    """Return which rows of two groups are the same persons.

    Arms of a run, and runs of one seed, treat the same persons: common random numbers.
    """
    if group.seed != control.seed:
        return Pairing(None, f"seeds {group.seed} and {control.seed}: different persons")
    common, ours, theirs = np.intersect1d(
        group.patients.patient, control.patients.patient, return_indices=True
    )
    if not len(common):
        return Pairing(None, "no patient number in common")
    for name in WHO:
        one, two = getattr(group.patients, name)[ours], getattr(control.patients, name)[theirs]
        if not np.array_equal(one, two):
            return Pairing(None, f"one seed, but patients differ in {name}: different persons")
    return Pairing((ours, theirs), f"the same {len(common):,} persons")
