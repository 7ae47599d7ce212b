"""Checks of the system that a user can run: units, balance, untreated state, loop gain, sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.biology.system import build_system
from ifnfactory.biology.typical import STRATA, Stratum, typical_patient
from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.units import parse_unit
from ifnfactory.network.compose import balance_faults
from ifnfactory.network.evaluate import changes, turnovers
from ifnfactory.network.model import Network, Parameter
from ifnfactory.network.units_check import unit_faults

Floats = NDArray[np.float64]

CLOCKS: Final = ("seroconversion_clock", "release_clock")
"""States that move without treatment: cumulative hazards."""

_NEUTRAL: Final = "lamivudine_resistant_share"  # keeps any value while lamivudine is not taken

_LOOP: Final = ("endogenous_interferon", "priming", "socs1", "isg", "usp18", "antiviral_state")
_RESIDUAL: Final = 1e-10
_STEP: Final = 1e-7


@dataclass(frozen=True)
class CheckRow:
    """The outcome of one check.

    Attributes
    ----------
    name
        What was checked.
    passed
        Whether it holds.
    detail
        The number found, or every fault.
    """

    name: str
    passed: bool
    detail: str


def check_system(network: Network | None = None) -> tuple[CheckRow, ...]:
    """Check the hepatitis B system, or `network` in its place.

    Returns
    -------
    tuple of CheckRow
        One row a check; a system that cannot even be composed gives one failed row.
    """
    if network is None:
        try:
            network = build_system()
        except ModelError as error:
            return (CheckRow("declarations", False, str(error)),)
    rows = [*_declared(network), *_laws(network)]
    if all(row.passed for row in rows):
        for stratum in STRATA:
            rows += _untreated(network, stratum)
    return tuple(rows)


def _declared(network: Network) -> Iterator[CheckRow]:
    sides = len(network.quantities) + len(network.reactions) + len(network.observables)
    yield _row("units of every right-hand side", unit_faults(network), f"{sides} expressions")
    idle = [
        f"{item.place}: species '{item.name}' has no equation"
        for item in network.species
        if network.equations[item.name] == 0
    ]
    yield _row("every species has an equation", idle, f"{len(network.species)} species")
    unsourced = [text for item in network.parameters for text in _source_faults(item)]
    yield _row("every parameter is sourced", unsourced, f"{len(network.parameters)} parameters")


def _source_faults(item: Parameter) -> Iterator[str]:
    if len(item.source.text.split()) < 2:
        yield f"{item.place}: parameter '{item.name}' has no citation or reason"
    if not item.description.strip():
        yield f"{item.place}: parameter '{item.name}' has no description"
    try:
        parse_unit(item.unit)
    except ValueError as error:
        yield f"{item.place}: parameter '{item.name}': {error}"


def _laws(network: Network) -> Iterator[CheckRow]:
    for law in network.conservations:
        faults = balance_faults(replace(network, conservations=(law,)))
        yield _row(f"conservation of {law.name}", faults, f"{len(law.species)} species")


def _untreated(network: Network, stratum: Stratum) -> Iterator[CheckRow]:
    patient = typical_patient(network, stratum)
    x, k = patient.initial[0], patient.constants[0]
    who = stratum.replace("_", "-").replace("hbeag", "HBeAg")
    moving = np.array([name not in CLOCKS for name in network.species_names])
    residual = np.abs(changes(network)(x, k)) / np.maximum(turnovers(network)(x, k), 1e-300)
    residual = np.where(moving, residual, 0.0)
    worst = int(np.argmax(residual))
    yield CheckRow(
        f"untreated state of the typical {who} patient",
        bool(residual[worst] < _RESIDUAL),
        f"largest residual {residual[worst]:.1e} of turnover, in {network.species_names[worst]}",
    )
    bound = np.array([name not in (*CLOCKS, _NEUTRAL) for name in network.species_names])
    slowest = max(
        float(np.max(np.linalg.eigvals(_slopes(network, x, k, step)[np.ix_(bound, bound)]).real))
        for step in (_STEP, -_STEP)
    )
    yield CheckRow(
        f"untreated state of the typical {who} patient is stable",
        slowest < 0.0,
        f"slowest return {slowest:.1e} 1/day",
    )
    gain = loop_gain(network, x, k)
    yield CheckRow(
        f"interferon loop gain of the typical {who} patient is below one", gain < 1.0, f"{gain:.3f}"
    )


def loop_gain(network: Network, states: Floats, constants: Floats) -> float:
    """Return the gain of the endogenous interferon loop at given states.

    It is the rise of interferon production per rise of interferon once response, priming and
    brakes have followed; at one or above the loop would sustain itself.

    Parameters
    ----------
    states
        Shape (species,).
    constants
        Shape (constants,).
    """
    index = [network.species_names.index(name) for name in _LOOP]
    slopes = _slopes(network, states, constants, _STEP)[np.ix_(index, index)]
    follow = np.linalg.solve(slopes[1:, 1:], -slopes[1:, 0])
    return float(slopes[0, 1:] @ follow / -slopes[0, 0])


def _slopes(network: Network, x: Floats, k: Floats, step: float) -> Floats:
    """Return the Jacobian by one-sided differences: the model has kinks at the untreated state."""
    size = step * np.maximum(np.abs(x), 1e-3)
    moved = x[:, None] + np.diag(size)
    side = changes(network)
    return (side(moved, np.broadcast_to(k[:, None], (k.size, x.size))) - side(x, k)[:, None]) / size


def _row(name: str, faults: Iterable[str], detail: str) -> CheckRow:
    found = tuple(faults)
    return CheckRow(name, not found, "; ".join(found) if found else detail)
