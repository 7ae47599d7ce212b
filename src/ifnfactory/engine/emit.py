"""SymPy assignments → lines of plain Python that Numba turns into vector code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp

from ifnfactory.engine.symbolic import Assignment, Floor, Power

LANES = 8
"""Patients that one vector loop carries: one AVX-512 register of doubles, two of AVX2."""


class Lines:
    """Collects the body of one loop over lanes.

    Parameters
    ----------
    addresses
        For each name that lies in the work array, its row (its first lane is row × LANES).
    """

    def __init__(self, addresses: Mapping[str, int]) -> None:
        self.addresses = addresses
        self.lines: list[str] = []
        self.known: set[str] = set()
        self.count = 0

    def assign(self, assignments: Iterable[Assignment]) -> None:
        """Write assignments to local variables."""
        for symbol, expression in assignments:
            text = self.text(expression)
            self.lines.append(f"{_local(str(symbol))} = {text}")
            self.known.add(str(symbol))

    def store(self, row: int, expression: sp.Expr, *, negative: bool = False) -> None:
        """Write one value into the work array."""
        text = self.text(expression)
        self.lines.append(f"w[{row * LANES} + l] = {f'-({text})' if negative else text}")

    def temporary(self, text: str) -> str:
        """Name a value and return its name."""
        self.count += 1
        name = f"t{self.count}"
        self.lines.append(f"{name} = {text}")
        return name

    def text(self, expression: Any) -> str:
        """Return Python for an expression, writing what it needs first."""
        if expression.is_Number:
            return repr(float(expression))
        if isinstance(expression, sp.Symbol):
            return self._name(expression.name)
        if isinstance(expression, sp.Add):
            return "(" + " + ".join(self.text(term) for term in expression.args) + ")"
        if isinstance(expression, sp.Mul):
            return self._product(expression)
        if isinstance(expression, sp.Pow):
            return self._power(expression.base, expression.exp)
        if isinstance(expression, sp.Max):
            return self._maximum(expression)
        if isinstance(expression, sp.Heaviside):
            return f"(1.0 if {self.text(expression.args[0])} > 0.0 else 0.0)"
        if isinstance(expression, Power):
            base, exponent = expression.args
            return f"vpow({self.text(base)}, {self.text(exponent)})"
        if isinstance(expression, Floor):
            return f"vfloor({self.text(expression.args[0])})"
        raise TypeError(f"the kernel cannot write {type(expression).__name__}: {expression}")

    def _name(self, name: str) -> str:
        if name not in self.known:
            self.lines.append(f"{_local(name)} = w[{self.addresses[name] * LANES} + l]")
            self.known.add(name)
        return _local(name)

    def _product(self, expression: sp.Mul) -> str:
        above: list[str] = []
        below: list[str] = []
        for factor in expression.args:
            if isinstance(factor, sp.Pow) and factor.exp.is_number and factor.exp.is_negative:
                below.append(self._power(factor.base, -factor.exp))
            else:
                above.append(self.text(factor))
        top = " * ".join(above) or "1.0"
        if not below:
            return f"({top})"
        return f"({top} / ({' * '.join(below)}))"

    def _power(self, base: Any, exponent: Any) -> str:
        if exponent.is_negative:
            return f"(1.0 / {self._power(base, -exponent)})"
        if exponent == sp.Rational(1, 2):
            return f"math.sqrt({self.text(base)})"
        if not exponent.is_Integer:
            raise TypeError(f"the kernel cannot write a power with exponent {exponent}")
        name = self.text(base)
        if not name.isidentifier():
            name = self.temporary(name)
        result = ""
        left = int(exponent)
        while True:  # square and multiply
            if left & 1:
                result = f"{result} * {name}" if result else name
            left >>= 1
            if not left:
                return f"({result})"
            name = self.temporary(f"{name} * {name}")

    def _maximum(self, expression: sp.Max) -> str:
        texts = [self.text(argument) for argument in expression.args]
        best = texts[0]
        for other in texts[1:]:
            a = best if best.isidentifier() else self.temporary(best)
            b = other if other.isidentifier() else self.temporary(other)
            best = self.temporary(f"{a} if {a} > {b} else {b}")
        return best


def _local(name: str) -> str:
    return f"v_{name}"
