"""A released population in all trials, with its ensemble and its ablations where wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ifnfactory.evidence.ablation import ablate
from ifnfactory.evidence.ensemble import qualify_ensemble
from ifnfactory.evidence.kept_trials import KeptTrials
from ifnfactory.evidence.qualification import Qualification
from ifnfactory.evidence.qualify import qualify
from ifnfactory.evidence.targets import Target
from ifnfactory.foundation.keep import Forgetful, Keep
from ifnfactory.foundation.progress import Progress
from ifnfactory.population.released import Release
from ifnfactory.trial.run import open_simulator

MEMBER_SHARE: Final = 0.3
"""Patients in each arm for a member of an ensemble, as a share of those for the reference."""


def qualify_release(
    release: Release,
    patients: int,
    seed: int,
    threads: int | None,
    progress: Progress,
    targets: Sequence[Target] | None = None,
    with_ensemble: bool = False,
    with_ablations: bool = False,
    keep: Keep | None = None,
) -> Qualification:
    """Qualify the reference vector of a release, and on request all its members and ablations.

    Parameters
    ----------
    keep
        Keeps every trial, member and ablation that is done, and has those of before.

    Raises
    ------
    UserInputError
        If a target's trial cannot be simulated.
    """
    simulator = open_simulator(threads, progress, release.population())
    kept = keep or Forgetful()
    trials = KeptTrials(simulator, kept)
    found = qualify(patients, seed, threads, progress, targets=targets, run=trials.run)
    if with_ensemble:
        few = max(1, round(MEMBER_SHARE * patients))
        members = release.ensemble()
        ensemble = qualify_ensemble(simulator, members, few, seed, progress, keep=kept)
        found = replace(found, ensemble=ensemble)
    if with_ablations:
        found = replace(found, ablations=ablate(simulator, found, progress, keep=kept))
    return found
