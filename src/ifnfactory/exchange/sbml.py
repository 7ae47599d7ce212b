"""SBML Level 3 of any network, so that other simulators can check ours.

States are amounts in one compartment of size one; processes are reactions with kinetic laws;
named quantities and observables are assignment rules; inputs are parameters that may change.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ifnfactory.exchange.formula import infix
from ifnfactory.exchange.sbml_units import sbml_units
from ifnfactory.foundation.errors import MissingExtraError, ModelError
from ifnfactory.network.model import TIME_UNIT, Network

Floats = NDArray[np.float64]

_COMPARTMENT = "patient"


def write_sbml(
    network: Network,
    path: Path | str,
    constants: Floats | None = None,
    initial: Floats | None = None,
) -> None:
    """Write `sbml_text` to `path`, all of it or nothing.

    Raises
    ------
    MissingExtraError
        If python-libsbml is not installed.
    """
    target = Path(path)
    text = sbml_text(network, constants, initial)
    draft = target.with_name(f".{target.name}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(target)


def sbml_text(
    network: Network, constants: Floats | None = None, initial: Floats | None = None
) -> str:
    """Return one patient of `network` as SBML Level 3 Version 1.

    Parameters
    ----------
    constants
        Shape (len(network.constant_names),); without it the typical values, and no value where a
        parameter is derived for each patient.
    initial
        Shape (len(network.species_names),); without it the declared values.

    Raises
    ------
    MissingExtraError
        If python-libsbml is not installed.
    ValueError
        If an array has the wrong shape.
    """
    try:
        import libsbml  # noqa: PLC0415 (optional, and slow to import)
    except ImportError as error:
        raise MissingExtraError("python-libsbml", "sbml") from error
    values = _values(network, constants)
    start = _start(network, initial)
    document: Any = libsbml.SBMLDocument(3, 1)  # pyright: ignore[reportAttributeAccessIssue]
    model = document.createModel()
    writer = _Writer(libsbml, model)
    model.setId(network.name)
    model.setTimeUnits(writer.units(TIME_UNIT))
    model.setSubstanceUnits("dimensionless")
    model.setExtentUnits("dimensionless")
    writer.compartment()
    for item, value in zip(network.species, start, strict=True):
        note = f"{item.description} [{item.unit}]"
        writer.species(item.name, value, item.unit, note)
    for index, item in enumerate(network.parameters):
        note = f"{item.description} [{item.unit}]; {item.source}"
        writer.parameter(item.name, values[index], item.unit, note, constant=True)
    for index, item in enumerate(network.inputs, start=len(network.parameters)):
        note = f"{item.description} [{item.unit}]; set by a regimen"
        writer.parameter(item.name, values[index], item.unit, note, constant=False)
    taken = {_COMPARTMENT, *network.species_names, *network.constant_names}
    taken |= {item.name for item in network.quantities}
    for item in network.quantities:
        writer.rule(item.name, item.expression, item.unit, f"{item.description} [{item.unit}]")
    for item in network.observables:
        name = _free(item.name, "observed", taken)
        writer.rule(name, item.expression, item.unit, f"{item.description} [{item.unit}]")
    for item in network.reactions:
        for name, rate, amounts in _numeric(item.name, item.rate, item.stoichiometry):
            writer.reaction(_free(name, "process", taken), rate, amounts)
    return str(libsbml.writeSBMLToString(document))  # pyright: ignore[reportAttributeAccessIssue]


def _free(name: str, prefix: str, taken: set[str]) -> str:
    """Return an id that is not taken, and take it: SBML has one name space for everything."""
    while name in taken:
        name = f"{prefix}_{name}"
    taken.add(name)
    return name


def _values(network: Network, constants: Floats | None) -> Floats:
    if constants is not None:
        return _shaped(constants, len(network.constant_names), "constants")
    typical = [math.nan if p.value is None else p.value for p in network.parameters]
    return np.array([*typical, *(item.default for item in network.inputs)])


def _start(network: Network, initial: Floats | None) -> Floats:
    if initial is not None:
        return _shaped(initial, len(network.species), "initial values")
    return np.array([math.nan if s.initial is None else s.initial for s in network.species])


def _shaped(values: Floats, size: int, what: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (size,):
        raise ValueError(f"{what} of one patient have shape ({size},), not {array.shape}")
    return array


Amounts = tuple[tuple[str, float], ...]


def _numeric(
    name: str, rate: sp.Expr, stoichiometry: Iterable[tuple[str, sp.Expr]]
) -> list[tuple[str, sp.Expr, Amounts]]:
    """Split off what has a symbolic coefficient: it becomes a reaction with it in the rate."""
    plain: list[tuple[str, float]] = []
    parts: list[tuple[str, sp.Expr, Amounts]] = []
    for species, coefficient in stoichiometry:
        if coefficient.is_zero:
            continue
        if coefficient.is_Number:
            plain.append((species, float(coefficient)))
        else:
            scaled = sp.Mul(coefficient, rate)
            parts.append((f"{name}_of_{species}", scaled, ((species, 1.0),)))
    return [(name, rate, tuple(plain)), *parts] if plain else parts


class _Writer:
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
        item = self._model.createCompartment()
        item.setId(_COMPARTMENT)
        item.setSpatialDimensions(3)
        item.setSize(1.0)
        item.setUnits("dimensionless")
        item.setConstant(True)

    def species(self, name: str, value: float, unit: str, note: str) -> None:
        self._species.add(name)
        item = self._model.createSpecies()
        item.setId(name)
        item.setCompartment(_COMPARTMENT)
        item.setHasOnlySubstanceUnits(True)
        item.setBoundaryCondition(False)
        item.setConstant(False)
        fits = sbml_units(unit).is_substance
        item.setSubstanceUnits(self.units(unit) if fits else "dimensionless")
        if math.isfinite(value):
            item.setInitialAmount(float(value))
        self._note(item, note, fits)

    def parameter(self, name: str, value: float, unit: str, note: str, *, constant: bool) -> Any:
        item = self._model.createParameter()
        item.setId(name)
        item.setConstant(constant)
        item.setUnits(self.units(unit))
        if math.isfinite(value):
            item.setValue(float(value))
        self._note(item, note, sbml_units(unit).complete)
        return item

    def rule(self, name: str, expression: sp.Expr, unit: str, note: str) -> None:
        self.parameter(name, math.nan, unit, note, constant=False)
        rule = self._model.createAssignmentRule()
        rule.setVariable(name)
        rule.setMath(self._math(expression))

    def reaction(self, name: str, rate: sp.Expr, amounts: Amounts) -> None:
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
