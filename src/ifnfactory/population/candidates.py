"""Candidates for a trial: who comes to screening, and who of them is let in.

Candidate i is drawn and judged alone. The first n accepted candidates are the patients, so that
one patient more changes nobody else and 100 patients are the first 100 of 200.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.streams import Seed, Streams, streams_of
from ifnfactory.population.baseline import GENOTYPES, BaselineDistribution, Eligibility
from ifnfactory.population.patients import Bools, Floats
from ifnfactory.population.screening import Screening, nobody_passes, plan_screening, screened_hbsag

_MOST_PER_PATIENT: Final = 400
_MOST_AT_LEAST: Final = 20_000


@dataclass(frozen=True)
class Enrolled:
    """The accepted candidates: arrays of shape (n,).

    Attributes
    ----------
    screened
        How many candidates it took to find them (one number).
    candidate
        Index of each patient among the candidates.
    log10_dna, ln_alt
        The patients' own levels, log10 of IU/mL and ln of U/L.
    dna_excursion
        How far HBV DNA was from the level at screening, log10.
    dna_score, alt_score
        The same with mean 0 and SD 1 among the enrolled of each HBeAg status.
    """

    screened: int
    candidate: NDArray[np.int64]
    hbeag_positive: Bools
    female: Bools
    age: Floats
    weight: Floats
    genotype: NDArray[np.str_]
    cirrhosis: Bools
    prior_interferon: Bools
    log10_dna: Floats
    ln_alt: Floats
    dna_excursion: Floats
    dna_score: Floats
    alt_score: Floats


def enrol(baseline: BaselineDistribution, eligibility: Eligibility, n: int, seed: Seed) -> Enrolled:
    """Screen candidates until `n` are accepted; streams are left behind the last of them.

    Raises
    ------
    UserInputError
        If the criteria let in almost nobody of the baseline distribution.
    """
    screening, streams = plan_screening(baseline, eligibility), streams_of(seed)
    most = _MOST_PER_PATIENT * n + _MOST_AT_LEAST
    count = math.ceil(1.1 * n / screening.accepted_share) + 64
    while True:
        found = _screen(screening, min(count, most), streams.fork())
        if len(found.candidate) >= n:
            return _screen(screening, int(found.candidate[n - 1]) + 1 if n else 0, streams)
        if count >= most:
            raise UserInputError([nobody_passes(len(found.candidate) / most)])
        count *= 2


def _screen(screening: Screening, m: int, streams: Streams) -> Enrolled:
    """Draw the next `m` candidates and return those who pass."""
    baseline, eligibility = screening.baseline, screening.eligibility

    def uniform(name: str) -> Floats:
        return streams.at("population", name).random(m)

    def normal(name: str) -> Floats:
        return streams.at("population", name).standard_normal(m)

    hbeag_positive = uniform("hbeag_positive") < baseline.hbeag_positive_share
    status = hbeag_positive.astype(np.int64)
    log10_dna = screening.dna.level(normal("log10_hbv_dna"), status)
    ln_alt = screening.alt.level(normal("ln_alt"), status)
    excursion = screening.dna.fluctuation(normal("screening_dna"), status)
    passed = screening.dna.passes(log10_dna, excursion, status)
    alt_excursion = screening.alt.fluctuation(normal("screening_alt"), status)
    passed &= screening.alt.passes(ln_alt, alt_excursion, status)
    if eligibility.hbeag_positive is not None:
        passed &= hbeag_positive == eligibility.hbeag_positive
    everybody = Enrolled(
        screened=m,
        candidate=np.arange(m),
        hbeag_positive=hbeag_positive,
        female=uniform("sex") >= baseline.male_share,
        age=_age(screening, uniform("age")),
        weight=_weight(baseline, normal("weight")),
        genotype=_genotype(baseline, uniform("genotype")),
        cirrhosis=uniform("cirrhosis") < baseline.cirrhosis_share,
        prior_interferon=uniform("prior_interferon") < baseline.prior_interferon_share,
        log10_dna=log10_dna,
        ln_alt=ln_alt,
        dna_excursion=excursion,
        dna_score=screening.dna.standardised(log10_dna, status),
        alt_score=screening.alt.standardised(ln_alt, status),
    )
    return _take(everybody, np.flatnonzero(passed))


def _take(enrolled: Enrolled, rows: NDArray[np.int64]) -> Enrolled:
    columns: dict[str, Any] = {
        name: column[rows] for name, column in vars(enrolled).items() if name != "screened"
    }
    return replace(enrolled, **columns)


def _age(screening: Screening, u: Floats) -> Floats:
    """Return ages between the limits; the inverse distribution needs no rejection."""
    limits = (screening.eligibility.age_min, screening.eligibility.age_max)
    return _between(screening.age.mean, screening.age.sd, limits, u)


def _between(mean: float, sd: float, limits: tuple[float, float], u: Floats) -> Floats:
    """Return the quantiles `u` of a normal distribution cut at two limits."""
    low, high = (float(ndtr((limit - mean) / sd)) for limit in limits)
    inside = np.clip(low + u * (high - low), 1e-12, 1.0 - 1e-12)
    return np.clip(mean + sd * ndtri(inside), *limits)


def log10_hbsag_level(
    baseline: BaselineDistribution, eligibility: Eligibility, score: Floats
) -> Floats:
    """Return log10 HBsAg [IU/mL] between the limits, from standard normal scores, shape of `score`.

    HBsAg is drawn given HBV DNA and ALT. Mapping each score into the allowed range keeps its rank,
    and thereby the correlations, without turning anybody away.
    """
    if eligibility.hbsag_min <= 0.0 and math.isinf(eligibility.hbsag_max):
        return baseline.log10_hbsag_mean + baseline.log10_hbsag_sd * score
    found = screened_hbsag(baseline, eligibility)
    lowest, highest = eligibility.hbsag_min, eligibility.hbsag_max
    limits = (math.log10(lowest) if lowest > 0.0 else -math.inf, math.log10(highest))
    return _between(found.mean, found.sd, limits, ndtr(score))


def _weight(baseline: BaselineDistribution, score: Floats) -> Floats:
    variance = math.log1p((baseline.weight_sd / baseline.weight_mean) ** 2)
    return baseline.weight_mean * np.exp(math.sqrt(variance) * score - 0.5 * variance)


def _genotype(baseline: BaselineDistribution, u: Floats) -> NDArray[np.str_]:
    limits = np.cumsum(baseline.genotype_shares) / sum(baseline.genotype_shares)
    return np.array(GENOTYPES)[np.searchsorted(limits[:-1], u, side="right")]
