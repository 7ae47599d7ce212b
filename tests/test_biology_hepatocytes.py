"""Hepatocytes alone: mass, cure, regeneration, re-infection."""

import pytest
from solo import Solo, alone

from ifnfactory.biology.hepatocytes import hepatocytes

PORTS = {
    "virions": 1.0,
    "infected_kill_rate": 0.01,
    "integrated_kill_rate": 0.001,
    "cytolytic_presentation": 1.0,
    "infected_baseline": 0.4,
    "integrated_baseline": 0.05,
    "cytolysis_baseline": 1e-4,
    "infection_rate": 0.002,
    "refractory_uninfected": 0.0,
    "integration_rate": 1e-4,
    "integrant_silencing_rate": 1e-4,
}
START = {
    "uninfected_hepatocytes": 0.55,
    "infected_hepatocytes": 0.4,
    "cured_hepatocytes": 0.0,
    "integrated_hepatocytes": 0.05,
}


def liver(start: dict[str, float] = START, **changed: float) -> Solo:
    return alone(hepatocytes(), PORTS | changed, start)


def test_mass_is_conserved_where_nothing_dies_or_divides() -> None:
    still = liver(
        hepatocyte_loss_rate=0.0, regeneration_rate=0.0, cytolytic_share=0.0, reservoir_import=0.0
    )
    course = still.run([0, 10, 100, 1000])
    assert course["liver_mass"] == pytest.approx(1.0, abs=1e-9)
    assert course["cured_hepatocytes"][2] > 0.01


def test_cure_without_death_returns_cells_to_uninfected_through_a_refractory_stage() -> None:
    course = liver(
        virions=0.0,
        infected_kill_rate=0.2,
        integrated_kill_rate=0.2,
        cytolytic_share=0.0,
        reservoir_import=0.0,
    ).run([0, 7, 400])
    assert course["cured_hepatocytes"][1] > 0.2
    assert course["infected_hepatocytes"][2] < 1e-9
    assert course["uninfected_hepatocytes"][2] == pytest.approx(1.0, abs=1e-3)


def test_liver_regenerates_after_cytolysis() -> None:
    attacked = liver(virions=0.0, infected_kill_rate=0.5, cytolytic_share=1.0)
    low = attacked.run([0, 4])["liver_mass"][-1]
    back = attacked.run([0, 60])["liver_mass"][-1]
    assert low < 0.9
    assert back > 0.99


def test_refractory_cells_are_not_infected() -> None:
    course = liver(refractory_uninfected=1.0, infected_kill_rate=0.0, cure_at_division=0.0).run(
        [0, 100]
    )
    without_virions = liver(virions=0.0, infected_kill_rate=0.0, cure_at_division=0.0).run([0, 100])
    assert course["infected_hepatocytes"] == pytest.approx(without_virions["infected_hepatocytes"])


def test_the_reservoir_keeps_infection_from_being_decided_by_rounding() -> None:
    cleared = liver(virions=0.0, infected_kill_rate=1.0, reservoir_import=1e-9).run([0, 400])
    assert cleared["infected_hepatocytes"][-1] == pytest.approx(1e-9, rel=0.01)


def test_division_of_infected_cells_dilutes_infection() -> None:
    kept = liver(virions=0.0, infected_kill_rate=0.0, cure_at_division=0.0).run([0, 1000])
    lost = liver(virions=0.0, infected_kill_rate=0.0, cure_at_division=0.5).run([0, 1000])
    assert lost["infected_hepatocytes"][-1] < 0.5 * kept["infected_hepatocytes"][-1]
