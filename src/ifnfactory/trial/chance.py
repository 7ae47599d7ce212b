"""Everything that chance gives the patients of a trial, apart from who they are.

Drawn once, from named streams, for all arms: arms differ by what they give alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import AssayErrors, draw_errors
from ifnfactory.biology.adverse_events import Susceptibility, draw_susceptibility
from ifnfactory.foundation.streams import Seed, stream
from ifnfactory.pharmacology.coupling import Deviations
from ifnfactory.population.fluctuation import draw_viraemia
from ifnfactory.population.sample import VirtualPatients
from ifnfactory.rules.select import Order
from ifnfactory.trial.adherence import DAYS_PER_WEEK, Adherence, Intake, draw_intake
from ifnfactory.trial.attendance import Restlessness, draw_restlessness
from ifnfactory.trial.findings import creatinine_clearance

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Chance:
    """Draws about a trial's patients.

    Attributes
    ----------
    deviations
        How they handle drugs.
    viraemia
        How far log10 HBV DNA is from the patient's course by itself, shape (patients, visits).
    errors
        Assay errors at every visit.
    susceptibility
        Which side effects they would get.
    creatinine_clearance
        At entry, shape (patients,) [mL/min].
    restlessness
        How easily they leave.
    consent
        How readily their physicians follow each rule that leaves it to them, 0 to 1.
    intake
        Which doses they miss; None: none.
    """

    deviations: Deviations
    viraemia: Floats
    errors: AssayErrors
    susceptibility: Susceptibility
    creatinine_clearance: Floats
    restlessness: Restlessness
    consent: tuple[tuple[str, Floats], ...]
    intake: Intake | None = None

    def of(self, part: slice) -> Chance:
        """Return the draws about some of the patients."""
        return replace(
            self,
            deviations=Deviations(
                *(getattr(self.deviations, field.name)[part] for field in fields(Deviations))
            ),
            viraemia=self.viraemia[part],
            errors=self.errors.at(part, slice(None)),
            susceptibility=self.susceptibility.of(part),
            creatinine_clearance=self.creatinine_clearance[part],
            restlessness=Restlessness(
                self.restlessness.threshold[part], self.restlessness.reason[part]
            ),
            consent=tuple((name, values[part]) for name, values in self.consent),
            intake=None if self.intake is None else self.intake.of(part),
        )

    def follows(self, orders: Sequence[Order]) -> Bools:
        """Return whose physicians follow which rules, shape (patients, orders)."""
        n, drawn = len(self.creatinine_clearance), dict(self.consent)
        columns = [drawn.get(order.name, np.zeros(n)) < order.action.acted_on for order in orders]
        return np.stack(columns, axis=1) if columns else np.ones((n, 0), dtype=np.bool_)


def draw_chance(
    seed: Seed,
    people: VirtualPatients,
    deviations: Deviations,
    weeks: Floats,
    orders: Sequence[Order] = (),
    adherence: Adherence | None = None,
    clearance: Floats | None = None,
) -> Chance:
    """Draw for all patients of a trial; patient i is the same for any number of them.

    A rule has a stream of its own, so that a patient's physician is the same in every arm.

    Parameters
    ----------
    weeks
        Of the visits, shape (visits,).
    orders
        The rules of all arms.
    adherence
        How patients take their drugs; None: every dose, and nothing is drawn.
    clearance
        Creatinine clearance where screening has measured it; None: it is drawn.
    """
    n, table = len(people), people.table
    days = int(weeks[-1] * DAYS_PER_WEEK) + 1
    asked = dict.fromkeys(order.name for order in orders if order.action.acted_on < 1.0)
    return Chance(
        deviations=deviations,
        viraemia=draw_viraemia(seed, people.viraemia_excursion, table.hbeag_positive, weeks),
        errors=draw_errors(seed, n, len(weeks)),
        susceptibility=draw_susceptibility(seed, table.female),
        creatinine_clearance=creatinine_clearance(table, seed) if clearance is None else clearance,
        restlessness=draw_restlessness(seed, n),
        consent=tuple((name, stream(seed, "conduct", name).random(n)) for name in asked),
        intake=None if adherence is None else draw_intake(adherence, n, days, seed),
    )
