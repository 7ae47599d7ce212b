"""One arm, from its regimen to what flows in its patients' blood at every visit.

Patients come as they are on the first day of the trial. Order of events: a visit comes before a
dose of the same day, and what its rules decide holds for that dose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import Laboratory, report
from ifnfactory.assays.panel import Panel, TrueMarkers
from ifnfactory.biology.adverse_events import AdverseEvents
from ifnfactory.engine.batch import Events, Integrator, State, init
from ifnfactory.engine.observe import Observer, observer
from ifnfactory.foundation.progress import Progress
from ifnfactory.network.model import Network
from ifnfactory.pharmacology.coupling import SLOTS, couple
from ifnfactory.pharmacology.drug import Interferon
from ifnfactory.pharmacology.regimen import DAYS_PER_WEEK, Regimen
from ifnfactory.population.sample import VirtualPatients
from ifnfactory.rules.select import Order
from ifnfactory.trial.care import ArmPlan, Care
from ifnfactory.trial.chance import Chance
from ifnfactory.trial.conduct import Conduct, join_conduct
from ifnfactory.trial.findings import Chart
from ifnfactory.trial.visit_loop import walk

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MARKERS: Final = ("hbv_dna", "hbsag", "hbeag", "hbv_rna", "alt", "anc", "platelets")
"""Observables of the system that a laboratory measures, in the order of `TrueMarkers`."""
SHARD: Final = 1024
"""Patients whose full states are held at one time; only markers at visits outlive a shard."""


@dataclass(frozen=True)
class ArmCourse:
    """Markers of an arm's patients, what they suffered, what they were given, and how it ended."""

    truth: TrueMarkers
    status: NDArray[np.int64]
    events: AdverseEvents
    conduct: Conduct


@dataclass(frozen=True)
class Treatment:
    """Everything about an arm that its patients do not differ in.

    Attributes
    ----------
    orders
        The rules by which doses follow what visits show.
    laboratory
        Who measures what rules look at.
    """

    regimen: Regimen
    visit_weeks: Floats
    orders: tuple[Order, ...] = ()
    laboratory: Laboratory = field(default_factory=Laboratory)


class _Part(NamedTuple):
    """What a shard of patients gives."""

    markers: Floats
    cleared: Bools
    status: NDArray[np.int64]
    events: AdverseEvents
    conduct: Conduct


class Clinic:
    """Follows arms of patients with one integrator.

    Parameters
    ----------
    network
        The system.
    integrator
        Compiled kernel or reference.
    """

    def __init__(self, network: Network, integrator: Integrator) -> None:
        self.network = network
        self.integrator = integrator
        self._observe: Observer = observer(network, MARKERS)
        self._clock = network.species_names.index("seroconversion_clock")
        self._threshold = network.constant_names.index("seroconversion_threshold")

    def follow(
        self,
        treatment: Treatment,
        patients: VirtualPatients,
        chance: Chance,
        progress: Progress,
    ) -> ArmCourse:
        """Treat all patients and look at them at every visit; tells `progress` of each patient."""
        n = len(patients.table)
        parts: list[_Part] = []
        follows = chance.follows(treatment.orders)
        for start in range(0, n, SHARD):
            part = slice(start, min(start + SHARD, n))
            parts.append(
                self._shard(
                    treatment,
                    patients.take(np.arange(start, part.stop)),
                    chance.of(part),
                    follows[part],
                )
            )
            progress.advance(part.stop - part.start)
        markers = np.concatenate([part.markers for part in parts])
        return ArmCourse(
            truth=_truth(
                treatment.visit_weeks,
                markers,
                np.concatenate([part.cleared for part in parts]),
                patients,
                chance.viraemia,
            ),
            status=np.concatenate([part.status for part in parts]),
            events=_join([part.events for part in parts]),
            conduct=join_conduct([part.conduct for part in parts]),
        )

    def _shard(
        self,
        treatment: Treatment,
        patients: VirtualPatients,
        chance: Chance,
        follows: Bools,
    ) -> _Part:
        coupling = couple(treatment.regimen, patients.table.weight, chance.deviations)
        constants = patients.constants.copy()
        for name, values in coupling.slot_parameters:
            constants[:, self.network.constant_names.index(name)] = values
        days = treatment.visit_weeks * DAYS_PER_WEEK
        weeks = treatment.visit_weeks

        def look(states: Floats, visits: slice) -> TrueMarkers:
            seen, cleared = self._seen(states, constants)
            return _truth(weeks[visits], seen, cleared, patients, chance.viraemia[:, visits])

        def laboratory(visit: int, states: Floats) -> Panel:
            at = slice(visit, visit + 1)
            errors = chance.errors.at(slice(None), at)
            return report(look(states, at), treatment.laboratory, errors)

        plan = arm_plan(treatment, days)
        chart = Chart(
            patients.table,
            treatment.laboratory,
            chance.creatinine_clearance,
            chance.susceptibility,
            max(int(np.searchsorted(days, min(plan.interferon_day, days[-1]), "right")) - 1, 0),
        )
        care = Care(
            plan, coupling, chart, chance.susceptibility, follows, laboratory, chance.intake
        )
        events = Events(coupling.day, coupling.target, coupling.add, coupling.value)
        state = init(self.network, constants, patients.initial)
        asked = bool(treatment.orders) or chance.intake is not None
        state, output = self._through_visits(care, asked, state, events, days)
        markers, cleared = self._seen(output, constants)
        return _Part(markers, cleared, state.status, *care.record())

    def _through_visits(
        self, care: Care, asked: bool, state: State, events: Events, days: Floats
    ) -> tuple[State, Floats]:
        """Integrate: in one go unless care has to be `asked` at visits what is given."""
        if asked:
            return walk(self.integrator, state, events, days, care.decide)
        state, info = self.integrator(state, float(days[-1]), events, days)
        for visit in range(len(days) - 1):
            planned = events.between(float(days[visit]), float(days[visit + 1]))
            care.decide(visit, info.output[:, visit : visit + 1], planned)
        return state, info.output

    def _seen(self, states: Floats, constants: Floats) -> tuple[Floats, Bools]:
        """Return the markers, and whether HBeAg has been cleared."""
        cleared = states[:, :, self._clock] >= constants[:, self._threshold, None]
        return self._observe(states, constants), cleared


def arm_plan(treatment: Treatment, days: Floats) -> ArmPlan:
    """Return what the arm's patients do not differ in, in the terms of the visit loop."""
    interferons = treatment.regimen.interferons()
    slots = np.zeros((len(treatment.orders), len(SLOTS)), dtype=np.bool_)
    for index, order in enumerate(treatment.orders):
        for place, drug in enumerate(interferons):
            slots[index, place] = order.concerns(drug)
    starts = [c.start_week for c in treatment.regimen.courses if isinstance(c.drug, Interferon)]
    first = min(starts, default=np.inf) * DAYS_PER_WEEK
    return ArmPlan(days, treatment.orders, slots, first)


def _truth(
    weeks: Floats, markers: Floats, cleared: Bools, patients: VirtualPatients, viraemia: Floats
) -> TrueMarkers:
    flowing = {name: markers[:, :, i] for i, name in enumerate(MARKERS)}
    flowing["hbv_dna"] = flowing["hbv_dna"] * np.power(10.0, viraemia)
    return TrueMarkers(
        weeks,
        **flowing,
        hbeag_cleared=cleared,
        anti_hbe_responder=patients.anti_hbe_responder,
        anti_hbs_responder=patients.anti_hbs_responder,
    )


def _join(parts: Sequence[AdverseEvents]) -> AdverseEvents:
    names = [each.name for each in fields(AdverseEvents)]
    return AdverseEvents(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))
