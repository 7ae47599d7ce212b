"""A network as flat lists of assignments: the right-hand side, its Jacobian, what can be hoisted.

Named quantities stay named, and the Jacobian is built by the chain rule through them, so that the
code stays about as long as the paper. Sub-expressions of constants alone are split off: a patient
needs them once, not at every step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from ifnfactory.network.model import Network


class Floor(sp.Function):
    """The base of a real power, kept above zero."""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Slope one: the floor lies below anything that a state means."""
        return sp.Integer(1)


class Power(sp.Function):
    """A power with an exponent that is not a whole number."""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Slope along the base; exponents are constants of a patient."""
        base, exponent = self.args
        if argindex != 1:
            raise ValueError("exponents are constants")
        return exponent * self / Floor(base)  # pyright: ignore[reportOperatorIssue]


Assignment = tuple[sp.Symbol, sp.Expr]


@dataclass(frozen=True)
class FlatSystem:
    """What the code generator writes out.

    Attributes
    ----------
    states, constants
        Names in the order of the arrays.
    hoisted
        Assignments over constants alone, evaluated once for each patient and change of input.
    body
        Assignments over states, constants and `hoisted` that `rhs` needs.
    rhs
        One expression for each state.
    jacobian_body
        Assignments needed for the right-hand side and the Jacobian together.
    jacobian_rhs
        The right-hand side in terms of `jacobian_body`.
    jacobian
        Non-zero entries as (row, column, expression).
    """

    states: tuple[str, ...]
    constants: tuple[str, ...]
    hoisted: tuple[Assignment, ...]
    body: tuple[Assignment, ...]
    rhs: tuple[sp.Expr, ...]
    jacobian_body: tuple[Assignment, ...]
    jacobian_rhs: tuple[sp.Expr, ...]
    jacobian: tuple[tuple[int, int, sp.Expr], ...]


def flatten(network: Network) -> FlatSystem:
    """Turn a network into assignments, with common sub-expressions named once."""
    states = [sp.Symbol(name, real=True) for name in network.species_names]
    quantities = [
        (sp.Symbol(q.name, real=True), _real_powers(q.expression)) for q in network.quantities
    ]
    sides = [_real_powers(network.equations[name]) for name in network.species_names]
    slopes, entries = _jacobian(states, quantities, sides)

    # One pass of common sub-expressions over everything, so that hoisted names are shared.
    everything = [*(e for _, e in quantities), *sides, *(e for _, e in slopes)]
    everything += [e for *_, e in entries]
    names = sp.numbered_symbols("_c", real=True)
    found: Any = sp.cse(everything, symbols=names, order="none")
    common: list[Assignment] = found[0]
    reduced: list[sp.Expr] = found[1]
    a, b, c = len(quantities), len(sides), len(slopes)
    defined: list[Assignment] = [
        *common,
        *zip((s for s, _ in quantities), reduced[:a], strict=True),
        *zip((s for s, _ in slopes), reduced[a + b : a + b + c], strict=True),
    ]
    rhs = reduced[a : a + b]
    values = reduced[a + b + c :]
    ordered = _topological(defined)
    varying = {str(s) for s in states}
    hoisted: list[Assignment] = []
    body: list[Assignment] = []
    for symbol, expression in ordered:
        if _names(expression) & varying:
            varying.add(str(symbol))
            body.append((symbol, expression))
        else:
            hoisted.append((symbol, expression))
    return FlatSystem(
        states=network.species_names,
        constants=network.constant_names,
        hoisted=tuple(hoisted),
        body=_needed(body, rhs),
        rhs=tuple(rhs),
        jacobian_body=_needed(body, [*rhs, *values]),
        jacobian_rhs=tuple(rhs),
        jacobian=tuple(
            (row, column, value) for (row, column, _), value in zip(entries, values, strict=True)
        ),
    )


def _real_powers(expression: sp.Expr) -> sp.Expr:
    """Mark powers whose exponent is neither whole nor one half."""

    def is_real(e: Any) -> bool:
        return isinstance(e, sp.Pow) and not (e.exp.is_Integer or abs(e.exp) == sp.Rational(1, 2))

    return expression.replace(is_real, lambda e: Power(e.base, e.exp))  # pyright: ignore


def _jacobian(
    states: list[sp.Symbol], quantities: list[Assignment], sides: list[sp.Expr]
) -> tuple[list[Assignment], list[tuple[int, int, sp.Expr]]]:
    """Differentiate through the named quantities, naming each slope that is not trivial."""
    slopes: list[Assignment] = []
    slope_of: dict[tuple[str, str], sp.Expr] = {}

    def total(expression: sp.Expr, state: sp.Symbol) -> sp.Expr:
        terms: list[Any] = [sp.diff(expression, state)]
        for symbol, _ in quantities:
            inner = slope_of.get((symbol.name, state.name))
            if inner is not None and symbol in expression.free_symbols:
                terms.append(sp.Mul(sp.diff(expression, symbol), inner))
        return sp.Add(*terms)

    for symbol, expression in quantities:
        for state in states:
            slope = total(expression, state)
            if slope == 0:
                continue
            if not slope.is_Symbol and not slope.is_Number:
                name = sp.Symbol(f"_d_{symbol.name}__{state.name}", real=True)
                slopes.append((name, slope))
                slope = name
            slope_of[symbol.name, state.name] = slope
    entries: list[tuple[int, int, sp.Expr]] = []
    for row, side in enumerate(sides):
        for column, state in enumerate(states):
            value = total(side, state)
            if value != 0:
                entries.append((row, column, value))
    return slopes, entries


def _topological(assignments: Iterable[Assignment]) -> list[Assignment]:
    table = {str(s): (s, e) for s, e in assignments}
    done: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in done or name not in table:
            return
        for inner in sorted(_names(table[name][1])):
            visit(inner)
        done[name] = None

    for name in table:
        visit(name)
    return [table[name] for name in done]


def _needed(body: list[Assignment], results: Iterable[sp.Expr]) -> tuple[Assignment, ...]:
    """Keep the assignments that `results` depend on."""
    wanted: set[str] = set()
    for expression in results:
        wanted |= _names(expression)
    kept: list[Assignment] = []
    for symbol, expression in reversed(body):
        if str(symbol) in wanted:
            kept.append((symbol, expression))
            wanted |= _names(expression)
    return tuple(reversed(kept))


def _names(expression: sp.Expr) -> set[str]:
    return {str(s) for s in expression.free_symbols}
