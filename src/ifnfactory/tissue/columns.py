"""The numbers that are written down about a tissue: their names and units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ifnfactory.tissue.model import Model

BOOKS: Final = ("made", "taken_up", "decayed", "carried_away", "passed_on", "present")
"""The first columns of `State.ledger`."""


@dataclass(frozen=True)
class Columns:
    """Names and units of the numbers of a sample."""

    names: tuple[str, ...]
    units: tuple[str, ...]


def booked(field: str) -> tuple[str, ...]:
    """Return the columns of what became of a field since the start: made is all the others."""
    return tuple(f"{field}_{what}" for what in BOOKS)


def columns(model: Model) -> Columns:
    """Return what `sampling.sample` gives for a model, after the replicate."""
    pairs = [("hour", "h")]
    pairs += [(measure.name, "fraction") for measure in model.measures]
    pairs += [(f"{item.name}_mean", f"{item.unit} per cell") for item in model.fields]
    pairs += [(item.name, item.unit) for item in model.pools]
    pairs += [("radius", "cell diameters")]
    pairs += [("infected_clusters", "clusters"), ("largest_infected_cluster", "cells")]
    pairs += [("typical_infected_cluster", "cells")]
    pairs += [("protected_crosses", "0 or 1"), ("protected_largest_share", "fraction")]
    pairs += [("imbalance", "ratio")]
    for item in model.fields:
        pairs += [(name, f"{item.unit} per cell") for name in booked(item.name)]
    return Columns(tuple(name for name, _ in pairs), tuple(unit for _, unit in pairs))
