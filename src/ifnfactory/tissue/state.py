"""The tissue at one moment, and how a run of it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Status(IntEnum):
    """How a run ended, in order of precedence."""

    COMPLETED = 0
    NEGATIVE_FIELD = 1
    NON_FINITE = 2

    @property
    def word(self) -> str:
        """The name that files and tables use."""
        return self.name.lower()

    @property
    def sentence(self) -> str:
        """What a reader is told."""
        return _SENTENCES[self]


def endings(statuses: Sequence[Status]) -> tuple[tuple[Status, str], ...]:
    """Return each way in which runs ended, with what a reader is told of it and of how many."""
    return tuple(
        (status, f"{statuses.count(status)} × {status.word}: {status.sentence}")
        for status in dict.fromkeys(statuses)
    )


_SENTENCES = {
    Status.COMPLETED: "simulated to the end",
    Status.NEGATIVE_FIELD: "a field became negative beyond rounding; the run was stopped",
    Status.NON_FINITE: "a field or a cell became infinite or undefined; the run was stopped",
}


@dataclass(frozen=True)
class Agents:
    """Sparse cells: kind as in the model, site as index of the flat lattice, active or not."""

    kind: NDArray[np.uint8]
    site: NDArray[np.uint32]
    lit: NDArray[np.uint8]


@dataclass(frozen=True)
class State:
    """All that the next step needs; every array can be written to a file and read back.

    Attributes
    ----------
    step
        Macro steps made.
    quantities
        One array for each quantity of the model, in its order: (height, width) or with layers
        first, of 8, 16 or 32 bits. `Simulation.values` gives them in their own unit.
    fields
        One float32 array for each field, in voxels.
    pools
        Amount per cell in each pool, float64.
    ledger
        For each field: made, taken up, decayed, carried away, passed to the partner, present, what
        was lifted to zero, and what should be present; float64 (fields, 8).
    """

    step: int
    quantities: tuple[NDArray[np.generic], ...]
    fields: tuple[NDArray[np.float32], ...]
    pools: NDArray[np.float64]
    agents: Agents
    ledger: NDArray[np.float64]


@dataclass(frozen=True)
class Info:
    """What a reader wants to know of an advance.

    Attributes
    ----------
    steps
        Macro steps made in this advance.
    imbalance
        Largest relative imbalance of any field: made against taken up, decayed, carried away and
        present.
    """

    status: Status
    steps: int
    hours: float
    imbalance: float
