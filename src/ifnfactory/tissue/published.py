"""Published models followed as they were published: what we get for each of their numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.measures import slope
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_check import rate_values
from ifnfactory.tissue.model_file import load_model
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.sites import Sites
from ifnfactory.tissue.state import State
from ifnfactory.tissue.targets import Target

Job = TypeVar("Job")
Made = TypeVar("Made")

PRESTIMULATED: Final = {"ifn": 0.035, "irf7": 0.097, "irf7p": 0.028, "statp": 0.714}
"""Amounts in every cell at the start of the pre-stimulated case [uM] (PLAQUE, section 2A [V])."""

LAST_STEP: Final = 479
"""Step of the last published output, at 79.83 h; outputs are written at the end of a step."""


def together(work: Callable[[Job], Made], jobs: Sequence[Job], threads: int) -> list[Made]:
    """Return the results of independent jobs in their order."""
    if threads == 1:
        return [work(job) for job in jobs]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, jobs))


@dataclass(frozen=True)
class PlaqueRun:
    """One replicate of a case.

    Attributes
    ----------
    radius
        Of all cells ever infected after each step, (steps,) [cell diameters].
    dead_radius
        At the last step.
    virus, interferon
        Totals of the fields as the publication takes them.
    """

    radius: NDArray[np.float64]
    dead_radius: float
    virus: float
    interferon: float


def plaque_case(case: str) -> tuple[Model, Sites]:
    """Return model and lattice of a case as the targets name it, such as ``k31 x10;L=167``."""
    name, _, side = case.partition(";L=")
    model = load_model("plaque")
    if match := re.fullmatch(r"(\w+) x([\d.]+)", name):
        model = model.with_rates(**{match[1]: model.rate_value(match[1]) * float(match[2])})
    elif name == "pre-stimulated":
        model = replace(
            model,
            quantities=tuple(
                replace(item, initial=PRESTIMULATED.get(item.name, item.initial))
                for item in model.quantities
            ),
        )
    elif name != "baseline":
        raise ValueError(f"no such case: {case}")
    return model, Sites(int(side), int(side))


def run_plaque(model: Model, sites: Sites, seed: int) -> PlaqueRun:
    """Follow one replicate for 480 steps."""
    simulation = Simulation(model, sites, seed)
    state = simulation.init()
    step_h = model.macro_step / 60.0
    radius = np.empty(LAST_STEP + 1)
    virus = 0.0
    for step in range(LAST_STEP + 1):
        if step == LAST_STEP:
            virus = _total(simulation, state, "virus")  # taken before virus is released
        state, _ = simulation.advance(state, (step + 1) * step_h, throw=True)
        radius[step] = _radius(simulation, state, "plaque")
    # Published before the field is carried on, ours after: that took the same share everywhere.
    kept = _kept(model, "interferon")
    interferon = _total(simulation, state, "interferon") / kept
    return PlaqueRun(radius, _radius(simulation, state, "dead"), virus, interferon)


def _radius(simulation: Simulation, state: State, measure: str) -> float:
    cells = round(simulation.share(state, measure) * simulation.sites.cells)
    return math.sqrt(cells / math.pi)


def _total(simulation: Simulation, state: State, name: str) -> float:
    values = state.fields[simulation.model.field_index(name)]
    return float(np.sum(values, dtype=np.float64))


def _kept(model: Model, name: str) -> float:
    """Return the share of a field that the decay of one step leaves."""
    field = model.fields[model.field_index(name)]
    decay = float(evaluate(field.decay, rate_values(model)))
    return (1.0 - decay * model.macro_step / field.substeps) ** field.substeps


def plaque_value(runs: Sequence[PlaqueRun], target: Target) -> float:
    """Return the median over replicates of the quantity that a target asks for."""
    times = np.arange(LAST_STEP + 1) / 6.0

    def of(run: PlaqueRun) -> float:
        if target.quantity == "growth_rate_R_I1":
            return slope(times[-10:], run.radius[-10:])
        if target.quantity == "radius_R_D":
            return run.dead_radius
        if target.quantity == "total_virus_Ve":
            return run.virus
        if target.quantity == "total_IFN_IFNe":
            return run.interferon
        step = min(round(float(target.time.removesuffix(" h")) * 6.0), LAST_STEP)
        return float(run.radius[step])

    return float(np.median([of(run) for run in runs]))


def plaque_answers(
    targets: Iterable[Target], replicates: int, seed: int, threads: int, done: Callable[[], None]
) -> dict[str, float]:
    """Return the value of every plaque target by its identifier.

    Parameters
    ----------
    done
        Called after each replicate of each case.
    """
    asked = list(targets)
    answers: dict[str, float] = {}
    for case in dict.fromkeys(target.case for target in asked):
        model, sites = plaque_case(case)

        def one(number: int, model: Model = model, sites: Sites = sites) -> PlaqueRun:
            run = run_plaque(model, sites, number)
            done()
            return run

        runs = together(one, [seed + k for k in range(replicates)], threads)
        for target in asked:
            if target.case == case:
                answers[target.target_id] = plaque_value(runs, target)
    return answers


VISAVIS_HOURS: Final = (16.0, 24.0, 48.0, 72.0)


def run_visavis(seed: int) -> list[dict[str, float]]:
    """Follow a sheet of 100 x 100 cells at 0.01 MOI; return its numbers at the published times."""
    model = load_model("visavis")
    simulation = Simulation(model, Sites(100, 100), seed)
    state, found = simulation.init(), list[dict[str, float]]()
    lower = model.fields[0].name
    for hour in VISAVIS_HOURS:
        state, _ = simulation.advance(state, hour, throw=True)
        infected = simulation.share(state, "infected")
        producing = simulation.share(state, "producing")
        found.append(
            {
                "infected_fraction": infected,
                "ISG_positive_fraction": simulation.share(state, "isg_positive"),
                "pSTAT_positive_fraction": simulation.share(state, "pstat_positive"),
                "secreting_over_infected": producing / infected if infected else math.nan,
                "IFN_lower_mean": _total(simulation, state, lower) / simulation.sites.cells,
            }
        )
    return found


def visavis_answers(
    targets: Iterable[Target], replicates: int, seed: int, threads: int, done: Callable[[], None]
) -> dict[str, float]:
    """Return the mean over replicates of every target's quantity."""

    def one(number: int) -> list[dict[str, float]]:
        run = run_visavis(number)
        done()
        return run

    runs = together(one, [seed + k for k in range(replicates)], threads)
    answers: dict[str, float] = {}
    for target in targets:
        at = VISAVIS_HOURS.index(float(target.time.removesuffix(" h")))
        answers[target.target_id] = float(np.mean([run[at][target.quantity] for run in runs]))
    return answers
