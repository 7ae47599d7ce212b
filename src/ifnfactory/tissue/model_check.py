"""What a well-formed file can still get wrong: names and rules; every fault at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ifnfactory.foundation.lines import Path
from ifnfactory.foundation.schema_faults import Fault
from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.expressions import slips
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.parts import QuantityKind
from ifnfactory.tissue.range_check import range_faults

_RESERVED = ("dt", "sites", "zone", "lit")


def model_faults(model: Model) -> list[Fault]:
    """Return everything that is wrong with the names and rules of a model."""
    return [
        *_name_faults(model),
        *_expression_faults(model),
        *_rule_faults(model),
        *_partner_faults(model),
        *_factory_faults(model),
        *range_faults(model),
    ]


def rate_values(model: Model) -> dict[str, float]:
    """Return the rates per minute and micrometre."""
    return {rate.name: rate.canonical for rate in model.rates}


def hop_rate(model: Model, diffusion: str) -> float:
    """Return the rate of hops to each neighbouring site [1/min] for a diffusion expression."""
    share = 2.0 / 3.0 if model.lattice.kind == "hex" else 1.0
    return share * float(evaluate(diffusion, rate_values(model))) / model.lattice.pitch_um**2


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


def _factory_faults(model: Model) -> Iterator[Fault]:
    known = {item.name for item in (*model.rates, *model.inputs)}
    for key in ("without_interferon", "without_loop"):
        for name in getattr(model.factory, key):
            if name not in known:
                at = ("factory", key)
                yield Fault(at, f"there is no rate or input {name!r}", "name one that is declared")
    rates = {rate.name for rate in model.rates}
    yield from _checked(model.factory.generation, rates, ("factory", "generation"))


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
    for path, name in _changed(model):
        if name not in kinds:
            yield Fault(path, f"there is no quantity {name!r}", f"there are {', '.join(kinds)}")
    for index, item in enumerate(model.transitions):
        if kinds.get(item.quantity) is QuantityKind.AMOUNT:
            told = f"{item.quantity} is an amount: it has no transitions"
            yield Fault(("transitions", index, "quantity"), told, "use relax or ode")
    for index, item in enumerate(model.relaxations):
        if kinds.get(item.quantity, QuantityKind.AMOUNT) is not QuantityKind.AMOUNT:
            at = ("relax", index, "quantity")
            yield Fault(at, f"{item.quantity} is no amount", "use transitions")
    for path, name in _solved(model):
        plain = kinds.get(name, QuantityKind.AMOUNT) is QuantityKind.AMOUNT
        if not plain or bits.get(name, 32) != 32:
            yield Fault(path, f"{name} is no amount of 32 bits", "declare it so")
    equations = [*_relaxed(model), *_solved(model)]
    for number, (path, name) in enumerate(equations):
        if name in [other for _, other in equations[:number]]:
            fix = "put both into one: relax, or one line of one ode"
            yield Fault(path, f"{name} has two equations", fix)


def _relaxed(model: Model) -> list[tuple[Path, str]]:
    return [(("relax", i, "quantity"), item.quantity) for i, item in enumerate(model.relaxations)]


def _solved(model: Model) -> list[tuple[Path, str]]:
    return [
        (("ode", index, "equations", name), name)
        for index, block in enumerate(model.odes)
        for name, _ in block.equations
    ]


def _changed(model: Model) -> Iterator[tuple[Path, str]]:
    """Return where a quantity is given a new value, and its name."""
    yield from (*_relaxed(model), *_solved(model))
    for index, item in enumerate(model.transitions):
        yield ("transitions", index, "quantity"), item.quantity
        yield from ((("transitions", index, "sets", name), name) for name, _ in item.sets)
    yield from ((("seeding", "sets", name), name) for name, _ in model.seeding.sets)
    for agent in model.agents:
        for index, deed in enumerate(agent.deeds):
            at = ("agents", agent.name, "deeds", index, "sets")
            yield from (((*at, name), name) for name, _ in deed.sets)


def _partner_faults(model: Model) -> Iterator[Fault]:
    names = [field.name for field in model.fields]
    for field in model.fields:
        if field.partner == field.name or not (field.partner or field.to_partner == "0"):
            told = f"{field.name} passes into nothing but itself"
            fix = "name another field as its partner, or leave partner and to_partner out"
            yield Fault(("fields", field.name, "to_partner"), told, fix)
        partner = next((other for other in model.fields if other.name == field.partner), None)
        if field.partner and (partner is None or partner.partner != field.name):
            told = f"{field.name} and {field.partner} do not name each other as partners"
            yield Fault(("fields", field.name, "partner"), told, f"fields are {', '.join(names)}")
        if field.partner and field.solver != "explicit":
            at = ("fields", field.name, "solver")
            yield Fault(at, "layers that exchange need explicit steps", 'write solver = "explicit"')
