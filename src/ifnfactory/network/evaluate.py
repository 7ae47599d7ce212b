"""A network as NumPy functions: slow, obvious, for checks and pages rather than for patients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ifnfactory.network.model import Network

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluator:
    """Numbers of a network at given states and constants.

    Both arguments of every method have names first: shapes (species, ...) and (constants, ...).
    """

    species: tuple[str, ...]
    _quantities: Callable[..., Any]
    _rates: Callable[..., Any]
    _observables: Callable[..., Any]
    _stoichiometry: Callable[..., Any]
    observable_names: tuple[str, ...]

    def rates(self, states: Floats, constants: Floats) -> Floats:
        """Return the rate of every reaction, shape (reactions, ...)."""
        return _stack(self._rates(*self._known(states, constants)), states)

    def change(self, states: Floats, constants: Floats) -> Floats:
        """Return the right-hand side of every species, shape (species, ...)."""
        known = self._known(states, constants)
        matrix = _stack(self._stoichiometry(*known), states)
        rates = _stack(self._rates(*known), states)
        return np.einsum("sr...,r...->s...", _square(matrix, self.species), rates)

    def turnover(self, states: Floats, constants: Floats) -> Floats:
        """Return the sum of what every species gains and loses, shape (species, ...)."""
        known = self._known(states, constants)
        matrix = np.abs(_square(_stack(self._stoichiometry(*known), states), self.species))
        rates = np.abs(_stack(self._rates(*known), states))
        return np.einsum("sr...,r...->s...", matrix, rates)

    def observables(self, states: Floats, constants: Floats) -> Floats:
        """Return every observable, shape (observables, ...)."""
        return _stack(self._observables(*self._known(states, constants)), states)

    def quantities(self, states: Floats, constants: Floats) -> Floats:
        """Return every named quantity, shape (quantities, ...)."""
        return _stack(self._quantities(*states, *constants), states)

    def _known(self, states: Floats, constants: Floats) -> list[Any]:
        return [*states, *constants, *self._quantities(*states, *constants)]


def _stack(parts: Any, states: Floats) -> Floats:
    shape = np.shape(states)[1:]
    return np.stack([np.broadcast_to(np.asarray(part, dtype=float), shape) for part in parts])


def _square(flat: Floats, species: tuple[str, ...]) -> Floats:
    return flat.reshape(len(species), -1, *flat.shape[1:])


@lru_cache(maxsize=4)
def evaluator(network: Network) -> Evaluator:
    """Return the functions of `network`, as SymPy writes them for NumPy."""
    symbols = [
        sp.Symbol(name, real=True) for name in (*network.species_names, *network.constant_names)
    ]
    quantities = [sp.Symbol(item.name, real=True) for item in network.quantities]
    opened: dict[sp.Symbol, sp.Expr] = {}
    for symbol, item in zip(quantities, network.quantities, strict=True):
        opened[symbol] = item.expression.xreplace(opened)
    everything = [*symbols, *quantities]
    coefficients: list[sp.Expr] = []
    for name in network.species_names:
        for reaction in network.reactions:
            coefficients.append(dict(reaction.stoichiometry).get(name, sp.Integer(0)))
    return Evaluator(
        species=network.species_names,
        _quantities=_compiled(symbols, list(opened.values())),
        _rates=_compiled(everything, [item.rate for item in network.reactions]),
        _observables=_compiled(everything, [item.expression for item in network.observables]),
        _stoichiometry=_compiled(everything, coefficients),
        observable_names=tuple(item.name for item in network.observables),
    )


def _compiled(arguments: list[sp.Symbol], expressions: list[sp.Expr]) -> Callable[..., Any]:
    """Compile with pairwise maxima, which broadcast where NumPy's reduction does not."""
    pairwise = [
        item.replace(sp.Max, lambda *terms: _nested("maximum", terms)).replace(
            sp.Min, lambda *terms: _nested("minimum", terms)
        )
        for item in expressions
    ]
    functions = {"maximum": np.maximum, "minimum": np.minimum}
    return sp.lambdify(arguments, pairwise, modules=[functions, "numpy"], cse=True)


def _nested(name: str, terms: Any) -> Any:
    function = sp.Function(name)
    result = terms[0]
    for term in terms[1:]:
        result = function(result, term)
    return result
