"""Two groups, not one: how far HBsAg falls in patients who respond to interferon and in others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.primitives import hbeag_lost, log10_change
from ifnfactory.evidence.targets import Target, load_targets
from ifnfactory.trial.result import ArmOutcome, TrialResult

Floats = NDArray[np.float64]
FOLLOW_UP: Final = 24.0
"""Weeks after treatment at which a response is judged."""
CONTROLLED: Final = 2000.0
"""A response is HBV DNA below this [IU/mL], and HBeAg lost where there was any: the combined
response of Sonneveld 2010 (evidence base), about 10,000 copies/mL."""
SHALLOW, DEEP = -0.7, -2.0
"""Changes [log10] that bound the groups: who does not respond falls by 0 to 0.7 and who does by 2
and more, as published for HBeAg-positive patients."""
LEAST: Final = 20
"""With fewer patients of an HBeAg status nothing is said about them."""


PUBLISHED: Final = (
    "SONNEVELD_HBSAG.combined_responder.mean_log10_hbsag_change.w52",
    "SONNEVELD_HBSAG.non_combined_responder.mean_log10_hbsag_change.w52",
)
"""Targets with the means of both groups, of HBeAg-positive patients."""


@dataclass(frozen=True)
class HbsagGroups:
    """Change of HBsAg at the end of treatment in the patients of an arm with one HBeAg status.

    Attributes
    ----------
    responders
        Share who respond, in percent.
    responders_mean, others_mean
        Mean change [log10]; NaN where nobody is there.
    deep, between, shallow
        Share of all patients below `DEEP`, up to `SHALLOW`, and above, in percent.
    deep_mean
        Mean change of those below `DEEP` [log10]; NaN where nobody is there.
    """

    hbeag_positive: bool
    patients: int
    responders: float
    responders_mean: float
    others_mean: float
    deep: float
    between: float
    shallow: float
    deep_mean: float


def hbsag_groups(result: TrialResult, outcome: ArmOutcome) -> tuple[HbsagGroups, ...]:
    """Return the groups of an arm, those with HBeAg first; nothing without 24 weeks of follow-up.

    Whoever is not seen at the end of treatment is left out; not seen later is no response.
    """
    judged = outcome.integrated()
    panel, laboratory = judged.panel, result.laboratory
    stop = result.protocol.arm(outcome.arm).regimen.end_of_treatment_week
    later = int(np.searchsorted(panel.week, stop + FOLLOW_UP))
    if stop <= 0.0 or later >= len(panel.week):
        return ()
    at_stop = int(np.searchsorted(panel.week, stop))
    change = log10_change(panel.hbsag[:, :1], panel.hbsag, laboratory.hbsag_lloq)[:, at_stop]
    positive = judged.patients.hbeag_positive.astype(np.bool_)
    response = (panel.hbv_dna[:, later] < CONTROLLED) & (
        ~positive | hbeag_lost(panel.hbeag, laboratory)[:, later]
    )
    found: list[HbsagGroups] = []
    for status in (True, False):
        chosen = (positive == status) & np.isfinite(change)
        if int(chosen.sum()) >= LEAST:
            found.append(_groups(status, change[chosen], response[chosen]))
    return tuple(found)


def published_groups() -> tuple[Target, Target]:
    """Return the published means of those who respond and of the others."""
    known = {target.target_id: target for target in load_targets()}
    return known[PUBLISHED[0]], known[PUBLISHED[1]]


def _groups(hbeag_positive: bool, change: Floats, response: NDArray[np.bool_]) -> HbsagGroups:
    deep, shallow = change < DEEP, change > SHALLOW
    return HbsagGroups(
        hbeag_positive=hbeag_positive,
        patients=len(change),
        responders=_percent(response),
        responders_mean=_mean(change[response]),
        others_mean=_mean(change[~response]),
        deep=_percent(deep),
        between=_percent(~deep & ~shallow),
        shallow=_percent(shallow),
        deep_mean=_mean(change[deep]),
    )


def _percent(chosen: NDArray[np.bool_]) -> float:
    return 100.0 * float(np.mean(chosen))


def _mean(values: Floats) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
