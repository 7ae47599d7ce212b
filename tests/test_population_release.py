"""A population is the shipped one, or the shipped one with numbers changed by name."""

import numpy as np
import pytest

from ifnfactory.foundation.errors import ModelError
from ifnfactory.population.release import changed, number_at, shipped_population
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.run import open_simulator

PATHS = {
    "silencing_rate": 0.31,
    "silencing_rate@hbeag_negative": 0.17,
    "silencing_rate~sd": 0.4,
    "immune_margin~log10_hbsag": -1.0,
    "immune_margin~genotype.A": 1.2,
}


@pytest.mark.parametrize("path", PATHS)
def test_a_changed_number_is_found_again_and_nothing_else_moves(path: str) -> None:
    before = shipped_population()
    after = changed(before, {path: PATHS[path]})
    assert number_at(after, path) == PATHS[path]
    assert after.fingerprint != before.fingerprint
    for other in set(PATHS) - {path}:
        if path != "silencing_rate":
            assert number_at(after, other) == number_at(before, other)
    assert after.network.fingerprint == before.network.fingerprint  # the same kernel serves


def test_nothing_changed_is_the_same_population() -> None:
    assert changed(shipped_population(), {}).fingerprint == shipped_population().fingerprint


@pytest.mark.parametrize(
    "path",
    ["nothing", "infection_rate", "silencing_rate~genotype.A", "immune_margin~genotype.Z"],
)
def test_a_path_that_names_nothing_is_refused(path: str) -> None:
    with pytest.raises(ModelError, match=path):
        changed(shipped_population(), {path: 1.0})


def test_an_unknown_stratum_is_refused() -> None:
    with pytest.raises(ModelError, match="strata"):
        changed(shipped_population(), {"silencing_rate@somewhere": 1.0})


def test_another_population_gives_another_result_and_says_which() -> None:
    protocol = load_protocol("lau2005")
    ours = open_simulator().run(protocol, 60, 1)
    none = open_simulator(population=changed(shipped_population(), {"isg_amplitude": 1e-6}))
    theirs = none.run(protocol, 60, 1)
    assert ours.parameter_set != theirs.parameter_set
    week = ours.arms[0].panel.visit(12.0)
    fall = [np.nanmedian(r.arms[0].panel.hbv_dna[:, week]) for r in (ours, theirs)]
    assert fall[1] > 50 * fall[0]  # without an interferon response peginterferon does nothing
    np.testing.assert_array_equal(ours.arms[0].patients.age, theirs.arms[0].patients.age)
