"""Conditions of rules: comparisons of facts, joined by all, any and not, in three-valued logic.

What is not known makes a condition undecided only where it matters: "cirrhosis or APRI above 1" is
true for a patient with cirrhosis whose APRI nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ifnfactory.rules.facts import LABELS, Fact

_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "above": lambda value, limit: value > limit,
    "at_least": lambda value, limit: value >= limit,
    "below": lambda value, limit: value < limit,
    "at_most": lambda value, limit: value <= limit,
    "is": lambda value, wanted: value == wanted,
    "in": lambda value, wanted: value in wanted,
}
_TOLERANCE: Final = 1e-9
"""A ratio of ALT to its limit must not miss "2 x" by a rounding error."""


@dataclass(frozen=True)
class Outcome:
    """Whether a condition holds.

    Attributes
    ----------
    holds
        None where it cannot be decided.
    because
        The facts that decided it.
    missing
        The facts that would decide it.
    """

    holds: bool | None
    because: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """One fact beside one limit."""

    fact: str
    operator: str
    limit: Any

    def check(self, facts: Mapping[str, Fact]) -> Outcome:
        """Return whether the comparison holds."""
        value = facts[self.fact]
        if value is None:
            return Outcome(None, missing=(self.fact,))
        if isinstance(value, float):
            value = _snap(value, self.limit)
        holds = _COMPARISONS[self.operator](value, self.limit)
        return Outcome(holds, because=(self.fact,))

    def facts(self) -> frozenset[str]:
        """Return the names of the facts that are asked for."""
        return frozenset({self.fact})


@dataclass(frozen=True)
class Joined:
    """Several conditions, of which all or any have to hold."""

    parts: tuple[Condition, ...]
    every: bool

    def check(self, facts: Mapping[str, Fact]) -> Outcome:
        """Return whether all, or any, of the parts hold."""
        outcomes = [part.check(facts) for part in self.parts]
        deciding = [outcome for outcome in outcomes if outcome.holds is not self.every]
        decided = [outcome for outcome in deciding if outcome.holds is not None]
        if decided:  # one false part of "all", or one true part of "any"
            return Outcome(not self.every, because=decided[0].because)
        if deciding:
            return Outcome(None, missing=_union(outcome.missing for outcome in deciding))
        return Outcome(self.every, because=_union(outcome.because for outcome in outcomes))

    def facts(self) -> frozenset[str]:
        """Return the names of the facts that are asked for."""
        return frozenset[str]().union(*(part.facts() for part in self.parts))


@dataclass(frozen=True)
class Negation:
    """A condition that must not hold."""

    part: Condition

    def check(self, facts: Mapping[str, Fact]) -> Outcome:
        """Return whether the part does not hold."""
        outcome = self.part.check(facts)
        holds = None if outcome.holds is None else not outcome.holds
        return Outcome(holds, outcome.because, outcome.missing)

    def facts(self) -> frozenset[str]:
        """Return the names of the facts that are asked for."""
        return self.part.facts()


Condition = Comparison | Joined | Negation


def read_condition(table: Mapping[str, Any]) -> Condition:
    """Return the condition of a TOML table.

    Raises
    ------
    ValueError
        If the table is no condition, or asks for a fact that nobody knows.
    """
    for word in ("all", "any"):
        if set(table) == {word}:
            parts = tuple(read_condition(part) for part in table[word])
            return Joined(parts, every=word == "all")
    if set(table) == {"not"}:
        return Negation(read_condition(table["not"]))
    operators = set(table) - {"fact"}
    if "fact" not in table or len(operators) != 1 or not operators <= set(_COMPARISONS):
        raise ValueError(f"{dict(table)} is no condition")
    if table["fact"] not in LABELS:
        raise ValueError(f"there is no fact {table['fact']!r}")
    (operator,) = operators
    return Comparison(table["fact"], operator, table[operator])


def _snap(value: float, limit: Any) -> float:
    close = isinstance(limit, (int, float)) and abs(value - limit) <= _TOLERANCE * max(1, value)
    return float(limit) if close else value


def _union(groups: Any) -> tuple[str, ...]:
    names: Sequence[str] = [name for group in groups for name in group]
    return tuple(dict.fromkeys(names))
