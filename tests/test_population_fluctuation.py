"""Natural fluctuation of HBV DNA: where it starts, how it fades, and what it does to a trial."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ifnfactory.population.fluctuation import draw_viraemia, viraemia_sd
from ifnfactory.population.markers import MARKERS
from ifnfactory.population.released import shipped_population
from ifnfactory.trial.protocol import load_protocol

WEEKS = np.array([0.0, 4.0, 12.0, 48.0, 72.0])
MANY = 20_000


def drawn(n: int = MANY, positive: bool = False, start: float = 0.0) -> np.ndarray:
    return draw_viraemia(3, np.full(n, start), np.full(n, positive), WEEKS)


def test_it_starts_where_screening_found_it_and_fades_with_its_memory() -> None:
    away = drawn(start=1.5)
    assert (away[:, 0] == 1.5).all()
    memory = MARKERS["viraemia_memory"].value
    sd = viraemia_sd(np.array([False]))[0]
    for visit, week in enumerate(WEEKS):  # 5 standard errors of a mean
        expected = 1.5 * np.exp(-week / memory)
        assert away[:, visit].mean() == pytest.approx(expected, abs=5 * sd / np.sqrt(MANY))


def test_later_visits_spread_as_screening_does() -> None:
    for positive, sd in ((False, 0.9), (True, 0.35)):
        assert drawn(positive=positive)[:, -1].std() == pytest.approx(sd, rel=0.03)


def test_two_visits_are_correlated_as_far_as_the_memory_reaches() -> None:
    away = drawn()
    seen = np.corrcoef(away[:, 3], away[:, 4])[0, 1]
    assert seen == pytest.approx(np.exp(-24 / MARKERS["viraemia_memory"].value), abs=0.03)


@given(st.integers(1, 60), st.integers(0, 30))
def test_patients_are_the_same_for_any_number_of_them(n: int, more: int) -> None:
    np.testing.assert_array_equal(drawn(n), drawn(n + more)[:n])


def test_entry_criteria_find_patients_above_their_levels() -> None:
    protocol = load_protocol("marcellin2004")
    people = shipped_population().draw(protocol.baseline, protocol.eligibility, 4000, 5)
    level, excursion = np.log10(people.table.hbv_dna0), people.viraemia_excursion
    assert excursion.mean() > 0.1
    # What was measured at screening passed, and has the printed mean.
    assert (level + excursion).min() >= np.log10(protocol.eligibility.dna_min) - 1e-9
    assert (level + excursion).mean() == pytest.approx(protocol.baseline.log10_dna_mean, abs=0.15)
