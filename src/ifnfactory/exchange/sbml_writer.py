"""The elements of an SBML model, added one by one."""

from __future__ import annotations

import math
from html import escape
from typing import Any, Final, TypeAlias

import sympy as sp

from ifnfactory.exchange.formula import infix
from ifnfactory.exchange.sbml_units import sbml_units
from ifnfactory.foundation.errors import ModelError

COMPARTMENT: Final = "patient"

Amounts: TypeAlias = tuple[tuple[str, float], ...]
"""Species ids and what one turn of a reaction gives (or, negative, takes) of each."""


class SbmlWriter:
    """Adds elements to an SBML model; remembers which unit definitions it has."""

    def __init__(self, libsbml: Any, model: Any) -> None:
        self._sbml = libsbml
        self._model = model
        self._units: set[str] = {"dimensionless"}
        self._species: set[str] = set()

    def units(self, text: str) -> str:
        """Return the id of the definition of unit `text`, made when first asked for."""
        wanted = sbml_units(text)
        if wanted.identifier not in self._units:
            self._units.add(wanted.identifier)
            definition = self._model.createUnitDefinition()
            definition.setId(wanted.identifier)
            for factor in wanted.factors:
                unit = definition.createUnit()
                unit.setKind(self._sbml.UnitKind_forName(factor.kind))
                unit.setExponent(factor.exponent)
                unit.setScale(0)
                unit.setMultiplier(factor.multiplier)
        return wanted.identifier

    def compartment(self) -> None:
        """Add the one compartment."""
        item = self._model.createCompartment()
        item.setId(COMPARTMENT)
        item.setSpatialDimensions(3)
        item.setSize(1.0)
        item.setUnits("dimensionless")
        item.setConstant(True)

    def species(self, name: str, value: float, unit: str, note: str) -> None:
        """Add a state."""
        self._species.add(name)
        item = self._model.createSpecies()
        item.setId(name)
        item.setCompartment(COMPARTMENT)
        item.setHasOnlySubstanceUnits(True)
        item.setBoundaryCondition(False)
        item.setConstant(False)
        fits = sbml_units(unit).is_substance
        item.setSubstanceUnits(self.units(unit) if fits else "dimensionless")
        if math.isfinite(value):
            item.setInitialAmount(float(value))
        self._note(item, note, fits)

    def parameter(self, name: str, value: float, unit: str, note: str, *, constant: bool) -> Any:
        """Add a constant, or a parameter that may change."""
        item = self._model.createParameter()
        item.setId(name)
        item.setConstant(constant)
        item.setUnits(self.units(unit))
        if math.isfinite(value):
            item.setValue(float(value))
        self._note(item, note, sbml_units(unit).complete)
        return item

    def rule(self, name: str, expression: sp.Expr, unit: str, note: str) -> None:
        """Add a parameter that is assigned by `expression`."""
        self.parameter(name, math.nan, unit, note, constant=False)
        rule = self._model.createAssignmentRule()
        rule.setVariable(name)
        rule.setMath(self._math(expression))

    def reaction(self, name: str, rate: sp.Expr, amounts: Amounts) -> None:
        """Add a process; `amounts` are negative for what it takes."""
        item = self._model.createReaction()
        item.setId(name)
        item.setReversible(False)
        item.setFast(False)
        for changed, coefficient in amounts:
            part = item.createReactant() if coefficient < 0 else item.createProduct()
            part.setSpecies(changed)
            part.setStoichiometry(abs(coefficient))
            part.setConstant(True)
        named = {symbol.name for symbol in rate.free_symbols if isinstance(symbol, sp.Symbol)}
        for other in sorted((named & self._species) - {changed for changed, _ in amounts}):
            item.createModifier().setSpecies(other)
        item.createKineticLaw().setMath(self._math(rate))

    def _math(self, expression: sp.Expr) -> Any:
        text = infix(expression)
        tree = self._sbml.parseL3Formula(text)
        if tree is None:
            raise ModelError(f"libSBML cannot read {text}: {self._sbml.getLastParseL3Error()}")
        return tree

    def _note(self, item: Any, note: str, complete: bool) -> None:
        if not complete:
            note += "; SBML has no such unit, so this is declared dimensionless or in part"
        item.setNotes(f'<p xmlns="http://www.w3.org/1999/xhtml">{escape(note)}</p>')
