"""Ablations, ensembles and left-out trials: what they compare, and what they print."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ifnfactory.evidence.ablation import ablate, load_ablations
from ifnfactory.evidence.cross_validation import cross_validate
from ifnfactory.evidence.emulator import LocalPicture
from ifnfactory.evidence.ensemble import qualify_ensemble
from ifnfactory.evidence.free import Free, Space
from ifnfactory.evidence.observations import observe
from ifnfactory.evidence.qualification import Qualification
from ifnfactory.evidence.qualify_population import qualify_population
from ifnfactory.foundation.progress import Silent
from ifnfactory.population.release import changed, number_at
from ifnfactory.population.released import shipped_population
from ifnfactory.report.qualification import qualification_report
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.run import Simulator, open_simulator

PROTOCOLS = tuple(load_protocol(name) for name in ("marcellin2004", "peng2012"))


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return open_simulator(threads=1)


@pytest.fixture(scope="module")
def whole(simulator: Simulator) -> Qualification:
    return qualify_population(simulator, simulator.population, 150, 1, PROTOCOLS)


def test_every_shipped_ablation_names_numbers_of_the_population() -> None:
    population = shipped_population()
    assert len(load_ablations()) >= 4
    for each in load_ablations():
        for path, value in each.numbers.items():
            assert number_at(population, path) > value


@pytest.fixture(scope="module")
def ablated(simulator: Simulator, whole: Qualification) -> Qualification:
    wanted = [each for each in load_ablations() if each.name == "no_integrated_killing"]
    return replace(whole, ablations=ablate(simulator, whole, Silent(), wanted, PROTOCOLS))


def test_without_killing_of_integrated_cells_hbsag_stays(ablated: Qualification) -> None:
    (found,) = ablated.ablations
    headline = {words: (with_it, without) for words, with_it, without in found.lost}
    fall = headline["HBsAg on peginterferon, HBeAg-, week 48 (log10)"]
    assert fall[1] > fall[0] + 0.1
    inside = {row.target_id for row in ablated.rows if row.inside}
    assert set(found.broken) <= inside
    assert not set(found.mended) & inside


def test_the_report_and_json_tell_ablations_and_ensemble(
    simulator: Simulator, ablated: Qualification
) -> None:
    others = [
        (0.5, changed(simulator.population, {"isg_amplitude": value})) for value in (0.4, 0.8)
    ]
    ensemble = qualify_ensemble(simulator, others, 100, 1, Silent(), PROTOCOLS)
    told = replace(ablated, ensemble=ensemble)
    page = qualification_report(told, "ifn qualify", "now")
    assert "without killing of cells with integrated HBsAg" in page
    assert "2 other sets of parameters that fit about as well" in page
    json = told.to_json()
    assert json["ablations"][0]["name"] == "no_integrated_killing"
    assert len(json["ensemble"]["inside_percent"]) == 2


def test_members_that_differ_spread_a_target_and_equal_ones_do_not(simulator: Simulator) -> None:
    same = [(0.5, simulator.population)] * 2
    apart = [(0.5, changed(simulator.population, {"isg_amplitude": v})) for v in (0.2, 1.2)]
    target = "MARCELLIN2004.peg_mono.mean_log10_dna_change.w48"
    width = []
    for members in (same, apart):
        found = qualify_ensemble(simulator, members, 100, 1, Silent(), PROTOCOLS)
        spread = next(each for each in found.spreads if each.target_id == target)
        width.append(spread.high - spread.low)
        assert spread.low <= spread.mean <= spread.high
    assert width[0] == 0.0
    assert width[1] > 0.3


def test_a_left_out_trial_is_predicted_by_a_fit_that_never_saw_it(
    simulator: Simulator, whole: Qualification
) -> None:
    space = Space(simulator.population, (Free("isg_amplitude", "log", 0.3, "test"),))
    observed = observe(whole.rows)
    slope = np.ones((len(observed), 1)) * observed.sd[:, None]
    local = LocalPicture(np.zeros(1), observed.predicted(whole.rows), slope)
    found = cross_validate(
        simulator, space, local, observed, 0.35, 100, 1, Silent(), ("MARCELLIN2004",), PROTOCOLS
    )
    (prediction,) = found
    assert prediction.targets == sum(row.trial == "MARCELLIN2004" for row in whole.rows)
    assert 0.0 <= prediction.inside_percent <= 100.0
    # What is left of the targets alone decides the step.
    alone = observed.without("MARCELLIN2004")
    assert alone.weight.sum() < observed.weight.sum()
    assert prediction.moved > 0.0
