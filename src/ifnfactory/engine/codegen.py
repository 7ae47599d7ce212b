"""Writes the source of a kernel: right-hand side, Jacobian, factorisation, solve and stages.

Everything lies in one flat work array at constant offsets. Row r of the array holds one number
for each of the eight lanes, at ``r * 8 ... r * 8 + 7``. The functions are Python text in the small
subset that `lanes` turns into vector instructions.
"""

from __future__ import annotations

from dataclasses import dataclass

from ifnfactory.engine import rosenbrock
from ifnfactory.engine.emit import LANES, Lines
from ifnfactory.engine.sparse_lu import LuPlan, plan_lu
from ifnfactory.engine.symbolic import Assignment, FlatSystem


@dataclass(frozen=True)
class KernelSource:
    """Text of a kernel.

    Attributes
    ----------
    lanes
        The lane functions: read, never imported.
    loop
        The module that steers them; it finds them in ``<its own name>.lanes`` beside it.
    """

    lanes: str
    loop: str


@dataclass(frozen=True)
class Layout:
    """First rows of the blocks of the work array."""

    constants: int
    hoisted: int
    state: int
    stage: int
    force: int
    slopes: int
    factors: int
    tolerance: int
    scalars: int
    rows: int


def write_kernel(system: FlatSystem, template: str) -> KernelSource:
    """Return the source of a kernel for `system`, whose control loop is `template`."""
    n = len(system.states)
    lu = plan_lu(n, [(row, column) for row, column, _ in system.jacobian])
    layout = _layout(system, lu)
    lanes = [
        "# Generated lane functions; do not edit.",
        _hoist(system, layout),
        _rhs(system, layout),
        _rhs_and_matrix(system, layout, lu),
        _factor(lu, layout),
        *(_solve(lu, layout, stage) for stage in range(1, rosenbrock.STAGES + 1)),
        *(_combine(n, layout, stage) for stage in range(2, rosenbrock.STAGES + 1)),
        _judge(n, layout),
        _trial_step(),
    ]
    loop = [
        '"""Generated kernel; do not edit."""',
        "import math",
        "from pathlib import Path",
        "import numpy as np",
        "from numba import njit",
        "from ifnfactory.engine.lanes import lane_function",
        _constants(system, lu, layout),
        'LANES = Path(__file__).with_suffix(".lanes")',
        'hoist = lane_function(LANES, "hoist")',
        'trial_step = lane_function(LANES, "trial_step")',
        template,
    ]
    return KernelSource("\n\n".join(lanes) + "\n", "\n".join(loop) + "\n")


def _layout(system: FlatSystem, lu: LuPlan) -> Layout:
    n = len(system.states)
    rows = [0]
    for size in (
        len(system.constants),
        len(system.hoisted),
        n,
        n,
        n,
        n * rosenbrock.STAGES,
        len(lu.entries),
        n,
        5,
    ):
        rows.append(rows[-1] + size)
    return Layout(*rows)


def _constants(system: FlatSystem, lu: LuPlan, at: Layout) -> str:
    named = {
        "N": len(system.states),
        "NP": len(system.constants),
        "NL": LANES,
        "CONSTANTS": at.constants * LANES,
        "STATE": at.state * LANES,
        "STAGE": at.stage * LANES,
        "FORCE": at.force * LANES,
        "SLOPES": at.slopes * LANES,
        "TOLERANCE": at.tolerance * LANES,
        "INVERSE_STEP": at.scalars * LANES,
        "ERROR": (at.scalars + 1) * LANES,
        "NEGATIVE": (at.scalars + 2) * LANES,
        "ACCEPT": (at.scalars + 3) * LANES,
        "RELATIVE": (at.scalars + 4) * LANES,
        "GAMMA": rosenbrock.GAMMA,
        "SIZE": at.rows * LANES,
        "FACTOR_ENTRIES": len(lu.entries),
    }
    return "\n".join(f"{name} = {value!r}" for name, value in named.items())


def _addresses(system: FlatSystem, at: Layout, state_row: int) -> dict[str, int]:
    addresses = {name: at.constants + i for i, name in enumerate(system.constants)}
    addresses |= {str(s): at.hoisted + i for i, (s, _) in enumerate(system.hoisted)}
    addresses |= {name: state_row + i for i, name in enumerate(system.states)}
    return addresses


def _lane_function(name: str, lines: list[str]) -> str:
    head = [f"def {name}(w):", f"    for l in range({LANES}):"]
    return "\n".join([*head, *("        " + line for line in (lines or ["pass"]))])


def _hoist(system: FlatSystem, at: Layout) -> str:
    """Constants → what depends on them alone."""
    out = Lines(_addresses(system, at, at.state))
    for i, (symbol, expression) in enumerate(system.hoisted):
        out.assign([(symbol, expression)])
        out.store(at.hoisted + i, symbol)
    return _lane_function("hoist", out.lines)


def _rhs(system: FlatSystem, at: Layout) -> str:
    """Stage → force."""
    out = Lines(_addresses(system, at, at.stage))
    out.assign(system.body)
    for i, expression in enumerate(system.rhs):
        out.store(at.force + i, expression)
    return _lane_function("rhs", out.lines)


def _rhs_and_matrix(system: FlatSystem, at: Layout, lu: LuPlan) -> str:
    """State → force, and minus the Jacobian into the factors."""
    out = Lines(_addresses(system, at, at.state))
    body: tuple[Assignment, ...] = system.jacobian_body
    out.assign(body)
    for i, expression in enumerate(system.jacobian_rhs):
        out.store(at.force + i, expression)
    index = {entry: at.factors + k for k, entry in enumerate(lu.entries)}
    filled = {(row, column) for row, column, _ in system.jacobian}
    for row, column, expression in system.jacobian:
        out.store(index[row, column], expression, negative=True)
    for entry, row in index.items():
        if entry not in filled:
            out.lines.append(f"w[{row * LANES} + l] = 0.0")
    return _lane_function("rhs_and_matrix", out.lines)


def _factor(lu: LuPlan, at: Layout) -> str:
    """Add 1/(γh) to the diagonal and factorise; the diagonal then holds inverse pivots."""
    lines = [f"g = w[{at.scalars * LANES} + l] * {1.0 / rosenbrock.GAMMA!r}"]
    lines += [
        f"a{i}_{j} = w[{(at.factors + k) * LANES} + l]" for k, (i, j) in enumerate(lu.entries)
    ]
    lines += [f"a{i}_{i} = a{i}_{i} + g" for i in range(len(lu.order))]
    for step, pivot in enumerate(lu.order):
        lines.append(f"a{pivot}_{pivot} = 1.0 / a{pivot}_{pivot}")
        for i in lu.lower[step]:
            lines.append(f"a{i}_{pivot} = a{i}_{pivot} * a{pivot}_{pivot}")
            lines += [f"a{i}_{j} = a{i}_{j} - a{i}_{pivot} * a{pivot}_{j}" for j in lu.upper[step]]
    lines += [
        f"w[{(at.factors + k) * LANES} + l] = a{i}_{j}" for k, (i, j) in enumerate(lu.entries)
    ]
    return _lane_function("factor", lines)


def _solve(lu: LuPlan, at: Layout, stage: int) -> str:
    """Solve for one stage: force, plus earlier slopes over the step, becomes the stage's slope."""
    n = len(lu.order)
    row = {entry: (at.factors + k) * LANES for k, entry in enumerate(lu.entries)}
    lines = [f"g = w[{at.scalars * LANES} + l]"] if stage > 1 else []
    for i in range(n):
        terms = " + ".join(
            f"{rosenbrock.C[stage, j]!r} * {_slope(at, n, j, i)}" for j in range(1, stage)
        )
        bias = f" + ({terms}) * g" if terms else ""
        lines.append(f"b{i} = w[{(at.force + i) * LANES} + l]{bias}")
    for step, pivot in enumerate(lu.order):
        lines += [f"b{i} = b{i} - w[{row[i, pivot]} + l] * b{pivot}" for i in lu.lower[step]]
    for step in range(n - 1, -1, -1):
        pivot = lu.order[step]
        terms = "".join(f" - w[{row[pivot, j]} + l] * b{j}" for j in lu.upper[step])
        lines.append(f"b{pivot} = (b{pivot}{terms}) * w[{row[pivot, pivot]} + l]")
    lines += [f"{_slope(at, n, stage, i)} = b{i}" for i in range(n)]
    return _lane_function(f"solve_{stage}", lines)


def _combine(n: int, at: Layout, stage: int) -> str:
    """State and slopes so far → the argument of the next right-hand side."""
    lines: list[str] = []
    for i in range(n):
        terms = [f"{rosenbrock.A[stage, j]!r} * {_slope(at, n, j, i)}" for j in range(1, stage)]
        lines.append(
            f"w[{(at.stage + i) * LANES} + l] = "
            f"w[{(at.state + i) * LANES} + l] + {' + '.join(terms)}"
        )
    return _lane_function(f"combine_{stage}", lines)


def _judge(n: int, at: Layout) -> str:
    """Write the new value into stage, its squared error norm and its most negative entry."""
    lines = [f"rtol = w[{(at.scalars + 4) * LANES} + l]", "error = 0.0", "negative = 0.0"]
    for i in range(n):
        stage, state = (at.stage + i) * LANES, (at.state + i) * LANES
        lines += [
            f"delta = {_slope(at, n, rosenbrock.STAGES, i)}",
            f"old = w[{state} + l]",
            f"new = w[{stage} + l] + delta",
            f"w[{stage} + l] = new",
            f"floor = w[{(at.tolerance + i) * LANES} + l]",
            "scaled = delta / (floor + rtol * (old if old > new else new))",
            "error += scaled * scaled",
            "under = -new / floor",
            "negative = under if under > negative else negative",
        ]
    lines += [f"w[{(at.scalars + 1) * LANES} + l] = error"]
    lines += [f"w[{(at.scalars + 2) * LANES} + l] = negative"]
    return _lane_function("judge", lines)


def _trial_step() -> str:
    """One trial step of every lane."""
    calls = ["rhs_and_matrix", "factor", "solve_1"]
    for stage in range(2, rosenbrock.STAGES + 1):
        calls += [f"combine_{stage}", "rhs", f"solve_{stage}"]
    return "\n".join(["def trial_step(w):", *(f"    {name}(w)" for name in (*calls, "judge"))])


def _slope(at: Layout, n: int, stage: int, i: int) -> str:
    return f"w[{(at.slopes + n * (stage - 1) + i) * LANES} + l]"
