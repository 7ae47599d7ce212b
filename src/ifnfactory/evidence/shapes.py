"""The course of an arm in few numbers: what its figures need once the patients are forgotten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.primitives import log10_change
from ifnfactory.evidence.hbsag_groups import HbsagGroups, hbsag_groups
from ifnfactory.trial.result import ArmOutcome, TrialResult

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """Change of log10 of a marker over the visits, each of shape (visits,).

    Attributes
    ----------
    low, high
        5 and 95 % of the patients.
    """

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class ArmShape:
    """An arm without its patients.

    Attributes
    ----------
    week
        Shape (visits,).
    interferon
        Whether any interferon is given.
    hbeag_positive_share
        Share with HBeAg at entry, 0 to 1.
    end_of_treatment_week
        Week of the last stop; 0 for an untreated arm.
    hbv_dna, hbsag
        Change from baseline [log10], values below the laboratory's limit raised to it.
    hbsag_waterfall
        Shape (patients,): each patient's change of HBsAg at the end of treatment (in the last visit
        of an untreated arm), the deepest first [log10].
    hbsag_groups
        Responders and others, by HBeAg status; empty without interferon or follow-up.
    """

    protocol: str
    arm: str
    label: str
    interferon: bool
    hbeag_positive_share: float
    end_of_treatment_week: float
    week: Floats
    hbv_dna: Course
    hbsag: Course
    hbsag_waterfall: Floats
    hbsag_groups: tuple[HbsagGroups, ...]


def shape_of(result: TrialResult, outcome: ArmOutcome) -> ArmShape:
    """Return the shape of an arm."""
    arm = result.protocol.arm(outcome.arm)
    panel, laboratory = outcome.panel, result.laboratory
    stop = arm.regimen.end_of_treatment_week
    dna = log10_change(panel.hbv_dna[:, :1], panel.hbv_dna, laboratory.dna_lloq)
    hbsag = log10_change(panel.hbsag[:, :1], panel.hbsag, laboratory.hbsag_lloq)
    last = len(panel.week) - 1
    at_stop = min(int(np.searchsorted(panel.week, stop)), last) if stop > 0.0 else last
    waterfall = hbsag[:, at_stop]
    interferon = any("interferon" in course.drug.name for course in arm.regimen.courses)
    return ArmShape(
        protocol=result.protocol.name,
        arm=arm.name,
        label=arm.label,
        interferon=interferon,
        hbeag_positive_share=float(np.mean(outcome.patients.hbeag_positive)),
        end_of_treatment_week=stop,
        week=panel.week,
        hbv_dna=_course(dna),
        hbsag=_course(hbsag),
        hbsag_waterfall=np.sort(waterfall[np.isfinite(waterfall)]),
        hbsag_groups=hbsag_groups(result, outcome) if interferon else (),
    )


def _course(change: Floats) -> Course:
    """Return the course of whoever is seen; NaN at visits where nobody is."""
    course = np.full((3, change.shape[1]), np.nan)
    for visit in range(change.shape[1]):
        seen = change[np.isfinite(change[:, visit]), visit]
        if len(seen):
            course[:, visit] = np.mean(seen), *np.quantile(seen, (0.05, 0.95))
    return Course(*course)
