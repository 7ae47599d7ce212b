"""A network's expressions as NumPy functions, for checks and examples rather than for patients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ifnfactory.network.model import Network

Floats = NDArray[np.float64]

NumberFunction: TypeAlias = Callable[[Floats, Floats], Floats]
"""f(states, constants); all arrays have names first: (species, ...), (constants, ...)."""


@lru_cache(maxsize=8)
def changes(network: Network) -> NumberFunction:
    """Return the right-hand side of every species [unit of the species per day]."""
    return number_function(network, network.equations.values())


@lru_cache(maxsize=8)
def turnovers(network: Network) -> NumberFunction:
    """Return the sum of what every species gains and loses: the scale of its right-hand side."""
    sums: dict[str, Any] = {name: sp.Integer(0) for name in network.species_names}
    for reaction in network.reactions:
        for name, coefficient in reaction.stoichiometry:
            sums[name] += sp.Abs(coefficient * reaction.rate)
    return number_function(network, sums.values())


@lru_cache(maxsize=8)
def observables(network: Network) -> NumberFunction:
    """Return every observable."""
    return number_function(network, [item.expression for item in network.observables])


@lru_cache(maxsize=8)
def quantities(network: Network) -> NumberFunction:
    """Return every named quantity."""
    return number_function(network, [item.expression for item in network.quantities])


def number_function(network: Network, expressions: Iterable[Any]) -> NumberFunction:
    """Compile expressions over species, constants and named quantities of `network`."""
    opened: dict[sp.Symbol, Any] = {}
    for item in network.quantities:
        opened[sp.Symbol(item.name, real=True)] = item.expression.xreplace(opened)
    names = (*network.species_names, *network.constant_names)
    compiled = _compiled(
        [sp.Symbol(name, real=True) for name in names],
        [item.xreplace(opened) for item in expressions],
    )

    def function(states: Floats, constants: Floats) -> Floats:
        parts = compiled(*states, *constants)
        result = np.empty((len(parts), *np.shape(states)[1:]))
        for row, part in enumerate(parts):
            result[row] = part
        return result

    return function


def _compiled(arguments: list[sp.Symbol], expressions: list[Any]) -> Callable[..., Any]:
    """Compile with pairwise maxima, which broadcast where NumPy's reduction does not."""

    def larger(*terms: Any) -> Any:
        return _nested("maximum", terms)

    def smaller(*terms: Any) -> Any:
        return _nested("minimum", terms)

    pairwise = [item.replace(sp.Max, larger).replace(sp.Min, smaller) for item in expressions]
    functions = {"maximum": np.maximum, "minimum": np.minimum}
    return sp.lambdify(arguments, pairwise, modules=[functions, "numpy"], cse=True)


def _nested(name: str, terms: Sequence[Any]) -> Any:
    function: Any = sp.Function(name)
    result = terms[0]
    for term in terms[1:]:
        result = function(result, term)
    return result
