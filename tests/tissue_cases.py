"""Small tissues for tests: each compiles once on a machine, and then starts at once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_file import load_model
from ifnfactory.tissue.scene import Drive
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.sites import Sites
from ifnfactory.tissue.state import State

NAMES = ("hbv-liver", "plaque", "visavis")


@lru_cache(maxsize=8)
def built_in(name: str) -> Model:
    """Return a built-in model."""
    return load_model(name)


def same(one: State, other: State) -> bool:
    """Return whether two states agree to the last bit."""
    pairs = [*zip(one.quantities, other.quantities, strict=True)]
    pairs += zip(one.fields, other.fields, strict=True)
    pairs += [(one.pools, other.pools), (one.agents.site, other.agents.site)]
    pairs += [(one.agents.lit, other.agents.lit)]
    return all(np.array_equal(a, b) for a, b in pairs)


def lively(
    name: str, size: int, seed: int = 3, threads: int = 1, sites: Sites | None = None
) -> Simulation:
    """Return a small tissue in which all that can happen does: more virus, every drive on."""
    model = built_in(name)
    drive = None
    if model.inputs:
        drive = Drive(np.zeros(1), np.array([[20.0, 1.0, 1.0, 3.0]]))
    return Simulation(model, sites or Sites(size, size), seed, drive, threads)
