"""Calibration: all weighted targets at once, informative priors, a search that survives a kill.

The objective is the loss of a qualification plus half the squared distance from the priors, that
is, minus a log-posterior up to a constant. It is noisy by the draw of virtual patients; the draw
is common within a generation and changes every few, so that no draw is fitted. The search is
CMA-ES, and its answer is the mean of the search distribution, never the luckiest sample.
"""

from __future__ import annotations

import itertools
import json
import pickle
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.evidence.free import Space
from ifnfactory.evidence.loss import loss
from ifnfactory.evidence.qualification import Qualification
from ifnfactory.evidence.qualify import qualify
from ifnfactory.foundation.errors import MissingExtraError
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.population.release import Population
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.run import Simulator, open_simulator

Floats = NDArray[np.float64]
Objective = Callable[[Floats, int], float]
GENERATIONS_PER_DRAW: Final = 4
"""The draw of patients changes after this many generations."""
STATE: Final = "search.pickle"
HISTORY: Final = "history.jsonl"
ANSWER: Final = "numbers.json"


@dataclass(frozen=True)
class Settings:
    """How to search.

    Attributes
    ----------
    patients
        Virtual patients in each arm and evaluation.
    population_size
        Points in a generation.
    step
        First step in SDs of the priors.
    generations
        At most so many in one call; None: as many as the time allows.
    """

    patients: int = 150
    population_size: int = 12
    step: float = 0.4
    seed: int = 1
    generations: int | None = None


def objective(
    space: Space, patients: int, threads: int | None = None, protocols: Sequence[Protocol] = ()
) -> Objective:
    """Return f(point, seed of the patients) → minus log-posterior.

    Parameters
    ----------
    protocols
        The trials to fit; default: all that are built in.
    """
    frame = open_simulator(threads, population=space.centre)

    def evaluate(z: Floats, seed: int) -> float:
        found = qualify_population(frame, space.population(z), patients, seed, protocols)
        return loss(found).total + 0.5 * float(np.sum(z**2))

    return evaluate


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


def calibrate(
    space: Space,
    folder: Path,
    minutes: float,
    settings: Settings | None = None,
    evaluate: Objective | None = None,
    progress: Progress | None = None,
) -> Floats:
    """Search for so many minutes, or go on with the search that lies in `folder`.

    After every generation the folder holds the search, its history and its present answer, so
    that a killed calibration loses at most a generation.

    Returns
    -------
    Floats
        The mean of the search distribution, in SDs of the priors.
    """
    try:
        import cma  # noqa: PLC0415 -- an extra
    except ImportError as error:
        raise MissingExtraError("cma", "calibrate") from error
    how = settings or Settings()
    value = evaluate or objective(space, how.patients)
    folder.mkdir(parents=True, exist_ok=True)
    search: Any
    if (folder / STATE).is_file():
        search = pickle.loads((folder / STATE).read_bytes())
    else:
        options = {"popsize": how.population_size, "seed": how.seed, "verbose": -9}
        search = cma.CMAEvolutionStrategy(np.zeros(len(space.free)), how.step, options)
    watcher = progress or Silent()
    until = time.monotonic() + 60.0 * minutes
    watcher.begin("calibrating", 0)
    left = itertools.count() if how.generations is None else range(how.generations)
    for _ in left:
        if time.monotonic() >= until:
            break
        draw = how.seed + int(search.countiter) // GENERATIONS_PER_DRAW
        points = search.ask()
        values = [value(np.asarray(point), draw) for point in points]
        search.tell(points, values)
        _keep(folder, space, search, values)
        watcher.advance()
    watcher.end()
    return np.asarray(search.mean)


def _keep(folder: Path, space: Space, search: Any, values: Sequence[float]) -> None:
    """Write the search, a line of history and the present answer; each whole or not at all."""
    mean = np.asarray(search.mean)
    line = {
        "generation": int(search.countiter),
        "best": min(values),
        "median": float(np.median(values)),
        "step": float(search.sigma),
    }
    with (folder / HISTORY).open("a", encoding="utf-8") as history:
        history.write(json.dumps(line) + "\n")
    answer = {"z": mean.tolist(), "numbers": space.numbers(mean)}
    for name, data in (
        (ANSWER, json.dumps(answer, indent=1).encode()),
        (STATE, pickle.dumps(search)),
    ):
        fresh = folder / f"{name}.new"
        fresh.write_bytes(data)
        fresh.replace(folder / name)
