"""ALT flares in what the laboratory reported: when, how high, and of which kind.

A flare is host-induced when the immune response drives it: HBV DNA falls, or is controlled, and has
not risen before. It is virus-induced when a rise of HBV DNA came first. Nobody looks at a state of
the model; a flare between two visits is not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.assays.panel import Panel
from ifnfactory.assays.primitives import controlled
from ifnfactory.foundation.evidence import Source

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Grades = NDArray[np.int8]
Integers = NDArray[np.int64]

KINDS: Final = ("host_induced", "virus_induced", "undetermined")
HOST, VIRUS, UNDETERMINED = range(len(KINDS))

TIMES_ULN: Final = 5.0
TIMES_NADIR: Final = 2.0
FLARE_SOURCE: Final = Source(
    "ALT above 5 x ULN and above twice the lowest value so far (models.md 7.2)", "prior"
)
DNA_LOG10: Final = 1.0
WINDOW_WEEKS: Final = 8.0
KIND_SOURCE: Final = Source(
    "virus-induced: HBV DNA rose by 1 log10 or more first; host-induced: HBV DNA falls in the 8 "
    "weeks after the peak (models.md 7.2). ALT then DNA, or DNA then ALT, is the order that "
    "separated 19 from 17 of 50 flares (CID 2013;56:100, PMC3518882) [V]. That a fall is 1 log10 "
    "as well, and that controlled HBV DNA counts as one, are choices of ours",
    "prior",
)
GRADE_4: Final = 20.0
GRADE_SOURCE: Final = Source(
    "CTCAE 5.0, alanine aminotransferase: grade 3 above 5, grade 4 above 20 x ULN", "U-H"
)
OVER_ULN, OVER_NADIR = 3.0, 1.5
"""A flare is over at a visit with ALT at or below 3 x ULN (CTCAE grade 1) or 1.5 times the value
that it rose from, whichever is more [prior]: visit noise does not cut it in two."""


@dataclass(frozen=True)
class Flares:
    """Every flare of some patients, in order of patient and time; arrays of shape (flares,).

    Attributes
    ----------
    patients
        How many patients were looked at (one number).
    patient
        Row of the patient.
    start, peak, end
        Weeks of the visits; the end is infinite where nobody saw it.
    times_uln
        ALT at the peak over the upper limit of normal.
    grade
        Severity, 3 or 4.
    kind
        Index in `KINDS`.
    """

    patients: int
    patient: Integers
    start: Floats
    peak: Floats
    end: Floats
    times_uln: Floats
    grade: Grades
    kind: Integers

    def first(self, kind: int) -> tuple[Floats, Floats]:
        """Return onset and end of each patient's first flare of a kind, infinite without [week]."""
        onset, end = np.full(self.patients, np.inf), np.full(self.patients, np.inf)
        mine = np.flatnonzero(self.kind == kind)[::-1]  # of several writes the earliest stays
        onset[self.patient[mine]], end[self.patient[mine]] = self.start[mine], self.end[mine]
        return onset, end

    def grades(self, kind: int, weeks: Floats) -> Grades:
        """Return the grade of an ongoing flare of a kind, 0 for none, shape (patients, weeks).

        A flare whose end nobody saw goes on, as any side effect does.
        """
        shown = np.zeros((self.patients, len(weeks)), dtype=np.int8)
        for index in np.flatnonzero(self.kind == kind):
            during = (weeks >= self.start[index]) & (weeks < self.end[index])
            shown[self.patient[index], during] = self.grade[index]
        return shown


def find_flares(panel: Panel, laboratory: Laboratory) -> Flares:
    """Return every flare in what a laboratory reported of some patients.

    Parameters
    ----------
    panel
        Laboratory sheet, shape (patients, visits); NaN was not seen.
    laboratory
        Whose upper limit of normal and limit of quantification count.
    """
    ongoing = _ongoing(panel.alt / laboratory.alt_uln)
    before = np.pad(ongoing, ((0, 0), (1, 0)))[:, :-1]
    patient, first = np.nonzero(ongoing & ~before)
    visits = np.arange(len(panel.week))
    later = visits > first[:, None]
    over = later & ~ongoing[patient]
    last = np.where(over.any(axis=1), over.argmax(axis=1), len(visits))
    during = (visits >= first[:, None]) & (visits < last[:, None])
    times = np.where(during, panel.alt[patient] / laboratory.alt_uln, np.nan)
    peak = np.nan_to_num(times, nan=-np.inf).argmax(axis=1) if len(patient) else first
    highest = times[np.arange(len(patient)), peak]
    return Flares(
        patients=len(panel.alt),
        patient=patient,
        start=panel.week[first],
        peak=panel.week[peak],
        end=np.append(panel.week, np.inf)[last],
        times_uln=highest,
        grade=np.where(highest > GRADE_4, 4, 3).astype(np.int8),
        kind=_kinds(panel, laboratory, patient, first, peak),
    )


def _ongoing(times: Floats) -> Bools:
    """Return at which visits a flare lasts; what was not seen changes nothing."""
    n, visits = times.shape
    on, nadir = np.zeros(n, dtype=np.bool_), np.full(n, np.inf)
    shown = np.zeros((n, visits), dtype=np.bool_)
    for visit in range(visits):
        now = times[:, visit]
        seen = ~np.isnan(now)
        begins = seen & ~on & (now > np.maximum(TIMES_ULN, TIMES_NADIR * nadir))
        ends = seen & on & (now <= np.maximum(OVER_ULN, OVER_NADIR * nadir))
        on = (on | begins) & ~ends
        nadir = np.where(seen & ~on, np.fmin(nadir, now), nadir)
        shown[:, visit] = on
    return shown


def _kinds(
    panel: Panel, laboratory: Laboratory, patient: Integers, first: Integers, peak: Integers
) -> Integers:
    dna = panel.hbv_dna[patient]
    level = np.log10(np.maximum(dna, laboratory.dna_lloq))
    week, at = panel.week, panel.week[peak][:, None]
    visits, seen = np.arange(len(week)), ~np.isnan(dna)
    # The window reaches to the next visit at least, however far away that is.
    earlier, later = visits < peak[:, None], visits > peak[:, None]
    previous = np.where(seen & earlier, week, -np.inf).max(axis=1, initial=-np.inf)
    following = np.where(seen & later, week, np.inf).min(axis=1, initial=np.inf)
    since = np.minimum(at - WINDOW_WEEKS, previous[:, None])
    until = np.maximum(at + WINDOW_WEEKS, following[:, None])
    around = seen & (week >= since) & ~later
    after = seen & later & (week <= until)
    lowest = np.minimum.accumulate(np.where(seen, level, np.inf), axis=1)
    lowest_before = np.pad(lowest, ((0, 0), (1, 0)), constant_values=np.inf)[:, :-1]
    rise = np.where(around, level - lowest_before, -np.inf).max(axis=1, initial=-np.inf)
    rows = np.arange(len(patient))
    lowest_after = np.where(after | (visits == peak[:, None]), level, np.inf).min(
        axis=1, initial=np.inf
    )
    fall = level[rows, first] - lowest_after
    low = (controlled(dna) | ~(after | (visits == peak[:, None]))).all(axis=1)
    host = (fall >= DNA_LOG10) | low
    return np.where(rise >= DNA_LOG10, VIRUS, np.where(host, HOST, UNDETERMINED))
