"""The peers: other engines on the common problem, each used the way its manual shows.

Every peer gets the same equations (printed from our network), the same patients, doses, output
times and tolerances, and is restarted at each dose, as its interface asks for. A peer that is not
installed is an answer, not an error.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ifnfactory.bench.common_problem import (
    DOSE_DAYS,
    DOSE_UG,
    OUTPUT_DAYS,
    CommonPatients,
    common_patients,
)
from ifnfactory.network.model import Network

Floats = NDArray[np.float64]
Solve = Callable[[CommonPatients], Floats]
ABSOLUTE: Final = 1e-8


@dataclass(frozen=True)
class Peer:
    """One other engine.

    Attributes
    ----------
    name
        Name and method, as printed.
    package
        What must be importable.
    extra
        The extra that installs it.
    build
        Network and relative tolerance → a solver of patients (compiles; not timed as solving).
    """

    name: str
    package: str
    extra: str
    build: Callable[[Network, float], Solve]

    def installed(self) -> bool:
        """Return whether the peer can be imported here."""
        return importlib.util.find_spec(self.package) is not None


def _dosed(day: float) -> bool:
    return bool(np.any(day == DOSE_DAYS))


def numbalsoda_solver(network: Network, relative: float, absolute: float = ABSOLUTE) -> Solve:
    """LSODA through numbalsoda: right-hand side and dosing loop both compiled by Numba."""
    nb = importlib.import_module("numba")
    peer = importlib.import_module("numbalsoda")
    n, constants = len(network.species_names), len(network.constant_names)
    scope: dict[str, Any] = {
        "numba": nb,
        "sig": peer.lsoda_sig,
        "math": importlib.import_module("math"),
    }
    exec(_callback_source(network), scope)
    address = scope["rhs"].address
    lsoda = peer.lsoda
    depot = network.species_names.index("DEP")
    days, doses = OUTPUT_DAYS, DOSE_DAYS.size

    @nb.njit
    def run(initial: Floats, parameters: Floats, out: Floats) -> None:
        span = np.zeros(2)
        for i in range(initial.shape[0]):
            y = initial[i].copy()
            out[i, 0] = y
            for k in range(days.size - 1):
                if k < doses:
                    y[depot] += DOSE_UG
                span[1] = days[k + 1] - days[k]
                path, _ = lsoda(
                    address, y, span, data=parameters[i], rtol=relative, atol=absolute,
                    mxstep=1_000_000,
                )  # fmt: skip
                y = path[1].copy()
                out[i, k + 1] = y

    run(np.zeros((0, n)), np.zeros((0, constants)), np.zeros((0, days.size, n)))

    def solve(patients: CommonPatients) -> Floats:
        out = np.zeros((patients.initial.shape[0], days.size, n))
        run(patients.initial, patients.constants, out)
        return out

    return solve


def _callback_source(network: Network) -> str:
    """Return a C callback in Numba's dialect, printed from the network.

    Bases of real powers are kept from going below zero: LSODA steps a little under it when the drug
    is gone, and would go on with NaN.
    """

    def text(expression: sp.Expr) -> str:
        def real(e: sp.Expr) -> bool:
            return isinstance(e, sp.Pow) and not e.exp.is_Integer

        guarded = expression.replace(real, lambda e: sp.Pow(sp.Max(0, e.base), e.exp))  # pyright: ignore
        return str(sp.pycode(guarded))

    lines = ["@numba.cfunc(sig)", "def rhs(t, u_, du_, p_):"]
    lines += [f"    {x} = u_[{i}]" for i, x in enumerate(network.species_names)]
    lines += [f"    {p} = p_[{i}]" for i, p in enumerate(network.constant_names)]
    lines += [f"    {q.name} = {text(q.expression)}" for q in network.quantities]
    lines += [
        f"    du_[{i}] = {text(network.equations[x])}" for i, x in enumerate(network.species_names)
    ]
    return "\n".join(lines)


def pydiffsol_solver(network: Network, relative: float) -> Solve:
    """BDF of diffsol, with the model in its own language compiled by its JIT."""
    peer = importlib.import_module("pydiffsol")
    ode = peer.Ode(_diffsl(network), matrix_type=peer.nalgebra_dense, ode_solver=peer.bdf)
    ode.rtol, ode.atol = relative, ABSOLUTE
    depot = network.species_names.index("DEP")

    def solve(patients: CommonPatients) -> Floats:
        n = patients.initial.shape[0]
        out = np.zeros((n, OUTPUT_DAYS.size, len(network.species_names)))
        for i in range(n):
            y = patients.initial[i].copy()
            out[i, 0] = y
            for k in range(OUTPUT_DAYS.size - 1):
                if _dosed(float(OUTPUT_DAYS[k])):
                    y[depot] += DOSE_UG
                span = np.array([OUTPUT_DAYS[k + 1] - OUTPUT_DAYS[k]])
                y = ode.solve_dense(np.concatenate([patients.constants[i], y]), span).ys[:, -1]
                out[i, k + 1] = y
        return out

    return solve


def _diffsl(network: Network) -> str:
    """Return the network in DiffSL, whose inputs are the constants and then the state."""
    names = {x: f"x{i}" for i, x in enumerate(network.species_names)}
    names |= {p: f"p{i}" for i, p in enumerate(network.constant_names)}
    names |= {q.name: f"q{i}" for i, q in enumerate(network.quantities)}

    def text(expression: sp.Expr) -> str:
        swap = {sp.Symbol(old, real=True): sp.Symbol(new) for old, new in names.items()}
        return str(sp.ccode(expression.xreplace(swap)))

    start = [f"s{i}" for i in range(len(network.species_names))]
    inputs = [*(names[p] for p in network.constant_names), *start]
    parts = ["in_i { " + ", ".join(f"{name} = 1" for name in inputs) + " }"]
    pairs = zip(network.species_names, start, strict=True)
    parts.append("u_i { " + ", ".join(f"{names[x]} = {s}" for x, s in pairs) + " }")
    parts += [f"{names[q.name]} {{ {text(q.expression)} }}" for q in network.quantities]
    sides = ", ".join(text(network.equations[x]) for x in network.species_names)
    parts.append(f"F_i {{ {sides} }}")
    return "\n".join(parts)


def roadrunner_solver(network: Network, relative: float) -> Solve:
    """CVODE through libRoadRunner, from our SBML."""
    from ifnfactory.exchange.sbml import sbml_text  # noqa: PLC0415 -- needs python-libsbml

    peer = importlib.import_module("roadrunner")
    anybody = common_patients(network, 1)  # SBML wants numbers; every patient's own are set below
    model = peer.RoadRunner(sbml_text(network, anybody.constants[0], anybody.initial[0]))
    model.integrator.relative_tolerance = relative
    model.integrator.absolute_tolerance = ABSOLUTE
    model.integrator.maximum_num_steps = 1_000_000
    model.timeCourseSelections = list(network.species_names)

    def solve(patients: CommonPatients) -> Floats:
        n = patients.initial.shape[0]
        out = np.zeros((n, OUTPUT_DAYS.size, len(network.species_names)))
        for i in range(n):
            model.reset()
            for name, value in zip(network.constant_names, patients.constants[i], strict=True):
                model[name] = value
            for name, value in zip(network.species_names, patients.initial[i], strict=True):
                model[name] = value
            out[i, 0] = patients.initial[i]
            for k in range(OUTPUT_DAYS.size - 1):
                if _dosed(float(OUTPUT_DAYS[k])):
                    model["DEP"] = model["DEP"] + DOSE_UG
                path = model.simulate(float(OUTPUT_DAYS[k]), float(OUTPUT_DAYS[k + 1]), 2)
                out[i, k + 1] = path[-1]
        return out

    return solve


PEERS: Final = (
    Peer("numbalsoda (LSODA)", "numbalsoda", "bench-lsoda", numbalsoda_solver),
    Peer("pydiffsol (BDF)", "pydiffsol", "bench", pydiffsol_solver),
    Peer("libRoadRunner (CVODE)", "roadrunner", "bench", roadrunner_solver),
)


def timed(solve: Solve, patients: CommonPatients, repeats: int) -> tuple[float, Floats]:
    """Return the median wall time of `repeats` solutions, and the last solution."""
    seconds: list[float] = []
    solution = np.zeros(0)
    for _ in range(repeats):
        began = time.perf_counter()
        solution = solve(patients)
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds)), solution
