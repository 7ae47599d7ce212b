"""What happens at screening: which markers are judged, from whom, and whether anybody can pass."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.population.baseline import BaselineDistribution, Eligibility
from ifnfactory.population.enrolment import Candidates, Window, candidates_for
from ifnfactory.population.markers import MARKERS, by_status
from ifnfactory.population.patients import Bools, Floats

_WHERE: Final = "baseline and eligibility"
_SMALLEST_SHARE: Final = 0.003
"""Criteria that let in fewer of the best-fitting candidates than this contradict the baseline."""
_FURTHEST_MEAN: Final = 0.5
"""SDs by which the mean of the enrolled may miss the mean that the baseline states."""


@dataclass(frozen=True)
class ScreenedMarker:
    """Distribution and limits of one marker by HBeAg status, negative first."""

    by_status: tuple[Candidates, Candidates]
    windows: tuple[Window, Window]

    def level(self, score: Floats, status: NDArray[np.int64]) -> Floats:
        """Return the candidates' own levels, from standard normal scores of shape (m,)."""
        mean = np.array([found.mean for found in self.by_status])
        sd = np.array([found.sd for found in self.by_status])
        return mean[status] + sd[status] * score

    def standardised(self, level: Floats, status: NDArray[np.int64]) -> Floats:
        """Return levels with mean 0 and SD 1 among the enrolled of each HBeAg status."""
        mean = np.array([found.level_mean for found in self.by_status])
        sd = np.array([max(found.level_sd, 1e-12) for found in self.by_status])
        return (level - mean[status]) / sd[status]

    def fluctuation(self, score: Floats, status: NDArray[np.int64]) -> Floats:
        """Return how far the marker is from its level, from standard normal scores."""
        return np.array([window.noise for window in self.windows])[status] * score

    def passes(self, level: Floats, excursion: Floats, status: NDArray[np.int64]) -> Bools:
        """Return who passes, so far from their levels; all of shape (m,)."""
        window = self.windows[0]
        measured = level + excursion
        return (measured >= window.low) & (measured <= window.high) & (level <= window.ceiling)


@dataclass(frozen=True)
class Screening:
    """A trial's baseline and criteria, turned into what candidates are drawn from."""

    baseline: BaselineDistribution
    eligibility: Eligibility
    dna: ScreenedMarker
    alt: ScreenedMarker
    hbsag: Candidates
    age: Candidates

    @property
    def statuses(self) -> tuple[tuple[int, float], ...]:
        """HBeAg statuses that can be enrolled, each with its share of the candidates."""
        share, wanted = self.baseline.hbeag_positive_share, self.eligibility.hbeag_positive
        return tuple(
            (status, part)
            for status, part in ((0, 1.0 - share), (1, share))
            if part > 0.0 and wanted in {None, bool(status)}
        )

    @property
    def accepted_share(self) -> float:
        """Share of the candidates that is expected to be let in."""
        return sum(
            part * self.dna.by_status[status].accepted * self.alt.by_status[status].accepted
            for status, part in self.statuses
        )


def plan_screening(baseline: BaselineDistribution, eligibility: Eligibility) -> Screening:
    """Return what candidates are drawn from.

    Patients on a nucleos(t)ide analogue are not judged on HBV DNA and ALT: the criteria of
    such trials speak of suppressed markers, and `baseline` of those before therapy.

    Raises
    ------
    UserInputError
        If the criteria and the baseline contradict each other.
    """
    judged = baseline.prior_na_years == 0.0
    low = math.log(eligibility.alt_min) if eligibility.alt_min > 0.0 else -math.inf
    screening = Screening(
        baseline,
        eligibility,
        dna=_marker(
            (baseline.log10_dna_mean, baseline.log10_dna_sd),
            (_log10(eligibility.dna_min), _log10(eligibility.dna_max)) if judged else None,
            by_status(MARKERS["screening_log10_dna"]),
            MARKERS["log10_dna_ceiling"].value,
            # What was measured at screening is where the patient's course begins.
            measured=judged,
        ),
        alt=_marker(
            (math.log(baseline.alt_median), baseline.alt_log_sd),
            (low, math.log(eligibility.alt_max)) if judged else None,
            by_status(MARKERS["screening_ln_alt"]),
            math.inf,
            measured=False,
        ),
        hbsag=screened_hbsag(baseline, eligibility),
        # A quarter of a year stands in for the smooth edge that the search for the mean wants.
        age=candidates_for(
            baseline.age_mean,
            max(baseline.age_sd, 1e-3),
            Window(eligibility.age_min, eligibility.age_max, 0.25),
        ),
    )
    problems = list(_contradictions(screening))
    if problems:
        raise UserInputError(problems)
    return screening


def screened_hbsag(baseline: BaselineDistribution, eligibility: Eligibility) -> Candidates:
    """Return the distribution of log10 HBsAg that the limits cut down to the baseline's.

    HBsAg moves little on a nucleos(t)ide analogue: its limits hold for treated patients as well.
    """
    # As for the age, a narrow edge stands in for a sharp one.
    window = Window(_log10(eligibility.hbsag_min), _log10(eligibility.hbsag_max), 0.05)
    return candidates_for(baseline.log10_hbsag_mean, max(baseline.log10_hbsag_sd, 1e-3), window)


def nobody_passes(share: float) -> Problem:
    """Return the problem of criteria that let in this small a share of the candidates."""
    return Problem(
        f"impossible baseline: the entry criteria accept {share:.2%} of the candidates",
        _WHERE,
        "widen the criteria, or correct the baseline distribution",
    )


def _marker(
    moments: tuple[float, float],
    limits: tuple[float, float] | None,
    noise: tuple[float, float],
    ceiling: float,
    *,
    measured: bool,
) -> ScreenedMarker:
    low, high = limits or (-math.inf, math.inf)
    negative, positive = (Window(low, high, size, ceiling, measured) for size in noise)
    return ScreenedMarker(
        (candidates_for(*moments, negative), candidates_for(*moments, positive)),
        (negative, positive),
    )


def _log10(value: float) -> float:
    return math.log10(value) if value > 0.0 else -math.inf


def _contradictions(screening: Screening) -> Iterator[Problem]:
    baseline, eligibility = screening.baseline, screening.eligibility
    if not screening.statuses:
        wanted = "HBeAg-positive" if eligibility.hbeag_positive else "HBeAg-negative"
        yield Problem(
            f"impossible baseline: only {wanted} patients may enter, but the baseline has none",
            _WHERE,
            "make the HBeAg share and the HBeAg criterion agree",
        )
        return
    enrolled = [status for status, _ in screening.statuses]
    for name, mean, sd, found in (
        (
            "log10 HBV DNA [IU/mL]",
            baseline.log10_dna_mean,
            baseline.log10_dna_sd,
            [screening.dna.by_status[status] for status in enrolled],
        ),
        (
            "ln ALT [U/L]",
            math.log(baseline.alt_median),
            baseline.alt_log_sd,
            [screening.alt.by_status[status] for status in enrolled],
        ),
        (
            "log10 HBsAg [IU/mL]",
            baseline.log10_hbsag_mean,
            max(baseline.log10_hbsag_sd, 1e-3),
            [screening.hbsag],
        ),
        ("age [year]", baseline.age_mean, max(baseline.age_sd, 1e-3), [screening.age]),
    ):
        if not all(_can_be_true(mean, sd, one) for one in found):
            yield Problem(
                f"impossible baseline: patients whom the entry criteria let in cannot have a mean "
                f"{name} of {mean:.3g} with SD {sd:.3g}",
                _WHERE,
                "widen the criterion, or correct the mean or SD of the baseline",
            )


def _can_be_true(mean: float, sd: float, found: Candidates) -> bool:
    # NaN, the mean of nobody, compares as false.
    near = abs(found.enrolled_mean - mean) <= _FURTHEST_MEAN * sd + 1e-6
    return near and found.accepted >= _SMALLEST_SHARE
