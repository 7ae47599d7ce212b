"""The integrator of a trial: the compiled kernel, without drugs that nobody is given."""

from __future__ import annotations

import os
from typing import Final

from ifnfactory.biology.drug_exposure import SLOTS
from ifnfactory.biology.targeted_drugs import TARGETED_INPUTS, TARGETED_SPECIES
from ifnfactory.engine.batch import Integrator, Tolerances, compiled
from ifnfactory.engine.kernel import load_kernel
from ifnfactory.engine.sparing import Group, Sparing
from ifnfactory.foundation.progress import Progress
from ifnfactory.network.model import Network

RARE: Final = Group(
    TARGETED_SPECIES, (*TARGETED_INPUTS, *(f"hepatic_only_{slot}" for slot in SLOTS))
)
"""Targeted drugs, and that an interferon (lambda) acts on hepatocytes only."""


def trial_integrator(network: Network, threads: int | None, progress: Progress) -> Integrator:
    """Return the integrator of `network`, its smaller kernel loaded or compiled.

    The larger one, with what is rarely given, is loaded when an arm first needs it.

    Parameters
    ----------
    threads
        None: one for each core. No result depends on it.
    """

    def make(wanted: Network) -> Integrator:
        kernel = load_kernel(wanted, progress)
        return compiled(wanted, kernel, Tolerances(), threads or os.cpu_count())

    integrator = Sparing(network, RARE, make)
    _ = integrator.small  # now, not in the middle of a trial
    return integrator
