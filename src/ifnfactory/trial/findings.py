"""What a visit has shown of patients, in the words of rules: laboratory, complaints, history.

Only what the laboratory reported and what patients complain of: never a state of the model.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.assays.panel import Panel
from ifnfactory.biology.adverse_events import AdverseEvents, Susceptibility
from ifnfactory.biology.tolerability import load_tolerability
from ifnfactory.foundation.streams import Seed, stream
from ifnfactory.population.patients import PatientTable
from ifnfactory.rules.cohort import CohortFindings

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CREATININE: Final = (0.95, 0.75, 0.18)
"""Serum creatinine of men and of women [mg/dL] and its log-SD in patients without renal disease
[prior]: the usual reference range. Clearance follows from Cockcroft and Gault."""
WEEKS_PER_YEAR: Final = 365.25 / 7.0
NO_COMPLAINT: Final = ("thyroid_dysfunction", "anaemia")
"""Side effects that the laboratory finds, and no patient complains of."""


def creatinine_clearance(table: PatientTable, seed: Seed) -> Floats:
    """Return the clearance at entry by Cockcroft and Gault, shape (patients,) [mL/min]."""
    men, women, spread = CREATININE
    score = stream(seed, "conduct", "creatinine").standard_normal(len(table))
    creatinine = np.where(table.female, women, men) * np.exp(spread * score)
    clearance = (140.0 - table.age) * table.weight / (72.0 * creatinine)
    return np.where(table.female, 0.85 * clearance, clearance)


class Chart:
    """The charts of some patients: takes visit after visit, and says what is known.

    Attributes
    ----------
    first
        Index of the visit to which declines refer: the last one before or with the first dose.
    """

    def __init__(
        self,
        table: PatientTable,
        laboratory: Laboratory,
        clearance: Floats,
        susceptibility: Susceptibility,
        first: int,
    ) -> None:
        n = len(table)
        self._table = table
        self._laboratory = laboratory
        self._clearance = clearance
        self._grade = susceptibility.grade
        self.first = first
        self._start_dna, self._start_hbsag = np.full(n, np.nan), np.full(n, np.nan)
        self._start_hbeag = np.zeros(n, dtype=np.bool_)
        # Who comes suppressed after years of therapy has been so since its second year [prior].
        self._undetectable = np.where(
            table.prior_na_years > 0.0, -WEEKS_PER_YEAR * (table.prior_na_years - 1.0), np.inf
        )
        self._without_hbeag = np.full(n, np.inf)
        names = load_tolerability().names
        self._complaints = np.array([name not in NO_COMPLAINT for name in names])
        self._depression = names.index("depression")
        self._thyroid = names.index("thyroid_dysfunction")

    def visit(self, index: int, panel: Panel, events: AdverseEvents) -> CohortFindings:
        """Return what is known after a visit; `panel` holds that visit alone."""
        week, lab = float(panel.week[0]), self._laboratory
        dna, hbsag, hbeag = panel.hbv_dna[:, 0], panel.hbsag[:, 0], panel.hbeag[:, 0]
        if index == self.first:
            self._start_dna, self._start_hbsag = dna, hbsag
            self._start_hbeag = hbeag >= lab.hbeag_cutoff
        self._undetectable = _since(self._undetectable, dna < lab.dna_lloq, week)
        self._without_hbeag = _since(self._without_hbeag, hbeag < lab.hbeag_cutoff, week)
        grade = np.where(events.ongoing(7.0 * week), self._grade, 0)
        mood = grade[:, self._depression]
        s, s0 = np.maximum(hbsag, lab.hbsag_lloq), np.maximum(self._start_hbsag, lab.hbsag_lloq)
        d, d0 = np.maximum(dna, lab.dna_lloq), np.maximum(self._start_dna, lab.dna_lloq)
        return CohortFindings(
            neutrophils=panel.anc[:, 0],
            platelets=panel.platelets[:, 0],
            alt_lab_xuln=panel.alt[:, 0] / lab.alt_uln,
            hbv_dna=dna,
            hbsag=hbsag,
            hbv_dna_log10_decline=np.log10(d0 / d),
            hbsag_log10_decline=np.log10(s0 / s),
            hbsag_percent_decline=100.0 * (1.0 - s / s0),
            hbeag_positive=self._start_hbeag,
            genotype=self._table.genotype,
            cirrhosis=self._table.cirrhosis,
            mild_depression=mood == 1,
            moderate_depression=mood == 2,
            severe_depression=mood >= 3,
            uncontrolled_thyroid_disease=grade[:, self._thyroid] >= 3,
            symptom_grade=grade[:, self._complaints].max(axis=1).astype(np.float64),
            creatinine_clearance=self._clearance,
            weeks_undetectable=np.maximum(week - self._undetectable, 0.0),
            weeks_without_hbeag=np.maximum(week - self._without_hbeag, 0.0),
            hbsag_lost=hbsag < lab.hbsag_lloq,
        )


def _since(before: Floats, now: Bools, week: float) -> Floats:
    """Return the week since which something holds; infinite where it does not."""
    return np.where(now, np.minimum(before, week), np.inf)
