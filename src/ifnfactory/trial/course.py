"""One arm, from its regimen to what flows in its patients' blood at every visit.

Patients come as they are on the first day of the trial. Order of events: doses and switches of the
regimen; a visit comes before a dose of the same day.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.panel import TrueMarkers
from ifnfactory.engine.batch import Events, Integrator, init
from ifnfactory.engine.observe import Observer, observer
from ifnfactory.foundation.progress import Progress
from ifnfactory.network.model import Network
from ifnfactory.pharmacology.coupling import Deviations, couple
from ifnfactory.pharmacology.regimen import DAYS_PER_WEEK, Regimen
from ifnfactory.population.sample import VirtualPatients

Floats = NDArray[np.float64]

MARKERS: Final = ("hbv_dna", "hbsag", "hbeag", "hbv_rna", "alt", "anc", "platelets")
"""Observables of the system that a laboratory measures, in the order of `TrueMarkers`."""
SHARD: Final = 1024
"""Patients whose full states are held at one time; only markers at visits outlive a shard."""


@dataclass(frozen=True)
class ArmCourse:
    """Markers of an arm's patients and how their integration ended."""

    truth: TrueMarkers
    status: NDArray[np.int64]


@dataclass(frozen=True)
class Treatment:
    """Everything about an arm that its patients do not differ in."""

    regimen: Regimen
    visit_weeks: Floats


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
        deviations: Deviations,
        progress: Progress,
    ) -> ArmCourse:
        """Treat all patients and look at them at every visit; tells `progress` of each patient."""
        n = len(patients.table)
        markers = np.empty((n, treatment.visit_weeks.size, len(MARKERS)))
        cleared = np.zeros((n, treatment.visit_weeks.size), dtype=np.bool_)
        status = np.zeros(n, dtype=np.int64)
        for start in range(0, n, SHARD):
            part = slice(start, min(start + SHARD, n))
            markers[part], cleared[part], status[part] = self._shard(
                treatment, patients, _part(deviations, part), part
            )
            progress.advance(part.stop - part.start)
        truth = TrueMarkers(
            treatment.visit_weeks,
            *(markers[:, :, i] for i in range(len(MARKERS))),
            hbeag_cleared=cleared,
            anti_hbe_responder=patients.anti_hbe_responder,
            anti_hbs_responder=patients.anti_hbs_responder,
        )
        return ArmCourse(truth, status)

    def _shard(
        self,
        treatment: Treatment,
        patients: VirtualPatients,
        deviations: Deviations,
        part: slice,
    ) -> tuple[Floats, NDArray[np.bool_], NDArray[np.int64]]:
        coupling = couple(treatment.regimen, patients.table.weight[part], deviations)
        constants = patients.constants[part].copy()
        for name, values in coupling.slot_parameters:
            constants[:, self.network.constant_names.index(name)] = values
        events = Events(coupling.day, coupling.target, coupling.add, coupling.value)
        days = treatment.visit_weeks * DAYS_PER_WEEK
        state = init(self.network, constants, patients.initial[part])
        state, info = self.integrator(state, float(days[-1]), events, days)
        clock = info.output[:, :, self._clock]
        return (
            self._observe(info.output, state.constants),
            clock >= constants[:, self._threshold, None],
            state.status,
        )


def _part(deviations: Deviations, part: slice) -> Deviations:
    return Deviations(*(getattr(deviations, field.name)[part] for field in fields(deviations)))
