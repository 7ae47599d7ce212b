"""SBML Level 3 of any network, so that other simulators can check ours.

States are amounts in one compartment of size one; processes are reactions with kinetic laws;
named quantities and observables are assignment rules; inputs are parameters that may change.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ifnfactory.exchange.sbml_writer import COMPARTMENT, Amounts, SbmlWriter
from ifnfactory.foundation.errors import MissingExtraError
from ifnfactory.network.model import TIME_UNIT, Network

Floats = NDArray[np.float64]


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
    writer = SbmlWriter(libsbml, model)
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
    taken = {COMPARTMENT, *network.species_names, *network.constant_names}
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
