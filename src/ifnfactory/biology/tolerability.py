"""Side effects that do not act on the virus, as data: each a hazard after interferon begins.

The hazard of an effect in patient i at day t after the first injection is

    h = (b · k(s) + L · f · x^p · c · k(t)) / (K · 336 days),

with b the background and L the level (cumulative hazards of 48 weeks), s the day of the trial, f
the patient's frailty, x the exposure relative to the reference, c what sex and history do, k the
time course and K its mean over 48 weeks: complaints wane whatever causes them. Nothing here is a
state of the network: nothing feeds back but through doses.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.evidence import Source

Floats = NDArray[np.float64]
Kind = Literal["waning", "peaked", "constant"]

TABLE: Final = Path(__file__).parent / "parameters" / "tolerability.toml"
COURSE_DAYS: Final = 336.0
"""The 48 weeks that levels refer to [day]."""
GRADES: Final = 4


@dataclass(frozen=True)
class Sourced:
    """A number and where it comes from."""

    value: float
    source: Source


@dataclass(frozen=True)
class TimeCourse:
    """When a hazard comes: ``residual + (1 - residual) · k``, with k at most 1.

    Attributes
    ----------
    kind
        ``waning``: exp(-t/days); ``peaked``: (t/days)·exp(1 - t/days); ``constant``: 1.
    """

    kind: Kind
    days: float
    residual: float
    source: Source

    def integral(self, day: Floats) -> Floats:
        """Return the integral from the first injection to `day`; 0 before it [day]."""
        t = np.maximum(day, 0.0)
        if self.kind == "waning":
            part = self.days * -np.expm1(-t / self.days)
        elif self.kind == "peaked":
            u = t / self.days
            part = np.e * self.days * (1.0 - (1.0 + u) * np.exp(-u))
        else:
            part = t
        return self.residual * t + (1.0 - self.residual) * part


@dataclass(frozen=True)
class Effect:
    """One side effect.

    Attributes
    ----------
    symptom
        Whether the patient's frailty acts on it.
    level, background
        Cumulative hazards of 48 weeks, with interferon at the reference exposure and without.
    grades
        Cumulative shares of the grades 1 to 4.
    duration_days
        Mean duration; from the end of exposure for a `lasting` effect.
    female, history
        Factors of the hazard with interferon, for women and after earlier depression.
    """

    name: str
    title: str
    symptom: bool
    level: Sourced
    background: Sourced
    shape: TimeCourse
    grades: tuple[float, ...]
    grades_source: Source
    duration_days: float
    lasting: bool
    duration_source: Source
    female: Sourced
    history: Sourced


@dataclass(frozen=True)
class Tolerability:
    """All side effects and what they share.

    Attributes
    ----------
    exposure
        Reference exposure of the marrow, in units of its EC50.
    exponent
        Power with which the hazard follows exposure.
    frailty_sd
        SD of the natural logarithm of the frailty, whose mean is one.
    history_share
        Share of patients with earlier depression.
    """

    effects: tuple[Effect, ...]
    exposure: Sourced
    exponent: Sourced
    frailty_sd: Sourced
    history_share: Sourced

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the effects, in the order of every array about them."""
        return tuple(effect.name for effect in self.effects)


@lru_cache(maxsize=1)
def load_tolerability(path: Path = TABLE) -> Tolerability:
    """Return the side effects that the package ships.

    Raises
    ------
    ModelError
        With every entry that lacks a number, a source or a known tag.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    common = document.pop("common")
    effects: list[Effect] = []
    faults: list[str] = []
    for name, body in document.items():
        try:
            effects.append(_effect(name, body))
        except (KeyError, ValueError) as error:
            faults.append(f"{path.name}: [{name}]: {error}")
    if faults:
        raise ModelError("\n".join(faults))
    return Tolerability(
        tuple(effects),
        **{key: _sourced(common[key]) for key in ("exposure", "exponent", "frailty_sd")},
        history_share=_sourced(common["history_share"]),
    )


def _effect(name: str, body: Mapping[str, Any]) -> Effect:
    shape, grades, duration = body["shape"], body["grades"], body["duration"]
    if shape["kind"] not in ("waning", "peaked", "constant"):
        raise ValueError(f"shape {shape['kind']!r} is none of waning, peaked, constant")
    shares = [float(share) for share in grades["shares"]]
    if len(shares) != GRADES or abs(sum(shares) - 1.0) > 1e-9 or min(shares) < 0.0:
        raise ValueError(f"grades {shares} are no four shares of 1")
    one = Sourced(1.0, Source("no effect of this covariate is known", "prior"))
    return Effect(
        name=name,
        title=str(body["title"]),
        symptom=bool(body["symptom"]),
        level=_sourced(body["level"]),
        background=_sourced(body["background"]),
        shape=TimeCourse(
            shape["kind"], float(shape["days"]), float(shape["residual"]), _source(shape)
        ),
        grades=tuple(np.cumsum(shares).tolist()),
        grades_source=_source(grades),
        duration_days=float(duration["days"]),
        lasting=bool(duration["lasting"]),
        duration_source=_source(duration),
        female=_sourced(body["female"]) if "female" in body else one,
        history=_sourced(body["history"]) if "history" in body else one,
    )


def _sourced(table: Mapping[str, Any]) -> Sourced:
    return Sourced(float(table["value"]), _source(table))


def _source(table: Mapping[str, Any]) -> Source:
    return Source(str(table["source"]), str(table["tag"]))
