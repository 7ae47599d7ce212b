"""SymPy expressions as the infix text that libSBML reads."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ifnfactory.foundation.errors import ModelError


def infix(expression: Any) -> str:
    """Return `expression` in the infix notation of SBML Level 3.

    Raises
    ------
    ModelError
        If it holds a function that rate laws of this package do not use.
    """
    if isinstance(expression, sp.Symbol):
        return expression.name
    if expression.is_Number:
        return _number(expression)
    if isinstance(expression, sp.Add | sp.Mul):
        sign = " + " if isinstance(expression, sp.Add) else " * "
        return "(" + sign.join(infix(part) for part in expression.args) + ")"
    if isinstance(expression, sp.Pow):
        return _power(*expression.args)
    if isinstance(expression, sp.Max | sp.Min):
        return _extreme(expression)
    raise ModelError(f"no SBML form for {type(expression).__name__} in {expression}")


def _number(number: Any) -> str:
    text = str(number) if number.is_Integer else repr(float(number))
    return f"({text})" if text.startswith("-") else text


def _power(base: Any, exponent: Any) -> str:
    if exponent == -1:
        return f"(1 / {infix(base)})"
    if exponent.is_negative:
        return f"(1 / ({infix(base)} ^ {infix(-exponent)}))"
    return f"({infix(base)} ^ {infix(exponent)})"


def _extreme(expression: Any) -> str:
    """Write a maximum or minimum as nested choices: Level 3 Version 1 has neither."""
    sign = ">=" if isinstance(expression, sp.Max) else "<="
    text, *rest = (infix(term) for term in expression.args)
    for other in rest:
        text = f"piecewise({text}, {text} {sign} {other}, {other})"
    return text
