"""What drugs with other targets tell the integrator: amounts, and constants of their slots.

Amounts are counted in the drug's half-saturating amount. What is taken daily or more often flows in
steadily, at a rate that an input holds; everything else is a bolus.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.pharmacology.dose import Dose, micrograms
from ifnfactory.pharmacology.drug import Quantity, TargetedDrug
from ifnfactory.pharmacology.processes import PROCESSES
from ifnfactory.pharmacology.regimen import DAYS_PER_WEEK, Course, Regimen, dose_days

Floats = NDArray[np.float64]
Event = tuple[float, str, bool, Floats]

TARGETED_SLOTS: Final = ("1", "2", "3")
TARGETED_PARAMETERS: Final = tuple(
    f"{name}_{slot}"
    for slot in TARGETED_SLOTS
    for name in (
        "targeted_absorption_rate",
        "targeted_loss_rate",
        *(process.name for process in PROCESSES),
    )
)
"""Parameters of the model that these drugs decide."""
_EMPTY_RATE: Final = 1.0  # [1/day], of a slot in which there is nothing to absorb or lose
_MICROGRAMS: Final = {"ug": 1.0, "mg": 1e3, "dose": 1.0}


def targeted_parameters(regimen: Regimen, patients: int) -> Iterator[tuple[str, Floats]]:
    """Yield name and values of `TARGETED_PARAMETERS`, which do not differ between patients."""
    drugs = regimen.targeted()
    for index, slot in enumerate(TARGETED_SLOTS):
        drug = drugs[index] if index < len(drugs) else None
        rates = (
            (_EMPTY_RATE, _EMPTY_RATE)
            if drug is None
            else (drug.absorption_rate.value, drug.loss_rate.value)
        )
        effects = {} if drug is None else dict(drug.effects)
        values = (
            *rates,
            *(_strength(process.block, effects.get(process.name)) for process in PROCESSES),
        )
        names = ("targeted_absorption_rate", "targeted_loss_rate", *(p.name for p in PROCESSES))
        for name, value in zip(names, values, strict=True):
            yield f"{name}_{slot}", np.full(patients, value)


def _strength(block: bool, effect: Quantity | None) -> float:
    """Return the block u = 1/residual - 1, or the addition w, at saturation."""
    if effect is None:
        return 0.0
    return 10.0**-effect.value - 1.0 if block else effect.value


def half_amount(drug: TargetedDrug) -> float:
    """Return the half-saturating amount in micrograms, or in doses where the drug is counted."""
    return drug.half_amount.value * _MICROGRAMS[drug.half_amount.unit]


def targeted_events(regimen: Regimen, weight: Floats, score: Floats) -> Iterator[Event]:
    """Yield day, target, whether it is added, and value for each patient, of every event.

    Parameters
    ----------
    weight
        Body weights, shape (patients,) [kg].
    score
        Standard normal scores of the half-saturating amount, shape (patients,).
    """
    drugs = regimen.targeted()
    for course in regimen.courses:
        if not isinstance(course.drug, TargetedDrug):
            continue
        slot = TARGETED_SLOTS[drugs.index(course.drug)]
        half = half_amount(course.drug) * np.exp(course.drug.half_amount.spread * score)
        amount = _amount(course.dose, course.drug, weight) / half
        if course.every.doses_per_day < 1:
            for day in dose_days(course):
                yield float(day), f"targeted_depot_{slot}", True, amount
        else:
            yield from _steady(course, regimen, slot, amount * course.every.doses_per_day)


def _steady(course: Course, regimen: Regimen, slot: str, rate: Floats) -> Iterator[Event]:
    target = f"targeted_dosing_{slot}"
    yield course.start_week * DAYS_PER_WEEK, target, False, rate
    goes_on = any(
        other.drug == course.drug and other.start_week == course.stop_week
        for other in regimen.courses
    )
    if not goes_on:
        yield course.stop_week * DAYS_PER_WEEK, target, False, np.zeros_like(rate)


def _amount(dose: Dose, drug: TargetedDrug, weight: Floats) -> Floats:
    amount = micrograms(dose, drug)
    return amount * weight if dose.per_kg else np.full_like(weight, amount)
