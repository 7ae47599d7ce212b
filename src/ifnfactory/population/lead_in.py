"""Years on a nucleos(t)ide analogue before a trial, and who of those treated may still enter.

A trial of suppressed patients enrols people who have HBsAg (and, where it asks for it, HBeAg)
*after* those years. Whoever lost them on the way is a success of the earlier therapy and no patient
of the trial, so more people are taken through the years than are wanted, each is judged alone, and
the first n who may enter are the patients: one patient more changes nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.engine.batch import Events, Integrator, State, init
from ifnfactory.engine.observe import observer
from ifnfactory.engine.status import Status
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.streams import Seed, Streams, streams_of
from ifnfactory.network.model import Network
from ifnfactory.pharmacology.coupling import Deviations, couple, draw_deviations
from ifnfactory.pharmacology.regimen import DAYS_PER_WEEK, Regimen, course
from ifnfactory.population.baseline import Eligibility
from ifnfactory.population.release import Population
from ifnfactory.population.sample import VirtualPatients
from ifnfactory.population.screening import nobody_passes

Bools = NDArray[np.bool_]

DRUG: Final = ("entecavir", "0.5 mg", "1 day")
"""What patients took before a trial that enrols them on a nucleos(t)ide analogue [prior]: the
protocols say "nucleos(t)ide analogue", and the potent ones do not differ in this model."""
DAYS_PER_YEAR: Final = 365.25
SHARD: Final = 1024
"""Patients treated at a time."""
_MOST_PER_PATIENT: Final = 50


@dataclass(frozen=True)
class LeadIn:
    """The years before the first visit.

    Attributes
    ----------
    years
        On a nucleos(t)ide analogue; the same for all.
    eligibility
        Whose HBeAg status is asked for after these years.
    laboratory
        Whose limits say what has been lost.
    """

    years: float
    eligibility: Eligibility
    laboratory: Laboratory


def enter_after_lead_in(
    lead_in: LeadIn,
    population: Population,
    integrator: Integrator,
    draw: Callable[[int, Streams], VirtualPatients],
    n: int,
    seed: Seed,
) -> tuple[VirtualPatients, Deviations]:
    """Return the `n` patients of a trial on its first day, and their pharmacological deviations.

    Parameters
    ----------
    draw
        Draws the next so many untreated patients; the first of more are the same.
    seed
        Streams are left behind the last patient who was looked at.

    Raises
    ------
    UserInputError
        If almost everybody has lost the antigen before the trial begins.
    """
    streams, wanted = streams_of(seed), n
    if lead_in.years == 0.0:
        return draw(n, streams), draw_deviations(streams, n)
    while True:
        ahead = streams.fork()
        people, deviations = draw(wanted, ahead), draw_deviations(ahead, wanted)
        initial, enters = _treat(lead_in, population, integrator, people, deviations)
        rows = np.flatnonzero(enters)[:n]
        if len(rows) == n:
            last = int(rows[-1]) + 1 if n else 0
            draw(last, streams)  # again, so that the streams stand behind the last patient
            draw_deviations(streams, last)
            treated = replace(people, initial=initial)
            return treated.take(rows), _take(deviations, rows)
        if wanted >= _MOST_PER_PATIENT * n:
            raise UserInputError([nobody_passes(len(rows) / wanted)])
        wanted = min(wanted + 2 * (n - len(rows)) + 32, _MOST_PER_PATIENT * n)


def _treat(
    lead_in: LeadIn,
    population: Population,
    integrator: Integrator,
    people: VirtualPatients,
    deviations: Deviations,
) -> tuple[NDArray[np.float64], Bools]:
    """Take people through the years; return their states and who may enter the trial."""
    name, dose, every = DRUG
    weeks = lead_in.years * DAYS_PER_YEAR / DAYS_PER_WEEK
    therapy = population.dispensed(Regimen((course(name, dose, every, stop_week=weeks),)))
    network = population.network
    values, enters = np.empty_like(people.initial), np.zeros(len(people), dtype=np.bool_)
    for start in range(0, len(people), SHARD):
        part = np.arange(start, min(start + SHARD, len(people)))
        few = people.take(part)
        coupling = couple(therapy, few.table.weight, _take(deviations, part))
        constants = few.constants.copy()
        for parameter, numbers in coupling.slot_parameters:
            constants[:, network.constant_names.index(parameter)] = numbers
        events = Events(coupling.day, coupling.target, coupling.add, coupling.value)
        state = init(network, constants, few.initial)
        state, _ = integrator(state, weeks * DAYS_PER_WEEK, events, np.zeros(0))
        values[part] = state.values
        enters[part] = _may_enter(lead_in, network, state)
    return values, enters


def _may_enter(lead_in: LeadIn, network: Network, state: State) -> Bools:
    """Return who has what the trial asks for; who could not be integrated stays, to be counted."""
    seen = observer(network, ("hbsag", "hbeag"))(state.values[:, None, :], state.constants)[:, 0]
    column, threshold = "seroconversion_clock", "seroconversion_threshold"
    converted = (
        state.values[:, network.species_names.index(column)]
        >= state.constants[:, network.constant_names.index(threshold)]
    )
    enters = seen[:, 0] >= lead_in.laboratory.hbsag_lloq
    if lead_in.eligibility.hbeag_positive:
        enters &= (seen[:, 1] >= lead_in.laboratory.hbeag_cutoff) & ~converted
    return enters | (state.status != Status.COMPLETED)


def _take(deviations: Deviations, rows: NDArray[np.int64]) -> Deviations:
    return Deviations(*(getattr(deviations, field.name)[rows] for field in fields(deviations)))
