"""Modules → one network, or one message with every fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import sympy as sp

from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.units import parse_unit
from ifnfactory.network.model import Network, Quantity
from ifnfactory.network.module import Module
from ifnfactory.network.units_check import same_unit, unit_faults


def compose(name: str, modules: Sequence[Module]) -> Network:
    """Join modules into a network and check names, units and conservation laws.

    Raises
    ------
    ModelError
        One line per fault: doubled or unknown names, ports whose unit differs from what they
        are joined to, wrong units, broken conservation laws, circular quantities.
    """
    faults = list(_name_faults(modules))
    if faults:
        raise ModelError("\n".join(faults))
    quantities, circular = _in_order([q for m in modules for q in m.quantity_list])
    if circular:
        raise ModelError("\n".join(circular))
    network = Network(
        name=name,
        species=tuple(item for m in modules for item in m.species_list),
        parameters=tuple(item for m in modules for item in m.parameter_list),
        inputs=tuple(item for m in modules for item in m.input_list),
        quantities=quantities,
        reactions=tuple(item for m in modules for item in m.reaction_list),
        observables=tuple(item for m in modules for item in m.observable_list),
        conservations=tuple(item for m in modules for item in m.conservation_list),
        titles=tuple((m.name, m.title) for m in modules),
    )
    faults = [*unit_faults(network), *balance_faults(network)]
    if faults:
        raise ModelError("\n".join(faults))
    return network


def balance_faults(network: Network) -> list[str]:
    """Return one sentence for every reaction that breaks a declared conservation law."""
    found: list[str] = []
    known = {reaction.name for reaction in network.reactions}
    for law in network.conservations:
        found += [
            f"{law.place}: law '{law.name}' is open to unknown reaction '{name}'"
            for name in law.open_to
            if name not in known
        ]
        for reaction in network.reactions:
            net = sp.simplify(
                sum((c for name, c in reaction.stoichiometry if name in law.species), sp.Integer(0))
            )
            if net != 0 and reaction.name not in law.open_to:
                found.append(
                    f"{reaction.place}: reaction '{reaction.name}' changes "
                    f"'{law.name}' by {net}, which the law at {law.place} forbids"
                )
    return found


def _name_faults(modules: Sequence[Module]) -> Iterator[str]:
    declared: dict[str, str] = {}
    counts: Counter[str] = Counter()
    reaction_counts: Counter[str] = Counter()
    for module in modules:
        for item in (
            *module.species_list,
            *module.parameter_list,
            *module.input_list,
            *module.quantity_list,
        ):
            counts[item.name] += 1
            declared[item.name] = item.unit
            if counts[item.name] > 1:
                yield f"{item.place}: '{item.name}' is declared twice"
        for reaction in module.reaction_list:
            reaction_counts[reaction.name] += 1
            if reaction_counts[reaction.name] > 1:
                yield f"{reaction.place}: reaction '{reaction.name}' is declared twice"
    for module in modules:
        yield from _port_faults(module, declared)


def _port_faults(module: Module, declared: dict[str, str]) -> Iterator[str]:
    for name, (unit, place) in module.needs.items():
        if name not in declared:
            yield f"{place}: module '{module.name}' uses '{name}', which no module declares"
        elif not same_unit(parse_unit(unit), parse_unit(declared[name])):
            yield (
                f"{place}: module '{module.name}' uses '{name}' in {unit}, "
                f"but it is declared in {declared[name]}"
            )
    own = {i.name for i in (*module.species_list, *module.parameter_list)}
    own |= {i.name for i in (*module.input_list, *module.quantity_list)} | set(module.needs)
    species = {i.name for i in module.species_list} | set(module.needs)
    for item in (*module.quantity_list, *module.observable_list):
        yield from _stray(item.expression, own, f"{item.place}: '{item.name}'")
    for reaction in module.reaction_list:
        where = f"{reaction.place}: reaction '{reaction.name}'"
        yield from _stray(reaction.rate, own, where)
        for name, coefficient in reaction.stoichiometry:
            yield from _stray(coefficient, own, where)
            if name not in species:
                yield f"{where} changes '{name}', which is no species of module '{module.name}'"


def _stray(expression: sp.Expr, own: set[str], where: str) -> Iterator[str]:
    for name in sorted(str(s) for s in expression.free_symbols):
        if name not in own:
            yield f"{where} names '{name}', which its module neither declares nor uses"


def _in_order(quantities: Iterable[Quantity]) -> tuple[tuple[Quantity, ...], list[str]]:
    """Sort so that each quantity stands after those it is made of."""
    left = list(quantities)
    names = {item.name for item in left}
    done: set[str] = set()
    ordered: list[Quantity] = []
    while left:
        ready = [q for q in left if not (_names(q) & names) - done]
        if not ready:
            return (), [f"{q.place}: quantity '{q.name}' depends on itself" for q in left]
        ordered += ready
        done |= {q.name for q in ready}
        left = [q for q in left if q.name not in done]
    return tuple(ordered), []


def _names(quantity: Quantity) -> set[str]:
    return {str(item) for item in quantity.expression.free_symbols}
