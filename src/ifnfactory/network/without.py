"""A network without some of its species: what is left when they are zero and stay zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sympy as sp

from ifnfactory.foundation.errors import ModelError
from ifnfactory.network.model import Network, Quantity, Reaction
from ifnfactory.network.module import symbol


def without(network: Network, species: Iterable[str], constants: Iterable[str] = ()) -> Network:
    """Return `network` with `species` and `constants` (parameters or inputs) held at zero.

    They are left out, and so is every parameter that no expression asks for any more. Quantities
    that have become numbers are written into what uses them, so that no time is spent on them.

    Raises
    ------
    ModelError
        If something is left that would change one of the species: then zero is no steady state.
    """
    gone, zero = frozenset(species), frozenset(constants)
    known: dict[sp.Symbol, sp.Expr] = {symbol(name): sp.Integer(0) for name in gone | zero}
    quantities: list[Quantity] = []
    for quantity in network.quantities:
        expression = _written(quantity.expression, known)
        if expression.is_number:
            known[symbol(quantity.name)] = expression
        else:
            quantities.append(replace(quantity, expression=expression))
    reactions = tuple(
        _with_rate(each, rate, known)
        for each in network.reactions
        if not (rate := _written(each.rate, known)).is_zero
    )
    for reaction in reactions:
        if moved := gone & {name for name, _ in reaction.stoichiometry}:
            raise ModelError(f"{reaction.name} changes {', '.join(sorted(moved))}")
    kept = {reaction.name for reaction in reactions}
    small = replace(
        network,
        species=tuple(item for item in network.species if item.name not in gone),
        inputs=tuple(item for item in network.inputs if item.name not in zero),
        quantities=tuple(quantities),
        reactions=reactions,
        observables=tuple(
            replace(item, expression=_written(item.expression, known))
            for item in network.observables
        ),
        conservations=tuple(
            replace(law, open_to=tuple(name for name in law.open_to if name in kept))
            for law in network.conservations
            if not gone & set(law.species)
        ),
    )
    asked = _asked(small)
    return replace(small, parameters=tuple(p for p in network.parameters if p.name in asked))


def _written(expression: sp.Expr, known: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    found: Any = expression.xreplace(known)
    return sp.sympify(found)


def _with_rate(reaction: Reaction, rate: sp.Expr, known: dict[sp.Symbol, sp.Expr]) -> Reaction:
    amounts = tuple((name, _written(by, known)) for name, by in reaction.stoichiometry)
    return replace(reaction, rate=rate, stoichiometry=amounts)


def _asked(network: Network) -> set[str]:
    """Return the names that stand in any expression."""
    expressions: list[sp.Expr] = [
        *(item.expression for item in network.quantities),
        *(item.expression for item in network.observables),
        *(item.rate for item in network.reactions),
        *(by for item in network.reactions for _, by in item.stoichiometry),
    ]
    return {str(name) for expression in expressions for name in expression.free_symbols}
