"""What a plan does over many trials: how often it claims an effect, when it stops, how large it is.

Pure functions of the statistics of replicates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ifnfactory.design.boundaries import Plan
from ifnfactory.design.statistic import patients_at
from ifnfactory.trial.estimates import wilson

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """How often something happens in replicates, in percent, with its 95 % Monte Carlo interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Stops:
    """How each replicate ends.

    Attributes
    ----------
    look
        Shape (replicates,): index of the look at which it stops; the last one at the latest.
    verdict
        Shape (replicates,): 1 treatment better, −1 control better, 0 no difference claimed.
    given_up
        Shape (replicates,): stopped at an interim look for futility.
    """

    look: NDArray[np.int64]
    verdict: NDArray[np.int64]
    given_up: NDArray[np.bool_]


@dataclass(frozen=True)
class LookRates:
    """How often trials stop at a look, in percent of all trials."""

    better: float
    worse: float
    futile: float


@dataclass(frozen=True)
class Characteristics:
    """A plan's behaviour.

    Attributes
    ----------
    rejected
        Trials that claim a difference, whichever way.
    better, worse
        Trials that claim that the treatment is better, or worse.
    futile
        Trials that are given up at an interim look.
    looks
        One entry a look.
    expected_patients
        Mean number of patients whose outcome is known when a trial stops, both arms together.
    """

    rejected: Rate
    better: Rate
    worse: Rate
    futile: Rate
    looks: tuple[LookRates, ...]
    expected_patients: float


def stops(z: Floats, plan: Plan) -> Stops:
    """Return how each replicate ends.

    Parameters
    ----------
    z
        Shape (replicates, looks): statistics, above 0 in favour of the treatment.
    """
    above, below = z >= plan.critical, z <= -plan.critical
    futile = z < plan.futility
    done = above | below | futile
    done[:, -1] = True
    look = np.argmax(done, axis=1)
    rows = np.arange(len(z))
    verdict = above[rows, look].astype(np.int64) - below[rows, look].astype(np.int64)
    return Stops(look, verdict, futile[rows, look] & (verdict == 0))


def characteristics(z: Floats, plan: Plan, sizes: tuple[int, int]) -> Characteristics:
    """Return a plan's behaviour over replicates with arms of `sizes`; see `stops` for `z`."""
    found = stops(z, plan)
    better, worse = found.verdict == 1, found.verdict == -1
    seen = np.array(
        [sum(patients_at(size, float(share)) for size in sizes) for share in plan.information]
    )
    return Characteristics(
        rejected=rate(better | worse),
        better=rate(better),
        worse=rate(worse),
        futile=rate(found.given_up),
        looks=tuple(
            LookRates(
                *(_percent(kind & (found.look == k)) for kind in (better, worse, found.given_up))
            )
            for k in range(plan.looks)
        ),
        expected_patients=float(seen[found.look].mean()),
    )


def rate(happened: NDArray[np.bool_]) -> Rate:
    """Return how often something happened, with Wilson's interval."""
    k, n = int(np.count_nonzero(happened)), len(happened)
    return Rate(100.0 * k / n, *(100.0 * end for end in wilson(k, n)))


def clustered_rate(shares: Floats) -> Rate:
    """Return the mean of shares of independent replicates, with the interval of a mean."""
    centre, n = float(shares.mean()), len(shares)
    half = 1.959964 * float(shares.std(ddof=1)) / n**0.5 if n > 1 else float("nan")
    return Rate(100.0 * centre, 100.0 * max(centre - half, 0.0), 100.0 * (centre + half))


def _percent(happened: NDArray[np.bool_]) -> float:
    return 100.0 * float(np.mean(happened))
