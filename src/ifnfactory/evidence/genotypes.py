"""Response by genotype, in a trial that enrols as many of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ifnfactory.evidence.arms import evaluate_arm
from ifnfactory.evidence.predictor_file import GenotypeTrial
from ifnfactory.foundation.evidence import Source
from ifnfactory.population.baseline import GENOTYPES
from ifnfactory.trial.estimates import Estimate, proportion
from ifnfactory.trial.result import TrialResult


@dataclass(frozen=True)
class GenotypeRow:
    """One endpoint in one genotype, in percent.

    Attributes
    ----------
    published_ci
        None where the number of patients was not published.
    """

    endpoint: str
    genotype: str
    published: float
    published_ci: tuple[float, float] | None
    simulated: float
    simulated_ci: tuple[float, float]
    source: Source


def genotype_rows(result: TrialResult, trial: GenotypeTrial) -> tuple[GenotypeRow, ...]:
    """Return every endpoint by genotype, over all arms of a trial of equal shares."""
    rows: list[GenotypeRow] = []
    genotype = np.concatenate([arm.integrated().patients.genotype for arm in result.arms])
    for published in trial.results:
        reached = np.concatenate(
            [
                evaluate_arm(result, arm, published.endpoint, trial.week).values
                for arm in result.arms
            ]
        ).astype(np.bool_)
        for index, name in enumerate(GENOTYPES):
            found = proportion(reached[genotype == name])
            counts = None if published.counts is None else published.counts[index]
            ci = None if counts is None else _interval(*counts)
            rows.append(
                GenotypeRow(
                    endpoint=published.endpoint,
                    genotype=name,
                    published=published.percent[index],
                    published_ci=ci,
                    simulated=found.value,
                    simulated_ci=(found.low, found.high),
                    source=published.source,
                )
            )
    return tuple(rows)


def _interval(k: int, n: int) -> tuple[float, float]:
    found: Estimate = proportion(np.arange(n) < k)
    return found.low, found.high


def falls(rows: Sequence[GenotypeRow]) -> tuple[tuple[str, bool], ...]:
    """Return for each endpoint whether its simulated percentage falls from A to B to C to D."""
    return tuple(
        (
            endpoint,
            all(
                before.simulated > after.simulated
                for before, after in pairwise(row for row in rows if row.endpoint == endpoint)
            ),
        )
        for endpoint in dict.fromkeys(row.endpoint for row in rows)
    )
