"""Arithmetic in a cell model: a small part of Python's expressions, checked before it is used.

Allowed are numbers, declared names, ``+ - * / **`` (whole exponents), comparisons, ``and or not``,
and the functions `FUNCTIONS`. Conditions count as 1 where they hold and 0 elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

FUNCTIONS: Final[dict[str, int]] = {"min": 2, "max": 2, "hill": 3, "where": 3}
"""Functions and how many arguments each takes; hill(x, k, n) = x**n / (k**n + x**n)."""

_ARITHMETIC: Final = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
_ORDER: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_MOST_POWER: Final = 8
MOST: Final = 1e30
"""Largest number of a model: a product with another one still fits single precision."""
_NODES_MOST: Final = 800
"""Largest number of parts of an expression: trees are walked by recursion."""
_SHOWN: Final = 60
"""Characters of an expression that a message repeats."""


@dataclass(frozen=True)
class Slip:
    """What is wrong with an expression, and the fix."""

    what: str
    fix: str


@lru_cache(maxsize=4096)
def tree_of(text: str) -> ast.expr:
    """Return the syntax tree of an expression.

    Raises
    ------
    SyntaxError
        If it is no Python expression.
    """
    return ast.parse(text.strip(), mode="eval").body


def slips(text: str, known: Iterable[str]) -> list[Slip]:
    """Return everything that is wrong with an expression that may use the names `known`."""
    try:
        tree = tree_of(text)
    except (SyntaxError, ValueError, RecursionError):
        told = f"{_short(text)!r} is no arithmetic expression"
        return [Slip(told, "write for example k * isg / 2")]
    names = set(known)
    found: list[Slip] = []
    if sum(1 for _ in ast.walk(tree)) > _NODES_MOST:
        return [Slip(f"{_short(text)!r} is too long", "divide it among several let")]
    _walk(tree, names, found)
    return list(dict.fromkeys(found))


def names_in(text: str) -> frozenset[str]:
    """Return the names that an expression uses, functions left out."""
    tree = tree_of(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called
    )


def _walk(tree: ast.expr, names: set[str], found: list[Slip]) -> None:
    match tree:
        case ast.Constant(value=bool()):
            found.append(Slip(f"{tree.value} is no number", "write 1 or 0"))
        case ast.Constant(value=int() | float() as value):
            if value > MOST:
                told = f"{_short(ast.unparse(tree))} is too large to compute with"
                found.append(Slip(told, f"write less than {MOST:g}"))
        case ast.Name(id=name):
            if name not in names:
                found.append(_unknown(name, names))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            _walk(left, names, found)
            if _power(right) is None:
                told = (
                    f"the exponent {_short(ast.unparse(right))} is not a whole number of 1 to "
                    f"{_MOST_POWER}"
                )
                found.append(Slip(told, "write a whole number, or use hill"))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            _walk_call(name, arguments, names, found)
        case _ if _is_allowed(tree):
            for child in ast.iter_child_nodes(tree):
                if isinstance(child, ast.expr):
                    _walk(child, names, found)
        case _:
            told = f"{_short(ast.unparse(tree))!r} cannot be used in a cell model"
            allowed = ", ".join(FUNCTIONS)
            found.append(Slip(told, f"use numbers, names, + - * / **, comparisons, {allowed}"))


def _is_allowed(tree: ast.expr) -> bool:
    match tree:
        case ast.BinOp(op=operator):
            return isinstance(operator, _ARITHMETIC)
        case ast.UnaryOp(op=operator):
            return isinstance(operator, (ast.USub, ast.Not))
        case ast.Compare(ops=[operator]):
            return isinstance(operator, _ORDER)
        case _:
            return isinstance(tree, ast.BoolOp)


def _walk_call(name: str, arguments: list[ast.expr], names: set[str], found: list[Slip]) -> None:
    if name not in FUNCTIONS:
        fix = f"the functions are {', '.join(FUNCTIONS)}"
        found.append(Slip(f"unknown function {name!r}", fix))
    elif len(arguments) != FUNCTIONS[name]:
        told = f"{name} takes {FUNCTIONS[name]} arguments, not {len(arguments)}"
        found.append(Slip(told, f"give {FUNCTIONS[name]}"))
    elif name == "hill" and _power(arguments[2]) is None:
        told = f"the exponent of hill is no whole number from 1 to {_MOST_POWER}"
        found.append(Slip(told, "write 1, 2 or 3"))
    for argument in arguments:
        _walk(argument, names, found)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _unknown(name: str, names: set[str]) -> Slip:
    near = get_close_matches(name, sorted(names), n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}?" if near else "declare it, or use a name that is declared"
    return Slip(f"unknown name {name!r}", hint)


def _power(tree: ast.expr) -> int | None:
    match tree:
        case ast.Constant(value=int() as value) if 1 <= value <= _MOST_POWER:
            return int(value)
        case _:
            return None


def power_of(tree: ast.expr) -> int:
    """Return the exponent that `slips` has accepted."""
    found = _power(tree)
    if found is None:
        raise ValueError(f"{ast.unparse(tree)} is no exponent")
    return found
