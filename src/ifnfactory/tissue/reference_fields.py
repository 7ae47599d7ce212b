"""Fields of the reference: whole arrays, shifted and added, in the order of the kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.reference_sheet import beside
from ifnfactory.tissue.simulation import Simulation

F = np.float32
Fields = list[NDArray[Any]]


def summed(values: NDArray[Any], chunk: int) -> float:
    """Return a sum in double precision: by eighths within a chunk, chunks one after the other."""
    total = 0.0
    for start in range(0, values.size, chunk):
        part = np.zeros(chunk)
        some = values[start : start + chunk]
        part[: some.size] = some
        while part.size >= 8:
            a, b, c, d, e, f, g, h = part.reshape(8, -1)
            part = ((a + b) + (c + d)) + ((e + f) + (g + h))
        total += sum(part[1:].tolist(), float(part[0]))
    return total


def _present(field: NDArray[Any]) -> float:
    """Return the sum of a field: of columns first, from the first row to the last."""
    columns = np.zeros(field.shape[-1])
    for row in field.reshape(-1, field.shape[-1]):
        columns = columns + row
    total = 0.0
    for value in columns:
        total += float(value)
    return total


def carried(
    simulation: Simulation, fields: Fields, made: Fields, rates: list[float],
    ledger: NDArray[np.float64], arriving: list[float],
) -> Fields:  # fmt: skip
    """Return the fields a field step later, and book what became of them in `ledger`.

    Parameters
    ----------
    made, rates
        What each cell secretes and what all do together [1/min].
    arriving
        What the blood holds of each field at the portal triads.
    """
    model, sites, plan = simulation.model, simulation.sites, simulation.plan
    later, rates = list(fields), list(rates)
    voxels = sites.open_cells * model.lattice.block**2
    guess = np.zeros((len(fields), 3), dtype=F)
    for k in range(len(fields)):
        mate = int(plan.partner[k])
        if 0 <= mate < k:
            continue
        gain = None
        if plan.exchange[k] > 0.0:
            gain, brought = from_blood(simulation, k, fields[k], arriving[k])
            rates[k] += brought
        simulation.kernel.settle(
            k, mate, model.macro_step, int(plan.explicit[k]), np.array(rates), plan.loss, voxels,
            False, ledger, guess,
        )  # fmt: skip
        group = [k] if mate < 0 else [k, mate]
        now = [(fields[j] * guess[j, 0] + guess[j, 1]) * _inside(simulation) for j in group]
        was = [values.copy() for values in now]
        rhs: Fields = []
        for j in group:
            source = _source(model.fields[j].pulse, made[j], fields[j])
            source = source if gain is None else source + gain
            rhs.append(source + guess[j, 2] * fields[j])
        for by, step in plan.weights[k][: plan.stages[k]]:
            following: Fields = []
            for a, j in enumerate(group):
                mine, before = now[a], was[a]
                keep, flow = _flow(simulation, plan.law[j], mine, by, step)
                made_here = rhs[a]
                if mate >= 0:
                    made_here = plan.law[j][3] * now[1 - a] + made_here
                value = (keep * mine - by * before) + (flow + step * made_here)
                following.append(value * _inside(simulation))
            now, was = following, now
        for a, j in enumerate(group):
            ledger[j, 6] += float(-np.minimum(now[a], 0.0).sum(dtype=np.float64))
            later[j] = np.maximum(now[a], F(0.0))
            ledger[j, 5] = _present(later[j])
    return later


def from_blood(
    simulation: Simulation, k: int, field: NDArray[Any], arriving: float
) -> tuple[NDArray[np.float32], float]:
    """Return what the blood brings to each site, one after the other downstream, and the sum."""
    order, upstream, flow, supply = simulation.plan.vessels
    exchange = float(simulation.plan.exchange[k])
    sheets = field.reshape(simulation.sites.layers, -1)
    gain, total = np.zeros_like(sheets), 0.0
    for cords, into in zip(sheets, gain, strict=True):
        vein = np.zeros(cords.size)
        brought = 0.0
        for place, site in enumerate(order):
            passing, content = supply[place], supply[place] * arriving
            for up, amount in zip(upstream[place], flow[place], strict=True):
                passing += float(amount)
                content += float(amount) * vein[up]
            vein[site] = (content + exchange * float(cords[site])) / (passing + exchange)
            into[site] = F(exchange * vein[site])
            brought += float(into[site])
        total += brought
    return gain.reshape(field.shape), total


def _inside(simulation: Simulation) -> Any:
    mask, block = simulation.sites.mask, simulation.model.lattice.block
    if not mask.size:
        return F(1.0)
    return mask.reshape(simulation.sites.shape).repeat(block, -2).repeat(block, -1).astype(F)


def _source(pulsed: bool, made: NDArray[Any], field: NDArray[Any]) -> NDArray[Any]:
    return np.zeros_like(field) if pulsed else made.reshape(field.shape)


def _flow(
    simulation: Simulation, law: NDArray[Any], c: NDArray[Any], by: Any, step: Any
) -> tuple[Any, NDArray[Any]]:
    """Return what multiplies a site's own value in a stage, and what hops bring to each site."""
    sites, square = simulation.sites, simulation.model.lattice.kind != "hex"
    hop, up, lost = law[0], law[1], law[2]
    near = _near(c, square, sites.torus)
    if sites.layers == 1 and not simulation.plan.degree.size:
        return (F(1.0) + by) - step * _diagonal(hop, lost, square), (step * hop) * near
    keep = (F(1.0) + by) - step * lost
    inside = np.ones(c.shape, dtype=F) * _inside(simulation)
    flow = (step * hop) * (near - _near(inside, square, sites.torus) * inside * c)
    if sites.layers == 1:
        return keep, flow
    other = np.zeros_like(c)
    for layer in (1, -1):
        there = beside(inside, 0, 0, sites.torus, layer)
        other = other + there * (beside(c, 0, 0, sites.torus, layer) - c)
    return keep, flow + (step * up) * other


def _diagonal(hop: Any, lost: Any, square: bool) -> Any:
    whole = lost + ((hop + hop) + (hop + hop))
    return whole if square else whole + (hop + hop)


def _near(c: NDArray[Any], square: bool, torus: bool) -> NDArray[Any]:
    def at(up: int, along: int) -> NDArray[Any]:
        return beside(c, up, along, torus)

    near = (at(0, 1) + at(0, -1)) + (at(1, 0) + at(-1, 0))
    return near if square else near + (at(-1, 1) + at(1, -1))
