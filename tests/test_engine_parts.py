"""The parts of the generator: vector functions, sparse factorisation, emitted code."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from ifnfactory.engine import vector_math
from ifnfactory.engine.emit import Lines
from ifnfactory.engine.lanes import lane_function, lane_module
from ifnfactory.engine.sparse_lu import plan_lu
from ifnfactory.engine.vector_math import vpow


def lanes_of(folder: Path, *lines: str) -> Callable[[np.ndarray], None]:
    """Compile a lane function of these lines."""
    file = folder / "some.lanes"
    text = "".join(f"        {line}\n" for line in lines)
    file.write_text(f"def inner(w):\n    for l in range(8):\n{text}\ndef f(w):\n    inner(w)\n")
    f = lane_function(file, "f")

    @njit
    def run(w):
        f(w)

    return run


def in_python(line: str, w: np.ndarray) -> None:
    for lane in range(8):
        exec(line, {**vars(vector_math), "math": math, "w": w, "l": lane})


def test_vector_functions_are_accurate_to_a_few_last_places(tmp_path: Path) -> None:
    lines = (
        "w[16 + l] = vlog(w[0 + l])",
        "w[24 + l] = vexp(vlog(w[0 + l]))",
        "w[32 + l] = vpow(w[0 + l], w[8 + l])",
    )
    f = lanes_of(tmp_path, *lines)
    rng = np.random.default_rng(3)
    for _ in range(2_000):
        w = np.zeros(40)
        w[:8] = np.exp(rng.uniform(-200, 200, 8))
        w[8:16] = rng.uniform(-3, 3, 8)
        f(w)
        x, e, log, exp, power = w.reshape(5, 8)
        np.testing.assert_allclose(log, np.log(x), rtol=4e-16, atol=4e-16)
        np.testing.assert_allclose(exp, np.exp(log), rtol=1e-15)
        ok = np.abs(e * np.log(x)) < 600
        np.testing.assert_allclose(power[ok], np.power(x[ok], e[ok]), rtol=3e-13)


LINES = (
    "w[16 + l] = -w[0 + l] / (w[8 + l] * 3.0 - 1.0 / 3.0)",
    "w[16 + l] = math.sqrt(w[0 + l] * w[0 + l]) + (1.0 if w[8 + l] > 0.0 else 0.0)",
    "w[16 + l] = vpow(w[8 + l], 1.5) + vfloor(w[0 + l])",
    "w[16 + l] = w[0 + l] if w[0 + l] < w[8 + l] else -2.5",
)


@pytest.mark.parametrize("line", LINES)
def test_a_lane_function_computes_what_its_python_says(line: str, tmp_path: Path) -> None:
    w = np.random.default_rng(5).normal(size=24)
    expected = w.copy()
    in_python(line, expected)
    lanes_of(tmp_path, line)(w)
    np.testing.assert_allclose(w, expected, rtol=1e-14)


def test_lanes_do_not_feel_each_other(tmp_path: Path) -> None:
    f = lanes_of(tmp_path, *LINES[2:3], "t = w[16 + l]", "t += 1.0", "w[0 + l] = t")
    alone, together = np.full(24, 0.7), np.full(24, 0.7)
    together[8:16] = [0.7, -1.0, np.nan, np.inf, 1e300, 0.0, -0.0, 1e-300]
    f(alone)
    f(together)
    assert alone[0].tobytes() == together[0].tobytes()


@pytest.mark.parametrize("line", ["w[l] = 1.0", "x = sorted(w)", "while True: pass", "w[0] = 1.0"])
def test_what_is_no_lane_function_is_refused(line: str) -> None:
    text = f"def f(w):\n    for l in range(8):\n        {line}\n"
    with pytest.raises((TypeError, KeyError)):
        lane_module(text, "f", "some")


def test_the_power_of_zero_is_zero() -> None:
    assert vpow(0.0, 1.5) < 1e-300
    assert vpow(-1e-20, 0.5) < 1e-100


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.randoms(use_true_random=False))
def test_planned_factorisation_solves_any_pattern(n: int, random) -> None:
    pattern = [(i, j) for i in range(n) for j in range(n) if random.random() < 0.3]
    matrix = np.zeros((n, n))
    for i, j in pattern:
        matrix[i, j] = random.uniform(-1, 1)
    matrix += np.eye(n) * (n + 1)
    plan = plan_lu(n, pattern)
    a = matrix.copy()
    for step, pivot in enumerate(plan.order):
        for i in plan.lower[step]:
            a[i, pivot] /= a[pivot, pivot]
            for j in plan.upper[step]:
                a[i, j] -= a[i, pivot] * a[pivot, j]
    # every entry that the elimination touched is in the plan
    touched = {(int(i), int(j)) for i, j in np.argwhere(a != 0)}
    assert touched <= set(plan.entries)
    b = np.arange(1.0, n + 1)
    x = b.copy()
    for step, pivot in enumerate(plan.order):
        for i in plan.lower[step]:
            x[i] -= a[i, pivot] * x[pivot]
    for step in range(n - 1, -1, -1):
        pivot = plan.order[step]
        x[pivot] = (x[pivot] - sum(a[pivot, j] * x[j] for j in plan.upper[step])) / a[pivot, pivot]
    np.testing.assert_allclose(matrix @ x, b, rtol=1e-10)


def test_an_arrow_matrix_is_eliminated_without_fill() -> None:
    n = 8
    arrow = [(0, i) for i in range(n)] + [(i, 0) for i in range(n)]
    assert len(plan_lu(n, arrow).entries) == 3 * n - 2


x, y, p = sp.symbols("x y p", real=True)


@settings(max_examples=60, deadline=None)
@given(st.floats(-5, 5), st.floats(0.1, 5), st.floats(0.1, 2))
def test_emitted_code_computes_what_sympy_means(a: float, b: float, c: float) -> None:
    expressions = [
        x**8 / (1 + y**8),
        sp.Max(0, x - y) * p,
        sp.Heaviside(x - 1) + x,
        sp.sqrt(y) - p**-3 / y,
        -3 * x / 7 + sp.Rational(1, 3) * y**3 / (y + x**2),
    ]
    for expression in expressions:
        lines = Lines({"x": 0, "y": 1, "p": 2})
        lines.store(3, expression)
        w = np.array([a, b, c, 0.0]).repeat(8)
        scope = {"w": w, "l": 2, "math": math}
        exec("\n".join(lines.lines), scope)
        expected = float(expression.subs({x: a, y: b, p: c}))
        if expression.has(sp.Heaviside) and a == 1:
            continue
        assert w[3 * 8 + 2] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_what_cannot_be_vectorised_is_refused() -> None:
    with pytest.raises(TypeError, match="sin"):
        Lines({"x": 0}).text(sp.sin(x))
