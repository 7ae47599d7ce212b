"""A protocol in, a table of simulated beside published endpoints out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import report
from ifnfactory.assays.panel import TrueMarkers
from ifnfactory.engine.status import Status, integrated
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.foundation.provenance import versions
from ifnfactory.foundation.streams import Streams
from ifnfactory.pharmacology.coupling import Deviations
from ifnfactory.population.lead_in import LeadIn, enter_after_lead_in
from ifnfactory.population.release import Population
from ifnfactory.population.released import shipped_population
from ifnfactory.population.sample import VirtualPatients
from ifnfactory.trial.attendance import unseen_after
from ifnfactory.trial.chance import Chance, draw_chance
from ifnfactory.trial.course import Clinic, Treatment
from ifnfactory.trial.entry import Criteria, enter
from ifnfactory.trial.integrator import trial_integrator
from ifnfactory.trial.protocol import Arm, Protocol
from ifnfactory.trial.result import ArmOutcome, TrialResult
from ifnfactory.trial.rows import rows_of, tallies
from ifnfactory.trial.safety import seen_safety


@dataclass(frozen=True)
class Cohort:
    """Some patients of a trial and everything about them that is left to chance.

    Attributes
    ----------
    people
        On the first day of the trial.
    chance
        What drugs do in them, how they are measured, what they suffer, and when they leave.
    """

    people: VirtualPatients
    chance: Chance


@dataclass(frozen=True)
class Simulator:
    """A population with its compiled model, ready to be treated in any number of trials.

    Attributes
    ----------
    population
        Who is treated.
    clinic
        Follows arms of patients.
    """

    population: Population
    clinic: Clinic

    def run(
        self,
        protocol: Protocol,
        patients: int,
        seed: int,
        progress: Progress | None = None,
    ) -> TrialResult:
        """Treat virtual patients as a protocol says; see `run_trial`."""
        began = time.perf_counter()
        watcher = progress or Silent()
        watcher.begin("drawing patients", 0)
        streams = Streams(seed)
        cohort = self.gather(protocol, patients, streams)
        watcher.end()
        watcher.begin("treating patients", patients * len(protocol.arms))
        arms = [self.treat(protocol, arm, cohort, watcher) for arm in protocol.arms]
        watcher.end()
        found = self.result(protocol, seed, arms, streams.names())
        return replace(found, wall_s=time.perf_counter() - began)

    def result(
        self, protocol: Protocol, seed: int, arms: Sequence[ArmOutcome], streams: tuple[str, ...]
    ) -> TrialResult:
        """Return the result of a trial whose arms have been treated; nobody timed it."""
        rows = [
            row
            for arm, outcome in zip(protocol.arms, arms, strict=True)
            for row in rows_of(protocol, arm, [tallies(protocol, outcome)])
        ]
        return TrialResult(
            protocol=protocol,
            seed=seed,
            version=versions()["ifnfactory"],
            parameter_set=self.population.fingerprint,
            wall_s=0.0,
            arms=tuple(arms),
            rows=tuple(rows),
            status_counts=count_status([arm.status for arm in arms]),
            laboratory=protocol.laboratory,
            streams=streams,
        )

    def gather(self, protocol: Protocol, patients: int, streams: Streams, first: int = 0) -> Cohort:
        """Draw the next patients of a trial, who are the same for all arms.

        Everything about them that is left to chance is drawn here and in one order, and `streams`
        are left behind the last of them.

        Parameters
        ----------
        first
            Number of the first patient.
        """
        wanted, laboratory = protocol.eligibility, protocol.laboratory

        def draw(n: int, ahead: Streams) -> tuple[VirtualPatients, Deviations]:
            return enter_after_lead_in(
                LeadIn(protocol.baseline.prior_na_years, wanted, laboratory),
                self.population,
                self.clinic.integrator,
                lambda m, seed: self.population.draw(protocol.baseline, wanted, m, seed),
                n,
                ahead,
            )

        criteria = Criteria(wanted, protocol.contraindications, laboratory)
        entrants = enter(criteria, self.population.network, draw, patients, streams)
        table = replace(entrants.people.table, patient=np.arange(first, first + patients))
        people = replace(entrants.people, table=table)
        chance = draw_chance(
            streams,
            people,
            entrants.deviations,
            np.array(protocol.visit_weeks),
            [order for arm in protocol.arms for order in arm.orders],
            protocol.adherence,
            entrants.clearance,
        )
        return Cohort(people, chance)

    def treat(self, protocol: Protocol, arm: Arm, cohort: Cohort, progress: Progress) -> ArmOutcome:
        """Treat a cohort in one arm; tells `progress` of each patient."""
        weeks, chance = np.array(protocol.visit_weeks), cohort.chance
        regimen = self.population.dispensed(arm.regimen)
        treatment = Treatment(regimen, weeks, arm.orders, protocol.laboratory)
        course = self.clinic.follow(treatment, cohort.people, chance, progress)
        panel = report(_hide(course.truth, course.status), protocol.laboratory, chance.errors)
        safety = seen_safety(
            panel,
            course.events,
            chance.susceptibility,
            course.conduct,
            (protocol.attendance, chance.restlessness),
            arm.treated_weeks,
        )
        left = safety.departure.week
        stopped = np.isfinite(safety.conduct.stopped_week) & (course.status == Status.COMPLETED)
        status = np.where(stopped, int(Status.STOPPED_BY_RULE), course.status)
        seen = unseen_after(panel, left)
        return ArmOutcome(arm.name, cohort.people.table, seen, status, left, safety)


def open_simulator(
    threads: int | None = None,
    progress: Progress | None = None,
    population: Population | None = None,
) -> Simulator:
    """Read the model and load or compile its kernel.

    Parameters
    ----------
    threads
        None: one for each core. No result depends on it.
    population
        None: the shipped one.
    """
    watcher = progress or Silent()
    watcher.begin("reading the model", 0)
    people = population or shipped_population()
    watcher.end()
    integrator = trial_integrator(people.network, threads, watcher)
    return Simulator(people, Clinic(people.network, integrator))


def run_trial(
    protocol: Protocol,
    patients: int,
    seed: int,
    threads: int | None = None,
    progress: Progress | None = None,
) -> TrialResult:
    """Treat virtual patients of the shipped population as a protocol says.

    Parameters
    ----------
    patients
        Patients in each arm; every arm treats the same patients (common random numbers).
    seed
        Seed of every random stream.
    threads
        None: one for each core. The result does not depend on it.

    Raises
    ------
    UserInputError
        If nobody fits the baseline and the entry criteria.
    """
    began = time.perf_counter()
    result = open_simulator(threads, progress).run(protocol, patients, seed, progress)
    return replace(result, wall_s=time.perf_counter() - began)


def _hide(truth: TrueMarkers, status: NDArray[np.int64]) -> TrueMarkers:
    """Make every marker of a patient who could not be integrated missing."""
    lost = ~integrated(status)
    if not lost.any():
        return truth
    hidden = {
        field.name: np.where(lost[:, None], np.nan, getattr(truth, field.name))
        for field in fields(truth)
        if getattr(truth, field.name).ndim == 2 and getattr(truth, field.name).dtype == np.float64
    }
    return replace(truth, **hidden)


def count_status(codes: Sequence[NDArray[np.int64]]) -> tuple[tuple[str, int], ...]:
    """Return (word, number) pairs over every status, from arrays of codes."""
    every = np.concatenate(codes)
    return tuple((status.word, int(np.count_nonzero(every == status))) for status in Status)
