"""The slow and obvious tissue: one cell at a time, plain NumPy, kept for ever to judge the kernel.

It shares with the kernel only the model, its vector of numbers, and the plan of the fields. Every
number is of single precision and every sum in the same order, so that both agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.layout import (
    AGENT_PURPOSES,
    CHUNK,
    RESIDENT_PURPOSES,
    Layout,
    is_shared,
    numbers_of,
)
from ifnfactory.tissue.model import Model, Quantity, QuantityKind, Transition
from ifnfactory.tissue.model_check import rate_values
from ifnfactory.tissue.reference_fields import carried, summed
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.state import Agents, State

F = np.float32
Names = dict[str, Any]
_64: Final = (1 << 64) - 1
_32: Final = (1 << 32) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15
_SIDES: Final = {
    "hex": ((0, 1), (0, -1), (1, 0), (-1, 0), (1, -1), (-1, 1)),
    "blocks": ((0, 1), (0, -1), (1, 0), (-1, 0)),
}
"""Neighbours as (rows, columns), in the order in which agents choose among them."""


def mix(x: int) -> int:
    """Scramble 64 bits (the finaliser of SplitMix64)."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _64
    return x ^ (x >> 31)


def keys_of(seed: int, step: int, purpose: int) -> tuple[int, int]:
    """Return the two keys of a purpose at a step."""
    base = mix((mix((seed + _GOLDEN) & _64) + step * _GOLDEN) & _64)
    both = mix((base + (purpose + 1) * _GOLDEN) & _64)
    return both & _32, both >> 32


def bits(cell: int, keys: tuple[int, int]) -> int:
    """Return 32 random bits of a cell."""
    x = ((cell ^ keys[0]) * 0x9E3779B1) & _32
    x ^= x >> 15
    x = ((x ^ keys[1]) * 0x85EBCA6B) & _32
    x ^= x >> 13
    x = (x * 0xC2B2AE35) & _32
    return x ^ (x >> 16)


def uniform(cell: int, keys: tuple[int, int]) -> Any:
    """Return the random number of a cell."""
    return F(bits(cell, keys)) * F(2.0**-32)


def chance(x: Any) -> Any:
    """Return 1 - exp(-x), in the same steps as the kernel."""
    y = (x if x < F(32.0) else F(32.0)) * F(0.0625)
    f = F(12.0) * y / (F(12.0) + y * (F(6.0) + y))
    for _ in range(4):
        f = f * (F(2.0) - f)
    return f


@dataclass
class Sheet:
    """What all cells of a macro step share, and the arrays that they change."""

    model: Model
    seed: int
    step: int
    common: Names
    numbers: dict[str, Any]
    quantities: list[NDArray[Any]]
    residents: dict[str, NDArray[np.bool_]] = field(default_factory=lambda: {})
    seen: dict[str, NDArray[Any]] = field(default_factory=lambda: {})

    def read(self, item: Quantity, cell: int) -> Any:
        """Return a stored quantity in its own unit."""
        stored = F(self.quantities[self.model.quantity_index(item.name)][cell])
        return stored * F(item.unit_step) if item.unit_step != 1.0 else stored

    def names(self, cell: int) -> Names:
        """Return all that a rule of a cell may use, but for lets."""
        found = dict(self.common)
        found |= {item.name: self.read(item, cell) for item in self.model.quantities}
        found |= {name: F(there[cell]) for name, there in self.residents.items()}
        found |= {name: values[cell] for name, values in self.seen.items()}
        return found

    def everywhere(self, text: str) -> NDArray[np.float32]:
        """Return an expression for every cell, one after the other."""
        cells = range(self.quantities[0].size)
        return np.array([evaluate(text, self.names(cell), F) for cell in cells], dtype=F)


def reference_step(simulation: Simulation, state: State) -> State:
    """Return the state one macro step later; on one full periodic sheet only."""
    model, sites = simulation.model, simulation.sites
    if sites.layers > 1 or sites.mask.size or not sites.torus:
        raise ValueError("the reference knows a full periodic sheet only")
    sheet = _sheet(simulation, state)
    agents = _agents(simulation, sheet, state.agents)
    fields = [values.copy() for values in state.fields]
    ledger = state.ledger.copy()
    for k, item in enumerate(model.fields):
        if item.pulse:
            _pulse(model, sheet, k, fields, ledger)
    sheet.seen |= _neighbours(model, sites.shape, sheet)
    sheet.seen |= {
        item.name: _cell_sums(values, model.lattice.block).ravel()
        for item, values in zip(model.fields, fields, strict=True)
    }
    for cell in range(sites.cells):
        _act(simulation, sheet, cell)
    made = [sheet.everywhere(item.secretion) for item in model.fields]
    rates = [0.0 if item.pulse else summed(values, CHUNK)
             for item, values in zip(model.fields, made, strict=True)]  # fmt: skip
    pools = state.pools.copy()
    known = rate_values(model)
    for j, pool in enumerate(model.pools):
        inflow = summed(sheet.everywhere(pool.secretion), CHUNK) / sites.cells
        decay, span = float(evaluate(pool.decay, known)), model.macro_step
        gain = span if decay == 0.0 else -np.expm1(-decay * span) / decay
        pools[j] = pools[j] * np.exp(-decay * span) + inflow * gain
    fields = carried(simulation, fields, made, rates, ledger)
    shape = sites.shape
    return State(
        state.step + 1,
        tuple(values.reshape(shape) for values in sheet.quantities),
        tuple(fields),
        pools,
        agents,
        ledger,
    )


def _sheet(simulation: Simulation, state: State) -> Sheet:
    model, layout = simulation.model, simulation.layout
    values = numbers_of(layout, simulation.sites.cells, state.pools)
    for j, value in enumerate(simulation.drive.at(np.array([simulation.hours(state)]))[0]):
        values[layout.first_input + j] = value
    numbers: dict[str, Any] = dict(zip(layout.numbers, values, strict=True))
    common = dict(numbers)
    common |= {name: F(value) for name, value in model.constants.items()}
    common |= {"zone": F(0.0), "dt": F(model.cell_step)}
    quantities = [array.ravel().copy() for array in state.quantities]
    sheet = Sheet(model, simulation.seed, state.step, common, numbers, quantities)
    for index, item in enumerate(model.residents):
        keys = keys_of(simulation.seed, 0, RESIDENT_PURPOSES + index)
        share = numbers[f"share_{index}"]
        draws = [uniform(cell, keys) < share for cell in range(simulation.sites.cells)]
        sheet.residents[item.name] = np.array(draws)
    return sheet


def _cell_sums(values: NDArray[Any], block: int) -> NDArray[np.float32]:
    """Return what each cell sees of a field: the sum over its voxels, row by row."""
    total = np.zeros((values.shape[0] // block, values.shape[1] // block), dtype=F)
    for j in range(block):
        for i in range(block):
            total = total + values[j::block, i::block]
    return total


def _pulse(
    model: Model, sheet: Sheet, k: int, fields: list[NDArray[Any]], ledger: NDArray[np.float64]
) -> None:
    block = model.lattice.block
    made = sheet.everywhere(model.fields[k].secretion)
    total = model.macro_step * summed(made, CHUNK)
    ledger[k, 0] += total
    ledger[k, 5] += total
    ledger[k, 7] += total
    each = made * F(model.macro_step / block**2)
    height = fields[k].shape[0] // block
    fields[k] = fields[k] + each.reshape(height, -1).repeat(block, 0).repeat(block, 1)


def _neighbours(model: Model, shape: Sequence[int], sheet: Sheet) -> dict[str, NDArray[np.float32]]:
    found: dict[str, NDArray[np.float32]] = {}
    for item in model.neighbours:
        flags = (sheet.everywhere(item.when) != F(0.0)).reshape(shape)
        counts = sum(
            np.roll(flags, (-up, -along), (0, 1)).astype(F)
            for up, along in _SIDES[model.lattice.kind]
        )
        found[item.name] = np.asarray(counts, dtype=F).ravel()
    return found


def _act(simulation: Simulation, sheet: Sheet, cell: int) -> None:
    """Carry out the cell steps of one cell."""
    model, layout = simulation.model, simulation.layout
    now = sheet.names(cell)
    waiting = [_Waiting(_number(sheet, layout, cell, 0, g)) for g in range(len(layout.groups))]
    for sub in range(model.cell_substeps):
        start = dict(now)
        for name, text in model.lets:
            start[name] = evaluate(text, start, F)
        fired: list[Transition] = []
        for group, quantity in enumerate(layout.groups):
            happened = _drawn(model, layout.competing[group], start, waiting[group])
            if happened is not None:
                if sub + 1 < model.cell_substeps:
                    waiting[group] = _Waiting(_number(sheet, layout, cell, sub + 1, group))
                fired.append(happened)
                change = F(float(happened.change or 0))
                to = None if happened.to is None else F(happened.to)
                now[quantity] = start[quantity] + change if to is None else to
        for item in model.transitions:
            for name, text in item.sets if item in fired else ():
                now[name] = evaluate(text, start, F)
        for index, item in enumerate(model.relaxations):
            if is_shared(model, item):
                gain = sheet.numbers[f"gain_{index}"]
            else:
                gain = chance(evaluate(item.rate, start, F) * F(model.cell_step))
            target = evaluate(item.target, start, F)
            now[item.quantity] = now[item.quantity] + (target - now[item.quantity]) * gain
    _integrate(model, now)
    _keep(simulation, sheet, cell, now)


@dataclass
class _Waiting:
    """The wait for the next transition of a quantity: random number, hazard and chance passed."""

    number: Any
    hazard: Any = field(default_factory=lambda: F(0.0))
    before: Any = field(default_factory=lambda: F(0.0))


def _number(sheet: Sheet, layout: Layout, cell: int, sub: int, group: int) -> Any:
    purpose = sub * len(layout.groups) + group
    return uniform(cell, keys_of(sheet.seed, sheet.step + 1, purpose))


def _drawn(
    model: Model, competing: tuple[int, ...], start: Names, wait: _Waiting
) -> Transition | None:
    """Return the transition of a quantity that happens in a cell step, if any."""
    mine = [model.transitions[index] for index in competing]
    rates = [
        evaluate(item.rate, start, F) if evaluate(item.when, start, F) != F(0.0) else F(0.0)
        for item in mine
    ]
    reached = [rates[0]]
    for rate in rates[1:]:
        reached.append(reached[-1] + rate)
    wait.hazard = wait.hazard + reached[-1] * F(model.cell_step)
    likely = chance(wait.hazard)
    if not wait.number < likely:
        wait.before = likely
        return None
    at, span = (wait.number - wait.before) * reached[-1], likely - wait.before
    for item, upto in zip(mine[:-1], reached[:-1], strict=True):
        if at < span * upto:
            return item
    return mine[-1]


def _integrate(model: Model, now: Names) -> None:
    """Carry out the blocks of differential equations."""
    frozen = dict(now)
    for block in model.odes:
        step = model.macro_step / block.substeps
        names = dict(frozen)
        y = {name: now[name] for name, _ in block.equations}

        def slopes(values: Names, names: Names = names, block: Any = block) -> Names:
            seen = {**names, **values}
            return {name: evaluate(text, seen, F) for name, text in block.equations}

        for _ in range(block.substeps):
            d1 = slopes(y)
            d2 = slopes({n: y[n] + F(0.5 * step) * d1[n] for n in y})
            d3 = slopes({n: y[n] + F(0.5 * step) * d2[n] for n in y})
            d4 = slopes({n: y[n] + F(step) * d3[n] for n in y})
            y = {n: y[n] + F(step / 6.0) * ((d1[n] + d4[n]) + F(2.0) * (d2[n] + d3[n])) for n in y}
        now.update(y)


def _keep(simulation: Simulation, sheet: Sheet, cell: int, now: Names) -> None:
    """Store a cell's quantities, amounts of few bits rounded at random."""
    model, layout = simulation.model, simulation.layout
    for index, item in enumerate(model.quantities):
        value = now[item.name]
        if item.name in layout.rounded:
            place = layout.rounded.index(item.name)
            purpose = layout.first_rounding + place // 2
            both = bits(cell, keys_of(sheet.seed, sheet.step + 1, purpose))
            u = F(both >> 16 if place % 2 else both & 0xFFFF) * F(2.0**-16)
            value = F(int(value * F(1.0 / item.unit_step) + u))
            value = min(max(value, F(0.0)), F(2.0**item.bits - 1))
        elif item.kind is not QuantityKind.AMOUNT:
            value = F(int(value + F(0.5)))
        sheet.quantities[index][cell] = value


def _agents(simulation: Simulation, sheet: Sheet, agents: Agents) -> Agents:
    """Let agents walk, light up and act, one after the other."""
    model = simulation.model
    every = max(1, round(model.agent_step / model.macro_step))
    kind, site, lit = agents.kind, agents.site.copy(), agents.lit.copy()
    if not kind.size or sheet.step % every:
        return agents
    span = F(model.macro_step * every)
    keys = [keys_of(sheet.seed, sheet.step + 1, AGENT_PURPOSES + j) for j in range(32)]
    height, width = simulation.sites.shape
    sides = _SIDES[model.lattice.kind]
    for j in range(kind.size):
        agent = model.agents[int(kind[j])]
        if uniform(j, keys[0]) < chance(evaluate(agent.motility, sheet.common, F) * span):
            way = min(int(uniform(j, keys[1]) * F(len(sides))), len(sides) - 1)
            y, x = divmod(int(site[j]), width)
            y, x = (y + sides[way][0]) % height, (x + sides[way][1]) % width
            site[j] = y * width + x
        cell = int(site[j])
        rate = agent.rests if lit[j] else agent.lights
        if uniform(j, keys[2]) < chance(evaluate(rate, sheet.names(cell), F) * span):
            lit[j] = 1 - lit[j]
        for place, deed in enumerate(agent.deeds):
            names = sheet.names(cell) | {"lit": F(lit[j])}
            if evaluate(deed.when, names, F) == F(0.0):
                continue
            if uniform(j, keys[3 + place]) < chance(evaluate(deed.rate, names, F) * span):
                for name, text in deed.sets:
                    _put(sheet, cell, name, evaluate(text, names, F))
    return Agents(kind, site, lit)


def _put(sheet: Sheet, cell: int, name: str, value: Any) -> None:
    at = sheet.model.quantity_index(name)
    item = sheet.model.quantities[at]
    if item.unit_step != 1.0:
        value = value * F(1.0 / item.unit_step)
    sheet.quantities[at][cell] = value if item.bits == 32 else int(value + F(0.5))
