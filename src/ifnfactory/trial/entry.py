"""Who passes the blood counts and contraindications of screening, and is a patient of the trial.

Candidates whom the limits of markers let in (`population.candidates`) are measured once more, on
the screening day: neutrophils, platelets, creatinine clearance. Each is judged alone, and the first
n who pass are the patients, so that one patient more changes nobody else. A trial that asks for
none of these draws nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.streams import Streams
from ifnfactory.network.model import Network
from ifnfactory.pharmacology.coupling import Deviations
from ifnfactory.population.baseline import Eligibility
from ifnfactory.population.sample import VirtualPatients
from ifnfactory.population.screening import nobody_passes
from ifnfactory.rules.cohort import ScreeningFindings, holds
from ifnfactory.rules.document import Rule
from ifnfactory.trial.findings import creatinine_clearance

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Draw = Callable[[int, Streams], tuple[VirtualPatients, Deviations]]
"""f(how many, streams) → the next so many candidates; the first of more are the same."""

_MOST_PER_PATIENT: Final = 50
_MOST_AT_LEAST: Final = 2_000


@dataclass(frozen=True)
class Entrants:
    """The patients of a trial on its first day.

    Attributes
    ----------
    clearance
        Creatinine clearance as it was screened [mL/min]; None where nobody asked for it.
    """

    people: VirtualPatients
    deviations: Deviations
    clearance: Floats | None = None


@dataclass(frozen=True)
class Criteria:
    """What is asked for beyond the markers that candidates are drawn by.

    Attributes
    ----------
    contraindications
        Rules of which none may hold.
    laboratory
        How well it counts.
    """

    eligibility: Eligibility
    contraindications: tuple[Rule, ...]
    laboratory: Laboratory

    @property
    def asked(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.contraindications) or self.eligibility.asks_for_counts

    def passes(self, found: ScreeningFindings) -> Bools:
        """Return who passes, shape (patients,); what is not known keeps nobody out."""
        window = self.eligibility
        passed = np.ones(len(found.age), dtype=np.bool_)
        for values, low, high in (
            (found.neutrophils, window.neutrophils_min, window.neutrophils_max),
            (found.platelets, window.platelets_min, window.platelets_max),
            (
                found.creatinine_clearance,
                window.creatinine_clearance_min,
                window.creatinine_clearance_max,
            ),
        ):
            passed &= (values >= low) & (values <= high)
        for rule in self.contraindications:
            passed &= ~holds(rule.condition, found)
        return passed


def enter(criteria: Criteria, network: Network, draw: Draw, n: int, streams: Streams) -> Entrants:
    """Return the first `n` candidates who pass; streams are left behind the last of them.

    Raises
    ------
    UserInputError
        If the criteria let in almost nobody.
    """
    if not criteria.asked:
        return Entrants(*draw(n, streams))
    wanted, most = n, _MOST_PER_PATIENT * n + _MOST_AT_LEAST
    while True:
        ahead = streams.fork()
        people, deviations = draw(wanted, ahead)
        found = _screen(people, network, criteria.laboratory, ahead)
        rows = np.flatnonzero(criteria.passes(found))[:n]
        if len(rows) == n:
            last = int(rows[-1]) + 1 if n else 0
            _screen(draw(last, streams)[0], network, criteria.laboratory, streams)
            chosen = (getattr(deviations, field.name)[rows] for field in fields(Deviations))
            return Entrants(
                people.take(rows), Deviations(*chosen), found.creatinine_clearance[rows]
            )
        if wanted >= most:
            raise UserInputError([nobody_passes(len(rows) / wanted)])
        wanted = min(2 * wanted + 32, most)


def _screen(
    people: VirtualPatients, network: Network, laboratory: Laboratory, streams: Streams
) -> ScreeningFindings:
    """Return what the screening visit shows of candidates."""
    table, n = people.table, len(people)

    def count(name: str, baseline: str, cv: float) -> Floats:
        sigma = np.sqrt(np.log1p(cv**2))
        error = streams.at("screening", name).standard_normal(n)
        level = people.constants[:, network.constant_names.index(baseline)]
        return level * np.exp(sigma * error - sigma**2 / 2)

    return ScreeningFindings(
        age=table.age,
        female=table.female,
        genotype=table.genotype,
        hbeag_positive=table.hbeag_positive,
        cirrhosis=table.cirrhosis,
        neutrophils=count("neutrophils", "anc_baseline", laboratory.anc_cv),
        platelets=count("platelets", "platelets_baseline", laboratory.platelets_cv),
        creatinine_clearance=creatinine_clearance(table, streams),
        on_peginterferon=np.zeros(n, dtype=np.bool_),
    )
