"""From what was found in people to the columns that the kernel follows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ifnfactory.outlook.parameters import Values
from ifnfactory.outlook.people import NEVER, People
from ifnfactory.outlook.rates import alt_ratio, genotype_ratio, hbsag_fall
from ifnfactory.outlook.states import Phase

Floats = NDArray[np.float64]


def people_of(
    values: Values,
    *,
    key: NDArray[np.int64],
    group: int,
    age: Floats,
    male: NDArray[np.bool_],
    phase: NDArray[np.int8],
    liver: NDArray[np.int8],
    stage: NDArray[np.int8],
    treated: NDArray[np.bool_],
    dna: Floats | None,
    hbsag: Floats | None,
    ranks: tuple[Floats, Floats],
    alt: Floats,
    genotype: NDArray[np.str_],
    anti_hbs: NDArray[np.bool_],
) -> People:
    """Return people with these findings; every array of shape (people,).

    Parameters
    ----------
    dna, hbsag
        [log10 IU/mL]; where None or not a number, the person's rank in `ranks` stands.
    """
    n = key.size
    ratio = genotype_ratio(values)
    hcc = np.array([ratio.get(str(letter), 1.0) for letter in np.unique(genotype)])
    return People(
        key=key,
        group=np.full(n, group, dtype=np.int8),
        age_months=np.floor(age * 12.0).astype(np.int32),
        male=male.astype(np.int8),
        phase=phase,
        liver=liver,
        stage=stage,
        treated=treated.astype(np.int8),
        dna_rank=_rank(values, "dna", phase, dna, ranks[0]),
        hbsag_rank=_rank(values, "hbsag", phase, _at_45(values, phase, age, hbsag), ranks[1]),
        hcc_ratio=hcc[np.unique(genotype, return_inverse=True)[1]].astype(np.float32),
        alt_ratio=np.where(treated, 1.0, alt_ratio(values, alt, phase)).astype(np.float32),
        anti_hbs=(anti_hbs & (phase == Phase.CURED)).astype(np.int8),
        treat_month=np.full(n, NEVER, dtype=np.int32),
        cure_month=np.full(n, NEVER, dtype=np.int32),
        cure_chance=np.zeros(n, dtype=np.float32),
    )


def _at_45(
    values: Values, phase: NDArray[np.int8], age: Floats, hbsag: Floats | None
) -> Floats | None:
    """Return HBsAg as it would stand at 45 years, the age that the typical levels are of."""
    if hbsag is None:
        return None
    negative = (phase == Phase.NEGATIVE_INFECTION) | (phase == Phase.NEGATIVE_HEPATITIS)
    return hbsag + np.where(negative, hbsag_fall(values, np.floor(age)), 0.0)


def _rank(
    values: Values, marker: str, phase: NDArray[np.int8], level: Floats | None, rank: Floats
) -> NDArray[np.float32]:
    """Return where `level` stands among people of the phase, in standard deviations."""
    if level is None:
        return rank.astype(np.float32)
    names = [name.name.lower() for name in Phase if name != Phase.CURED]
    mean = np.array([*(values[f"{marker}_mean_{name}"] for name in names), np.nan])[phase]
    sd = np.array([*(values[f"{marker}_sd_{name}"] for name in names), 1.0])[phase]
    own = (level - mean) / sd
    return np.where(np.isnan(own), rank, own).astype(np.float32)
