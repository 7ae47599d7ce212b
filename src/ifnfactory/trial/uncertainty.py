"""How far the parameters, and not the choice of patients, leave a trial's endpoints open.

Every vector of a released ensemble treats a trial of its own, with the same draw of patients, so
that vectors that agree give the same result to the last bit: what they differ in is the parameters'
doing. What chance is left in the difference, for want of patients, makes the range wider.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.progress import Silent
from ifnfactory.foundation.streams import Streams
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.result import ResultRow, TrialResult
from ifnfactory.trial.rows import rows_of, tallies
from ifnfactory.trial.run import Simulator
from ifnfactory.trial.tally import Tally

Floats = NDArray[np.float64]
SHARE: Final = 0.25
"""Patients in each arm for a vector of the ensemble, as a share of those of the run."""
MOST: Final = 20_000
"""Patients in each arm for a vector at most: their sampling error is below half a percentage
point."""
Z95: Final = 1.959964

Estimate = tuple[str, str, float, float]
"""Arm, endpoint, week and value under one vector."""


def patients_of_a_vector(patients: int) -> int:
    """Return how many patients a vector treats in each arm, of a run with so many."""
    return min(max(1, round(SHARE * patients)), MOST)


def estimates_of(
    simulator: Simulator, protocol: Protocol, patients: int, seed: int, block: int
) -> list[Estimate]:
    """Return every endpoint that has a value, under the parameters of the simulator's population.

    Parameters
    ----------
    patients
        In each arm.
    block
        Patients that are held at a time; no value depends on it.
    """
    streams, found = Streams(seed), {arm.name: list[tuple[Tally, ...]]() for arm in protocol.arms}
    for first in range(0, patients, block):
        cohort = simulator.gather(protocol, min(block, patients - first), streams, first)
        for arm in protocol.arms:
            outcome = simulator.treat(protocol, arm, cohort, Silent())
            found[arm.name].append(tallies(protocol, outcome))
    rows = [row for arm in protocol.arms for row in rows_of(protocol, arm, found[arm.name])]
    return [(r.arm, r.endpoint, r.week, r.value) for r in rows if r.value is not None]


def with_parameter_ranges(
    result: TrialResult, weights: Sequence[float], estimates: Sequence[Sequence[Estimate]]
) -> TrialResult:
    """Return the result with a 95 % range of each row over the vectors of an ensemble.

    The range lies around the run's own value. Percentages stay within 0 and 100.

    Parameters
    ----------
    weights, estimates
        Of each vector; see `estimates_of`.
    """
    known = [{each[:3]: each[3] for each in vector} for vector in estimates]
    shares = np.array(weights)
    return replace(result, rows=tuple(_ranged(row, known, shares) for row in result.rows))


def between_vectors(values: Floats, weights: Floats) -> tuple[float, float]:
    """Return weighted mean and SD of a result over vectors that treated the same draw of patients.

    Parameters
    ----------
    values, weights
        Shape (vectors,).
    """
    mean = float(np.average(values, weights=weights))
    return mean, float(np.average((values - mean) ** 2, weights=weights)) ** 0.5


def _ranged(
    row: ResultRow, runs: Sequence[dict[tuple[str, str, float], float]], weights: Floats
) -> ResultRow:
    """Return the row with its range; without one where nobody counts in some vector."""
    found = [run.get((row.arm, row.endpoint, row.week)) for run in runs]
    values = [each for each in found if each is not None]
    if row.value is None or len(values) < len(found):
        return row
    _, sd = between_vectors(np.array(values), weights)
    ends = row.value - Z95 * sd, row.value + Z95 * sd
    if row.unit == "%":
        ends = max(ends[0], 0.0), min(ends[1], 100.0)
    return replace(row, parameter_range=ends)
