"""A protocol in, a table of simulated beside published endpoints out."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import measure
from ifnfactory.assays.panel import Panel, TrueMarkers
from ifnfactory.engine.batch import Tolerances, compiled
from ifnfactory.engine.kernel import load_kernel
from ifnfactory.engine.status import Status
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.foundation.provenance import versions
from ifnfactory.population.lead_in import LeadIn, enter_after_lead_in
from ifnfactory.population.release import Population, shipped_population
from ifnfactory.trial.attendance import last_weeks, unseen_after
from ifnfactory.trial.course import Clinic, Treatment
from ifnfactory.trial.endpoints import EndpointContext, evaluate, parse_endpoint, timing_fault
from ifnfactory.trial.estimates import estimate
from ifnfactory.trial.protocol import Arm, Protocol, PublishedResult
from ifnfactory.trial.result import ArmOutcome, ResultRow, TrialResult

UNPUBLISHED: Final = (
    "hbeag_loss",
    "hbeag_seroconversion",
    "hbsag_loss",
    "hbv_dna_lt_2000iu",
    "alt_normal",
    "mean_log10_dna_change",
    "mean_log10_hbsag_change",
    "mean_log10_rna_change",
    "functional_cure",
    "partial_cure",
    "relapse",
)
"""Endpoints that are always told at the end of treatment and of follow-up, published or not."""


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
        people, deviations = enter_after_lead_in(
            LeadIn(protocol.baseline.prior_na_years, protocol.eligibility, protocol.laboratory),
            self.population.network,
            self.clinic.integrator,
            lambda n: self.population.draw(protocol.baseline, protocol.eligibility, n, seed),
            patients,
            seed,
        )
        watcher.end()
        last_week = last_weeks(protocol.attendance, patients, seed)
        watcher.begin("treating patients", patients * len(protocol.arms))
        arms: list[ArmOutcome] = []
        for arm in protocol.arms:
            treatment = Treatment(arm.regimen, np.array(protocol.visit_weeks))
            course = self.clinic.follow(treatment, people, deviations, watcher)
            panel = measure(_hide(course.truth, course.status), protocol.laboratory, seed)
            seen = unseen_after(panel, last_week)
            arms.append(ArmOutcome(arm.name, people.table, seen, course.status, last_week))
        watcher.end()
        rows = tuple(row for outcome in arms for row in _rows(protocol, outcome))
        return TrialResult(
            protocol=protocol,
            seed=seed,
            version=versions()["ifnfactory"],
            parameter_set=self.population.fingerprint,
            wall_s=time.perf_counter() - began,
            arms=tuple(arms),
            rows=rows,
            status_counts=_count(arms),
            laboratory=protocol.laboratory,
        )


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
    kernel = load_kernel(people.network, watcher)
    integrator = compiled(people.network, kernel, Tolerances(), threads or os.cpu_count())
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
    lost = status != Status.COMPLETED
    if not lost.any():
        return truth
    hidden = {
        field.name: np.where(lost[:, None], np.nan, getattr(truth, field.name))
        for field in fields(truth)
        if getattr(truth, field.name).ndim == 2 and getattr(truth, field.name).dtype == np.float64
    }
    return replace(truth, **hidden)


def _count(arms: list[ArmOutcome]) -> tuple[tuple[str, int], ...]:
    codes = np.concatenate([arm.status for arm in arms])
    return tuple((status.word, int(np.count_nonzero(codes == status))) for status in Status)


def _rows(protocol: Protocol, outcome: ArmOutcome) -> Iterator[ResultRow]:
    """Give published endpoints in the order of the file, then the others."""
    arm = protocol.arm(outcome.arm)
    judged = outcome.integrated()
    panel = judged.panel
    context = EndpointContext(
        protocol.laboratory, arm.regimen.end_of_treatment_week, judged.patients.female
    )
    done: set[tuple[str, float]] = set()
    units = {published.endpoint: published.unit for published in protocol.published}
    for published in protocol.published:
        if published.arm == arm.name:
            done.add((published.endpoint, published.week))
            yield _row(arm, published.endpoint, published.week, panel, context, published)
    for week in sorted({context.end_of_treatment_week, protocol.visit_weeks[-1]}):
        for name in UNPUBLISHED:
            told = (name, week) in done or week not in protocol.visit_weeks
            if not told and not timing_fault(parse_endpoint(name), week, arm_end(arm)):
                row = _row(arm, name, week, panel, context, None)
                if row.patients:  # in the unit in which the trial's other arms were published
                    yield replace(row, unit=units.get(name, row.unit))


def arm_end(arm: Arm) -> float:
    """Return the week in which an arm's therapy ends."""
    return arm.regimen.end_of_treatment_week


def _row(
    arm: Arm,
    name: str,
    week: float,
    panel: Panel,
    context: EndpointContext,
    published: PublishedResult | None,
) -> ResultRow:
    try:
        found = estimate(evaluate(name, panel, week, context))
    except UserInputError:
        if published is None:  # not every endpoint can be judged at every arm's own weeks
            return ResultRow(arm.name, name, week, None, 0, None, None, None, None, None, "")
        raise
    unit = published.unit if published else parse_endpoint(name).unit
    interval = published.ci if published else None
    known = found.patients > 0
    return ResultRow(
        arm=arm.name,
        endpoint=name,
        week=week,
        n_published=published.n if published else None,
        patients=found.patients,
        value=found.value if known else None,
        ci=(found.low, found.high) if known else None,
        published=published.value if published else None,
        published_ci=interval,
        inside=interval[0] <= found.value <= interval[1] if interval and known else None,
        unit=unit,
    )
