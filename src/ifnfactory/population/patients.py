"""The table of virtual patients that every later room reads."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class PatientTable:
    """Who the patients are: one array of shape (n,) a column.

    Attributes
    ----------
    patient
        Number of the patient, from 0; the same number is the same person in every arm.
    age
        [year].
    female
        True for women.
    weight
        [kg].
    genotype
        HBV genotype, ``"A"`` to ``"D"``.
    hbeag_positive
        HBeAg status at entry.
    prior_na_years
        Years on a nucleos(t)ide analogue that end with the first visit [year]; 0 when off therapy.
        The markers below are those of the patient *before* that therapy.
    prior_interferon
        Treated with any interferon before.
    cirrhosis
        Compensated cirrhosis (or bridging fibrosis, where a trial counts the two together).
    hbv_dna0
        Serum HBV DNA of the untreated state [IU/mL].
    hbsag0
        HBsAg of the untreated state [IU/mL].
    alt0
        ALT of the untreated state [U/L].
    """

    patient: NDArray[np.int64]
    age: Floats
    female: Bools
    weight: Floats
    genotype: NDArray[np.str_]
    hbeag_positive: Bools
    prior_na_years: Floats
    prior_interferon: Bools
    cirrhosis: Bools
    hbv_dna0: Floats
    hbsag0: Floats
    alt0: Floats

    def __post_init__(self) -> None:
        shapes = {field.name: np.shape(getattr(self, field.name)) for field in fields(self)}
        if len(set(shapes.values())) != 1 or len(next(iter(shapes.values()))) != 1:
            raise ValueError(f"columns need one common length, these have shapes {shapes}")

    def __len__(self) -> int:
        return len(self.patient)
