"""Records of what a qualification says beyond one vector: ensembles, ablations, left-out trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Spread:
    """One target over the vectors of an ensemble.

    Attributes
    ----------
    mean
        Weighted, in the target's unit.
    low, high
        95 % range of the vectors, which treat the same draw of patients.
    """

    target_id: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class EnsembleResult:
    """An ensemble in all trials.

    Attributes
    ----------
    inside_percent
        Weighted share of targets inside, of each member in the order of the release.
    mean_inside_percent
        Weighted share of targets for which the mean over the members is inside.
    """

    inside_percent: tuple[float, ...]
    mean_inside_percent: float
    spreads: tuple[Spread, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints."""
        return {
            "inside_percent": [round(each, 2) for each in self.inside_percent],
            "mean_inside_percent": round(self.mean_inside_percent, 2),
            "targets": {
                each.target_id: {
                    "mean": round(each.mean, 4),
                    "range": [round(each.low, 4), round(each.high, 4)],
                }
                for each in self.spreads
            },
        }


@dataclass(frozen=True)
class Ablated:
    """What a population does without a mechanism.

    Attributes
    ----------
    title, meaning
        The mechanism that is missing, and what that means in the model.
    inside_percent
        Weighted share of the targets.
    by_class
        The same by class of endpoint.
    broken, mended
        Targets that are outside without the mechanism and inside with it, and the other way
        round.
    lost
        What the mechanism did for the endpoints a reader knows: (words, with it, without it),
        in percent or log10.
    """

    name: str
    title: str
    meaning: str
    inside_percent: float
    by_class: tuple[tuple[str, float | None], ...]
    broken: tuple[str, ...]
    mended: tuple[str, ...]
    lost: tuple[tuple[str, float, float], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints."""
        return {
            "name": self.name,
            "without": self.meaning,
            "weighted_inside_percent": round(self.inside_percent, 2),
            "by_class": {
                name: None if share is None else round(share, 2) for name, share in self.by_class
            },
            "broken": list(self.broken),
            "mended": list(self.mended),
            "headline": [
                {"endpoint": words, "with": round(with_it, 3), "without": round(without, 3)}
                for words, with_it, without in self.lost
            ],
        }


@dataclass(frozen=True)
class Prediction:
    """A trial predicted by numbers that were not fitted to it.

    Attributes
    ----------
    moved
        How far the fit without the trial lies from the fit with it, in SDs of the priors.
    inside_percent, fitted_percent
        Weighted share of its targets inside, predicted and fitted.
    """

    trial: str
    targets: int
    moved: float
    inside_percent: float
    fitted_percent: float
