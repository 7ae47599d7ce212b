"""People at the start of the model, as columns."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Small = NDArray[np.int8]

NEVER: Final = -1
"""Month of what does not happen."""

WEEKS_PER_YEAR: Final = 52.1775


@dataclass(frozen=True)
class People:
    """One entry a person, every array of shape (people,).

    Attributes
    ----------
    key
        Name of the person's random numbers: people of different arms with one key meet the same
        luck.
    group
        Arm or stratum, from 0; results are counted by group.
    age_months
        Age at the start [month].
    male
        1 for a man, 0 for a woman.
    phase, liver
        Codes of `Phase` and `Liver`.
    stage
        Fibrosis, 0 to 3; counts as long as there is no cirrhosis.
    treated
        1 on a nucleos(t)ide analogue that suppresses, for ever.
    dna_rank, hbsag_rank
        Standard deviations above the mean of the phase, on the log10 scale; kept for life.
    hcc_ratio
        Ratio of the HCC hazard by genotype.
    alt_ratio
        Ratio of the HCC hazard by ALT, as long as the first phase lasts without treatment.
    anti_hbs
        1 where functional cure came with anti-HBs.
    treat_month
        From this month on the person is treated as soon as the disease is active or there is
        cirrhosis; `NEVER` for who is not reached.
    cure_month, cure_chance
        Month in which a therapy that can cure is given to who is fit for it, and the chance.
    """

    key: NDArray[np.int64]
    group: Small
    age_months: NDArray[np.int32]
    male: Small
    phase: Small
    liver: Small
    stage: Small
    treated: Small
    dna_rank: Floats
    hbsag_rank: Floats
    hcc_ratio: Floats
    alt_ratio: Floats
    anti_hbs: Small
    treat_month: NDArray[np.int32]
    cure_month: NDArray[np.int32]
    cure_chance: Floats

    def __len__(self) -> int:
        return int(self.key.size)

    @property
    def groups(self) -> int:
        """Number of groups."""
        return int(self.group.max()) + 1 if len(self) else 0

    def take(self, index: NDArray[np.int64]) -> People:
        """Return the people at `index`, which may name one person more than once."""
        return People(*(getattr(self, field.name)[index] for field in fields(self)))


def join(parts: list[People]) -> People:
    """Return the people of all parts, one after the other."""
    names = [field.name for field in fields(People)]
    return People(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
