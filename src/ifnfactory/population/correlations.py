"""Correlated normal scores: a Gaussian copula whose pairs are declared in a file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.streams import Seed, stream

CORRELATIONS: Final = Path(__file__).with_name("correlations.toml")


@dataclass(frozen=True)
class Correlation:
    """One correlated pair of normal scores."""

    one: str
    other: str
    rho: float
    source: Source


@dataclass(frozen=True)
class Copula:
    """Names whose scores are correlated, and the Cholesky factor of their correlations.

    Attributes
    ----------
    names
        In the order of the factor; earlier names never depend on later ones.
    factor
        Lower triangle, shape (names, names).
    """

    names: tuple[str, ...]
    factor: NDArray[np.float64]


def load_correlations(path: Path = CORRELATIONS) -> tuple[Correlation, ...]:
    """Read the declared pairs.

    Raises
    ------
    ModelError
        Listing every pair that is incomplete, doubled, or has no source.
    """
    pairs: list[Correlation] = []
    faults: list[str] = []
    for number, body in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["pair"], 1):
        try:
            pairs.append(_pair(body))
        except (KeyError, ValueError) as error:
            faults.append(f"{path.name}: pair {number}: {error}")
    seen: set[frozenset[str]] = set()
    for pair in pairs:
        key = frozenset((pair.one, pair.other))
        if key in seen:
            faults.append(f"{path.name}: {pair.one} and {pair.other} are paired twice")
        seen.add(key)
    if faults:
        raise ModelError("\n".join(faults))
    return tuple(pairs)


def _pair(body: Mapping[str, Any]) -> Correlation:
    one, other = (str(name) for name in body["between"])
    rho = float(body["rho"])
    if one == other or not -1.0 < rho < 1.0:
        raise ValueError(f"{one} and {other} cannot have the correlation {rho}")
    return Correlation(one, other, rho, Source(str(body["source"]), str(body["tag"])))


def make_copula(
    pairs: Sequence[Correlation], known: Sequence[str], independent: Sequence[str] = ()
) -> Copula:
    """Return the copula of `pairs` over the names that occur in them.

    Parameters
    ----------
    known
        Every name that has a score, earliest first: what comes first is drawn first.
    independent
        Names at the head of `known` that are given from outside and stay as they are, so that
        no pair may join two of them.

    Raises
    ------
    ModelError
        If a pair names something that has no score, or if the correlations contradict each
        other (the matrix is not positive definite).
    """
    strange = sorted({n for p in pairs for n in (p.one, p.other)} - set(known))
    if strange:
        raise ModelError(f"correlations name {', '.join(strange)}, which have no spread to share")
    joined = [p for p in pairs if p.one in independent and p.other in independent]
    if joined:
        raise ModelError(
            f"{joined[0].one} and {joined[0].other} are both screened and cannot be correlated"
        )
    named = {n for p in pairs for n in (p.one, p.other)}
    names = tuple(name for name in known if name in named)
    matrix = np.eye(len(names))
    for pair in pairs:
        i, j = names.index(pair.one), names.index(pair.other)
        matrix[i, j] = matrix[j, i] = pair.rho
    try:
        factor = np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        lowest = np.linalg.eigvalsh(matrix)[0]
        raise ModelError(
            f"the correlations between {', '.join(names)} contradict each other: their matrix "
            f"has the eigenvalue {lowest:.3g}, but all have to be positive"
        ) from None
    return Copula(names, factor)


def draw_own_scores(names: Sequence[str], n: int, seed: Seed) -> Mapping[str, NDArray[np.float64]]:
    """Return an uncorrelated standard normal score of shape (n,) for every name.

    Each name has its own stream, so a new parameter changes no other score.
    """
    return {name: stream(seed, "population", name).standard_normal(n) for name in names}


def correlate(
    own: Mapping[str, NDArray[np.float64]], copula: Copula
) -> Mapping[str, NDArray[np.float64]]:
    """Return the scores, each mixed with the earlier ones that it is correlated with."""
    scores = dict(own)
    for row, name in enumerate(copula.names):
        total = np.zeros_like(own[name])
        for column in range(row + 1):
            total += copula.factor[row, column] * own[copula.names[column]]
        scores[name] = total
    return scores
