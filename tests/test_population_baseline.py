"""The records of a trial's baseline, and the candidates behind an enrolled population."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from population_cases import ANYBODY, NEGATIVE, NEGATIVE_ENTRY, POSITIVE, POSITIVE_ENTRY

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.population.baseline import BaselineDistribution, Eligibility, lognormal_from_moments
from ifnfactory.population.candidates import enrol, log10_hbsag_level
from ifnfactory.population.enrolment import Window, candidates_for


def test_lognormal_from_moments_has_those_moments() -> None:
    median, log_sd = lognormal_from_moments(115.0, 80.0)
    assert median * math.exp(log_sd**2 / 2) == pytest.approx(115.0)
    assert median * math.exp(log_sd**2 / 2) * math.sqrt(math.expm1(log_sd**2)) == pytest.approx(80)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"male_share": 1.2}, "male_share"),
        ({"age_sd": -1.0}, "age_sd"),
        ({"alt_median": 0.0}, "alt_median"),
        ({"genotype_shares": (0.0, 0.0, 0.0, 0.0)}, "genotype_shares"),
    ],
)
def test_a_record_refuses_nonsense(change: dict[str, float], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        replace(POSITIVE, **change)


def test_limits_have_to_leave_room() -> None:
    with pytest.raises(ValueError, match="nobody lies between"):
        Eligibility(dna_min=1e5, dna_max=1e4)


@pytest.mark.parametrize(
    ("mean", "sd", "window"),
    [
        (6.6, 1.6, Window(4.25, math.inf, 0.9, 10.75)),
        (8.35, 0.8, Window(4.25, math.inf, 0.35, 10.75)),
        (math.log(95.0), 0.45, Window(math.log(40.0), math.log(400.0), 0.27)),
        (3.0, 1.0, Window(-math.inf, math.inf, 0.0)),
    ],
)
def test_candidates_are_those_whose_enrolled_part_has_the_printed_moments(
    mean: float, sd: float, window: Window
) -> None:
    found = candidates_for(mean, sd, window)
    assert found.enrolled_mean == pytest.approx(mean, abs=0.01)
    assert found.enrolled_sd == pytest.approx(sd, rel=0.02)


def test_enrolled_moments_are_what_filtering_candidates_gives() -> None:
    window = Window(4.25, math.inf, 0.9, 10.75)
    found = candidates_for(6.46, 1.91, window)
    rng = np.random.default_rng(5)
    level = found.mean + found.sd * rng.standard_normal(400_000)
    kept = level[
        (level + 0.9 * rng.standard_normal(level.size) > window.low) & (level < window.ceiling)
    ]
    assert kept.mean() == pytest.approx(found.enrolled_mean, abs=0.02)
    assert kept.std() == pytest.approx(found.enrolled_sd, abs=0.02)
    assert kept.size / level.size == pytest.approx(found.accepted, abs=0.005)


@pytest.mark.parametrize(
    ("baseline", "entry"), [(POSITIVE, POSITIVE_ENTRY), (NEGATIVE, NEGATIVE_ENTRY)]
)
def test_enrolled_patients_have_the_printed_baseline(
    baseline: BaselineDistribution, entry: Eligibility
) -> None:
    # Means of 20,000: half-widths are at least 7 standard errors plus what truncation may cost.
    them = enrol(baseline, entry, 20_000, seed=3)
    assert (them.log10_dna + them.dna_excursion).mean() == pytest.approx(
        baseline.log10_dna_mean, abs=0.15
    )
    assert them.ln_alt.mean() == pytest.approx(math.log(baseline.alt_median), abs=0.05)
    # ALT limits of 1 to 10 times normal leave no room for all of the printed spread.
    assert them.ln_alt.std() == pytest.approx(baseline.alt_log_sd, rel=0.25)
    assert them.age.mean() == pytest.approx(baseline.age_mean, abs=0.6)
    assert them.age.min() >= 18.0
    assert them.weight.mean() == pytest.approx(baseline.weight_mean, abs=0.7)
    assert 1.0 - them.female.mean() == pytest.approx(baseline.male_share, abs=0.025)
    assert them.cirrhosis.mean() == pytest.approx(baseline.cirrhosis_share, abs=0.025)
    shares = np.array(baseline.genotype_shares) / sum(baseline.genotype_shares)
    found = [(them.genotype == name).mean() for name in "ABCD"]
    np.testing.assert_allclose(found, shares, atol=0.025)
    assert (them.hbeag_positive == bool(entry.hbeag_positive)).all()


@pytest.mark.parametrize(
    ("baseline", "entry", "words"),
    [
        (POSITIVE, replace(POSITIVE_ENTRY, dna_min=0.0, dna_max=1e4), "log10 HBV DNA"),
        (POSITIVE, replace(POSITIVE_ENTRY, alt_min=3_000.0, alt_max=4_000.0), "ln ALT"),
        (POSITIVE, replace(POSITIVE_ENTRY, hbsag_max=100.0), "log10 HBsAg"),
        (POSITIVE, replace(POSITIVE_ENTRY, age_min=60.0), "age"),
        (POSITIVE, NEGATIVE_ENTRY, "only HBeAg-negative"),
    ],
)
def test_an_impossible_baseline_is_a_message(
    baseline: BaselineDistribution, entry: Eligibility, words: str
) -> None:
    with pytest.raises(UserInputError, match=f"impossible baseline: .*{words}"):
        enrol(baseline, entry, 10, seed=1)


def test_hbsag_limits_keep_the_printed_mean_and_the_order_of_patients() -> None:
    score = np.random.default_rng(2).standard_normal(20_000)
    free = log10_hbsag_level(NEGATIVE, NEGATIVE_ENTRY, score)
    np.testing.assert_array_equal(free, 3.39 + 0.61 * score)
    baseline = replace(NEGATIVE, log10_hbsag_mean=2.5, log10_hbsag_sd=0.5)
    limited = replace(NEGATIVE_ENTRY, hbsag_min=10.0, hbsag_max=1_500.0)
    level = log10_hbsag_level(baseline, limited, score)
    assert level.min() >= 1.0
    assert level.max() <= math.log10(1_500.0)
    assert level.mean() == pytest.approx(2.5, abs=0.02)
    assert level.std() == pytest.approx(0.5, abs=0.05)
    assert (np.argsort(level) == np.argsort(score)).all()


def test_every_contradiction_is_told_at_once() -> None:
    entry = Eligibility(dna_max=1e3, alt_min=3_000.0, age_min=60.0)
    with pytest.raises(UserInputError) as caught:
        enrol(POSITIVE, entry, 10, seed=1)
    assert len(caught.value.problems) == 3


def test_patients_on_nucleosides_are_not_judged_on_suppressed_markers() -> None:
    entry = Eligibility(dna_max=20.0, alt_max=40.0)
    them = enrol(replace(NEGATIVE, prior_na_years=3.0), entry, 500, seed=1)
    assert them.screened < 530  # only levels above the ceiling of HBV DNA are drawn again


def test_nobody_is_a_population_too() -> None:
    assert len(enrol(POSITIVE, ANYBODY, 0, seed=1).candidate) == 0
