"""Carry out an expression of a cell model, slowly: for the model's numbers, for the reference."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final

import numpy as np

from ifnfactory.tissue.expressions import power_of, tree_of

_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_ORDER: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def evaluate(text: str, names: Mapping[str, Any], number: Callable[[float], Any] = float) -> Any:
    """Return the value of an expression.

    Parameters
    ----------
    names
        Value of each name, already of the type that `number` makes; arrays are worked on site by
        site.
    number
        Makes a number of the wanted precision, for example `numpy.float32`.
    """
    return _value(tree_of(text), names, number)


def _value(tree: ast.expr, names: Mapping[str, Any], number: Callable[[float], Any]) -> Any:
    def of(inner: ast.expr) -> Any:
        return _value(inner, names, number)

    match tree:
        case ast.Constant(value=int() | float() as value):
            return number(float(value))
        case ast.Name(id=name):
            return names[name]
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return raised(of(left), power_of(right))
        case ast.BinOp(left=left, op=kind, right=right):
            return _ARITHMETIC[type(kind)](of(left), of(right))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -of(inner)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _one_or_zero(of(inner) == number(0.0), number)
        case ast.BoolOp(op=kind, values=values):
            join = np.logical_and if isinstance(kind, ast.And) else np.logical_or
            return _one_or_zero(
                reduce(join, [of(value) != number(0.0) for value in values]), number
            )
        case ast.Compare(left=left, ops=[kind], comparators=[right]):
            return _one_or_zero(_ORDER[type(kind)](of(left), of(right)), number)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _called(name, arguments, of, number)
        case _:
            raise TypeError(f"{ast.unparse(tree)} has not passed the gate")


def _called(
    name: str, arguments: list[ast.expr], of: Callable[[ast.expr], Any], number: Any
) -> Any:
    first, second = of(arguments[0]), of(arguments[1])
    if name == "min":
        return np.where(first < second, first, second)[()]
    if name == "max":
        return np.where(first > second, first, second)[()]
    if name == "where":
        return np.where(first != number(0.0), second, of(arguments[2]))[()]
    exponent = power_of(arguments[2])
    above, half = raised(first, exponent), raised(second, exponent)
    return above / (half + above)


def _one_or_zero(test: Any, number: Callable[[float], Any]) -> Any:
    return np.where(test, number(1.0), number(0.0))[()]


def raised(base: Any, exponent: int) -> Any:
    """Return a power by plain multiplication, in the order of the kernel."""
    result = base
    for _ in range(exponent - 1):
        result = result * base
    return result
