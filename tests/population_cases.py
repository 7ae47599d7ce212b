"""Baselines that the tests of the population share: shaped like the published trials."""

from __future__ import annotations

from ifnfactory.population.baseline import (
    BaselineDistribution,
    Eligibility,
    lognormal_from_moments,
)

_alt_positive = lognormal_from_moments(115.0, 80.0)
_alt_negative = lognormal_from_moments(95.0, 75.0)

POSITIVE = BaselineDistribution(
    hbeag_positive_share=1.0,
    genotype_shares=(0.07, 0.29, 0.58, 0.05),
    age_mean=32.0,
    age_sd=10.0,
    male_share=0.78,
    weight_mean=67.0,
    weight_sd=12.0,
    log10_dna_mean=9.25,
    log10_dna_sd=1.2,
    log10_hbsag_mean=4.25,
    log10_hbsag_sd=0.65,
    alt_median=_alt_positive[0],
    alt_log_sd=_alt_positive[1],
    cirrhosis_share=0.17,
)
POSITIVE_ENTRY = Eligibility(dna_min=9e4, alt_min=40.0, alt_max=400.0, hbeag_positive=True)

NEGATIVE = BaselineDistribution(
    hbeag_positive_share=0.0,
    genotype_shares=(0.07, 0.28, 0.42, 0.20),
    age_mean=40.0,
    age_sd=11.0,
    male_share=0.83,
    weight_mean=70.0,
    weight_sd=12.0,
    log10_dna_mean=6.46,
    log10_dna_sd=1.91,
    log10_hbsag_mean=3.39,
    log10_hbsag_sd=0.61,
    alt_median=_alt_negative[0],
    alt_log_sd=_alt_negative[1],
    cirrhosis_share=0.27,
)
NEGATIVE_ENTRY = Eligibility(dna_min=1.78e4, alt_min=40.0, alt_max=400.0, hbeag_positive=False)

ANYBODY = Eligibility()
