"""Drugs on their way to the liver."""

import numpy as np
import pytest
from solo import Solo, alone

from ifnfactory.biology.drug_exposure import drug_exposure

# One-compartment kinetics of peginterferon alfa-2a (models.md 3.1) in slot a, slot b empty.
PORTS = {"interferon_excess": 0.0} | {
    "absorption_rate_a": 0.333,
    "elimination_rate_a": 2.1 / 9.5,
    "volume_a": 9.5,
    "ec50_a": 5.166,
    "marrow_ec50_a": 8.0,
    "absorption_rate_b": 1.0,
    "elimination_rate_b": 1.0,
    "volume_b": 1.0,
    "ec50_b": 1.0,
    "marrow_ec50_b": 1.0,
    "hepatic_only_a": 0.0,
    "hepatic_only_b": 0.0,
    "nucleoside_onset_rate": 1.0,
}


def patient(share: float = 1e-6, **changed: float) -> Solo:
    return alone(drug_exposure(), PORTS | changed, {"lamivudine_resistant_share": share})


def test_weekly_peginterferon_averages_twelve_nanograms_per_millilitre() -> None:
    """12.57 ± 3.7 ng/mL at steady state of 180 µg weekly: PMC5401974 Table 7."""
    treated = patient()
    week = np.linspace(0, 7, 200)
    for _ in range(12):
        treated.add("depot_a", 180.0)
        course = treated.run(week)
    average = np.trapezoid(course["interferon_concentration"], week) / 7
    assert average == pytest.approx(12.57, rel=0.25)


def test_a_dose_is_absorbed_and_eliminated_whole() -> None:
    treated = patient()
    treated.add("depot_a", 180.0)
    course = treated.run([0, 7, 120])
    assert course["depot_a"][0] + course["central_a"][0] == pytest.approx(180.0)
    assert course["depot_a"][2] + course["central_a"][2] < 1e-6


def test_an_empty_slot_stays_empty() -> None:
    treated = patient()
    treated.add("depot_a", 180.0)
    assert np.all(treated.run([0, 7])["central_b"] == 0.0)


def test_blocks_follow_the_tablets_within_days() -> None:
    treated = patient(na_block_target=1e9)
    assert treated.run([0, 7])["na_block"][-1] > 0.99e9
    treated.set(na_block_target=0.0)
    assert treated.run([0, 30])["na_block"][-1] < 1.0


def test_resistance_grows_on_lamivudine_only_and_slower_with_interferon() -> None:
    rate = {"lamivudine_selection_rate": 0.05}
    off = patient(**rate).run([0, 336])["lamivudine_resistant_share"]
    on = patient(lamivudine_on=1.0, **rate).run([0, 336])["lamivudine_resistant_share"]
    both = patient(lamivudine_on=1.0, interferon_excess=0.33, **rate).run([0, 336])
    assert off[-1] == pytest.approx(1e-6)
    assert 0.9 < on[-1] <= 1.0
    assert both["lamivudine_resistant_share"][-1] < 0.01


def test_resistance_after_48_weeks_is_as_frequent_as_calibrated() -> None:
    """15.7 % and 30 % (feasibility study: resP, resN), and 0.15 of that with peginterferon."""
    table = {p.name: p for p in patient().network.parameters}
    rate, share = table["lamivudine_selection_rate"], table["lamivudine_resistant_share_initial"]
    slowing = 1 + table["interferon_on_selection"].typical() * 0.33
    draw = np.random.default_rng(1).standard_normal((2, 200_000))
    rho = share.typical() * np.exp(share.spread.sd * draw[0])
    for stratum, expected in (("hbeag_positive", 0.157), ("hbeag_negative", 0.30)):
        selection = rate.typical(stratum) * np.exp(rate.spread.sd * draw[1])
        alone = np.mean(np.log(rho / (1 - rho)) + selection * 336 > 0)
        with_interferon = np.mean(np.log(rho / (1 - rho)) + selection / slowing * 336 > 0)
        assert alone == pytest.approx(expected, rel=0.05)
        assert with_interferon == pytest.approx(0.15 * expected, rel=0.4)
