"""A tissue in time: `init` gives a state, `advance` a later one, `finish` the numbers at the end.

The order of a macro step: inputs; agents; pulses of secretion (models that ask for them); the
number of neighbours that meet a condition; all cell steps of the macro step, with fields frozen;
pools; fields, which take what cells now secrete. Bits are the same for any number of threads.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import IntegrationError
from ifnfactory.foundation.streams import stream
from ifnfactory.tissue.counter import fill_keys, uniforms
from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.expressions import names_in
from ifnfactory.tissue.kernel import load_kernel
from ifnfactory.tissue.layout import RESIDENT_PURPOSES, layout_of
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_check import rate_values
from ifnfactory.tissue.plan import FieldPlan, plan_fields
from ifnfactory.tissue.scene import Drive, Scene
from ifnfactory.tissue.sites import Sites
from ifnfactory.tissue.state import Agents, Info, State, Status
from ifnfactory.tissue.work import Work

_LIFTED: Final = 1e-4
"""Share of a field's amount that rounding and the sweeps may lift from below zero."""


class Simulation:
    """A model on a lattice.

    Parameters
    ----------
    sites
        Where cells sit.
    drive
        Inputs over time; None for the model's own constant values.
    threads
        Results do not depend on it.
    mixed
        Perfect mixing: every field is the same everywhere.
    """

    def __init__(
        self,
        model: Model,
        sites: Sites,
        seed: int = 0,
        drive: Drive | None = None,
        threads: int = 1,
        mixed: bool = False,
    ) -> None:
        self.model = model
        self.sites = sites
        self.seed = _word(seed)
        self.threads = threads
        self.layout = layout_of(model)
        constant = np.array([[item.value for item in model.inputs]])
        self.drive = drive or Drive(np.zeros(1), constant)
        self.plan: FieldPlan = plan_fields(model, sites)
        self.kernel: Any = load_kernel(self.layout)
        self.scene = Scene(
            model, sites, self.seed, self.drive, mixed, self.layout, self.plan, self.kernel
        )

    @property
    def bytes_per_cell(self) -> float:
        """Memory of quantities, fields, spare fields, counts and agents, for each cell."""
        model = self.model
        voxels = model.lattice.block**2
        arrays = sum(quantity.bits // 8 for quantity in model.quantities)
        arrays += 4 * voxels * (len(model.fields) + self.plan.spares)
        arrays += len(model.neighbours) + bool(model.neighbours)
        arrays += bool(self.sites.mask.size) + bool(self.plan.degree.size)
        arrays += 4 * bool(self.sites.zone.size)
        rates = rate_values(model)
        if self.plan.exchange.any() and self.sites.blood is not None:
            arrays += 4 + 108 * self.sites.blood.order.size / (self.sites.height * self.sites.width)
        agents = sum(float(evaluate(agent.density, rates)) for agent in model.agents)
        return float(arrays) + 6.0 * agents

    def hours(self, state: State) -> float:
        """Return the time of a state [h]."""
        return state.step * self.model.macro_step / 60.0

    def values(self, state: State, name: str) -> NDArray[np.float32]:
        """Return a quantity in its own unit."""
        quantity = self.model.quantities[self.model.quantity_index(name)]
        stored = state.quantities[self.model.quantity_index(name)]
        return stored.astype(np.float32) * np.float32(quantity.unit_step)

    def holds(self, state: State, when: str) -> NDArray[np.bool_]:
        """Return for each cell whether a condition over quantities, rates and phases holds."""
        return np.asarray(self.evaluate(state, when) != 0.0)

    def evaluate(self, state: State, text: str) -> NDArray[np.float32]:
        """Return an expression over quantities, rates, phases and residents for every cell."""
        model = self.model
        used = names_in(text)
        numbers = {**rate_values(model), **model.constants, "sites": float(self.sites.cells)}
        names: dict[str, Any] = {name: np.float32(value) for name, value in numbers.items()}
        names |= {q.name: self.values(state, q.name) for q in model.quantities if q.name in used}
        names |= {
            item.name: self.resident(item.name).astype(np.float32)
            for item in model.residents
            if item.name in used
        }
        zone = self.sites.zone
        names["zone"] = zone.reshape(self.sites.shape) if zone.size else np.float32(0.0)
        for place, item in enumerate(model.inputs):
            now = self.drive.at(np.array([self.hours(state)]))[0]
            names[item.name] = now[place]
        found = evaluate(text, names, np.float32)
        return np.broadcast_to(np.asarray(found, dtype=np.float32), self.sites.shape)

    def share(self, state: State, measure: str) -> float:
        """Return the share of cells for which a measure of the model holds."""
        when = next(item.when for item in self.model.measures if item.name == measure)
        found = self.holds(state, when)
        if self.sites.mask.size:
            return float(found[self.sites.mask.reshape(found.shape) > 0].mean())
        return float(found.mean())

    def resident(self, name: str) -> NDArray[np.bool_]:
        """Return where a resident property is; it is there from the start to the end."""
        index = [item.name for item in self.model.residents].index(name)
        share = evaluate(self.model.residents[index].fraction, rate_values(self.model))
        keys = np.empty((len(self.model.residents), 2), dtype=np.uint32)
        fill_keys(self.seed, 0, RESIDENT_PURPOSES, keys)
        found = uniforms(self.sites.cells, keys[index, 0], keys[index, 1]) < np.float32(share)
        return found.reshape(self.sites.shape)

    def init(self) -> State:
        """Return the tissue at the start: resting cells, agents, and the first infection."""
        model, cells = self.model, self.sites.cells
        quantities: list[NDArray[Any]] = []
        for item in model.quantities:
            stored = item.initial / item.unit_step
            kind = np.dtype(f"uint{item.bits}") if item.bits < 32 else np.dtype(np.float32)
            value = round(stored) if item.bits < 32 else stored
            quantities.append(np.full(self.sites.shape, value, dtype=kind))
        shape = self.sites.shape
        block = model.lattice.block
        voxels = (*shape[:-2], shape[-2] * block, shape[-1] * block)
        fields = tuple(np.zeros(voxels, dtype=np.float32) for _ in model.fields)
        pools = np.array([pool.initial for pool in model.pools], dtype=np.float64)
        state = State(
            0, tuple(quantities), fields, pools, self._agents(), np.zeros((len(fields), 8))
        )
        return self.seeded(state, self._first(cells))

    def _first(self, cells: int) -> NDArray[np.bool_]:
        seeding = self.model.seeding
        if seeding.pattern == "poisson":
            draws = stream(self.seed, "tissue", "seeding").poisson(seeding.amount, cells)
            return draws.reshape(self.sites.shape) > 0
        found = np.zeros(self.sites.shape, dtype=np.bool_)
        if seeding.pattern == "centre":
            found[tuple(side // 2 for side in self.sites.shape)] = True
        return found

    def seeded(self, state: State, where: NDArray[np.bool_]) -> State:
        """Return the state with the infection of the model's seeding put where `where` is true."""
        model = self.model
        where = where & self.holds(state, model.seeding.when)
        if self.sites.mask.size:
            where = where & (self.sites.mask.reshape(where.shape) > 0)
        changed = list(state.quantities)
        for name, text in model.seeding.sets:
            at = model.quantity_index(name)
            value = self.evaluate(state, text) / np.float32(model.quantities[at].unit_step)
            if model.quantities[at].bits < 32:
                value = np.rint(value)
            changed[at] = np.where(where, value.astype(changed[at].dtype), changed[at])
        return replace(state, quantities=tuple(changed))

    def _agents(self) -> Agents:
        rates = rate_values(self.model)
        kinds: list[NDArray[np.uint8]] = []
        places: list[NDArray[np.uint32]] = []
        mask = self.sites.mask
        room = np.flatnonzero(mask) if mask.size else np.arange(self.sites.cells)
        for number, agent in enumerate(self.model.agents):
            count = round(float(evaluate(agent.density, rates)) * len(room))
            draw = stream(self.seed, "tissue", "agents", agent.name).integers(0, len(room), count)
            kinds.append(np.full(count, number, dtype=np.uint8))
            places.append(room[draw].astype(np.uint32))
        kind = np.concatenate(kinds) if kinds else np.empty(0, dtype=np.uint8)
        site = np.concatenate(places) if places else np.empty(0, dtype=np.uint32)
        return Agents(kind, site, np.zeros(kind.size, dtype=np.uint8))

    def advance(
        self, state: State, until_hours: float, *, reuse: bool = False, throw: bool = False
    ) -> tuple[State, Info]:
        """Return the state at a later time.

        Parameters
        ----------
        until_hours
            Rounded up to a whole macro step.
        reuse
            Work in the arrays of `state`, which is then used up; saves memory on large lattices.
        throw
            Raise instead of returning a status that is not `Status.COMPLETED`.

        Raises
        ------
        IntegrationError
            Only with `throw`.
        """
        step = self.model.macro_step
        steps = max(0, math.ceil(until_hours * 60.0 / step - 1e-9) - state.step)
        work = Work.of(self.scene, state, reuse)
        made = work.run(steps, self.threads)
        later = work.state(state.step + made)
        imbalance = largest_imbalance(later)
        status = _status(later)
        if throw and status is not Status.COMPLETED:
            raise IntegrationError(f"{self.model.name}, {self.hours(later):g} h: {status.sentence}")
        return later, Info(status, made, self.hours(later), imbalance)


def _word(seed: int) -> int:
    """Return a seed that fits a word of the machine: itself, or a hash of a larger one."""
    if -(2**63) <= seed < 2**63:
        return int(seed)
    return int(stream(seed, "tissue", "seed").integers(0, 2**62))


def largest_imbalance(state: State) -> float:
    """Return the largest relative imbalance of any field of a state.

    What should be there is what was made less what was taken up, decayed, carried away and passed
    on; what is there is summed from the field.
    """
    worst = 0.0
    for row in state.ledger:
        whole = max(abs(row[0]), float(np.abs(row[1:6]).sum()))
        if whole > 0.0:
            worst = max(worst, abs(row[0] - row[1:6].sum()) / whole)
    return float(worst)


def _status(state: State) -> Status:
    real = [values for values in state.quantities if values.dtype.kind == "f"]
    if not all(np.isfinite(values).all() for values in (state.ledger, state.pools, *real)):
        return Status.NON_FINITE
    for row in state.ledger:
        if row[6] > _LIFTED * max(row[0], row[5]):
            return Status.NEGATIVE_FIELD
    return Status.COMPLETED
