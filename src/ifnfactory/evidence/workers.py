"""Qualifications side by side, in processes: one costs seconds, and a search wants hundreds.

A qualification is a great many small trials, half of it bookkeeping in Python, so that processes
use the cores better than the threads of one kernel do. What a process computes does not depend on
which one it is.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from ifnfactory.evidence.free import Space
from ifnfactory.evidence.observations import Observations
from ifnfactory.evidence.qualify_population import qualify_population
from ifnfactory.foundation.orphans import leave_with_parent
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.run import open_simulator

Floats = NDArray[np.float64]
Asked = tuple[Floats, int, int]
"""Point, patients in each arm, seed."""


def predict_all(
    asked: Sequence[Asked],
    processes: int,
    space: Space,
    observed: Observations,
    protocols: Sequence[Protocol] = (),
) -> Iterator[Floats]:
    """Return scaled predictions, shape (targets,), in the order in which they are asked for.

    Parameters
    ----------
    space, observed, protocols
        What a point means and what is asked of it.
    """
    if not asked:
        return
    what = (space, observed, tuple(protocols))
    if processes == 1:
        alone = _Evaluator(*what)
        yield from (alone.predict(*each) for each in asked)
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin, what)
    try:
        yield from pool.map(_evaluate, asked)
    finally:  # also where nobody wants the rest
        pool.shutdown(wait=False, cancel_futures=True)


class _Evaluator:
    """What a process keeps: the compiled model and what is asked of it."""

    here: _Evaluator

    def __init__(
        self, space: Space, observed: Observations, protocols: tuple[Protocol, ...]
    ) -> None:
        self._frame, self._space = open_simulator(1, None, space.centre), space
        self._observed, self._protocols = observed, protocols

    def predict(self, point: Floats, patients: int, seed: int) -> Floats:
        found = qualify_population(
            self._frame, self._space.population(point), patients, seed, self._protocols
        )
        return self._observed.predicted(found.rows)


def _begin(space: Space, observed: Observations, protocols: tuple[Protocol, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to stop
    leave_with_parent()
    _Evaluator.here = _Evaluator(space, observed, protocols)


def _evaluate(asked: Asked) -> Floats:
    return _Evaluator.here.predict(*asked)
