"""Modules: one chapter of a model, written so that it reads like the equations in a paper.

    drug = Module("drug", "One drug", table)
    dose = drug.species("depot", symbol="A_d", unit="ug", initial=0.0)
    blood = drug.species("central", symbol="A_c", unit="ug", initial=0.0)
    ka, ke = drug.parameter("absorption_rate"), drug.parameter("elimination_rate")
    drug.reaction("absorption", ka * dose, takes=dose, gives=blood)
    drug.reaction("elimination", ke * blood, takes=blood)

A module names what it needs from other modules with `uses`, so that it can be composed with them
or tested alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import sympy as sp

from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.evidence import Source
from ifnfactory.network.model import (
    Conservation,
    Input,
    Observable,
    Parameter,
    Place,
    Quantity,
    Reaction,
    Species,
    Spread,
)
from ifnfactory.network.table import ParameterTable

Amounts: TypeAlias = "sp.Symbol | Mapping[Any, Any] | Iterable[sp.Symbol] | None"


def symbol(name: str) -> sp.Symbol:
    """Return the symbol that stands for `name` in every expression of every module."""
    return sp.Symbol(name, real=True)


def positive_part(expression: sp.Expr) -> sp.Expr:
    """Return the expression where it is positive and zero elsewhere."""
    return sp.Max(sp.Integer(0), expression)


class Module:
    """A chapter of a model, filled in line by line."""

    def __init__(self, name: str, title: str, table: ParameterTable | None = None) -> None:
        self.name = name
        self.title = title
        self.table = table
        self.species_list: list[Species] = []
        self.parameter_list: list[Parameter] = []
        self.input_list: list[Input] = []
        self.quantity_list: list[Quantity] = []
        self.reaction_list: list[Reaction] = []
        self.observable_list: list[Observable] = []
        self.conservation_list: list[Conservation] = []
        self.needs: dict[str, tuple[str, Place]] = {}

    def species(
        self,
        name: str,
        *,
        symbol: str,
        unit: str = "1",
        initial: float | None = 1.0,
        absolute_tolerance: float = 1e-8,
        description: str = "",
    ) -> sp.Symbol:
        """Declare a state; `initial` None means that the population computes it."""
        self.species_list.append(
            Species(
                name, symbol, unit, initial, absolute_tolerance, description, self.name, _place()
            )
        )
        return _symbol(name)

    def parameter(self, name: str) -> sp.Symbol:
        """Declare a parameter that stands in the module's table."""
        if self.table is None:
            raise ModelError(f"{_place()}: module {self.name} has no parameter table")
        entry = self.table[name]
        self.parameter_list.append(
            Parameter(
                name,
                entry.symbol,
                entry.unit,
                entry.value,
                entry.by,
                entry.spread,
                entry.source,
                entry.description,
                self.name,
                _place(),
            )
        )
        return _symbol(name)

    def parameters(self, *names: str) -> tuple[sp.Symbol, ...]:
        """Declare several parameters of the module's table."""
        return tuple(self.parameter(name) for name in names)

    def constant(
        self, name: str, *, symbol: str, unit: str, value: float, source: Source, description: str
    ) -> sp.Symbol:
        """Declare a parameter in place, without a table."""
        self.parameter_list.append(
            Parameter(
                name, symbol, unit, value, (), Spread(), source, description, self.name, _place()
            )
        )
        return _symbol(name)

    def derived(self, name: str, *, symbol: str, unit: str, description: str) -> sp.Symbol:
        """Declare a parameter that the population computes for each patient."""
        source = Source("computed for each patient from the untreated steady state", "D")
        self.parameter_list.append(
            Parameter(
                name, symbol, unit, None, (), Spread(), source, description, self.name, _place()
            )
        )
        return _symbol(name)

    def input(
        self, name: str, *, symbol: str, unit: str, default: float = 0.0, description: str = ""
    ) -> sp.Symbol:
        """Declare a quantity that a regimen sets."""
        self.input_list.append(Input(name, symbol, unit, default, description, self.name, _place()))
        return _symbol(name)

    def uses(self, name: str, unit: str = "1") -> sp.Symbol:
        """Name something that another module declares."""
        self.needs[name] = (unit, _place())
        return _symbol(name)

    def quantity(
        self,
        name: str,
        expression: Any,
        *,
        unit: str = "1",
        symbol: str = "",
        description: str = "",
    ) -> sp.Symbol:
        """Name a sub-expression."""
        self.quantity_list.append(
            Quantity(
                name,
                symbol or name,
                sp.sympify(expression),
                unit,
                description,
                self.name,
                _place(),
            )
        )
        return _symbol(name)

    def reaction(
        self, name: str, rate: Any, *, takes: Amounts = None, gives: Amounts = None
    ) -> None:
        """Declare a process with rate law `rate` that takes and gives amounts of species.

        Parameters
        ----------
        takes, gives
            A species, several species, or a mapping from species to coefficients.
        """
        net: dict[str, sp.Expr] = {}
        for sign, amounts in ((-1, takes), (1, gives)):
            for item, coefficient in _amounts(amounts).items():
                net[item] = sp.Add(net.get(item, sp.Integer(0)), sp.Mul(sign, coefficient))
        self.reaction_list.append(
            Reaction(name, sp.sympify(rate), tuple(net.items()), self.name, _place())
        )

    def relaxation(self, species: sp.Symbol, rate: Any, target: Any) -> None:
        """Declare the pair of processes by which `species` relaxes to `target` at `rate`."""
        place = _place()
        for suffix, law, sign in (("gain", rate * target, 1), ("loss", rate * species, -1)):
            self.reaction_list.append(
                Reaction(
                    f"{species.name}_{suffix}",
                    sp.sympify(law),
                    ((species.name, sp.Integer(sign)),),
                    self.name,
                    place,
                )
            )

    def observable(self, name: str, expression: Any, *, unit: str, description: str = "") -> None:
        """Declare something to look at."""
        self.observable_list.append(
            Observable(name, sp.sympify(expression), unit, description, self.name, _place())
        )

    def conserves(
        self, name: str, species: Iterable[sp.Symbol], *, open_to: Iterable[str] = ()
    ) -> None:
        """Declare that `species` together change only through the `open_to` reactions."""
        names = tuple(item.name for item in species)
        self.conservation_list.append(
            Conservation(name, names, tuple(open_to), self.name, _place())
        )


_symbol = symbol  # `species` and others have an argument of this name


def _amounts(amounts: Amounts) -> dict[str, sp.Expr]:
    if amounts is None:
        return {}
    if isinstance(amounts, sp.Symbol):
        return {amounts.name: sp.Integer(1)}
    if isinstance(amounts, Mapping):
        return {item.name: sp.sympify(value) for item, value in amounts.items()}
    return {item.name: sp.Integer(1) for item in amounts}


def _place() -> Place:
    """Return the first line outside this file on the way up the stack."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    path = Path(frame.f_code.co_filename)
    return Place("/".join(path.parts[-2:]), frame.f_lineno)
