"""How far the parameters leave a run's endpoints open, vector by vector, each kept when done."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ifnfactory.foundation.progress import Progress
from ifnfactory.population.released import load_release
from ifnfactory.runs.making import SCRATCH
from ifnfactory.runs.store import Store
from ifnfactory.study.order import Order, hash_of
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.run import Simulator
from ifnfactory.trial.uncertainty import Estimate, with_parameter_ranges


def ranged(
    result: TrialResult,
    order: Order,
    simulator: Simulator,
    making: Store | None,
    progress: Progress,
) -> TrialResult:
    """Return the result with the ranges over the released ensemble.

    Parameters
    ----------
    making
        The run in the making, which keeps every vector that is done; None where there is none.
    """

    def keep(index: int, make: Callable[[], list[Estimate]]) -> list[Estimate]:
        name = f"{SCRATCH}ensemble/{index:04d}.json"
        found = _kept(making, name) if making is not None else None
        if found is None:
            found = make()
            if making is not None:
                text = json.dumps(found)
                making.write(name, json.dumps([hash_of(text), text]).encode())
        return found

    members = load_release().ensemble()
    return with_parameter_ranges(
        result, order.protocol, simulator, members, order.patients, progress, keep
    )


def _kept(making: Store, name: str) -> list[Estimate] | None:
    """Return the estimates of a vector that is done; None where there are none, or damaged ones."""
    try:
        digest, text = json.loads(making.read(name))
        found: list[Any] = json.loads(text)
    except (OSError, ValueError, TypeError):
        return None
    return [tuple(each) for each in found] if hash_of(text) == digest else None
