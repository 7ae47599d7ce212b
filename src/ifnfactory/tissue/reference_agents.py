"""Agents of the reference."""

from __future__ import annotations

from typing import Any

from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.layout import AGENT_PURPOSES
from ifnfactory.tissue.reference_random import chance, keys_of, uniform
from ifnfactory.tissue.reference_sheet import SIDES, F, Sheet, step_to
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.state import Agents


def agents_act(simulation: Simulation, sheet: Sheet, agents: Agents) -> Agents:
    """Let agents walk, light up and act, one after the other."""
    model = simulation.model
    every = max(1, round(model.agent_step / model.macro_step))
    kind, site, lit = agents.kind, agents.site.copy(), agents.lit.copy()
    if not kind.size or sheet.step % every:
        return agents
    span = F(model.macro_step * every)
    keys = [keys_of(sheet.seed, sheet.step + 1, AGENT_PURPOSES + j) for j in range(32)]
    sites, kind_of_lattice = simulation.sites, model.lattice.kind
    ways = len(SIDES[kind_of_lattice]) + (2 if sites.layers > 1 else 0)
    for j in range(kind.size):
        agent = model.agents[int(kind[j])]
        if uniform(j, keys[0]) < chance(evaluate(agent.motility, sheet.common, F) * span):
            way = min(int(uniform(j, keys[1]) * F(ways)), ways - 1)
            site[j] = step_to(sites, kind_of_lattice, int(site[j]), way)
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
