"""Endpoints of safety by name: who had a side effect, whose dose was changed, who stopped.

Each counts patients up to a week, among all who were randomised. What nobody saw did not happen.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.assays.panel import Panel
from ifnfactory.biology.tolerability import load_tolerability
from ifnfactory.trial.attendance import REASONS
from ifnfactory.trial.flares import KINDS, find_flares
from ifnfactory.trial.safety import Safety

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

ALIASES: Final = {"anorexia": "decreased_appetite"}
"""Other names of side effects in the evidence base."""
FLU_LIKE_SYNDROME: Final = ("flu_like", "pyrexia", "myalgia")
"""Trials that count no fever of its own call any of these a flu-like syndrome."""
REPORTED_ANC: Final = 0.75
REPORTED_PLATELETS: Final = 75.0
"""Counts below which a laboratory value is reported as an event [1e9/L]: neutrophils at the label's
dose reduction, platelets at CTCAE grade 2. Trials do not say what they reported [prior]."""
FLARE_BASELINE: Final = 2.0
"""A flare, or a reported rise of ALT: above 5 x ULN and above twice the value at entry [prior]."""

_CHANGES: Final = ("neutropenia", "thrombocytopenia", "alt")
_COUNTS: Final = (
    "any_treatment_related_ae",
    "serious_adverse_event",
    "dose_reduction_any",
    *(f"{cause}_dose_mod" for cause in _CHANGES),
    "discontinuation_ae",
    "discontinuation_any",
    "alt_increased_ae",
    "alt_flare",
    "alt_flare_5_10xuln_on_treatment",
    "alt_flare_gt10xuln_on_treatment",
    "alt_flare_5_10xuln_post_treatment",
    "alt_flare_gt10xuln_post_treatment",
    *(f"alt_flare_{kind}" for kind in KINDS),
)


def safety_names() -> tuple[str, ...]:
    """Return the names of all endpoints of safety."""
    effects = (*load_tolerability().names, *ALIASES, "flu_like_syndrome")
    counts = ("neutropenia", "thrombocytopenia")
    return (*_COUNTS, *(f"{name}_incidence" for name in (*effects, *counts) if name != "serious"))


def count_safety(
    name: str, panel: Panel, safety: Safety, week: float, stop: float, laboratory: Laboratory
) -> Bools:
    """Return who reached the endpoint `name` up to `week`, shape (patients,).

    Parameters
    ----------
    stop
        Planned end of treatment [week].
    """
    on, after = (panel.week > 0) & (panel.week <= min(week, stop)), panel.week > stop
    after &= panel.week <= week
    if name.startswith("alt_"):
        if name == "alt_dose_mod":
            return safety.conduct.modified(week, "alt")
        kind = name.removeprefix("alt_flare_")
        if kind in KINDS:
            return find_flares(panel, laboratory).first(KINDS.index(kind))[0] <= week
        return _alt(name, panel, laboratory, (on, after))
    if name.startswith("discontinuation_"):
        return _discontinued(name, safety, min(week, stop))
    match name:
        case "neutropenia_incidence":
            return _ever(panel.anc < REPORTED_ANC, on)
        case "thrombocytopenia_incidence":
            return _ever(panel.platelets < REPORTED_PLATELETS, on)
        case "any_treatment_related_ae":
            related = safety.events.related & (safety.events.onset <= 7.0 * week)
            return np.logical_or.reduce(related, axis=1)
        case "serious_adverse_event":
            severe = safety.grade[:, load_tolerability().names.index("depression")] >= 3
            depressed = (safety.onset_week("depression") <= week) & severe
            return np.logical_or(safety.onset_week("serious") <= week, depressed)
        case "dose_reduction_any":
            return safety.conduct.modified(week)
        case _ if name.endswith("_dose_mod"):
            return safety.conduct.modified(week, name.removesuffix("_dose_mod"))
        case _:
            return _incidence(name.removesuffix("_incidence"), safety, week)


def _incidence(effect: str, safety: Safety, week: float) -> Bools:
    names = FLU_LIKE_SYNDROME if effect == "flu_like_syndrome" else (ALIASES.get(effect, effect),)
    return np.any([safety.onset_week(name) <= week for name in names], axis=0)


def _discontinued(name: str, safety: Safety, week: float) -> Bools:
    """Return who ended therapy before its time; a goal that was reached is no such end."""
    left, conduct = safety.departure, safety.conduct
    gone = left.week < week
    if name == "discontinuation_ae":
        by_event = gone & (left.reason == REASONS.index("adverse event"))
        return conduct.stopped(week, "adverse event") | by_event
    return (conduct.stopped(week) & ~conduct.stopped(week, "goal reached")) | gone


def _alt(name: str, panel: Panel, laboratory: Laboratory, when: tuple[Bools, Bools]) -> Bools:
    times = panel.alt / laboratory.alt_uln
    on, after = when
    if name in ("alt_flare", "alt_increased_ae"):
        rise = panel.alt > FLARE_BASELINE * panel.alt[:, :1]
        return _ever(rise & (times > 5.0), on | after)
    worst = _highest(times, on if name.endswith("on_treatment") else after)
    return worst > 10.0 if "gt10" in name else (worst > 5.0) & (worst <= 10.0)


def _ever(what: Bools, when: Bools) -> Bools:
    return np.any(what[:, when], axis=1)


def _highest(values: Floats, when: Bools) -> Floats:
    """Return the highest value that was seen; 0 where nothing was."""
    return np.max(np.nan_to_num(values[:, when], nan=0.0), axis=1, initial=0.0)
