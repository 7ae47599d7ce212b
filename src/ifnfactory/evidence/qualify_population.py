"""Qualify any population with a model that is compiled already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ifnfactory.evidence.qualification import Qualification
from ifnfactory.evidence.qualify import qualify
from ifnfactory.foundation.progress import Progress
from ifnfactory.population.release import Population
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.run import Simulator


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
