"""What a well-formed file can still get wrong: names, rules, steps; every fault at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from ifnfactory.foundation.errors import Problem
from ifnfactory.foundation.lines import Path
from ifnfactory.foundation.schema_faults import Fault
from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.expressions import slips
from ifnfactory.tissue.model import Model, QuantityKind

_RESERVED = ("dt", "sites", "zone", "lit")


def model_faults(model: Model) -> list[Fault]:
    """Return everything that is wrong with a model."""
    found = [*_name_faults(model), *_expression_faults(model), *_rule_faults(model)]
    return found or [*_step_faults(model), *_share_faults(model), *_blood_faults(model)]


def rate_values(model: Model) -> dict[str, float]:
    """Return the rates per minute and micrometre."""
    return {rate.name: rate.canonical for rate in model.rates}


def source_names(model: Model) -> set[str]:
    """Names that a secretion may use: what is known without looking at fields or neighbours."""
    return {
        *(rate.name for rate in model.rates),
        *(item.name for item in model.inputs),
        *(quantity.name for quantity in model.quantities),
        *model.constants,
        *(resident.name for resident in model.residents),
        "sites",
        "zone",
    }


def cell_names(model: Model) -> set[str]:
    """Names that a rule of a cell may use; lets see those before them."""
    return {
        *source_names(model),
        *(field.name for field in model.fields),
        *(pool.name for pool in model.pools),
        *(item.name for item in model.neighbours),
        *(name for name, _ in model.lets),
        "dt",
    }


def _name_faults(model: Model) -> Iterator[Fault]:
    tables = {
        "rates": [rate.name for rate in model.rates],
        "inputs": [item.name for item in model.inputs],
        "quantities": [quantity.name for quantity in model.quantities],
        "fields": [field.name for field in model.fields],
        "pools": [pool.name for pool in model.pools],
        "residents": [resident.name for resident in model.residents],
        "neighbours": [item.name for item in model.neighbours],
        "let": [name for name, _ in model.lets],
    }
    seen = {name: "a phase" for name in model.constants}
    seen |= dict.fromkeys(_RESERVED, "a word of the language")
    for table, names in tables.items():
        for name in names:
            if name in seen:
                told = f"{name!r} is already {seen[name]}"
                yield Fault((table, name), told, "give it another name")
            seen[name] = f"one of {table}"
    if not model.quantities:
        yield Fault(("quantities",), "a cell without quantities has nothing to do", "declare one")


def _checked(text: str, names: Iterable[str], path: Path) -> Iterator[Fault]:
    for slip in slips(text, names):
        yield Fault(path, slip.what, slip.fix)


def _expression_faults(model: Model) -> Iterator[Fault]:
    rates = {rate.name for rate in model.rates}
    sources, cells = source_names(model), cell_names(model)
    outside = {*rates, *(item.name for item in (*model.inputs, *model.pools))}
    for field in model.fields:
        for key in ("diffusion", "uptake", "decay", "washout", "to_partner", "exchange"):
            yield from _checked(getattr(field, key), rates, ("fields", field.name, key))
        yield from _checked(field.secretion, sources, ("fields", field.name, "secretion"))
        yield from _checked(field.arriving, outside, ("fields", field.name, "arriving"))
    yield from _checked(model.transit, rates, ("sinusoid", "transit"))
    for pool in model.pools:
        yield from _checked(pool.decay, rates, ("pools", pool.name, "decay"))
        yield from _checked(pool.secretion, sources, ("pools", pool.name, "secretion"))
    for resident in model.residents:
        yield from _checked(resident.fraction, rates, ("residents", resident.name, "fraction"))
    for item in model.neighbours:
        yield from _checked(item.when, sources, ("neighbours", item.name))
    known = cells - {name for name, _ in model.lets}
    for name, text in model.lets:
        yield from _checked(text, known, ("let", name))
        known.add(name)
    yield from _rule_expressions(model, cells)
    yield from _agent_expressions(model, rates, sources)
    yield from _checked(model.seeding.when, sources, ("seeding", "when"))
    for name, text in model.seeding.sets:
        yield from _checked(text, sources, ("seeding", "sets", name))
    for measure in model.measures:
        yield from _checked(measure.when, sources, ("measures", measure.name, "when"))


def _rule_expressions(model: Model, cells: set[str]) -> Iterator[Fault]:
    for index, item in enumerate(model.transitions):
        at = ("transitions", index)
        yield from _checked(item.when, cells, (*at, "when"))
        yield from _checked(item.rate, cells, (*at, "rate"))
        for name, text in item.sets:
            yield from _checked(text, cells, (*at, "sets", name))
    for index, item in enumerate(model.relaxations):
        yield from _checked(item.rate, cells, ("relax", index, "rate"))
        yield from _checked(item.target, cells, ("relax", index, "target"))
    for index, block in enumerate(model.odes):
        for name, text in block.equations:
            yield from _checked(text, cells, ("ode", index, "equations", name))


def _agent_expressions(model: Model, rates: set[str], sources: set[str]) -> Iterator[Fault]:
    for agent in model.agents:
        at = ("agents", agent.name)
        for key in ("density", "motility"):
            yield from _checked(getattr(agent, key), rates, (*at, key))
        for key in ("lights", "rests"):
            yield from _checked(getattr(agent, key), sources, (*at, key))
        for index, deed in enumerate(agent.deeds):
            own = {*sources, "lit"}
            yield from _checked(deed.when, own, (*at, "deeds", index, "when"))
            yield from _checked(deed.rate, own, (*at, "deeds", index, "rate"))
            for name, text in deed.sets:
                yield from _checked(text, own, (*at, "deeds", index, "sets", name))


def _rule_faults(model: Model) -> Iterator[Fault]:
    kinds = {quantity.name: quantity.kind for quantity in model.quantities}
    bits = {quantity.name: quantity.bits for quantity in model.quantities}

    def changed(path: Path, name: str) -> Iterator[Fault]:
        if name not in kinds:
            yield Fault(path, f"there is no quantity {name!r}", f"there are {', '.join(kinds)}")

    for index, item in enumerate(model.transitions):
        yield from changed(("transitions", index, "quantity"), item.quantity)
        for name, _ in item.sets:
            yield from changed(("transitions", index, "sets", name), name)
        if kinds.get(item.quantity) is QuantityKind.AMOUNT:
            told = f"{item.quantity} is an amount: it has no transitions"
            yield Fault(("transitions", index, "quantity"), told, "use relax or ode")
    for index, item in enumerate(model.relaxations):
        at = ("relax", index, "quantity")
        yield from changed(at, item.quantity)
        if kinds.get(item.quantity, QuantityKind.AMOUNT) is not QuantityKind.AMOUNT:
            yield Fault(at, f"{item.quantity} is no amount", "use transitions")
    for index, block in enumerate(model.odes):
        for name, _ in block.equations:
            at = ("ode", index, "equations", name)
            yield from changed(at, name)
            if bits.get(name, 32) != 32 or kinds.get(name) is not QuantityKind.AMOUNT:
                yield Fault(at, f"{name} is no amount of 32 bits", "declare it so")
    names = [field.name for field in model.fields]
    for field in model.fields:
        partner = next((other for other in model.fields if other.name == field.partner), None)
        if field.partner and (partner is None or partner.partner != field.name):
            told = f"{field.name} and {field.partner} do not name each other as partners"
            yield Fault(("fields", field.name, "partner"), told, f"fields are {', '.join(names)}")
        if field.partner and field.solver != "explicit":
            at = ("fields", field.name, "solver")
            yield Fault(at, "layers that exchange need explicit steps", 'write solver = "explicit"')


def _step_faults(model: Model) -> Iterator[Fault]:
    longer, shorter = model.macro_step, min(model.cell_step, model.field_step)
    if abs(longer / shorter - round(longer / shorter)) > 1e-9:
        told = f"steps of {model.cell_step:g} and {model.field_step:g} min do not fit together"
        fix = "make the longer a whole multiple of the shorter"
        yield Fault(("time", "field_step_min"), told, fix)
    if model.odes and model.cell_substeps > 1:
        told = "differential equations are solved once a field step, which has several cell steps"
        fix = f"write cell_step_min = {model.field_step:g}; a block has sub-steps of its own"
        yield Fault(("time", "cell_step_min"), told, fix)
    rates = rate_values(model)
    sides = 6 if model.lattice.kind == "hex" else 4
    for field in model.fields:
        if field.solver != "explicit":
            continue
        hop = hop_rate(model, field.diffusion)
        keys = ("uptake", "decay", "washout", "to_partner")
        leaving = sides * hop + sum(evaluate(getattr(field, key), rates) for key in keys)
        step = model.field_step / max(1, field.substeps)
        if leaving * step > 1.0 + 1e-9:
            told = (
                f"an explicit step of {step:g} min is unstable for {field.name}: more than all of "
                "it would leave its site"
            )
            need = math.ceil(leaving * model.field_step)
            fix = f"write substeps = {need} or more, or a shorter field_step_min"
            yield Fault(("fields", field.name, "substeps"), told, fix)


def _blood_faults(model: Model) -> Iterator[Fault]:
    rates = rate_values(model)
    for field in model.fields:
        if evaluate(field.exchange, rates) == 0.0:
            continue
        at = ("fields", field.name, "exchange")
        if not evaluate(model.transit, rates) > 0.0:
            told = f"{field.name} meets the blood, which takes no time to pass"
            yield Fault(at, told, "give [sinusoid] a transit above 0")
        if field.solver == "explicit" or model.lattice.kind != "hex":
            told = f"{field.name} cannot meet the blood: explicit steps, or a square lattice"
            yield Fault(at, told, 'use solver = "implicit" and kind = "hex"')


def stack_problems(model: Model, layers: int) -> list[Problem]:
    """Return which explicit fields are stable in a sheet, but not in a stack of sheets."""
    if layers == 1:
        return []
    rates = rate_values(model)
    found: list[Problem] = []
    for field in model.fields:
        step = model.field_step / max(1, field.substeps)
        sheet = (6 if model.lattice.kind == "hex" else 4) * hop_rate(model, field.diffusion)
        up = 2.0 * float(evaluate(field.diffusion, rates)) / model.lattice.pitch_um**2
        keys = ("uptake", "decay", "washout", "to_partner")
        leaving = sheet + up + sum(evaluate(getattr(field, key), rates) for key in keys)
        if field.solver == "explicit" and leaving * step > 1.0 + 1e-9:
            told = f"an explicit step of {step:g} min is unstable for {field.name} in a stack"
            need = math.ceil(leaving * model.field_step)
            fix = f"give one layer, or write substeps = {need} or more in the model"
            found.append(Problem(told, "--layers", fix))
    return found


def hop_rate(model: Model, diffusion: str) -> float:
    """Return the rate of hops to each neighbouring site [1/min] for a diffusion expression."""
    share = 2.0 / 3.0 if model.lattice.kind == "hex" else 1.0
    return share * float(evaluate(diffusion, rate_values(model))) / model.lattice.pitch_um**2


def _share_faults(model: Model) -> Iterator[Fault]:
    rates = rate_values(model)
    for resident in model.residents:
        share = evaluate(resident.fraction, rates)
        if not 0.0 <= share <= 1.0:
            told = f"{resident.name}: {share:g} is no share of the sites"
            yield Fault(("residents", resident.name, "fraction"), told, "give 0 to 1")
    for agent in model.agents:
        if evaluate(agent.density, rates) > 1.0:
            told = f"{agent.name}: more than one agent a site is not sparse"
            yield Fault(("agents", agent.name, "density"), told, "give 1 or less")
