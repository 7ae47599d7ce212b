"""Fields of the reference: whole arrays, shifted and added, in the order of the kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.simulation import Simulation

F = np.float32
Fields = list[NDArray[Any]]


def summed(values: NDArray[Any], chunk: int) -> float:
    """Return a sum in double precision: by halves within a chunk, chunks one after the other."""
    total = 0.0
    for start in range(0, values.size, chunk):
        part = np.zeros(chunk)
        some = values[start : start + chunk]
        part[: some.size] = some
        while part.size > 1:
            part = part[: part.size // 2] + part[part.size // 2 :]
        total += float(part[0])
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
    ledger: NDArray[np.float64],
) -> Fields:  # fmt: skip
    """Return the fields a field step later, and book what became of them in `ledger`.

    Parameters
    ----------
    made, rates
        What each cell secretes and what all do together [1/min].
    """
    model, plan = simulation.model, simulation.plan
    square = model.lattice.kind != "hex"
    later = list(fields)
    cells = simulation.sites.cells * model.lattice.block**2
    guess = np.zeros((len(fields), 3), dtype=F)
    for k in range(len(fields)):
        mate = int(plan.partner[k])
        if 0 <= mate < k:
            continue
        simulation.kernel.settle(
            k, mate, model.macro_step, int(plan.explicit[k]), np.array(rates), plan.loss, cells,
            False, ledger, guess,
        )  # fmt: skip
        group = [k] if mate < 0 else [k, mate]
        now = [fields[j] * guess[j, 0] + guess[j, 1] for j in group]
        was = [values.copy() for values in now]
        rhs = [
            _source(model.fields[j].pulse, made[j], fields[j]) + guess[j, 2] * fields[j]
            for j in group
        ]
        for by, gain in plan.weights[k][: plan.stages[k]]:
            following: Fields = []
            for a, j in enumerate(group):
                hop, _, lost, given = plan.law[j]
                mine, before = now[a], was[a]
                flow = hop * _near(mine, square) - _diagonal(hop, lost, square) * mine
                if mate >= 0:
                    flow = flow + given * now[1 - a]
                following.append((mine + by * (mine - before)) + gain * (flow + rhs[a]))
            now, was = following, now
        for a, j in enumerate(group):
            ledger[j, 6] += float(-np.minimum(now[a], 0.0).sum(dtype=np.float64))
            later[j] = np.maximum(now[a], F(0.0))
            ledger[j, 5] = _present(later[j])
    return later


def _source(pulsed: bool, made: NDArray[Any], field: NDArray[Any]) -> NDArray[Any]:
    return np.zeros_like(field) if pulsed else made.reshape(field.shape)


def _diagonal(hop: Any, lost: Any, square: bool) -> Any:
    whole = lost + ((hop + hop) + (hop + hop))
    return whole if square else whole + (hop + hop)


def _near(c: NDArray[Any], square: bool) -> NDArray[Any]:
    def at(up: int, along: int) -> NDArray[Any]:
        return np.roll(c, (-up, -along), (0, 1))

    near = (at(0, 1) + at(0, -1)) + (at(1, 0) + at(-1, 0))
    return near if square else near + (at(-1, 1) + at(1, -1))
