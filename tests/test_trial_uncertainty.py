"""What the parameters leave open: nothing where the vectors agree, much where they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ifnfactory.population.release import changed
from ifnfactory.population.released import shipped_population
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.run import open_simulator
from ifnfactory.trial.uncertainty import estimates_of, with_parameter_ranges

N = 120


@pytest.fixture(scope="module")
def ranges() -> dict[str, TrialResult]:
    protocol, simulator = load_protocol("lau2005"), open_simulator(threads=1)
    result = simulator.run(protocol, N, 1)
    population = shipped_population()
    ensembles = {
        "same": [(0.5, population)] * 2,
        "close": [(0.5, changed(population, {"isg_amplitude": v})) for v in (0.65, 0.75)],
        "apart": [(0.5, changed(population, {"isg_amplitude": v})) for v in (0.1, 1.5)],
    }
    return {
        name: with_parameter_ranges(
            result,
            [weight for weight, _ in members],
            [
                estimates_of(replace(simulator, population=each), protocol, N // 4, 1, block)
                for (_, each), block in zip(members, (N, 7), strict=True)  # cut in any way
            ],
        )
        for name, members in ensembles.items()
    }


def test_vectors_that_agree_leave_nothing_open(ranges: dict[str, TrialResult]) -> None:
    for row in ranges["same"].rows:
        if row.parameter_range is not None:
            low, high = row.parameter_range
            assert low == high == pytest.approx(row.value)


def test_vectors_that_differ_leave_peginterferon_open_and_lamivudine_less(
    ranges: dict[str, TrialResult],
) -> None:
    width = {}
    for row in ranges["apart"].rows:
        if row.endpoint == "mean_log10_dna_change" and row.week == 48:
            assert row.parameter_range is not None
            low, high = row.parameter_range
            assert low <= row.value <= high
            width[row.arm] = high - low
    assert width["peg"] > 1.0
    assert width["lam"] < 0.5 * width["peg"]


def test_a_small_difference_is_not_taken_for_chance(ranges: dict[str, TrialResult]) -> None:
    """The patients are the same: whatever differs is the vectors' doing."""
    for name, least in (("close", 0.05), ("apart", 1.0)):
        row = next(
            each
            for each in ranges[name].rows
            if (each.arm, each.endpoint, each.week) == ("peg", "mean_log10_dna_change", 48)
        )
        assert row.parameter_range is not None
        assert row.parameter_range[1] - row.parameter_range[0] > least


def test_percentages_stay_percentages_and_values_stay(ranges: dict[str, TrialResult]) -> None:
    for before, after in zip(ranges["same"].rows, ranges["apart"].rows, strict=True):
        assert before.value == after.value
        if after.unit == "%" and after.parameter_range is not None:
            assert 0.0 <= after.parameter_range[0] <= after.parameter_range[1] <= 100.0


def test_json_has_the_range(ranges: dict[str, TrialResult]) -> None:
    rows = ranges["apart"].to_json()["results"]
    assert any(row["parameter_range"] is not None for row in rows)
