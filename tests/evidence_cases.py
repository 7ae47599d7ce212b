"""Targets, rows and runs made by hand, which the tests of the evidence share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from synthetic import no_trouble, panel, patient_table

from ifnfactory.engine.status import Status
from ifnfactory.evidence.qualification import Qualification, Row
from ifnfactory.evidence.targets import Target
from ifnfactory.foundation.progress import Progress
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.result import ArmOutcome, TrialResult

TARGET = Target(
    target_id="LAU2005.peg_mono.hbeag_loss.w72",
    trial="LAU2005",
    parent="LAU2005",
    arm="peg_mono",
    level="arm",
    endpoint="hbeag_loss",
    endpoint_class="serology",
    time_basis="start",
    week=72.0,
    weeks_after_treatment=None,
    value=34.0,
    unit="%",
    k=92,
    n=271,
    ci=(28.33, 39.92),
    weight=0.5,
    line=2,
)

ROW = Row(
    target_id="A.1",
    trial="A",
    protocol="a",
    arm="peg",
    endpoint="hbeag_loss",
    endpoint_class="serology",
    phase="after treatment",
    week=72.0,
    unit="%",
    published=30.0,
    published_ci=(20.0, 45.0),
    simulated=30.0,
    simulated_ci=(28.0, 32.0),
    standard_error=1.0,
    patients=2000,
    reach=(10.0, 15.0),
    inside=True,
    k=30,
    n=100,
    weight=1.0,
)


def rows() -> tuple[Row, ...]:
    """Two trials, two classes, three weights: what is summed can be checked by hand."""
    return (
        ROW,
        replace(ROW, target_id="A.2", simulated=50.0, inside=False, weight=0.5),
        replace(ROW, target_id="B.1", trial="B", endpoint_class="virology", weight=0.5),
        replace(ROW, target_id="B.2", trial="B", simulated=5.0, inside=False, weight=2.0),
    )


def qualification(of: tuple[Row, ...]) -> Qualification:
    return Qualification("ab12", "0.1.0", 1, 10, 2.5, of, (), (), (), (), None)


class Runner:
    """Stands in for the simulation: an exponential fall, and notes who was treated."""

    def __init__(self, parameter_sets: tuple[str, ...] = ("ab12",)) -> None:
        self.runs: list[tuple[str, int, int, int | None]] = []
        self._parameter_sets = parameter_sets

    def __call__(
        self,
        protocol: Protocol,
        patients: int,
        seed: int,
        threads: int | None,
        progress: Progress | None,
    ) -> TrialResult:
        self.runs.append((protocol.name, patients, seed, threads))
        if progress is not None:
            progress.begin("treating", patients)
            progress.advance(patients)
            progress.end()
        last = min(len(self.runs), len(self._parameter_sets)) - 1
        result = run(protocol, patients)
        return replace(result, parameter_set=self._parameter_sets[last])


def run(protocol: Protocol, patients: int) -> TrialResult:
    people = patient_table(patients)
    weeks = np.asarray(protocol.visit_weeks, dtype=np.float64)
    arms = tuple(
        ArmOutcome(
            arm=arm.name,
            patients=people,
            panel=panel(people, weeks, arm.regimen.end_of_treatment_week, depth=4.0 + index),
            status=np.full(patients, int(Status.COMPLETED)),
            last_week=np.full(patients, np.inf),
            safety=no_trouble(patients, len(weeks)),
        )
        for index, arm in enumerate(protocol.arms)
    )
    counts = (("completed", patients * len(arms)), ("step_limit", 0), ("non_finite", 0))
    return TrialResult(protocol, 1, "0.1.0", "ab12", 0.5, arms, (), counts, protocol.laboratory)
