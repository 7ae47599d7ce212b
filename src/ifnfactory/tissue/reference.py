"""The slow and obvious tissue: one cell at a time, plain NumPy, kept for ever to judge the kernel.

It shares with the kernel only the model, its vector of numbers, and the plan of the fields. Every
number is of single precision and every sum in the same order, so that both agree to the last bit,
on a torus, behind closed edges, in a lobule and in a stack.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.layout import CHUNK, RESIDENT_PURPOSES, Layout, is_shared, numbers_of
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_check import rate_values
from ifnfactory.tissue.parts import QuantityKind, Transition
from ifnfactory.tissue.reference_agents import agents_act
from ifnfactory.tissue.reference_fields import carried, summed
from ifnfactory.tissue.reference_random import bits, chance, keys_of, uniform
from ifnfactory.tissue.reference_sheet import F, Names, Sheet, neighbours
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.sites import Sites
from ifnfactory.tissue.state import State


def reference_step(simulation: Simulation, state: State) -> State:
    """Return the state one macro step later."""
    model, sites = simulation.model, simulation.sites
    sheet = _sheet(simulation, state)
    agents = agents_act(simulation, sheet, state.agents)
    fields = [values.copy() for values in state.fields]
    ledger = state.ledger.copy()
    for k, item in enumerate(model.fields):
        if item.pulse:
            _pulse(model, sites, sheet, k, fields, ledger)
    sheet.seen |= dict(neighbours(model, sites, sheet))
    sheet.seen |= {
        item.name: _cell_sums(values, model.lattice.block).ravel()
        for item, values in zip(model.fields, fields, strict=True)
    }
    for cell in range(sites.cells) if not sites.mask.size else np.flatnonzero(sites.mask).tolist():
        _act(simulation, sheet, cell)
    made = [_given(sites, sheet, item.secretion) for item in model.fields]
    rates = [0.0 if item.pulse else summed(values, CHUNK)
             for item, values in zip(model.fields, made, strict=True)]  # fmt: skip
    pools = state.pools.copy()
    known = rate_values(model)
    for j, pool in enumerate(model.pools):
        inflow = summed(_given(sites, sheet, pool.secretion), CHUNK) / sites.open_cells
        decay, span = float(evaluate(pool.decay, known)), model.macro_step
        gain = span if decay == 0.0 else -np.expm1(-decay * span) / decay
        pools[j] = pools[j] * np.exp(-decay * span) + inflow * gain
    outside = sheet.common | {
        item.name: F(value) for item, value in zip(model.pools, pools, strict=True)
    }
    arriving = [float(evaluate(item.arriving, outside, F)) for item in model.fields]
    fields = carried(simulation, fields, made, rates, ledger, arriving)
    shape = sites.shape
    return State(
        state.step + 1,
        tuple(values.reshape(shape) for values in sheet.quantities),
        tuple(fields),
        pools,
        agents,
        ledger,
    )


def _given(sites: Sites, sheet: Sheet, secretion: str) -> NDArray[np.float32]:
    """Return what each cell secretes; sites without tissue nothing."""
    made = sheet.everywhere(secretion)
    return made * sites.mask.astype(F) if sites.mask.size else made


def _sheet(simulation: Simulation, state: State) -> Sheet:
    model, layout = simulation.model, simulation.layout
    values = numbers_of(layout, simulation.sites.open_cells, state.pools)
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
    if simulation.sites.zone.size:
        sheet.seen["zone"] = simulation.sites.zone
    return sheet


def _cell_sums(values: NDArray[Any], block: int) -> NDArray[np.float32]:
    """Return what each cell sees of a field: the sum over its voxels, row by row."""
    rows = values.reshape(-1, values.shape[-1])
    total = np.zeros((rows.shape[0] // block, rows.shape[1] // block), dtype=F)
    for j in range(block):
        for i in range(block):
            total = total + rows[j::block, i::block]
    return total


def _pulse(
    model: Model, sites: Sites, sheet: Sheet, k: int, fields: list[NDArray[Any]],
    ledger: NDArray[np.float64],
) -> None:  # fmt: skip
    block = model.lattice.block
    made = _given(sites, sheet, model.fields[k].secretion)
    total = model.macro_step * summed(made, CHUNK)
    ledger[k, 0] += total
    ledger[k, 5] += total
    ledger[k, 7] += total
    each = made * F(model.macro_step / block**2)
    spread = each.reshape(-1, sites.width).repeat(block, 0).repeat(block, 1)
    fields[k] = fields[k] + spread.reshape(fields[k].shape)


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
            if index in layout.late:
                continue
            if is_shared(model, item):
                gain = sheet.numbers[f"gain_{index}"]
            else:
                gain = chance(evaluate(item.rate, start, F) * F(model.cell_step))
            target = evaluate(item.target, start, F)
            now[item.quantity] = now[item.quantity] + (target - now[item.quantity]) * gain
    _follow(model, layout, sheet, now)
    _integrate(model, now)
    _keep(simulation, sheet, cell, now)


def _follow(model: Model, layout: Layout, sheet: Sheet, now: Names) -> None:
    """Carry out the relaxations that no cell step looks at."""
    end = dict(now)
    for name, text in model.lets:
        end[name] = evaluate(text, end, F)
    for index in layout.late:
        item = model.relaxations[index]
        target, was = evaluate(item.target, end, F), end[item.quantity]
        now[item.quantity] = was + (target - was) * sheet.numbers[f"gain_{index}"]


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
