"""The slow, obvious reference: SciPy's LSODA, one patient at a time, straight from the network.

Kept for ever. It shares no code with the kernels beyond the network's own equations.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from ifnfactory.engine.batch import Events, Info, Integrator, State, target_codes
from ifnfactory.engine.status import Status
from ifnfactory.network.model import Network

Floats = NDArray[np.float64]
MAX_CALLS: Final = 200_000
"""Evaluations between two stops after which a patient is given up."""
RightHandSide = Callable[[Floats, Floats], Floats]


class _TooManyCallsError(Exception):
    """The solver makes no headway."""


def right_hand_side(network: Network) -> RightHandSide:
    """Return f(states, constants) as SymPy writes it for NumPy; arrays may carry patients.

    Both arguments have their index over names first: shapes (species, ...) and (constants, ...).
    """
    states = [sp.Symbol(name, real=True) for name in network.species_names]
    constants = [sp.Symbol(name, real=True) for name in network.constant_names]
    quantities = [(sp.Symbol(q.name, real=True), q.expression) for q in network.quantities]
    known: list[sp.Symbol] = [*states, *constants]
    steps: list[Callable[..., Any]] = []
    for symbol, expression in quantities:
        steps.append(sp.lambdify(list(known), expression, modules="numpy", cse=False))
        known.append(symbol)
    sides = sp.lambdify(
        known, [network.equations[name] for name in network.species_names], modules="numpy"
    )

    def f(y: Floats, p: Floats) -> Floats:
        values: list[Any] = [*y, *p]
        for step in steps:
            values.append(step(*values))
        parts = sides(*values)
        return np.stack(np.broadcast_arrays(*parts, y[0])[:-1]).astype(np.float64)

    return f


def reference(network: Network, relative: float = 1e-10, absolute: float = 1e-3) -> Integrator:
    """Return the reference integrator.

    Parameters
    ----------
    relative
        Relative tolerance.
    absolute
        Factor on each species' own absolute tolerance.
    """
    f = right_hand_side(network)
    atol = absolute * np.array([item.absolute_tolerance for item in network.species])

    def advance(
        state: State, until: float, events: Events, outputs: Sequence[float] | Floats
    ) -> tuple[State, Info]:
        days = np.asarray(outputs, dtype=np.float64)
        due = events.between(state.day, until)
        codes = target_codes(network, due)
        values, constants = state.values.copy(), state.constants.copy()
        status = state.status.copy()
        output = np.full((state.patients, days.size, len(network.species)), np.nan)
        stops = np.unique(np.concatenate([due.day, days, [until]]))
        for i in range(state.patients):
            now = state.day
            for stop in stops:
                y = values[i]
                if stop > now and status[i] == Status.COMPLETED:
                    y = _segment(f, y, constants[i], now, float(stop), relative, atol)
                if not np.all(np.isfinite(y)):
                    status[i] = Status.NON_FINITE
                values[i] = y
                now = float(stop)
                output[i, days == now] = y
                for e in np.flatnonzero(due.day == now):
                    if due.add[e]:
                        values[i, codes[e]] += due.value[i, e]
                    else:
                        constants[i, codes[e]] = due.value[i, e]
        moved = replace(state, day=float(until), values=values, constants=constants, status=status)
        zero = np.zeros(state.patients, dtype=np.int64)
        return moved, Info(days, output, zero, zero)

    return advance


def _segment(
    f: RightHandSide, y: Floats, p: Floats, now: float, stop: float, relative: float, atol: Floats
) -> Floats:
    calls = 0

    def rates(_t: float, x: Floats) -> Floats:
        nonlocal calls
        calls += 1
        if calls > MAX_CALLS:  # LSODA would creep towards a singularity for ever
            raise _TooManyCallsError
        # States are amounts: where LSODA steps a little below zero, the rates at zero hold.
        return f(np.maximum(x, 0.0), p)

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # LSODA prints what its answer says as well
        try:
            solution = solve_ivp(rates, (now, stop), y, method="LSODA", rtol=relative, atol=atol)
        except _TooManyCallsError:
            return np.full_like(y, np.nan)
    if not solution.success:
        return np.full_like(y, np.nan)
    return np.maximum(solution.y[:, -1], 0.0)
