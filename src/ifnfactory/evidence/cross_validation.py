"""Leave a parent trial out, fit again cheaply, and predict it.

A calibration leaves a local picture of how every target answers to every number
(`evidence.emulator`). With one trial's targets weighing nothing, one Gauss-Newton step on that
picture is the fit without it; the trial is then really simulated with those numbers. Cheap, and to
first order what a new search would find.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.evidence.calibrate import LONGEST
from ifnfactory.evidence.emulator import LocalPicture, step
from ifnfactory.evidence.free import Space
from ifnfactory.evidence.observations import Observations
from ifnfactory.evidence.qualification import Row, share_inside
from ifnfactory.evidence.qualify_population import qualify_population
from ifnfactory.evidence.robustness import Prediction
from ifnfactory.foundation.progress import Progress
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.run import Simulator

Floats = NDArray[np.float64]
LEFT_OUT: Final = (
    "LAU2005",
    "MARCELLIN2004",
    "JANSSEN2005",
    "CHANG2006",
    "SCHALM2000",
    "YAO2007",
)
"""Parent trials that are left out in turn: the six with the most weight of treatment results."""


def cross_validate(
    simulator: Simulator,
    space: Space,
    local: LocalPicture,
    observed: Observations,
    scatter: float,
    patients: int,
    seed: int,
    progress: Progress,
    trials: Sequence[str] = LEFT_OUT,
    protocols: Sequence[Protocol] = (),
) -> tuple[Prediction, ...]:
    """Predict each trial with the fit without it.

    Parameters
    ----------
    local
        The picture that the calibration ended with.
    scatter
        Of the points behind the picture; the fit without a trial is not looked for further away
        than the picture reaches.
    """
    longest = LONGEST * scatter * math.sqrt(len(space.free))
    progress.begin("cross-validation", len(trials) + 1)

    def rows_of(trial: str, point: Floats) -> list[Row]:
        found = qualify_population(simulator, space.population(point), patients, seed, protocols)
        return [row for row in found.rows if row.trial == trial]

    centre = space.population(local.centre)
    with_all = qualify_population(simulator, centre, patients, seed, protocols).rows
    progress.advance()
    predictions: list[Prediction] = []
    for trial in trials:
        move = step(local, observed.without(trial), longest)
        rows = rows_of(trial, local.centre + move)
        fitted = share_inside([row for row in with_all if row.trial == trial])
        predictions.append(
            Prediction(
                trial,
                len(rows),
                float(np.linalg.norm(move)),
                share_inside(rows) or 0.0,
                fitted or 0.0,
            )
        )
        progress.advance()
    progress.end()
    return tuple(predictions)
