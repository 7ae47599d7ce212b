"""Unit algebra over every right-hand side, quantity and observable of a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import pint
import sympy as sp

from ifnfactory.foundation.units import parse_unit, registry
from ifnfactory.network.model import TIME_UNIT, Network


class UnitError(Exception):
    """Two units that do not go together."""


def unit_faults(network: Network) -> list[str]:
    """Return one sentence for every place where units do not fit.

    Each names the reaction (or quantity or observable), both units and the line.
    """
    return list(_faults(network))


def _faults(network: Network) -> Iterator[str]:
    units: dict[str, pint.Unit] = {}
    for item in (*network.species, *network.parameters, *network.inputs, *network.quantities):
        try:
            units[item.name] = parse_unit(item.unit)
        except ValueError as error:
            yield f"{item.place}: {item.name}: {error}"
            units[item.name] = registry().dimensionless
    for item in network.quantities:
        yield from _compare(
            "quantity", item.name, str(item.place), item.expression, item.unit, units
        )
    for item in network.observables:
        yield from _compare(
            "observable", item.name, str(item.place), item.expression, item.unit, units
        )
    species = {item.name: item for item in network.species}
    for reaction in network.reactions:
        for name, coefficient in reaction.stoichiometry:
            wanted = f"({species[name].unit}) / {TIME_UNIT}"
            change = sp.Mul(coefficient, reaction.rate)
            yield from _compare(
                "reaction", reaction.name, str(reaction.place), change, wanted, units, name
            )


def _compare(
    kind: str,
    name: str,
    place: str,
    expression: sp.Expr,
    wanted: str,
    units: Mapping[str, pint.Unit],
    of: str = "",
) -> Iterator[str]:
    target = f" of species '{of}'" if of else ""
    try:
        expected = parse_unit(wanted)
        found = unit_of(expression, units)
    except (UnitError, ValueError) as error:
        yield f"{place}: {kind} '{name}'{target}: {error}"
        return
    if found is not None and not same_unit(found, expected):
        yield (
            f"{place}: {kind} '{name}'{target} has unit {_text(found)} "
            f"where {_text(expected)} is needed"
        )


def same_unit(one: pint.Unit, other: pint.Unit) -> bool:
    """Return whether two units measure the same thing on the same scale."""
    if one == other:
        return True
    ratio = (registry().Quantity(1.0, one) / registry().Quantity(1.0, other)).to_base_units()
    return ratio.dimensionless and abs(float(cast("float", ratio.magnitude)) - 1.0) < 1e-9


def unit_of(expression: sp.Expr, units: Mapping[str, pint.Unit]) -> pint.Unit | None:
    """Return the unit of an expression; None for the number zero, which fits everywhere.

    Raises
    ------
    UnitError
        Where terms of different units are added, compared or raised to a power.
    """
    if expression.is_Number:
        return None if expression.is_zero else registry().dimensionless
    if isinstance(expression, sp.Symbol):
        if expression.name not in units:
            raise UnitError(f"unknown name '{expression.name}'")
        return units[expression.name]
    if isinstance(expression, sp.Add | sp.Max | sp.Min):
        return _unit_of_terms(expression, units)
    if isinstance(expression, sp.Mul):
        product = registry().dimensionless
        for factor in expression.args:
            unit = unit_of(factor, units)  # pyright: ignore[reportArgumentType]
            product = product if unit is None else product * unit
        return product
    if isinstance(expression, sp.Pow):
        return _unit_of_power(expression, units)
    raise UnitError(f"no unit rule for {type(expression).__name__} in {expression}")


def _unit_of_terms(expression: sp.Expr, units: Mapping[str, pint.Unit]) -> pint.Unit | None:
    first: pint.Unit | None = None
    for term in expression.args:
        unit = unit_of(term, units)  # pyright: ignore[reportArgumentType]
        if unit is None:
            continue
        if first is not None and not same_unit(first, unit):
            raise UnitError(
                f"{_text(first)} and {_text(unit)} stand in one sum: {sp.sstr(expression)}"
            )
        first = unit if first is None else first
    return first


def _unit_of_power(expression: sp.Pow, units: Mapping[str, pint.Unit]) -> pint.Unit:
    base, exponent = expression.args
    unit = unit_of(base, units)  # pyright: ignore[reportArgumentType]
    if unit is None or unit == registry().dimensionless:
        power = unit_of(exponent, units)  # pyright: ignore[reportArgumentType]
        if power is not None and not same_unit(power, registry().dimensionless):
            raise UnitError(f"the exponent of {sp.sstr(expression)} has unit {_text(power)}")
        return registry().dimensionless
    if not exponent.is_Rational:
        raise UnitError(f"{_text(unit)} is raised to the power {sp.sstr(exponent)}")
    return cast("pint.Unit", unit ** float(exponent))  # pyright: ignore[reportArgumentType]


def _text(unit: pint.Unit) -> str:
    return "1" if unit == registry().dimensionless else f"{unit:~C}"
