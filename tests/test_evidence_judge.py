"""Inside and outside, edge by edge; and what is summed over rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evidence_cases import ROW, TARGET, qualification, rows, run

from ifnfactory.evidence.judge import is_inside, judge, phase, reach
from ifnfactory.evidence.matching import Match
from ifnfactory.evidence.misses import Pattern, distance, misses, patterns
from ifnfactory.evidence.qualification import by_class, by_trial, share_inside
from ifnfactory.trial.protocol import load_protocol


@pytest.mark.parametrize(
    ("simulated", "inside"),
    [(20.0, True), (19.99, False), (45.0, True), (45.01, False), (30.0, True)],
)
def test_a_percentage_is_inside_its_closed_interval(simulated: float, inside: bool) -> None:
    within = reach("hbeag_loss", 30.0, (20.0, 45.0))
    assert within == (10.0, 15.0)
    assert is_inside(simulated, 30.0, within) is inside


@pytest.mark.parametrize(
    ("endpoint", "simulated", "inside"),
    [
        ("mean_log10_dna_change", -5.0, True),
        ("mean_log10_dna_change", -5.01, False),
        ("mean_log10_dna_change", -4.0, True),
        ("mean_log10_dna_change", -3.99, False),
        ("mean_log10_hbsag_change", -4.8, True),
        ("mean_log10_hbsag_change", -4.81, False),
        ("mean_log10_hbsag_change", -4.2, True),
    ],
)
def test_a_mean_is_inside_its_tolerance(endpoint: str, simulated: float, inside: bool) -> None:
    # 4.5 - 4.2 is not 0.3 in binary: the last bit must not decide.
    assert is_inside(simulated, -4.5, reach(endpoint, -4.5, None)) is inside


def test_phases() -> None:
    assert phase(48.0, 48.0) == "on treatment"
    assert phase(48.1, 48.0) == "after treatment"
    assert phase(12.0, 0.0) == "untreated"


def test_a_row_holds_what_the_trial_would_print() -> None:
    protocol = load_protocol("lau2005")
    result = run(protocol, 40)
    match = Match(replace(TARGET, endpoint="hbv_dna_lt_400cp"), "lau2005", "peg", 72.0)
    (row,), left = judge(result, [match])
    assert not left
    dna = result.arms[0].panel.hbv_dna[:, -1]
    share = float(np.mean(dna < 400 / 10**0.75))
    assert row.simulated == pytest.approx(100 * share)
    assert row.standard_error == pytest.approx(100 * np.sqrt(share * (1 - share) / 40))
    assert (row.trial, row.protocol, row.arm, row.phase) == (
        "LAU2005",
        "lau2005",
        "peg",
        "after treatment",
    )
    assert (row.patients, row.k, row.n, row.weight) == (40, 92, 271, 0.5)


def test_patients_who_could_not_be_computed_do_not_count() -> None:
    result = run(load_protocol("lau2005"), 40)
    for marker in ("hbv_dna", "hbsag", "hbeag", "alt", "hbv_rna"):
        getattr(result.arms[0].panel, marker)[:10] = np.nan
    (row,), _ = judge(result, [Match(TARGET, "lau2005", "peg", 72.0)])
    assert row.patients == 30


def test_an_endpoint_that_nobody_can_be_judged_for_is_left() -> None:
    result = run(load_protocol("lau2005"), 10)
    result.arms[0].panel.hbeag[:, 0] = 0.5  # nobody had HBeAg
    rows, (left,) = judge(result, [Match(TARGET, "lau2005", "peg", 72.0)])
    assert not rows
    assert left.why == "no virtual patient can be judged for this endpoint"


def test_an_endpoint_without_a_visit_is_left() -> None:
    result = run(load_protocol("lau2005"), 10)
    rows, (left,) = judge(result, [Match(TARGET, "lau2005", "peg", 71.0)])
    assert not rows
    assert left.why.startswith("no visit in week 71")


def test_sums_by_hand() -> None:
    of = rows()
    # Weights 1 + 0.5 inside, of 1 + 0.5 + 0.5 + 2.
    assert share_inside(of) == pytest.approx(37.5)
    # Serology: 1 of 1 + 0.5 + 2; virology: 0.5 of 0.5.
    assert dict(by_class(of)) == {
        "serology": pytest.approx(100 / 3.5),
        "virology": pytest.approx(100.0),
    }
    assert by_trial(of) == (("A", 2, 1), ("B", 2, 1))
    assert share_inside(()) is None
    assert share_inside([replace(ROW, weight=0.0)]) is None


def test_json_is_that_of_the_issue() -> None:
    found = qualification(rows()).to_json()
    assert list(found)[:7] == [
        "parameter_set",
        "targets",
        "weighted_inside_percent",
        "by_class",
        "by_trial",
        "rows",
        "not_run",
    ]
    assert found["parameter_set"] == "ab12"
    assert (found["targets"], found["weighted_inside_percent"]) == (4, 37.5)
    assert found["by_trial"] == {"A": {"targets": 2, "inside": 1}, "B": {"targets": 2, "inside": 1}}
    assert found["rows"][1] == {
        "target_id": "A.2",
        "trial": "A",
        "arm": "peg",
        "endpoint": "hbeag_loss",
        "class": "serology",
        "week": 72,
        "unit": "%",
        "published": 30,
        "published_ci": [20, 45],
        "simulated": 50,
        "simulated_ci": [28, 32],
        "inside": False,
        "weight": 0.5,
    }


def test_the_largest_misses_come_first() -> None:
    low, high = rows()[3], rows()[1]
    assert distance(low) == pytest.approx(-2.5)  # 25 below, 10 are allowed
    assert distance(high) == pytest.approx(20 / 15)
    assert distance(ROW) == 0.0
    assert [miss.row.target_id for miss in misses(rows())] == ["B.2", "A.2"]


def test_a_pattern_is_three_misses_on_one_side() -> None:
    high = replace(ROW, simulated=50.0, inside=False)
    low = replace(ROW, simulated=5.0, inside=False)
    assert patterns([high, high, ROW]) == ()
    assert patterns([high, high, high, low, ROW]) == (
        Pattern("HBeAg loss or seroconversion", "after treatment", 5, 1, 3),
    )
    assert patterns([high, high, high, low, low]) == ()
    fall = replace(
        ROW,
        endpoint="mean_log10_dna_change",
        unit="log10 IU/mL",
        published=-4.0,
        simulated=-6.0,
        inside=False,
    )
    (pattern,) = patterns([fall, fall, fall])
    assert (pattern.too_high, pattern.too_low) == (3, 0)  # a fall that is too deep
