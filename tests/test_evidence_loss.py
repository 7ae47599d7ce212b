"""The loss, term by term, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from evidence_cases import ROW, qualification, rows

from ifnfactory.evidence.loss import loss, loss_of_rows

MANY = 10**8


def test_a_perfect_match_costs_nothing() -> None:
    assert loss_of_rows([replace(ROW, patients=MANY)]).total == pytest.approx(0.0, abs=1e-6)


def test_a_percentage_is_binomial() -> None:
    row = replace(ROW, simulated=20.0, patients=MANY)
    # 30 of 100: ln of the chance at 0.3 minus that at 0.2.
    by_hand = 30 * math.log(0.3 / 0.2) + 70 * math.log(0.7 / 0.8)
    assert loss_of_rows([row]).total == pytest.approx(by_hand, rel=1e-5)


def test_few_virtual_patients_blunt_a_miss() -> None:
    few, many = (replace(ROW, simulated=10.0, patients=n) for n in (100, MANY))
    assert 0.0 < loss_of_rows([few]).total < loss_of_rows([many]).total


def test_nobody_is_a_finite_miss() -> None:
    row = replace(ROW, simulated=0.0, patients=1000)
    assert 10.0 < loss_of_rows([row]).total < 1000.0
    everybody = replace(ROW, simulated=100.0, patients=1000)
    assert math.isfinite(loss_of_rows([everybody]).total)
    none = replace(ROW, published=0.0, k=0, simulated=0.0, patients=MANY)
    assert loss_of_rows([none]).total == pytest.approx(0.0, abs=1e-6)


def test_a_mean_is_gaussian_with_the_stated_sd() -> None:
    dna = replace(
        ROW,
        endpoint="mean_log10_dna_change",
        published=-4.0,
        simulated=-4.6,
        standard_error=0.4,
        published_ci=None,
        k=None,
        n=None,
    )
    assert loss_of_rows([dna]).total == pytest.approx(0.36 / (2 * (0.09 + 0.16)))
    hbsag = replace(dna, endpoint="mean_log10_hbsag_change", standard_error=0.0)
    assert loss_of_rows([hbsag]).total == pytest.approx(0.36 / (2 * 0.04))


def test_an_interval_without_counts_is_gaussian() -> None:
    rate = replace(
        ROW,
        unit="per 100 patient-years",
        published=1.0,
        simulated=1.0 + 1.959964,
        reach=(1.959964, 1.959964),
        standard_error=0.0,
        k=None,
        n=None,
    )
    # On the edge of a 95 % interval: 1.96 SDs.
    assert loss_of_rows([rate]).total == pytest.approx(1.959964**2 / 2, rel=1e-6)


def test_terms_carry_weights_and_sum_to_the_total() -> None:
    found = loss(qualification(rows()))
    assert found.total == pytest.approx(sum(term.value for term in found.terms))
    half, whole = (loss_of_rows([replace(rows()[1], weight=w)]).total for w in (0.5, 1.0))
    assert half == pytest.approx(whole / 2)
    parts = dict(found.by_trial)
    assert set(parts) == {"A", "B"}
    assert parts["A"] == pytest.approx(found.terms[0].value + found.terms[1].value)
    assert found.by_trial[0][0] == "B"
