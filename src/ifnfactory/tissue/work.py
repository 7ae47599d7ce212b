"""The arrays of a run in progress, and the calls of the kernel, on one thread or several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.layout import CHUNK, numbers_of
from ifnfactory.tissue.model_check import rate_values
from ifnfactory.tissue.plan import LINE
from ifnfactory.tissue.scene import Scene
from ifnfactory.tissue.state import Agents, State
from ifnfactory.tissue.team import Team

WORTH_SHARING: Final = 60_000
"""Cells below which a second thread costs more than it saves."""


@dataclass
class Work:
    """Arrays that the kernel changes in place; one for each call of `Simulation.advance`."""

    scene: Scene
    first: int
    numbers: NDArray[np.float32]
    quantities: tuple[NDArray[Any], ...]
    fields: NDArray[np.float32]
    slot: NDArray[np.int64]
    counts: NDArray[np.uint8]
    flag: NDArray[np.uint8]
    pools: NDArray[np.float64]
    agents: Agents
    ledger: NDArray[np.float64]

    @classmethod
    def of(cls, scene: Scene, state: State, reuse: bool) -> Work:
        """Return arrays for a run that starts at a state."""
        model, sites = scene.model, scene.sites
        plan = scene.plan
        count = len(model.fields)
        voxels = sites.cells * model.lattice.block**2
        fields = aligned((count + plan.spares, voxels))
        for place, values in enumerate(state.fields):
            fields[place] = values.ravel()
        cells = sites.cells if model.neighbours else 0

        def own(values: NDArray[Any]) -> NDArray[Any]:
            return values.ravel() if reuse else values.ravel().copy()

        agents = Agents(own(state.agents.kind), own(state.agents.site), own(state.agents.lit))
        return cls(
            scene,
            state.step,
            numbers_of(scene.layout, sites.open_cells, state.pools),
            tuple(own(values) for values in state.quantities),
            fields,
            np.arange(count + 2, dtype=np.int64),
            np.empty((max(1, len(model.neighbours)), cells), dtype=np.uint8),
            np.empty(cells, dtype=np.uint8),
            state.pools.copy(),
            agents,
            state.ledger.copy(),
        )

    def state(self, step: int) -> State:
        """Return the state that the arrays hold."""
        scene = self.scene
        shape, block = scene.sites.shape, scene.model.lattice.block
        voxels = (*shape[:-2], shape[-2] * block, shape[-1] * block)
        return State(
            step,
            tuple(values.reshape(shape) for values in self.quantities),
            tuple(self.fields[self.slot[k]].reshape(voxels)
                  for k in range(len(scene.model.fields))),
            self.pools,
            self.agents,
            self.ledger,
        )  # fmt: skip

    def run(self, steps: int, threads: int) -> int:
        """Carry out macro steps; return how many were made before a field went wrong."""
        scene = self.scene
        model, sites, plan = scene.model, scene.sites, scene.plan
        if steps == 0:
            return 0
        block = model.lattice.block
        steps_from_0 = np.arange(self.first, self.first + steps, dtype=np.float64)
        hours = steps_from_0 * (model.macro_step / 60.0)
        drive = scene.drive.at(hours)
        geometry = np.array(
            [sites.height * block, sites.width * block, sites.layers, sites.torus, sites.cells,
             sites.open_cells * block**2, sites.open_cells, sites.width, sites.height],
            dtype=np.int64,
        )  # fmt: skip
        chunks = -(-sites.cells // CHUNK)
        rates = rate_values(model)
        decay = np.array([float(evaluate(pool.decay, rates)) for pool in model.pools])
        sums = np.zeros((chunks, len(model.fields) + len(model.pools)))
        tiles = np.zeros((plan.tiles, 4))
        every = max(1, round(model.agent_step / model.macro_step))
        common = (
            self.numbers, drive, self.quantities, self.fields, self.slot, self.counts, self.flag,
            sites.mask, sites.zone, plan.degree, geometry, plan.tile, plan.stages, plan.explicit,
            plan.weights, plan.law, plan.loss, plan.partner, plan.pulsed, scene.mixed,
            self.pools, decay, self.agents.kind, self.agents.site, self.agents.lit, every,
            self.ledger, plan.exchange, plan.vessels, np.zeros(sites.height * sites.width),
            np.zeros(sites.cells if plan.exchange.any() else 0, np.float32), sums, tiles,
        )  # fmt: skip
        rooms = [aligned((8, plan.room)) for _ in range(threads)]
        kernel = scene.kernel
        if threads == 1 or sites.cells < WORTH_SHARING:
            return int(kernel.advance(scene.seed, self.first, steps, *common, rooms[0]))
        with Team(threads) as team:
            return _shared(kernel, scene.seed, self.first, steps, common, team, rooms)


def aligned(shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return an array of zeros that begins at a cache line."""
    size = shape[0] * shape[1]
    room = np.zeros(size + LINE, dtype=np.float32)
    first = -(room.ctypes.data // room.itemsize) % LINE
    return room[first : first + size].reshape(shape)


def _shared(
    kernel: Any,
    seed: int,
    first: int,
    steps: int,
    common: Any,
    team: Team,
    rooms: list[NDArray[np.float32]],
) -> int:
    """Carry out the same calls as ``advance`` of the kernel, with chunks and tiles shared."""
    (p, drive, Q, fields, slot, counts, flag, mask, zone, degree, geometry, tile, stages, explicit,
     weights, law, loss, partner, pulsed, mixed, pools, decay, kind, site, lit, every, ledger,
     exchange, vessels, vein, gain, sums, tiles) = common  # fmt: skip
    layers, torus, cells = int(geometry[2]), bool(geometry[3]), int(geometry[4])
    width, height = int(geometry[7]), int(geometry[8])
    count = kernel.FIELDS
    keys = np.empty((kernel.PURPOSES + kernel.RESIDENTS, 2), np.uint32)
    guess = np.zeros((max(1, count), 3), np.float32)
    made_rate = np.zeros(sums.shape[1])
    who = (p, keys, Q, mask, zone)

    for n in range(steps):
        step = first + n
        kernel.begin(seed, step, n, p, drive, keys)
        if kind.size and step % every == 0:
            kernel.let_agents_act(seed, step, who, geometry, kind, site, lit, every)
        for k in range(count):
            if pulsed[k]:
                kernel.pulse(k, 0, sums.shape[0], width, who, fields, slot[k], sums)
                kernel.book_pulse(k, sums, ledger)
        for j in range(kernel.NEIGHBOURS):
            team.each(cells, lambda _, a, b, j=j: kernel.flags(
                j, a, b, p, keys, Q, mask, zone, flag))  # fmt: skip
            team.each(layers * height, lambda _, a, b, j=j: kernel.count_neighbours(
                flag, counts, j, a, b, height, width, layers, torus))  # fmt: skip
        team.each(sums.shape[0], lambda _, a, b: kernel.cells(
            a, b, cells, width, p, keys, Q, fields, slot, counts, mask, zone, sums))  # fmt: skip
        kernel.after_cells(p, sums, made_rate, decay, int(geometry[6]), pools, pulsed)
        for k in range(count):
            mate = int(partner[k])
            if 0 <= mate < k:
                continue
            blood = gain[:0]
            if exchange[k] > 0.0:
                made_rate[k] += kernel.from_blood(
                    k, p, exchange[k], vessels, layers, fields[slot[k]], vein, gain)  # fmt: skip
                blood = gain
            kernel.settle(k, mate, kernel.MACRO, 0 if mixed else explicit[k], made_rate, loss,
                          int(geometry[5]), mixed, ledger, guess)  # fmt: skip
            what = (tile[k], geometry, 0 if mixed else stages[k], weights[k], law, guess, pulsed[k],
                    who, degree, fields, slot, blood, tiles)  # fmt: skip
            team.each(int(tile[k, 4]), lambda part, a, b, k=k, mate=mate, what=what:
                      kernel.transport(k, mate, a, b, *what, rooms[part]))  # fmt: skip
            if not kernel.finish_field(k, mate, int(tile[k, 4]), slot, tiles, ledger):
                return n + 1
    return steps
