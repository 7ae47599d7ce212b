"""What happens to virtual patients whom nobody treats: the check on the untreated state.

Nothing should move but where a spontaneous event strikes, HBeAg seroconversion or release from
exhaustion, and those should strike as often as natural-history cohorts say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from ifnfactory.engine.batch import Events, Integrator, init
from ifnfactory.engine.observe import observer
from ifnfactory.network.model import Network
from ifnfactory.population.patients import Bools, Floats
from ifnfactory.population.sample import VirtualPatients

DAYS_PER_YEAR: Final = 365.25
HBSAG_LIMIT: Final = 0.05
"""HBsAg below which an assay of the published cohorts calls it lost [IU/mL]."""
HBEAG_CUTOFF: Final = 1.0
"""Signal over cut-off below which HBeAg is negative [S/CO]."""


@dataclass(frozen=True)
class UntreatedCourse:
    """Untreated patients over years.

    Attributes
    ----------
    year
        Shape (visits,), from 0.
    hbv_dna, hbsag, hbeag
        Shape (patients, visits) [IU/mL, IU/mL, S/CO].
    seroconverted, released
        Shape (patients, visits): the patient's clock of HBeAg seroconversion, or of spontaneous
        release from exhaustion, has run out.
    status
        Shape (patients,): codes of `engine.status.Status`.
    """

    year: Floats
    hbv_dna: Floats
    hbsag: Floats
    hbeag: Floats
    seroconverted: Bools
    released: Bools
    status: NDArray[np.int64]

    @property
    def hbeag_lost(self) -> Bools:
        """HBeAg negative, by the clock or by the assay, shape (patients, visits)."""
        return self.seroconverted | (self.hbeag < HBEAG_CUTOFF)

    @property
    def hbsag_lost(self) -> Bools:
        """HBsAg below the assay's limit, shape (patients, visits)."""
        return self.hbsag < HBSAG_LIMIT


@dataclass(frozen=True)
class Incidence:
    """First events over the time at risk."""

    events: int
    patient_years: float

    @property
    def per_100_patient_years(self) -> float:
        """Events per 100 patient-years."""
        return 100.0 * self.events / self.patient_years

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the exact Poisson interval of the rate per 100 patient-years."""
        tail = (1.0 - level) / 2.0
        low = float(gammaincinv(self.events, tail)) if self.events else 0.0
        high = float(gammaincinv(self.events + 1, 1.0 - tail))
        return 100.0 * low / self.patient_years, 100.0 * high / self.patient_years


def follow_untreated(
    network: Network,
    patients: VirtualPatients,
    integrator: Integrator,
    years: float,
    visits_per_year: int = 4,
) -> UntreatedCourse:
    """Follow patients without any drug.

    Derived constants that belong to a regimen are set to 1: without doses they do nothing.
    """
    visits = round(years * visits_per_year) + 1
    year = np.arange(visits) / visits_per_year
    constants = np.where(np.isnan(patients.constants), 1.0, patients.constants)
    state, info = integrator(
        init(network, constants, patients.initial),
        float(years * DAYS_PER_YEAR),
        Events.none(len(patients)),
        year * DAYS_PER_YEAR,
    )
    seen = observer(network, ("hbv_dna", "hbsag", "hbeag"))(info.output, constants)

    def ran_out(clock: str) -> Bools:
        hazard = info.output[:, :, network.species_names.index(f"{clock}_clock")]
        threshold = constants[:, network.constant_names.index(f"{clock}_threshold")]
        return hazard >= threshold[:, None]

    return UntreatedCourse(
        year=year,
        hbv_dna=seen[:, :, 0],
        hbsag=seen[:, :, 1],
        hbeag=seen[:, :, 2],
        seroconverted=ran_out("seroconversion"),
        released=ran_out("release"),
        status=state.status,
    )


def incidence(lost: Bools, year: Floats, at_risk: Bools | None = None) -> Incidence:
    """Return the incidence of the first visit at which something is lost.

    Parameters
    ----------
    lost
        Shape (patients, visits).
    year
        Shape (visits,).
    at_risk
        Shape (patients,): who is counted; default everybody. Who has lost it at the first visit
        is never counted.
    """
    counted = ~lost[:, 0] if at_risk is None else at_risk & ~lost[:, 0]
    rows = lost[counted]
    happened = rows.any(axis=1)
    time = np.where(happened, year[rows.argmax(axis=1)], year[-1])
    return Incidence(int(happened.sum()), float(time.sum()))
