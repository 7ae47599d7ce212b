"""Natural fluctuation: an untreated patient's HBV DNA wanders around the patient's own level.

At screening it is wherever the entry criteria found it, on average above the level, since they ask
for much virus. From there it goes back and wanders on: an Ornstein-Uhlenbeck process on log10 HBV
DNA, so that all visits together have the regression to the mean that trials without a control arm
do not show.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.streams import Seed, stream
from ifnfactory.population.markers import MARKERS, by_status

Floats = NDArray[np.float64]


def viraemia_sd(hbeag_positive: NDArray[np.bool_]) -> Floats:
    """Return the SD of log10 HBV DNA about each patient's level, shape (n,)."""
    return np.array(by_status(MARKERS["screening_log10_dna"]))[hbeag_positive.astype(np.int64)]


def draw_viraemia(
    seed: Seed, at_entry: Floats, hbeag_positive: NDArray[np.bool_], weeks: Floats
) -> Floats:
    """Return how far log10 HBV DNA is from the patient's level at every visit.

    Parameters
    ----------
    at_entry
        The same at the first visit, shape (n,).
    weeks
        Of the visits, shape (visits,), increasing.

    Returns
    -------
    ndarray
        Shape (n, visits). Patient i is the same for any number of them.
    """
    fresh = stream(seed, "natural course", "viraemia").standard_normal((len(at_entry), len(weeks)))
    kept = np.exp(-np.diff(weeks) / MARKERS["viraemia_memory"].value)
    sd = viraemia_sd(hbeag_positive)
    away = np.empty_like(fresh)
    away[:, 0] = at_entry
    for visit, share in enumerate(kept, start=1):
        news = sd * np.sqrt(1.0 - share**2) * fresh[:, visit]
        away[:, visit] = share * away[:, visit - 1] + news
    return away
