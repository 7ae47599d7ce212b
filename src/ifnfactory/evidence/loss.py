"""How badly virtual trials miss published ones, as one number to minimise.

A pure function of a qualification. Each term is half a deviance: 0 for a perfect match, and about
1.9 where a well-known value lies on the edge of its published 95 % interval.

* A percentage with counts: the published k of n is binomial, and the simulated proportion is itself
  an estimate from a finite number of virtual patients. With Jeffreys' prior the k are then
  beta-binomial, which stays finite when nobody in the simulated arm reached the endpoint.
* A mean: Gaussian with the stated SD and the Monte-Carlo variance.
* Anything else with an interval (credible intervals, rates): Gaussian with the interval's SD.

Patients count once already in the qualification: pooled rows, subgroups and repeated cohorts are
not among its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scipy.special import betaln

from ifnfactory.evidence.qualification import Qualification, Row

MEAN_SD: Final[dict[str, float]] = {
    "mean_log10_dna_change": 0.3,
    "mean_log10_hbsag_change": 0.2,
}
"""SD of a published mean about the truth [log10]: printed without any [prior]."""
_Z95: Final = 1.959964
_PERCENT: Final = 100.0


@dataclass(frozen=True)
class LossTerm:
    """What one row adds, its weight included."""

    target_id: str
    trial: str
    value: float


@dataclass(frozen=True)
class Loss:
    """The loss and where it comes from.

    Attributes
    ----------
    terms
        In the order of the rows; their sum is `total`.
    """

    total: float
    terms: tuple[LossTerm, ...]

    @property
    def by_trial(self) -> tuple[tuple[str, float], ...]:
        """Parent trial and its part of the loss, the largest first."""
        sums: dict[str, float] = {}
        for term in self.terms:
            sums[term.trial] = sums.get(term.trial, 0.0) + term.value
        return tuple(sorted(sums.items(), key=lambda pair: -pair[1]))


def loss(qualification: Qualification) -> Loss:
    """Return the loss of a qualification."""
    return loss_of_rows(qualification.rows)


def loss_of_rows(rows: Sequence[Row]) -> Loss:
    """Return the loss of some rows, for example of all trials but one."""
    terms = tuple(LossTerm(row.target_id, row.trial, row.weight * _term(row)) for row in rows)
    return Loss(sum(term.value for term in terms), terms)


def _term(row: Row) -> float:
    if row.endpoint in MEAN_SD:
        return _gaussian(row, MEAN_SD[row.endpoint])
    if row.k is not None and row.n is not None:
        return _beta_binomial(row.k, row.n, row.simulated / _PERCENT, row.patients)
    return _gaussian(row, sum(row.reach) / (2.0 * _Z95))


def _gaussian(row: Row, sd: float) -> float:
    variance = sd**2 + row.standard_error**2
    return (row.simulated - row.published) ** 2 / (2.0 * variance)


def _beta_binomial(k: int, n: int, share: float, patients: int) -> float:
    """Return -log of the chance of k of n, relative to a simulated share of exactly k / n."""
    return _log_chance(k, n, k / n, patients) - _log_chance(k, n, share, patients)


def _log_chance(k: int, n: int, share: float, patients: int) -> float:
    reached, others = patients * share + 0.5, patients * (1.0 - share) + 0.5
    return float(betaln(k + reached, n - k + others) - betaln(reached, others))
