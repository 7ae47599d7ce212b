"""Years on an analogue before a trial: who may enter, and that each is judged alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.engine.observe import observer
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.population.baseline import Eligibility
from ifnfactory.population.lead_in import LeadIn, enter_after_lead_in
from ifnfactory.population.sample import VirtualPatients
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.run import Simulator, open_simulator

Draw = Callable[[int], VirtualPatients]
LABORATORY = Laboratory()


@pytest.fixture(scope="module")
def frame() -> Simulator:
    return open_simulator(threads=1)


@pytest.fixture(scope="module")
def draw(frame: Simulator) -> Draw:
    baseline = load_protocol("osst").baseline
    eligibility = Eligibility(hbeag_positive=True)
    return lambda n, seed=3: frame.population.draw(baseline, eligibility, n, seed)


def enter(frame: Simulator, draw: Draw, n: int, years: float, **lab: float) -> VirtualPatients:
    lead_in = LeadIn(years, Eligibility(hbeag_positive=True), Laboratory(**lab))
    population, integrator = frame.population, frame.clinic.integrator
    return enter_after_lead_in(lead_in, population, integrator, draw, n, seed=3)[0]


def markers(frame: Simulator, people: VirtualPatients) -> np.ndarray:
    see = observer(frame.population.network, ("hbsag", "hbeag", "hbv_dna"))
    return see(people.initial[:, None, :], people.constants)[:, 0]


def test_everybody_who_enters_still_has_the_antigens_and_is_suppressed(
    frame: Simulator, draw: Draw
) -> None:
    people = enter(frame, draw, 150, years=4.0)
    found = markers(frame, people)
    assert len(people) == 150
    assert people.table.patient.tolist() == list(range(150))
    assert (found[:, 0] >= LABORATORY.hbsag_lloq).all()
    assert (found[:, 1] >= LABORATORY.hbeag_cutoff).all()
    assert np.median(found[:, 2]) < 20.0


def test_some_are_turned_away_and_each_is_judged_alone(frame: Simulator, draw: Draw) -> None:
    many = enter(frame, draw, 150, years=4.0)
    few = enter(frame, draw, 20, years=4.0)
    assert np.array_equal(many.initial[:20], few.initial)
    untreated = draw(150)
    assert not np.array_equal(many.table.weight, untreated.table.weight)


def test_without_such_years_patients_are_as_drawn(frame: Simulator, draw: Draw) -> None:
    assert np.array_equal(enter(frame, draw, 20, years=0.0).initial, draw(20).initial)


def test_a_trial_that_nobody_can_enter_is_an_impossible_one(frame: Simulator, draw: Draw) -> None:
    with pytest.raises(UserInputError, match="impossible baseline"):
        enter(frame, draw, 10, years=1.0, hbsag_lloq=1e9)
