"""A population is the shipped one, or the shipped one with numbers changed by name."""

import numpy as np
import pytest

from ifnfactory.foundation.errors import ModelError
from ifnfactory.population.release import changed, number_at, starting_population
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.run import open_simulator

PATHS = {
    "silencing_rate": 0.31,
    "silencing_rate@hbeag_negative": 0.17,
    "silencing_rate~sd": 0.4,
    "immune_margin~log10_hbsag": -1.0,
    "immune_margin~genotype.A": 1.2,
    "lamivudine:log10_residual": -6.0,
    "peginterferon_alfa_2a:ec50~sd": 0.4,
}


@pytest.mark.parametrize("path", PATHS)
def test_a_changed_number_is_found_again_and_nothing_else_moves(path: str) -> None:
    before = starting_population()
    after = changed(before, {path: PATHS[path]})
    assert number_at(after, path) == PATHS[path]
    assert after.fingerprint != before.fingerprint
    for other in set(PATHS) - {path}:
        if path != "silencing_rate":
            assert number_at(after, other) == number_at(before, other)
    assert after.network.fingerprint == before.network.fingerprint  # the same kernel serves


def test_nothing_changed_is_the_same_population() -> None:
    assert changed(starting_population(), {}).fingerprint == starting_population().fingerprint


@pytest.mark.parametrize(
    "path",
    [
        "nothing",
        "infection_rate",
        "silencing_rate~genotype.A",
        "immune_margin~genotype.Z",
        "aspirin:ec50",
        "entecavir:ec50",
        "entecavir:label",
        "entecavir:onset_rate~mean",
    ],
)
def test_a_path_that_names_nothing_is_refused(path: str) -> None:
    with pytest.raises(ModelError, match=path):
        changed(starting_population(), {path: 1.0})


def test_an_unknown_stratum_is_refused() -> None:
    with pytest.raises(ModelError, match="strata"):
        changed(starting_population(), {"silencing_rate@somewhere": 1.0})


def test_a_drug_acts_as_its_population_says() -> None:
    protocol = load_protocol("lau2005")
    strong = changed(starting_population(), {"lamivudine:log10_residual": -12.0})
    weak = changed(starting_population(), {"lamivudine:log10_residual": -2.0})
    fall = [
        _median_dna(open_simulator(population=each).run(protocol, 60, 1), "lam")
        for each in (strong, weak)
    ]
    assert fall[1] > 100 * fall[0]


def _median_dna(result: TrialResult, arm: str) -> float:
    panel = next(each.panel for each in result.arms if each.arm == arm)
    return float(np.nanmedian(panel.hbv_dna[:, panel.visit(12.0)]))


def test_another_population_gives_another_result_and_says_which() -> None:
    protocol = load_protocol("lau2005")
    ours = open_simulator().run(protocol, 60, 1)
    none = open_simulator(population=changed(starting_population(), {"isg_amplitude": 1e-6}))
    theirs = none.run(protocol, 60, 1)
    assert ours.parameter_set != theirs.parameter_set
    week = ours.arms[0].panel.visit(12.0)
    fall = [np.nanmedian(r.arms[0].panel.hbv_dna[:, week]) for r in (ours, theirs)]
    assert fall[1] > 50 * fall[0]  # without an interferon response peginterferon does nothing
    np.testing.assert_array_equal(ours.arms[0].patients.age, theirs.arms[0].patients.age)
