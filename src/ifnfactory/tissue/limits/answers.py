"""Our answer to every analytic target."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ifnfactory.tissue.limits import branching, diffusion, front, mixing, percolation, poisson
from ifnfactory.tissue.measures import cells_covered, footprint_um
from ifnfactory.tissue.targets import Target


@dataclass(frozen=True)
class Effort:
    """How much is simulated.

    Attributes
    ----------
    side, repeats
        Of a percolation threshold.
    outbreaks, lineages, mixtures
        Repeats of epidemics, of branching processes and of well-mixed tissues.
    """

    side: int
    repeats: int
    outbreaks: int
    lineages: int
    mixtures: int


FULL = Effort(side=256, repeats=1000, outbreaks=4000, lineages=1_000_000, mixtures=40_000)
"""For a validation: some minutes."""

_LATTICES = {
    "tri": percolation.TRIANGULAR,
    "square": percolation.SQUARE,
    "honey": percolation.HONEYCOMB,
}

Answer = Callable[[re.Match[str], Effort, int], float]


def _super_step(m: re.Match[str], effort: Effort, seed: int) -> float:
    return diffusion.super_step_error(float(m[1]), int(m[2]))


def _threshold(m: re.Match[str], effort: Effort, seed: int) -> float:
    find = percolation.site_threshold if m[1] == "site" else percolation.bond_threshold
    return find(_LATTICES[m[2]], effort.side, effort.repeats, seed)[0]


def _foot(m: re.Match[str]) -> float:
    return footprint_um(float(m[1]), float(m[2]), 50.0, 0.2, 5.0)


def _extinct(m: re.Match[str], effort: Effort, seed: int) -> float:
    return branching.extinction_measured(float(m[2]), m[1] == "poisson", effort.lineages, seed)


_ANSWERS: tuple[tuple[str, Answer], ...] = (
    (r"AN-K0-lam(\d+)-r(\d+)", lambda m, e, s: poisson.excess_over_bessel(float(m[1]), int(m[2]))),
    (r"AN-K0-self-lam(\d+)", lambda m, e, s: poisson.at_source(float(m[1]))),
    (r"AN-KPP-D([\d.]+)-r([\d.]+)", lambda m, e, s: front.measured_speed(float(m[1]), float(m[2]))),
    (
        r"AN-KPP-cont-D([\d.]+)-r([\d.]+)",
        lambda m, e, s: front.fine_speed(float(m[1]), float(m[2])),
    ),
    (r"AN-perc-(site|bond)-(\w+)", _threshold),
    (
        r"AN-SIR-T([\d.]+)-n(\d+)",
        lambda m, e, s: percolation.reach_probability(
            percolation.FIXED, float(m[1]), int(m[2]), e.outbreaks, s
        ),
    ),
    (
        r"AN-site-p([\d.]+)-n(\d+)",
        lambda m, e, s: percolation.reach_probability(
            percolation.SITES, float(m[1]), int(m[2]), e.outbreaks, s
        ),
    ),
    (
        r"AN-SIR-exp-threshold",
        lambda m, e, s: percolation.exponential_threshold(e.outbreaks, s),
    ),
    (
        r"AN-immune-stop",
        lambda m, e, s: (
            1.0 - percolation.site_threshold(percolation.TRIANGULAR, e.side, e.repeats, s + 1)[0]
        ),
    ),
    (r"AN-ext-(\w+)-R([\d.]+)", _extinct),
    (r"AN-moment2", lambda m, e, s: diffusion.second_moment_ratio()),
    (r"AN-mass", lambda m, e, s: poisson.total_over_expected(4.0)),
    (r"AN-kurtz-bias", lambda m, e, s: mixing.mixing_slopes(e.mixtures, s)[0]),
    (r"AN-kurtz-sd", lambda m, e, s: mixing.mixing_slopes(e.mixtures, s)[1]),
    (r"AN-niche-slope", lambda m, e, s: poisson.niche_slope(s)),
    (r"AN-conservation", lambda m, e, s: diffusion.worst_imbalance(seed=s)),
    (r"AN-dtmax(2|3)d-D(\d+)", lambda m, e, s: diffusion.longest_step(float(m[2]), m[1] == "3")),
    (r"AN-RKL2-explicit", lambda m, e, s: diffusion.explicit_error()),
    (r"AN-RKL2-RKL2_tau=(\d+)_s_s=(\d+)", _super_step),
    (r"AN-foot-q(\d+)-lam(\d+)", lambda m, e, s: _foot(m)),
    (r"AN-foot-q(\d+)-lam(\d+)-n", lambda m, e, s: cells_covered(_foot(m))),
)


def analytic_answers(
    asked: tuple[Target, ...], effort: Effort, seed: int
) -> Iterator[tuple[Target, float]]:
    """Yield each analytic target with our answer, one after the other.

    Raises
    ------
    KeyError
        If nothing here answers a target.
    """
    for target in asked:
        yield target, answer(target.target_id, effort, seed)


def answer(target_id: str, effort: Effort, seed: int) -> float:
    """Return our answer to one analytic target."""
    for pattern, give in _ANSWERS:
        if match := re.fullmatch(pattern, target_id):
            return give(match, effort, seed)
    raise KeyError(f"no answer to {target_id}")
