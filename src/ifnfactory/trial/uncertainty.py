"""How far the parameters, and not the choice of patients, leave a trial's endpoints open.

Every vector of a released ensemble treats a trial of its own, with the same draw of patients, so
that vectors that agree give the same result to the last bit: what they differ in is the parameters'
doing. What chance is left in the difference, for want of patients, makes the range wider.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.progress import Progress
from ifnfactory.population.release import Population
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.result import ResultRow, TrialResult
from ifnfactory.trial.run import Simulator

Floats = NDArray[np.float64]
SHARE: Final = 0.25
"""Patients in each arm for a vector of the ensemble, as a share of those of the run."""
MOST: Final = 20_000
"""Patients in each arm for a vector at most: they are held in memory at once, and the sampling
error of so many is below half a percentage point."""
Z95: Final = 1.959964

Estimate = tuple[str, str, float, float]
"""Arm, endpoint, week and value under one vector."""
Keep = Callable[[int, Callable[[], list[Estimate]]], list[Estimate]]
"""Gives the estimates of a vector by its number, made by the function or kept from before."""


def _made_anew(_: int, make: Callable[[], list[Estimate]]) -> list[Estimate]:
    return make()


def with_parameter_ranges(
    result: TrialResult,
    protocol: Protocol,
    simulator: Simulator,
    members: Sequence[tuple[float, Population]],
    patients: int,
    progress: Progress,
    keep: Keep = _made_anew,
) -> TrialResult:
    """Return the result with a 95 % range of each row over the vectors of an ensemble.

    The range lies around the run's own value. Percentages stay within 0 and 100.

    Parameters
    ----------
    patients
        Of the run, in each arm; a vector treats a `SHARE` of them, at most `MOST`.
    keep
        Who remembers vectors that are done.
    """
    few = min(max(1, round(SHARE * patients)), MOST)

    def made(population: Population) -> list[Estimate]:
        found = replace(simulator, population=population).run(protocol, few, result.seed)
        return [
            (row.arm, row.endpoint, row.week, row.value)
            for row in found.rows
            if row.value is not None
        ]

    progress.begin("ensemble", len(members))
    runs: list[list[Estimate]] = []
    for index, (_, population) in enumerate(members):
        runs.append(keep(index, lambda population=population: made(population)))
        progress.advance()
    progress.end()
    known = [{each[:3]: each[3] for each in run} for run in runs]
    weights = np.array([weight for weight, _ in members])
    return replace(result, rows=tuple(_ranged(row, known, weights) for row in result.rows))


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
