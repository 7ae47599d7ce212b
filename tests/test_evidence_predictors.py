"""Who responds: the regression against tables, the genotypes' order, and the published rows."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from evidence_cases import run

from ifnfactory.evidence.columns import COLUMNS
from ifnfactory.evidence.genotypes import GenotypeRow, falls, genotype_rows
from ifnfactory.evidence.logistic import fit_logistic
from ifnfactory.evidence.odds_ratios import RatioRow, ratio_rows
from ifnfactory.evidence.predictor_file import (
    GenotypeResult,
    GenotypeTrial,
    PublishedRatio,
    Regression,
    load_predictors,
)
from ifnfactory.foundation.evidence import Source
from ifnfactory.trial.endpoints import parse_endpoint
from ifnfactory.trial.protocol import load_protocol

SOURCE = Source("made up", "prior")


def table(a: int, b: int, c: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Return exposure and response of a two-by-two table."""
    exposed = np.repeat([1.0, 1.0, 0.0, 0.0], [a, b, c, d])
    response = np.repeat([True, False, True, False], [a, b, c, d])
    return exposed[:, None], response


def test_one_yes_or_no_column_gives_the_odds_ratio_of_its_table() -> None:
    fit = fit_logistic(*table(30, 10, 20, 40))
    assert fit is not None
    assert math.exp(fit.coefficients[0]) == pytest.approx(30 * 40 / (10 * 20), rel=1e-5)
    error = math.sqrt(fit.covariance[0, 0])
    assert error == pytest.approx(math.sqrt(1 / 30 + 1 / 10 + 1 / 20 + 1 / 40), rel=1e-4)


def test_known_coefficients_are_found_again() -> None:
    rng = np.random.default_rng(3)
    columns = rng.normal([3.0, -1.0], [2.0, 0.5], (40_000, 2))
    odds = 1 / (1 + np.exp(-(0.5 + 0.4 * columns[:, 0] - 1.2 * columns[:, 1])))
    fit = fit_logistic(columns, rng.random(40_000) < odds)
    assert fit is not None
    # Standard errors are about 0.008 and 0.03: six of them.
    assert fit.coefficients == pytest.approx([0.4, -1.2], abs=0.18)
    assert fit.coefficients[0] == pytest.approx(0.4, abs=0.05)


def test_what_cannot_be_fitted_is_nothing() -> None:
    columns, response = table(30, 10, 20, 40)
    assert fit_logistic(columns, np.ones_like(response)) is None
    assert fit_logistic(columns, np.zeros_like(response)) is None
    assert fit_logistic(np.ones_like(columns), response) is None


def test_a_column_that_separates_the_responders_has_no_odds_ratio() -> None:
    assert fit_logistic(*table(30, 0, 0, 40)) is None
    assert fit_logistic(*table(30, 0, 20, 40)) is None


def ratio_of(value: float | None, ci: tuple[float, float] | None, factor: float) -> Regression:
    ratio = PublishedRatio("HBsAg", (("log10_hbsag", factor),), value, ci)
    return Regression(
        "r",
        "title",
        SOURCE,
        ("hbv_dna_lt_100000cp",),
        (("lau2005", 48.0),),
        ("log10_hbsag",),
        (("lau2005", "peg"), ("lau2005", "lam")),
        (ratio,),
    )


def test_a_ratio_is_judged_by_direction_and_factor() -> None:
    results = {"lau2005": run(load_protocol("lau2005"), 400)}

    def judged(value: float | None, ci: tuple[float, float] | None, factor: float) -> RatioRow:
        (row,) = ratio_rows(results, ratio_of(value, ci, factor))
        return row

    factor = -1.0 if judged(None, None, -1.0).simulated > 1.0 else 1.0
    plain = judged(None, None, factor)
    value = plain.simulated
    assert value > 1.0
    assert plain.direction is True
    assert plain.within_factor_two is None
    assert judged(value * 1.99, None, factor).within_factor_two is True
    assert judged(value * 2.01, None, factor).within_factor_two is False
    assert judged(value / 2.01, None, factor).within_factor_two is False
    assert judged(0.5, (0.3, 0.9), factor).direction is False
    assert judged(1.1, (0.9, 1.3), factor).direction is None  # published on both sides
    assert judged(1.3, (1.0, 1.6), factor).direction is True  # and on one, just
    turned = judged(None, None, -factor)
    assert turned.simulated == pytest.approx(1.0 / value)
    assert turned.direction is False


def test_a_regression_without_its_trials_is_left_out() -> None:
    assert ratio_rows({}, ratio_of(None, None, 1.0)) == ()
    results = {"lau2005": run(load_protocol("lau2005"), 20)}
    asked = replace(ratio_of(None, None, 1.0), arms=(("lau2005", "none"), ("lau2005", "lam")))
    assert ratio_rows(results, asked) == ()


def genotype(name: str, simulated: float) -> GenotypeRow:
    return GenotypeRow("hbeag_loss", name, 1.0, None, simulated, (0.0, 1.0), SOURCE)


def test_the_order_of_genotypes_is_strict() -> None:
    falling = [genotype(name, value) for name, value in zip("ABCD", (4, 3, 2, 1), strict=True)]
    assert falls(falling) == (("hbeag_loss", True),)
    tied = [*falling[:2], genotype("C", 3.0), falling[3]]
    assert falls(tied) == (("hbeag_loss", False),)


def test_genotypes_are_counted_over_all_arms() -> None:
    result = run(load_protocol("lau2005"), 200)
    trial = GenotypeTrial(
        "lau2005",
        72.0,
        (GenotypeResult("hbv_dna_lt_400cp", (4, 3, 2, 1), ((4, 10),) * 4, SOURCE),),
    )
    rows = genotype_rows(result, trial)
    of_b = [
        arm.panel.hbv_dna[arm.patients.genotype == "B", -1] < 400 / 10**0.75 for arm in result.arms
    ]
    assert rows[1].simulated == pytest.approx(100 * np.mean(np.concatenate(of_b)))
    assert [row.genotype for row in rows] == ["A", "B", "C", "D"]
    # Wilson's interval of 4 of 10.
    assert rows[0].published_ci == pytest.approx((16.82, 68.73), abs=0.01)


def test_the_shipped_rows_can_be_asked() -> None:
    trial, regressions = load_predictors()
    protocols = {trial.protocol: load_protocol(trial.protocol)}
    assert trial.week in protocols[trial.protocol].visit_weeks
    for result in trial.results:
        assert parse_endpoint(result.endpoint)
    for asked in regressions:
        names = {*asked.columns, *(f"{protocol}.{arm}" for protocol, arm in asked.arms[:-1])}
        assert set(asked.columns) <= set(COLUMNS)
        for protocol, arm in asked.arms:
            assert load_protocol(protocol).arm(arm)
            assert dict(asked.weeks)[protocol] in load_protocol(protocol).visit_weeks
        for ratio in asked.ratios:
            assert {name for name, _ in ratio.terms} <= names
            if ratio.ci is not None and ratio.value is not None:
                assert ratio.ci[0] <= ratio.value <= ratio.ci[1]
