"""The test of a comparison at every look of every replicate, all replicates at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

Floats = NDArray[np.float64]
Kind = Literal["proportion", "mean"]


@dataclass(frozen=True)
class Tested:
    """What a trial would find at its looks, shape (replicates, looks).

    Attributes
    ----------
    z
        Standardised statistic; above 0 where the treatment arm has more. 0 where nothing can be
        told (nobody counts, or all outcomes are the same).
    effect
        Treatment minus control: a share, or the unit of the mean; NaN where nobody counts.
    """

    z: Floats
    effect: Floats


def looks_at(kind: Kind, treatment: Floats, control: Floats, information: Floats) -> Tested:
    """Return the tests of replicates after shares of their patients.

    Proportions are tested with the pooled standard error (the square of it is Pearson's
    chi-squared), means with Welch's t turned into the normal score of equal probability.

    Parameters
    ----------
    treatment, control
        Shape (replicates, patients): outcomes in the order of enrolment; NaN does not count.
    information
        Shape (looks,): share of each arm's patients whose outcome is known.
    """
    looks = [_test(kind, _sums(treatment, share), _sums(control, share)) for share in information]
    z, effect = (np.stack(each, axis=1) for each in zip(*looks, strict=True))
    return Tested(z, effect)


def patients_at(size: int, share: float) -> int:
    """Return how many of an arm's patients a look after `share` of them sees."""
    return max(1, round(size * share))


@dataclass(frozen=True)
class _Sums:
    """Shape (replicates,): who counts, and sums of outcomes and of their squares."""

    n: Floats
    first: Floats
    second: Floats


def _sums(outcomes: Floats, share: float) -> _Sums:
    seen = outcomes[:, : patients_at(outcomes.shape[1], share)]
    counted = np.isfinite(seen)
    values = np.where(counted, seen, 0.0)
    n = counted.sum(axis=1).astype(np.float64)
    return _Sums(n, values.sum(axis=1), np.square(values).sum(axis=1))


def _test(kind: Kind, one: _Sums, two: _Sums) -> tuple[Floats, Floats]:
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = one.first / one.n - two.first / two.n
        z = _pooled(one, two, effect) if kind == "proportion" else _welch(one, two, effect)
    return np.where(np.isfinite(z), z, 0.0), effect


def _pooled(one: _Sums, two: _Sums, effect: Floats) -> Floats:
    share = (one.first + two.first) / (one.n + two.n)
    return effect / np.sqrt(share * (1.0 - share) * (1.0 / one.n + 1.0 / two.n))


def _welch(one: _Sums, two: _Sums, effect: Floats) -> Floats:
    parts = [
        (each.second - each.first**2 / each.n) / (each.n - 1.0) / each.n for each in (one, two)
    ]
    total = parts[0] + parts[1]
    freedom = total**2 / (parts[0] ** 2 / (one.n - 1.0) + parts[1] ** 2 / (two.n - 1.0))
    score = effect / np.sqrt(total)
    return -np.sign(score) * ndtri(stdtr(freedom, -np.abs(score)))
