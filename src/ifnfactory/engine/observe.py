"""From states to what a network declares as observable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ifnfactory.network.model import Network

Floats = NDArray[np.float64]
Observer = Callable[[Floats, Floats], Floats]


def observer(network: Network, names: tuple[str, ...]) -> Observer:
    """Return f(output, constants) → observables.

    Parameters
    ----------
    names
        Observables wanted, in order.

    Returns
    -------
    callable
        Takes outputs of shape (patients, times, species) and constants of shape (patients,
        constants); gives shape (patients, times, len(names)).

    Raises
    ------
    KeyError
        If the network declares no such observable.
    """
    declared = {item.name: item.expression for item in network.observables}
    missing = [name for name in names if name not in declared]
    if missing:
        raise KeyError(f"{network.name} has no observable {', '.join(missing)}")
    known: list[sp.Symbol] = [
        sp.Symbol(name, real=True) for name in (*network.species_names, *network.constant_names)
    ]
    wanted = [declared[name] for name in names]
    steps: list[Callable[..., Any]] = []
    for quantity in _needed(network, wanted):
        steps.append(sp.lambdify(list(known), quantity.expression, modules="numpy"))
        known.append(sp.Symbol(quantity.name, real=True))
    final = sp.lambdify(known, wanted, modules="numpy")

    def observe(output: Floats, constants: Floats) -> Floats:
        states = [output[:, :, i] for i in range(output.shape[2])]
        values: list[Any] = [*states, *(constants[:, i, None] for i in range(constants.shape[1]))]
        for step in steps:
            values.append(step(*values))
        found = np.broadcast_arrays(*final(*values), states[0])[:-1]
        return np.stack(found, axis=2).astype(np.float64)

    return observe


def _needed(network: Network, expressions: list[sp.Expr]) -> list[Any]:
    """Return the quantities that the expressions rest on, in order."""
    wanted = {str(s) for e in expressions for s in e.free_symbols}
    kept: list[Any] = []
    for quantity in reversed(network.quantities):
        if quantity.name in wanted:
            kept.append(quantity)
            wanted |= {str(s) for s in quantity.expression.free_symbols}
    return kept[::-1]
