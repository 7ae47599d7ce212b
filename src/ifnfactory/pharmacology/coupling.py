"""From a regimen to what the integrator is told: events, and each patient's drug parameters.

An arm's interferons (at most two) take the slots ``a`` and ``b``: each has its depot in the model
and its own kinetics. Nucleos(t)ide analogues act through inputs that stay constant between changes.
All other drugs are in `targeted`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.streams import Seed, stream
from ifnfactory.pharmacology.dose import micrograms
from ifnfactory.pharmacology.drug import (
    Interferon,
    Nucleoside,
    Quantity,
    load_drug,
    load_interferon,
)
from ifnfactory.pharmacology.regimen import (
    DAYS_PER_WEEK,
    Course,
    Regimen,
    dose_days,
    relative_intensity,
)
from ifnfactory.pharmacology.targeted import (
    TARGETED_PARAMETERS,
    targeted_events,
    targeted_parameters,
)

Floats = NDArray[np.float64]

SLOTS: Final = ("a", "b")
ONSET: Final = "nucleoside_onset_rate"
SLOT_PARAMETERS: Final = (
    *(
        f"{name}_{slot}"
        for slot in SLOTS
        for name in (
            "absorption_rate",
            "elimination_rate",
            "volume",
            "ec50",
            "marrow_ec50",
            "hepatic_only",
        )
    ),
    ONSET,
    *TARGETED_PARAMETERS,
)
"""Parameters of the model that drugs decide: for each slot [1/day, 1/day, L, ng/mL, ng/mL, 1], the
rate at which nucleoside blocks come and go [1/day], and those of the drugs with other targets."""
NA_BLOCK: Final = "na_block_target"
LAMIVUDINE_BLOCK: Final = "lamivudine_block_target"
LAMIVUDINE_ON: Final = "lamivudine_on"
_LAMIVUDINE: Final = "lamivudine"
_UNUSED_SLOT: Final = "peginterferon_alfa_2a"
_USUAL_NUCLEOSIDE: Final = "entecavir"


@dataclass(frozen=True)
class Deviations:
    """How each patient differs from the typical one: standard normal scores, shape (patients,).

    A patient has one score a quantity for all drugs: who clears one interferon slowly clears the
    other slowly, and sensitivity belongs to the patient. Each drug scales the score by its spread.
    """

    absorption_rate: Floats
    clearance: Floats
    volume: Floats
    ec50: Floats
    nucleoside_residual: Floats
    targeted_half_amount: Floats

    @classmethod
    def typical(cls, patients: int) -> Deviations:
        """Return the scores of patients who do not differ from the typical one."""
        return cls(*(np.zeros(patients) for _ in fields(cls)))


@dataclass(frozen=True)
class Coupling:
    """What the integrator needs of a regimen, for all patients of an arm.

    Attributes
    ----------
    day
        Times of the events, shape (events,), not decreasing [day].
    target
        Species (for a bolus) or input (for a setting) of each event.
    add
        True where the value is added to a species, False where an input is set.
    value
        Shape (patients, events): micrograms for a bolus, the new value for an input.
    slot_parameters
        Name and per-patient values, shape (patients,), of all of `SLOT_PARAMETERS`.
    """

    day: Floats
    target: tuple[str, ...]
    add: NDArray[np.bool_]
    value: Floats
    slot_parameters: tuple[tuple[str, Floats], ...]

    def parameter(self, name: str) -> Floats:
        """Return the per-patient values of the slot parameter called `name`."""
        return dict(self.slot_parameters)[name]


def draw_deviations(seed: Seed, patients: int) -> Deviations:
    """Draw the patients' scores from named streams; the same patients for every arm."""

    def scores(quantity: str) -> Floats:
        return stream(seed, "pharmacology", quantity).standard_normal(patients)

    return Deviations(
        absorption_rate=scores("absorption_rate"),
        clearance=scores("clearance"),
        volume=scores("volume"),
        ec50=scores("ec50"),
        nucleoside_residual=scores("nucleoside_residual"),
        targeted_half_amount=scores("targeted_half_amount"),
    )


def couple(regimen: Regimen, weight: Floats, deviations: Deviations) -> Coupling:
    """Return the events and drug parameters of all patients under `regimen`.

    Parameters
    ----------
    regimen
        What is given.
    weight
        Body weights, shape (patients,) [kg].
    deviations
        The patients' scores, each of shape (patients,).

    Raises
    ------
    ValueError
        If a weight is not positive, or the shapes do not belong together.
    """
    weight = np.asarray(weight, dtype=np.float64)
    if weight.ndim != 1 or weight.shape != deviations.ec50.shape:
        raise ValueError(f"weights {weight.shape} and scores {deviations.ec50.shape} do not match")
    if not np.all(weight > 0):
        raise ValueError("a body weight is positive")
    interferons = regimen.interferons()
    columns: list[tuple[float, str, bool, Floats]] = []
    for course in regimen.courses:
        if isinstance(course.drug, Interferon):
            slot = SLOTS[interferons.index(course.drug)]
            amount = _bolus(course, weight)
            columns.extend((float(day), f"depot_{slot}", True, amount) for day in dose_days(course))
    columns.extend(_settings(regimen, deviations))
    columns.extend(targeted_events(regimen, weight, deviations.targeted_half_amount))
    # Settings come before boluses of the same day, else the order of the courses is kept.
    columns.sort(key=lambda column: (column[0], column[2]))
    value = np.empty((len(weight), len(columns)))
    for index, column in enumerate(columns):
        value[:, index] = column[3]
    return Coupling(
        day=np.array([column[0] for column in columns], dtype=np.float64),
        target=tuple(column[1] for column in columns),
        add=np.array([column[2] for column in columns], dtype=np.bool_),
        value=value,
        slot_parameters=(
            *_slot_parameters(interferons, weight, deviations),
            (ONSET, np.full_like(weight, _onset_rate(regimen))),
            *targeted_parameters(regimen, len(weight)),
        ),
    )


def _bolus(course: Course, weight: Floats) -> Floats:
    amount = micrograms(course.dose, course.drug)
    return amount * weight if course.dose.per_kg else np.full_like(weight, amount)


def _typical(quantity: Quantity, weight: Floats) -> Floats:
    return quantity.value * (weight if quantity.per_kg else np.ones_like(weight))


def _varied(quantity: Quantity, weight: Floats, score: Floats) -> Floats:
    return _typical(quantity, weight) * np.exp(quantity.spread * score)


def _slot_parameters(
    interferons: tuple[Interferon, ...], weight: Floats, deviations: Deviations
) -> tuple[tuple[str, Floats], ...]:
    unused = load_interferon(_UNUSED_SLOT)
    parameters: list[tuple[str, Floats]] = []
    for index, slot in enumerate(SLOTS):
        used = index < len(interferons)
        drug = interferons[index] if used else unused
        gain = 1.0 if used else 0.0  # an unused slot keeps the typical values
        volume = _varied(drug.volume, weight, gain * deviations.volume)
        clearance = _varied(drug.clearance, weight, gain * deviations.clearance)
        absorption = _varied(drug.absorption_rate, weight, gain * deviations.absorption_rate)
        parameters += [
            (f"absorption_rate_{slot}", absorption),
            (f"elimination_rate_{slot}", clearance / volume),
            (f"volume_{slot}", volume),
            (f"ec50_{slot}", _varied(drug.ec50, weight, gain * deviations.ec50)),
            (f"marrow_ec50_{slot}", _typical(drug.marrow_ec50, weight)),
            (f"hepatic_only_{slot}", np.full_like(weight, drug.hepatic_only)),
        ]
    return tuple(parameters)


def nucleoside_block(course: Course, score: Floats) -> Floats:
    """Return the block u of a nucleoside course, shape (patients,).

    ``u = 10 ** -(typical + SD score)``, proportional to the daily amount relative to the usual one
    (a Hill coefficient of one, far from saturation: residual formation is 1/(1 + u)) [prior].
    """
    drug = course.drug
    if not isinstance(drug, Nucleoside):
        raise ValueError(f"{drug.label} is no nucleos(t)ide analogue")
    residual = drug.log10_residual.value + drug.log10_residual.spread * score
    return relative_intensity(course) * np.power(10.0, -residual)


def _onset_rate(regimen: Regimen) -> float:
    """Return the onset rate of the slowest nucleoside taken, or of the usual one before a trial."""
    taken = [c.drug for c in regimen.courses if isinstance(c.drug, Nucleoside)]
    usual = load_drug(_USUAL_NUCLEOSIDE)
    drugs = taken or ([usual] if isinstance(usual, Nucleoside) else [])
    return min(drug.onset_rate.value for drug in drugs)


def _settings(regimen: Regimen, deviations: Deviations) -> list[tuple[float, str, bool, Floats]]:
    """Return the settings of the three nucleoside inputs, one a change and input."""
    score = deviations.nucleoside_residual
    courses = [course for course in regimen.courses if isinstance(course.drug, Nucleoside)]
    lamivudine = [course for course in courses if course.drug.name == _LAMIVUDINE]
    others = [course for course in courses if course.drug.name != _LAMIVUDINE]
    settings: list[tuple[float, str, bool, Floats]] = []
    for group, target in ((others, NA_BLOCK), (lamivudine, LAMIVUDINE_BLOCK)):
        for week in sorted({w for c in group for w in (c.start_week, c.stop_week)}):
            taken = [c for c in group if c.start_week <= week < c.stop_week]
            total = np.zeros_like(score)
            for course in taken:
                total = total + nucleoside_block(course, score)
            day = week * DAYS_PER_WEEK
            settings.append((day, target, False, total))
            if target == LAMIVUDINE_BLOCK:
                settings.append((day, LAMIVUDINE_ON, False, np.full_like(score, bool(taken))))
    return settings
