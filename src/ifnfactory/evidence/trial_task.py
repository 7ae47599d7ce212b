"""All published trials as a task for a calibration."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.evidence.calibrate import Task
from ifnfactory.evidence.free import Space
from ifnfactory.evidence.observations import observe
from ifnfactory.evidence.qualification import Qualification
from ifnfactory.evidence.qualify import qualify
from ifnfactory.foundation.progress import Progress
from ifnfactory.population.release import Population
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.run import Simulator, open_simulator

Floats = NDArray[np.float64]
_PEEK: Final = 4
"""Patients in each arm of the run that only asks which targets can be judged."""


def trial_task(
    space: Space,
    threads: int | None = None,
    progress: Progress | None = None,
    protocols: Sequence[Protocol] = (),
    start: tuple[float, ...] = (),
) -> Task:
    """Return the task of fitting the numbers of `space` to all targets of some trials.

    Parameters
    ----------
    protocols
        The trials to fit; default: all that are built in.
    start
        Where the search begins.
    """
    frame = open_simulator(threads, progress, space.centre)
    observed = observe(qualify_population(frame, space.centre, _PEEK, 1, protocols).rows)

    def predict(point: Floats, patients: int, seed: int) -> Floats:
        population = space.population(point)
        return observed.predicted(
            qualify_population(frame, population, patients, seed, protocols).rows
        )

    targets = "\n".join(observed.target_id)
    return Task(
        numbers=len(space.free),
        observed=observed,
        predict=predict,
        about=(
            ("population", space.centre.fingerprint),
            ("free numbers", _digest(repr(space.free))),
            ("targets", _digest(targets)),
        ),
        start=start,
    )


def qualify_population(
    frame: Simulator,
    population: Population,
    patients: int,
    seed: int,
    protocols: Sequence[Protocol] = (),
) -> Qualification:
    """Qualify any population with the compiled model of `frame`."""
    simulator = replace(frame, population=population)

    def run(
        protocol: Protocol, n: int, seed: int, _threads: int | None, progress: Progress | None
    ) -> TrialResult:
        return simulator.run(protocol, n, seed, progress)

    chosen = protocols or None
    return qualify(patients, seed, protocols=chosen, with_predictors=False, run=run)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
