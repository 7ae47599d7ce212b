"""The sinusoids: blood that carries signals from the portal field to the central vein.

Blood crosses a lobule in seconds, cells change over minutes: the blood is taken as steady. Its flow
follows a pressure that is 1 at the portal triads and 0 at the central vein and harmonic between, so
that what enters a site also leaves it. With ``b`` the concentration in the blood of a site, in
amounts per site of the cords' own space, ``Q`` the blood that passes it and ``e`` the exchange with
the space of Disse,

    Q b = sum over sites upstream (Q_up b_up) + e (c - b),      dc/dt = ... - e (c - b).

Upstream sites come first in the order of falling pressure, so one sweep solves the whole network,
and what the cords give is exactly what arrives at the central vein.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

from ifnfactory.tissue.lattice import Boundary, Lattice
from ifnfactory.tissue.lobule import Lobules, sheet_of_lobules
from ifnfactory.tissue.medium import Field, stack

TRANSIT_S: Final = 2.0
"""Mean time of the blood in a lobule [s]: 200 um/s over about 300-500 um (tissue evidence [D])."""

BLOOD_SHARE: Final = 0.6
"""Sinusoid volume over extracellular volume of the cords; prior: 12 % against 20 % of the liver."""

EXCHANGE_PER_S: Final = 1e-3
"""Exchange between the space of Disse and the blood [1/s]; prior, to be scanned: a fifth of
receptor uptake, so that uptake sets the niche length as the evidence says. Fenestrae let interferon
and virions pass (Sarin 2010 [V]); how fast is not established."""


@dataclass(frozen=True)
class Sinusoids:
    """The blood's network.

    Attributes
    ----------
    order
        Sites with blood, flat indices in the sheet, upstream first, int64 (sites,).
    upstream, flow
        For each of `order` the sites upstream, and the blood that comes from them [site volumes/s],
        (sites, 6); flow 0 where there is none.
    supply, drain
        Blood that enters from portal triads and leaves into the central vein, (sites,).
    """

    lattice: Lattice
    order: NDArray[np.int64]
    upstream: NDArray[np.int64]
    flow: NDArray[np.float64]
    supply: NDArray[np.float64]
    drain: NDArray[np.float64]
    exchange_per_s: float


@dataclass(frozen=True)
class Carried:
    """What the blood did in a step: amounts."""

    brought: float
    carried_away: float


def sinusoids(
    lobules: Lobules, transit_s: float = TRANSIT_S, exchange_per_s: float = EXCHANGE_PER_S
) -> Sinusoids:
    """Return the network of a sheet of lobules, the same in each of its layers.

    Parameters
    ----------
    transit_s
        Mean time of the blood in a lobule [s].

    Raises
    ------
    ValueError
        If a rate is not positive, or there is no central vein or portal triad.
    """
    if not (transit_s > 0.0 and exchange_per_s >= 0.0):
        raise ValueError(f"no blood flows with transit {transit_s} s, exchange {exchange_per_s}/s")
    if not (lobules.portal.any() and lobules.central.any()):
        raise ValueError("blood needs a portal triad to come from and a central vein to go to")
    pressure = _pressure(lobules)
    flows = _flows(lobules, pressure)
    scale = lobules.inside.sum() * BLOOD_SHARE / transit_s / _entering(lobules, flows)
    return _network(lobules, pressure, flows * scale, exchange_per_s)


def _pressure(lobules: Lobules) -> NDArray[np.float64]:
    """Solve for the pressure of each site; NaN outside. A periodic sheet repeats its unit."""
    lattice = lobules.lattice
    if lattice.boundary is Boundary.PERIODIC:
        radius = _radius(lobules)
        unit = 3 * radius
        if (lattice.height, lattice.width) != (unit, unit):
            part = sheet_of_lobules(Lattice(unit, unit), radius)
            return np.tile(_pressure(part), (lattice.height // unit, lattice.width // unit))
    inside = lobules.inside.ravel()
    number = np.cumsum(inside) - 1
    here, there = _pairs(lattice, inside)
    a, b = number[here], number[there]
    held = (lobules.portal | lobules.central).ravel()[inside]
    value = lobules.portal.ravel()[inside].astype(np.float64)
    free = ~held[a]
    n = int(inside.sum())
    degree = np.bincount(a[free], minlength=n).astype(np.float64)
    degree[held] = 1.0
    matrix = sparse.coo_matrix((-np.ones(int(free.sum())), (a[free], b[free])), shape=(n, n))
    solved = spsolve((matrix + sparse.diags(degree)).tocsc(), np.where(held, value, 0.0))
    pressure = np.full(inside.size, np.nan)
    pressure[inside] = solved
    return pressure.reshape(lobules.inside.shape)


def _radius(lobules: Lobules) -> int:
    """Return the distance of neighbouring vessels along the first row, which holds some."""
    vessels = np.flatnonzero((lobules.portal | lobules.central)[0])
    return int(vessels[1] - vessels[0])


def _pairs(
    lattice: Lattice, inside: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all ordered pairs of neighbours that lie inside, flat indices."""
    y, x = np.mgrid[0 : lattice.height, 0 : lattice.width]
    here: list[NDArray[np.int64]] = []
    there: list[NDArray[np.int64]] = []
    for up, along in lattice.offsets:
        j, i = y + up, x + along
        good = np.ones(j.shape, dtype=np.bool_)
        if lattice.boundary is Boundary.PERIODIC:
            j, i = j % lattice.height, i % lattice.width
        else:
            good = (j >= 0) & (j < lattice.height) & (i >= 0) & (i < lattice.width)
        a = (y * lattice.width + x)[good]
        b = (j * lattice.width + i)[good]
        both = inside[a] & inside[b]
        here.append(a[both].astype(np.int64))
        there.append(b[both].astype(np.int64))
    return np.concatenate(here), np.concatenate(there)


def _flows(lobules: Lobules, pressure: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the blood from each neighbour into each site, (height, width, 6), unscaled."""
    lattice = lobules.lattice
    flows = np.zeros((*pressure.shape, len(lattice.offsets)))
    y, x = np.mgrid[0 : lattice.height, 0 : lattice.width]
    for side, (up, along) in enumerate(lattice.offsets):
        j, i = y + up, x + along
        good = np.ones(j.shape, dtype=np.bool_)
        if lattice.boundary is not Boundary.PERIODIC:
            good = (j >= 0) & (j < lattice.height) & (i >= 0) & (i < lattice.width)
        j, i = j % lattice.height, i % lattice.width
        fall = pressure[j, i] - pressure
        flows[..., side] = np.where(good & np.isfinite(fall) & (fall > 0.0), fall, 0.0)
    return flows


def _entering(lobules: Lobules, flows: NDArray[np.float64]) -> float:
    """Return the blood that reaches the central veins; all that enters does."""
    return float(flows[lobules.central].sum())


def _network(
    lobules: Lobules, pressure: NDArray[np.float64], flows: NDArray[np.float64], exchange: float
) -> Sinusoids:
    lattice = lobules.lattice
    width = lattice.width
    sites = np.flatnonzero(lobules.inside.ravel())
    order = sites[np.argsort(-pressure.ravel()[sites], kind="stable")]
    y, x = order // width, order % width
    upstream = np.stack(
        [
            ((y + up) % lattice.height) * width + (x + along) % width
            for up, along in lattice.offsets
        ],
        axis=1,
    )
    flow = flows.reshape(-1, len(lattice.offsets))[order]
    entering = flow.sum(axis=1)
    leaving = np.zeros(lattice.height * width)
    np.add.at(leaving, upstream.ravel(), flow.ravel())
    gives = leaving[order]
    portal = lobules.portal.ravel()[order]
    central = lobules.central.ravel()[order]
    supply = np.where(portal, gives, 0.0)
    drain = np.where(central, entering, 0.0)
    return Sinusoids(lattice, order, upstream, flow, supply, drain, exchange)


def carry(
    network: Sinusoids, c: Field, dt_s: float, arriving: float = 0.0
) -> tuple[Field, Field, Carried]:
    """Exchange a signal between cords and blood for `dt_s`.

    Parameters
    ----------
    c
        Amounts in the cords, of the lattice's shape.
    arriving
        Concentration in the blood of the portal triads, amount per site of the cords' space.

    Returns
    -------
    tuple
        The cords' amounts after the step, the blood's concentrations, both of the shape of `c`, and
        the amounts that came and went: ``brought - carried_away`` is the change of the cords' sum.
    """
    cords = np.ascontiguousarray(c).copy()
    blood = np.zeros_like(cords)
    brought = away = 0.0
    sheets, veins = stack(cords), stack(blood)
    for z in range(sheets.shape[0]):
        came, went = _sweep(
            network.order, network.upstream, network.flow, network.supply, network.drain,
            network.exchange_per_s, dt_s, float(arriving), sheets[z].reshape(-1),
            veins[z].reshape(-1),
        )  # fmt: skip
        brought, away = brought + came, away + went
    return cords, blood, Carried(brought, away)


@njit(cache=True, nogil=True)
def _sweep(
    order: Any, upstream: Any, flow: Any, supply: Any, drain: Any, exchange: float, dt: float,
    arriving: float, c: Any, b: Any,
) -> tuple[float, float]:  # fmt: skip
    """Go down the pressure; cords and blood of a site are solved together: any step is stable."""
    brought, away = 0.0, 0.0
    eased = exchange / (1.0 + dt * exchange)
    for k in range(order.size):
        site = order[k]
        passing, content = supply[k], supply[k] * arriving
        for side in range(upstream.shape[1]):
            if flow[k, side] > 0.0:
                passing += flow[k, side]
                content += flow[k, side] * b[upstream[k, side]]
        if passing + eased > 0.0:
            blood = (content + eased * c[site]) / (passing + eased)
            b[site] = blood
            c[site] += dt * eased * (blood - c[site])
            brought += dt * supply[k] * arriving
            away += dt * drain[k] * blood
    return brought, away
