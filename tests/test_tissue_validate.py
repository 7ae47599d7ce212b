"""The judge of the tissue: what it compares, and that it can say no."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.tissue.limits import branching, front, mixing, percolation, poisson
from ifnfactory.tissue.limits.answers import Effort, answer
from ifnfactory.tissue.measures import Share, footprint_um, secondary_producers, spread_number
from ifnfactory.tissue.targets import left_out, published_targets, targets
from ifnfactory.tissue.validate import Row, Validation, check_request

STORED = Path(__file__).resolve().parents[1] / "benchmarks" / "results" / "tissue_validation.json"
SMALL = Effort(side=48, repeats=60, outbreaks=300, lineages=20_000, mixtures=1500)


def target(name: str):
    return next(found for found in targets() if found.target_id == name)


def test_every_row_is_used_or_has_a_reason() -> None:
    used = {found.target_id for found in targets()}
    for found in published_targets():
        assert (found.target_id in used) != bool(left_out(found))
    assert len(used) == 369
    assert all(found.bounded for found in targets())


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("PQ-base-growth", 0.70, 0.60),
        ("HBV-whalley-thalf", 0.05, 1.3),  # an upper bound only
        ("HBV-whalley-total", 7e13, 9e12),  # a lower bound only
        ("AN-perc-bond-tri", 0.3470, 0.3490),  # no interval in the file: our tolerance
        ("HBV-haile-prod1", 4.9, 5.1),
        ("AN-K0-lam4-r2", -0.3469, -0.36),
    ],
)
def test_the_judge_says_inside_and_outside(name: str, good: float, bad: float) -> None:
    assert target(name).inside(good)
    assert not target(name).inside(bad)
    assert not target(name).inside(math.nan)


def test_the_json_is_what_was_asked_for() -> None:
    rows = (Row(target("PQ-base-growth"), 0.7), Row(target("HBV-whalley-thalf"), 2.0))
    made = Validation(rows).to_json()
    assert made["inside_percent"] == 50.0
    keys = ["target_id", "model", "quantity", "target", "low", "high", "value", "inside"]
    assert [list(row) for row in made["rows"]] == [keys, keys]
    assert made["rows"][1]["low"] is None
    assert json.loads(json.dumps(made, allow_nan=False)) == made


@pytest.mark.parametrize(
    "name",
    [
        *("AN-K0-lam1-r1", "AN-K0-lam4-r12", "AN-K0-self-lam2", "AN-K0-lam8-r20", "AN-mass"),
        *("AN-KPP-D0.1-r1", "AN-KPP-cont-D0.1-r1", "AN-moment2", "AN-RKL2-RKL2_tau=60_s_s=9"),
        *("AN-dtmax2d-D10", "AN-dtmax3d-D50", "AN-foot-q556-lam100", "AN-foot-q139-lam200-n"),
        "AN-conservation",
    ],
)
def test_exact_limits_are_met(name: str) -> None:
    assert target(name).inside(answer(name, SMALL, 1))


def test_a_wrong_lattice_would_be_seen() -> None:
    # The continuum's own value is outside the interval of the lattice at one cell.
    assert not target("AN-K0-lam1-r1").inside(0.0)
    assert abs(poisson.excess_over_bessel(4.0, 2) + 0.35) < 0.01
    assert poisson.relaxed_beside_waves(4.0) < 1e-9


def test_front_follows_the_lattice_and_not_the_continuum() -> None:
    speed = front.measured_speed(0.1, 1.0)
    assert speed == pytest.approx(0.7453, abs=5e-4)
    assert speed == pytest.approx(front.lattice_speed(0.1, 1.0, 0.05), rel=2e-3)
    assert front.fine_speed(0.1, 1.0) == pytest.approx(2 * math.sqrt(0.1), rel=1e-3)


@pytest.mark.parametrize(
    ("find", "lattice", "known"),
    [
        (percolation.site_threshold, percolation.TRIANGULAR, 0.5),
        (percolation.bond_threshold, percolation.TRIANGULAR, 0.347296),
        (percolation.site_threshold, percolation.SQUARE, 0.5927),
        (percolation.bond_threshold, percolation.SQUARE, 0.5),
        (percolation.site_threshold, percolation.HONEYCOMB, 0.6970),
        (percolation.bond_threshold, percolation.HONEYCOMB, 0.6527),
    ],
)
def test_thresholds_of_percolation(find, lattice: int, known: float) -> None:
    mean, error = find(lattice, 64, 80, 1)
    assert error < 0.004
    assert mean == pytest.approx(known, abs=4 * error + 0.003)


def test_outbreaks_are_percolation() -> None:
    below = percolation.reach_probability(percolation.FIXED, 0.30, 129, 200, 1)
    above = percolation.reach_probability(percolation.FIXED, 0.40, 129, 200, 1)
    assert below < 0.1
    assert above == pytest.approx(0.905, abs=0.07)


def test_extinction_and_mixing() -> None:
    for poisson_like, exact in ((True, 0.4172), (False, 0.6667)):
        found = branching.extinction_measured(1.5, poisson_like, 20_000, 1)
        assert found == pytest.approx(exact, abs=0.015)
    assert branching.extinction_poisson(1.5) == pytest.approx(0.4172, abs=1e-4)
    assert branching.extinction_geometric(3.0) == pytest.approx(1 / 3)
    bias, sd = mixing.mixing_slopes(2000, 1)
    assert bias == pytest.approx(-1.0, abs=0.05)
    assert sd == pytest.approx(-0.5, abs=0.02)


def test_small_measures() -> None:
    low, high = Share(0, 20).interval
    assert low == 0.0
    assert high == pytest.approx(0.161, abs=0.002)
    assert footprint_um(139.0, 100.0, 50.0, 0.2, 5.0) == pytest.approx(116, abs=0.5)
    assert secondary_producers(30.0, 10.0) == 2.0
    assert math.isnan(secondary_producers(3.0, 0.0))
    hours = np.linspace(0.0, 24.0, 25)
    assert spread_number(hours, 2.0 + hours / 6.0, 12.0) == pytest.approx(1.0)
    assert math.isnan(spread_number(hours, 2.0 + hours, 48.0))


def test_requests_that_cannot_be_meant_are_told_at_once() -> None:
    with pytest.raises(UserInputError) as told:
        check_request("liver", 0, 0)
    assert len(told.value.problems) == 3


def test_the_stored_validation_is_of_these_targets() -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    rows = {row["target_id"]: row for row in stored["rows"]}
    assert set(rows) == {found.target_id for found in targets()}
    for found in targets():
        row = rows[found.target_id]
        value = math.nan if row["value"] is None else row["value"]
        assert row["inside"] == found.inside(value)
    inside = sum(row["inside"] for row in rows.values())
    assert stored["inside_percent"] == round(100.0 * inside / len(rows), 1)
    assert all(row["inside"] for row in rows.values() if row["model"] == "analytic")
