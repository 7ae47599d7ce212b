"""The records that a network is made of.

A network is plain data: frozen records over SymPy expressions. Everything that can be asked of
it (units, balance, a page, a kernel, SBML) is a function of these records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import sympy as sp

from ifnfactory.foundation.evidence import Source

TIME_UNIT = "day"
SpreadKind = Literal["none", "lognormal", "logitnormal", "normal", "exponential"]


@dataclass(frozen=True)
class Place:
    """The line of Python on which something was declared."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Spread:
    """How a parameter differs between patients.

    Attributes
    ----------
    kind
        ``lognormal``: the natural log is normal; ``logitnormal``: the logit is normal;
        ``normal``: the value itself; ``exponential``: a waiting time with the value as its mean;
        ``none``: the same in everybody.
    sd
        Standard deviation on that scale; without meaning for an exponential.
    """

    kind: SpreadKind = "none"
    sd: float = 0.0

    def __str__(self) -> str:
        if self.kind == "none":
            return "–"
        return self.kind if self.kind == "exponential" else f"{self.kind} SD {self.sd:g}"


@dataclass(frozen=True)
class Species:
    """A state of the system.

    Attributes
    ----------
    initial
        Value at time zero, or None where the population computes it for each patient.
    absolute_tolerance
        Below this the value no longer matters to anything that is measured.
    """

    name: str
    symbol: str
    unit: str
    initial: float | None
    absolute_tolerance: float
    description: str
    module: str
    place: Place


@dataclass(frozen=True)
class Parameter:
    """A constant of one patient.

    Attributes
    ----------
    value
        Typical value, or None where the population derives it for each patient.
    by
        Typical values that replace `value` in a stratum, as (stratum, value) pairs.
    """

    name: str
    symbol: str
    unit: str
    value: float | None
    by: tuple[tuple[str, float], ...]
    spread: Spread
    source: Source
    description: str
    module: str
    place: Place

    def typical(self, stratum: str | None = None) -> float:
        """Return the typical value, in `stratum` if it has one of its own.

        Raises
        ------
        ValueError
            If the parameter is derived for each patient and has no typical value.
        """
        for name, value in self.by:
            if name == stratum:
                return value
        if self.value is None:
            raise ValueError(f"parameter {self.name} is derived for each patient")
        return self.value


@dataclass(frozen=True)
class Input:
    """A quantity that a regimen holds constant between two moments."""

    name: str
    symbol: str
    unit: str
    default: float
    description: str
    module: str
    place: Place


@dataclass(frozen=True)
class Quantity:
    """A named sub-expression."""

    name: str
    symbol: str
    expression: sp.Expr
    unit: str
    description: str
    module: str
    place: Place


@dataclass(frozen=True)
class Reaction:
    """A process with a rate and what it takes and gives.

    Attributes
    ----------
    rate
        Rate law.
    stoichiometry
        (species name, coefficient) pairs, negative for what is consumed.
    """

    name: str
    rate: sp.Expr
    stoichiometry: tuple[tuple[str, sp.Expr], ...]
    module: str
    place: Place


@dataclass(frozen=True)
class Observable:
    """What a laboratory or a reader would look at."""

    name: str
    expression: sp.Expr
    unit: str
    description: str
    module: str
    place: Place


@dataclass(frozen=True)
class Conservation:
    """A law: the listed species together change only through the `open_to` reactions."""

    name: str
    species: tuple[str, ...]
    open_to: tuple[str, ...]
    module: str
    place: Place


@dataclass(frozen=True)
class Network:
    """A whole system, ready to be checked, printed, exported or compiled."""

    name: str
    species: tuple[Species, ...]
    parameters: tuple[Parameter, ...]
    inputs: tuple[Input, ...]
    quantities: tuple[Quantity, ...]
    reactions: tuple[Reaction, ...]
    observables: tuple[Observable, ...]
    conservations: tuple[Conservation, ...]
    titles: tuple[tuple[str, str], ...] = field(default=())

    @cached_property
    def species_names(self) -> tuple[str, ...]:
        """Names of the states, in the order of every state array."""
        return tuple(item.name for item in self.species)

    @cached_property
    def constant_names(self) -> tuple[str, ...]:
        """Names of parameters, then inputs, in the order of every parameter array."""
        return tuple(item.name for item in self.parameters) + tuple(
            item.name for item in self.inputs
        )

    @cached_property
    def equations(self) -> Mapping[str, sp.Expr]:
        """Right-hand side of every species, over species, constants and named quantities."""
        sides: dict[str, sp.Expr] = {name: sp.Integer(0) for name in self.species_names}
        for reaction in self.reactions:
            for name, coefficient in reaction.stoichiometry:
                sides[name] = sp.Add(sides[name], sp.Mul(coefficient, reaction.rate))
        return sides

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over everything that determines the equations, not the parameter values."""
        lines = [
            *(f"x {item.name} {item.absolute_tolerance!r}" for item in self.species),
            *(f"p {name}" for name in self.constant_names),
            *(f"q {item.name} = {item.expression}" for item in self.quantities),
            *(f"{name}' = {side}" for name, side in self.equations.items()),
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @cached_property
    def parameter_set(self) -> str:
        """SHA-256 over equations, typical values and spreads: which model, with which numbers."""
        lines = [
            self.fingerprint,
            *(f"{p.name} {p.value!r} {p.by!r} {p.spread!r} {p.unit}" for p in self.parameters),
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()
