"""How far the parameters, and not the choice of patients, leave a trial's endpoints open.

Every vector of a released ensemble treats a trial of its own, with the same draw of patients. What
the vectors differ in beyond the sampling error of their patients is the parameters' doing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ifnfactory.foundation.progress import Progress
from ifnfactory.population.release import Population
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.result import ResultRow, TrialResult
from ifnfactory.trial.run import Simulator

SHARE: Final = 0.25
"""Patients in each arm for a vector of the ensemble, as a share of those of the run."""
_Z95: Final = 1.959964


def with_parameter_ranges(
    result: TrialResult,
    protocol: Protocol,
    simulator: Simulator,
    members: Sequence[tuple[float, Population]],
    patients: int,
    progress: Progress,
) -> TrialResult:
    """Return the result with a 95 % range of each row over the vectors of an ensemble.

    The range lies around the run's own value. Percentages stay within 0 and 100.
    """
    few = max(1, round(SHARE * patients))
    progress.begin("ensemble", len(members))
    runs: list[dict[tuple[str, str, float], ResultRow]] = []
    for _, population in members:
        found = replace(simulator, population=population).run(protocol, few, result.seed)
        runs.append({(row.arm, row.endpoint, row.week): row for row in found.rows})
        progress.advance()
    progress.end()
    weights = np.array([weight for weight, _ in members])
    return replace(result, rows=tuple(_ranged(row, runs, weights) for row in result.rows))


def _ranged(
    row: ResultRow,
    runs: Sequence[dict[tuple[str, str, float], ResultRow]],
    weights: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> ResultRow:
    """Return the row with its range; without one where nobody counts in some vector."""
    key = (row.arm, row.endpoint, row.week)
    values: list[float] = []
    noise: list[float] = []
    for run in runs:
        other = run.get(key)
        if other is None or other.value is None or other.ci is None:
            return row
        values.append(other.value)
        noise.append(((other.ci[1] - other.ci[0]) / (2.0 * _Z95)) ** 2)
    if row.value is None:
        return row
    mean = float(np.average(values, weights=weights))
    between = float(np.average((np.array(values) - mean) ** 2, weights=weights))
    sd = max(between - float(np.average(noise, weights=weights)), 0.0) ** 0.5
    low, high = row.value - _Z95 * sd, row.value + _Z95 * sd
    if row.unit == "%":
        low, high = max(low, 0.0), min(high, 100.0)
    return replace(row, parameter_range=(low, high))
