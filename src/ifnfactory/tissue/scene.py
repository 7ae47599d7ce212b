"""What a run is made of and does not change: model, lattice, drive, kernel."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.layout import Layout
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.plan import FieldPlan
from ifnfactory.tissue.sites import Sites


@dataclass(frozen=True)
class Drive:
    """What drives the tissue from outside: inputs by name, constant between the given times.

    Attributes
    ----------
    hours
        Times at which values begin, ascending.
    values
        (times, inputs of the model).
    """

    hours: NDArray[np.float64]
    values: NDArray[np.float64]

    def at(self, hours: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the values at times; before the first time the first ones."""
        place = np.clip(np.searchsorted(self.hours, hours, side="right") - 1, 0, None)
        return self.values[place].astype(np.float32)


@dataclass(frozen=True)
class Scene:
    """A model on a lattice, ready to run."""

    model: Model
    sites: Sites
    seed: int
    drive: Drive
    mixed: bool
    layout: Layout
    plan: FieldPlan
    kernel: ModuleType
