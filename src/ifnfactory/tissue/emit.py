"""Expressions of a cell model → text of kernel code in single precision."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final

from ifnfactory.tissue.expressions import power_of, tree_of

_ARITHMETIC: Final[Mapping[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_ORDER: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


class Constants:
    """Names of the numbers that the kernel's module defines in single precision."""

    def __init__(self) -> None:
        self._names: dict[float, str] = {}

    def name(self, value: float) -> str:
        """Return the name of a number, giving it one at its first use."""
        return self._names.setdefault(float(value), f"K{len(self._names)}")

    def lines(self) -> list[str]:
        """Return the definitions."""
        return [f"{name} = np.float32({value!r})" for value, name in self._names.items()]


class Writer:
    """Writes expressions whose names stand for local variables.

    Parameters
    ----------
    variables
        Local variable, or other text, of each name.
    """

    def __init__(self, constants: Constants, variables: Mapping[str, str]) -> None:
        self._constants = constants
        self._variables = variables

    def number(self, text: str) -> str:
        """Return code for an expression as a number."""
        return self._number(tree_of(text))

    def condition(self, text: str) -> str:
        """Return code for an expression as a condition."""
        return self._condition(tree_of(text))

    def _constant(self, value: float) -> str:
        return self._constants.name(value)

    def _number(self, tree: ast.expr) -> str:
        match tree:
            case ast.Constant(value=int() | float() as value):
                return self._constant(float(value))
            case ast.Name(id=name):
                return self._variables[name]
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(self._number(left), power_of(right))
            case ast.BinOp(left=left, op=kind, right=right):
                return f"({self._number(left)} {_ARITHMETIC[type(kind)]} {self._number(right)})"
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return f"(-{self._number(inner)})"
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, arguments)
            case _:
                one, zero = self._constant(1.0), self._constant(0.0)
                return f"({one} if {self._condition(tree)} else {zero})"

    def _condition(self, tree: ast.expr) -> str:
        match tree:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return f"(not {self._condition(inner)})"
            case ast.BoolOp(op=kind, values=values):
                sign = " & " if isinstance(kind, ast.And) else " | "
                return "(" + sign.join(self._condition(value) for value in values) + ")"
            case ast.Compare(left=left, ops=[kind], comparators=[right]):
                return f"({self._number(left)} {_ORDER[type(kind)]} {self._number(right)})"
            case _:
                return f"({self._number(tree)} != {self._constant(0.0)})"

    def _power(self, base: str, exponent: int) -> str:
        return "(" + " * ".join([base] * exponent) + ")"

    def _call(self, name: str, arguments: list[ast.expr]) -> str:
        if name == "where":
            test = self._condition(arguments[0])
            return f"({self._number(arguments[1])} if {test} else {self._number(arguments[2])})"
        first, second = self._number(arguments[0]), self._number(arguments[1])
        if name in ("min", "max"):
            sign = "<" if name == "min" else ">"
            return f"({first} if {first} {sign} {second} else {second})"
        exponent = power_of(arguments[2])
        above, half = self._power(first, exponent), self._power(second, exponent)
        return f"({above} / ({half} + {above}))"
