"""What the ensemble of a release says about every target: how uncertain the parameters leave it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ifnfactory.evidence.kept_trials import kept_rows
from ifnfactory.evidence.qualification import Row, share_inside
from ifnfactory.evidence.robustness import EnsembleResult, Spread
from ifnfactory.foundation.keep import Forgetful, Keep
from ifnfactory.foundation.progress import Progress
from ifnfactory.population.release import Population
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.run import Simulator
from ifnfactory.trial.uncertainty import Z95, between_vectors


def qualify_ensemble(
    simulator: Simulator,
    members: Sequence[tuple[float, Population]],
    patients: int,
    seed: int,
    progress: Progress,
    protocols: Sequence[Protocol] = (),
    keep: Keep | None = None,
) -> EnsembleResult:
    """Qualify every member, and keep each; all meet the same draw of patients."""
    kept = keep or Forgetful()
    progress.begin("ensemble", len(members))
    found: list[tuple[Row, ...]] = []
    for place, (_, population) in enumerate(members):
        name = f"members/{place:03d}.json"
        found.append(kept_rows(kept, name, simulator, population, patients, seed, protocols))
        progress.advance()
    progress.end()
    weights = np.array([weight for weight, _ in members])
    columns = [{row.target_id: row for row in rows} for rows in found]
    common = [row for row in found[0] if all(row.target_id in each for each in columns)]
    spreads: list[Spread] = []
    inside, total = 0.0, 0.0
    for row in common:
        rows = [each[row.target_id] for each in columns]
        spread = _spread(rows, weights)
        spreads.append(spread)
        below, above = row.reach
        total += row.weight
        inside += row.weight * (-below <= spread.mean - row.published <= above)
    return EnsembleResult(
        inside_percent=tuple(share_inside(rows) or 0.0 for rows in found),
        mean_inside_percent=100.0 * inside / total if total else 0.0,
        spreads=tuple(spreads),
    )


def _spread(rows: Sequence[Row], weights: NDArray[np.float64]) -> Spread:
    mean, sd = between_vectors(np.array([row.simulated for row in rows]), weights)
    return Spread(rows[0].target_id, mean, mean - Z95 * sd, mean + Z95 * sd)
