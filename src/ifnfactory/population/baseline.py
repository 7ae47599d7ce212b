"""What a trial says about the patients it enrolled, and whom it let in.

Both records are plain numbers in canonical units. A protocol file is converted to them once, at
the wall; nothing here knows about files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

GENOTYPES: Final = ("A", "B", "C", "D")
"""HBV genotypes in the order of `BaselineDistribution.genotype_shares`."""

COUNTS: Final = ("neutrophils", "platelets", "creatinine_clearance")
"""What is judged of candidates who are already drawn: no baseline table describes it."""


@dataclass(frozen=True)
class BaselineDistribution:
    """The enrolled patients of a trial, as its baseline table describes them.

    Means and SDs are those of the patients *in* the trial, after its entry criteria; candidates
    are drawn from a wider distribution that the criteria cut down to this one
    (`population.enrolment`).

    Attributes
    ----------
    hbeag_positive_share
        Share with HBeAg, 0 to 1.
    genotype_shares
        Shares of HBV genotypes A, B, C, D; they are scaled to a sum of 1, so that a few patients
        with other genotypes may be left out.
    age_mean, age_sd
        [year]; normal, cut at the age limits of the eligibility.
    male_share
        0 to 1.
    weight_mean, weight_sd
        [kg]; log-normal.
    log10_dna_mean, log10_dna_sd
        log10 of serum HBV DNA in IU/mL.
    log10_hbsag_mean, log10_hbsag_sd
        log10 of HBsAg in IU/mL.
    alt_median, alt_log_sd
        Median of ALT [U/L] and SD of its natural logarithm.
    cirrhosis_share
        0 to 1.
    prior_na_years
        Years on a nucleos(t)ide analogue up to the first visit, the same for all; 0: none.
    prior_interferon_share
        Share treated with an interferon before, 0 to 1.
    """

    hbeag_positive_share: float
    genotype_shares: tuple[float, float, float, float]
    age_mean: float
    age_sd: float
    male_share: float
    weight_mean: float
    weight_sd: float
    log10_dna_mean: float
    log10_dna_sd: float
    log10_hbsag_mean: float
    log10_hbsag_sd: float
    alt_median: float
    alt_log_sd: float
    cirrhosis_share: float = 0.0
    prior_na_years: float = 0.0
    prior_interferon_share: float = 0.0

    def __post_init__(self) -> None:
        for name in (
            "hbeag_positive_share",
            "male_share",
            "cirrhosis_share",
            "prior_interferon_share",
        ):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is {getattr(self, name)}, but a share lies in 0 to 1")
        if min(self.genotype_shares) < 0.0 or sum(self.genotype_shares) <= 0.0:
            raise ValueError(f"genotype_shares {self.genotype_shares} are no shares")
        for name in ("age_mean", "weight_mean", "alt_median"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} is {getattr(self, name)}, but it has to be positive")
        for name in (
            "age_sd",
            "weight_sd",
            "log10_dna_sd",
            "log10_hbsag_sd",
            "alt_log_sd",
            "prior_na_years",
        ):
            if not getattr(self, name) >= 0.0:
                raise ValueError(f"{name} is {getattr(self, name)}, but it cannot be negative")


@dataclass(frozen=True)
class Eligibility:
    """Entry criteria, applied to what is measured at screening.

    Attributes
    ----------
    dna_min, dna_max
        Serum HBV DNA [IU/mL].
    hbsag_min, hbsag_max
        HBsAg [IU/mL].
    alt_min, alt_max
        ALT [U/L].
    age_min, age_max
        [year].
    hbeag_positive
        Required HBeAg status; None: both are let in.
    neutrophils_min, neutrophils_max, platelets_min, platelets_max
        [1e9/L].
    creatinine_clearance_min, creatinine_clearance_max
        [mL/min].
    """

    dna_min: float = 0.0
    dna_max: float = math.inf
    hbsag_min: float = 0.0
    hbsag_max: float = math.inf
    alt_min: float = 0.0
    alt_max: float = math.inf
    age_min: float = 18.0
    age_max: float = math.inf
    hbeag_positive: bool | None = None
    neutrophils_min: float = 0.0
    neutrophils_max: float = math.inf
    platelets_min: float = 0.0
    platelets_max: float = math.inf
    creatinine_clearance_min: float = 0.0
    creatinine_clearance_max: float = math.inf

    def __post_init__(self) -> None:
        for name in ("dna", "hbsag", "alt", "age", *COUNTS):
            low, high = getattr(self, f"{name}_min"), getattr(self, f"{name}_max")
            if not 0.0 <= low < high:
                raise ValueError(f"{name}: nobody lies between {low} and {high}")

    @property
    def asks_for_counts(self) -> bool:
        """Whether blood counts or creatinine clearance are limited."""
        return any(
            getattr(self, f"{name}_min") > 0.0 or math.isfinite(getattr(self, f"{name}_max"))
            for name in COUNTS
        )


def lognormal_from_moments(mean: float, sd: float) -> tuple[float, float]:
    """Return (median, SD of the natural log) of the log-normal with this mean and SD.

    Trials print ALT and weight as mean and SD; both are skewed to the right.
    """
    variance = math.log1p((sd / mean) ** 2)
    return mean * math.exp(-variance / 2.0), math.sqrt(variance)
