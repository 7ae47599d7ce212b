"""All published trials as a task for a calibration."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.evidence.calibrate import Task
from ifnfactory.evidence.free import Space
from ifnfactory.evidence.observations import observe
from ifnfactory.evidence.qualify_population import qualify_population
from ifnfactory.evidence.workers import Asked, predict_all
from ifnfactory.foundation.progress import Progress
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.run import open_simulator

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
    threads
        Processes that evaluate points side by side; None: one for each core.
    protocols
        The trials to fit; default: all that are built in.
    start
        Where the search begins.
    """
    frame = open_simulator(threads, progress, space.centre)
    observed = observe(qualify_population(frame, space.centre, _PEEK, 1, protocols).rows)

    def predict(asked: Sequence[Asked]) -> Iterator[Floats]:
        yield from predict_all(asked, threads or os.cpu_count() or 1, space, observed, protocols)

    published = np.round([observed.value, observed.sd, observed.weight], 9).tolist()
    targets = repr((observed.target_id, published))
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


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
