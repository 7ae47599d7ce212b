"""People for the tests of the outlook model."""

from __future__ import annotations

from typing import Any

import numpy as np

from ifnfactory.outlook.people import NEVER, People
from ifnfactory.outlook.states import Liver, Phase

DNA = np.linspace(-1.5, 1.5, 11)


def uniform_people(
    n: int,
    *,
    age: float = 40.0,
    phase: int = Phase.POSITIVE_HEPATITIS,
    liver: int = Liver.NO_CIRRHOSIS,
    stage: int = 1,
    treated: int = 0,
    male: int | None = None,
) -> People:
    """Return `n` people of one age, phase and liver, with spread in HBV DNA and HBsAg."""

    def all_of(value: float, kind: Any) -> Any:
        return np.full(n, value, dtype=kind)

    sex = np.arange(n) % 2 if male is None else np.full(n, male)
    return People(
        key=np.arange(n, dtype=np.int64),
        group=all_of(0, np.int8),
        age_months=all_of(round(age * 12), np.int32),
        male=sex.astype(np.int8),
        phase=all_of(phase, np.int8),
        liver=all_of(liver, np.int8),
        stage=all_of(stage, np.int8),
        treated=all_of(treated, np.int8),
        dna_rank=np.resize(DNA, n).astype(np.float32),
        hbsag_rank=np.resize(DNA[::-1], n).astype(np.float32),
        hcc_ratio=all_of(1.0, np.float32),
        alt_ratio=all_of(1.0, np.float32),
        anti_hbs=all_of(0, np.int8),
        treat_month=all_of(NEVER, np.int32),
        cure_month=all_of(NEVER, np.int32),
        cure_chance=all_of(0.0, np.float32),
    )
