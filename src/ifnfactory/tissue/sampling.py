"""One line of numbers about a tissue at one moment."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.clusters import clusters
from ifnfactory.tissue.columns import BOOKS
from ifnfactory.tissue.lattice import Boundary, Kind, Lattice
from ifnfactory.tissue.measures import plaque_radius
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.simulation import Simulation, largest_imbalance
from ifnfactory.tissue.state import State

INFECTED: Final = "infected"
EXTENT: Final = ("plaque", "ever_infected", "infected")
"""Measures that say how far an infection has come, the best one first."""
PROTECTED: Final = ("protected", "isg_positive")
"""Measures that say which cells are protected, the best one first."""


def first_of(model: Model, names: tuple[str, ...]) -> str | None:
    """Return the first of `names` that is a measure of the model."""
    known = {measure.name for measure in model.measures}
    return next((name for name in names if name in known), None)


def lattice_of(simulation: Simulation) -> Lattice:
    """Return the lattice of a simulation's cells."""
    spec, sites = simulation.model.lattice, simulation.sites
    kind = Kind.HEX if spec.kind == "hex" else Kind.SQUARE
    edge = Boundary.PERIODIC if sites.torus else Boundary.CLOSED
    pitch = spec.pitch_um * spec.block
    return Lattice(sites.height, sites.width, sites.layers, edge, kind, pitch, pitch)


def sample(simulation: Simulation, state: State) -> tuple[float, ...]:
    """Return the numbers of a state in the order of `columns`; NaN where a model has none."""
    model, sites = simulation.model, simulation.sites
    cells = sites.open_cells
    shares = {measure.name: simulation.share(state, measure.name) for measure in model.measures}
    extent = first_of(model, EXTENT)
    radius = math.nan
    if extent is not None:
        lattice = lattice_of(simulation)
        area = lattice.site_area_um2 / lattice.pitch_um**2
        radius = plaque_radius(round(shares[extent] * cells), area)
    row = [simulation.hours(state), *shares.values()]
    row += [float(np.sum(item, dtype=np.float64)) / cells for item in state.fields]
    row += [float(amount) for amount in state.pools]
    row += [radius, *_infected_clusters(simulation, state), *_protection(simulation, state)]
    books = state.ledger[:, : len(BOOKS)].ravel() / cells
    return (*row, largest_imbalance(state), *books.tolist())


def _sheet(simulation: Simulation, state: State, measure: str) -> NDArray[np.bool_]:
    """Return for each cell of the middle sheet whether a measure holds."""
    when = next(item.when for item in simulation.model.measures if item.name == measure)
    cells = simulation.holds(state, when)
    mask = simulation.sites.mask
    if mask.size:
        cells = cells & (mask.reshape(cells.shape) > 0)
    return cells if cells.ndim == 2 else cells[cells.shape[0] // 2]


def infected_sizes(simulation: Simulation, state: State) -> NDArray[np.int64]:
    """Return the sizes of the clusters of infected cells in the middle sheet; none without any."""
    if first_of(simulation.model, (INFECTED,)) is None:
        return np.empty(0, dtype=np.int64)
    return clusters(_sheet(simulation, state, INFECTED), lattice_of(simulation)).sizes


def _infected_clusters(simulation: Simulation, state: State) -> tuple[float, float, float]:
    if first_of(simulation.model, (INFECTED,)) is None:
        return math.nan, math.nan, math.nan
    found = clusters(_sheet(simulation, state, INFECTED), lattice_of(simulation))
    largest = float(found.sizes.max()) if found.count else 0.0
    return float(found.count), largest, found.typical


def _protection(simulation: Simulation, state: State) -> tuple[float, float]:
    name = first_of(simulation.model, PROTECTED)
    if name is None:
        return math.nan, math.nan
    found = clusters(_sheet(simulation, state, name), lattice_of(simulation))
    return float(found.crosses), found.largest_share
