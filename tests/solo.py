"""Runs one chapter alone: its ports are constants, and SciPy's LSODA integrates it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from ifnfactory.biology.targeted_drugs import ADDITIONS, BLOCKS
from ifnfactory.foundation.evidence import Source
from ifnfactory.network.compose import compose
from ifnfactory.network.evaluate import changes, observables
from ifnfactory.network.model import Network
from ifnfactory.network.module import Module

Floats = NDArray[np.float64]


class Course:
    """A solved course: columns by the names of states and observables."""

    def __init__(self, network: Network, days: Floats, states: Floats, constants: Floats) -> None:
        self.days = days
        self.states = states
        seen = observables(network)(states, np.repeat(constants[:, None], days.size, axis=1))
        self._columns = dict(zip(network.species_names, states, strict=True))
        for item, values in zip(network.observables, seen, strict=True):
            self._columns.setdefault(item.name, values)

    def __getitem__(self, name: str) -> Floats:
        return self._columns[name]


class Solo:
    """A network with values for everything, ready to run and to go on."""

    def __init__(
        self, network: Network, constants: Mapping[str, float], initial: Mapping[str, float]
    ) -> None:
        self.network = network
        self.constants = {p.name: p.value for p in network.parameters}
        self.constants |= {i.name: i.default for i in network.inputs}
        self.set(**constants)
        declared = {s.name: s.initial for s in network.species}
        unknown = set(initial) - set(declared)
        assert not unknown, unknown
        values = {**declared, **initial}
        self.x = np.array([values[name] for name in network.species_names], dtype=float)
        assert np.all(np.isfinite(self.x)), "an initial value is missing"

    def set(self, **constants: float) -> None:
        unknown = set(constants) - set(self.constants)
        assert not unknown, unknown
        self.constants |= constants

    def add(self, species: str, amount: float) -> None:
        self.x[self.network.species_names.index(species)] += amount

    def run(self, days: Sequence[float] | Floats, rtol: float = 1e-9) -> Course:
        """Integrate to the last of `days` (counted from now) and stay there."""
        k = np.array([self.constants[name] for name in self.network.constant_names], dtype=float)
        assert np.all(np.isfinite(k)), "a constant is missing"
        f = changes(self.network)
        atol = np.array([s.absolute_tolerance for s in self.network.species]) * 1e-3
        times = np.asarray(days, dtype=float)
        solution = solve_ivp(
            lambda _t, x: f(x, k),
            (0.0, times[-1]),
            self.x,
            method="LSODA",
            t_eval=times,
            rtol=rtol,
            atol=atol,
        )
        assert solution.success, solution.message
        self.x = solution.y[:, -1].copy()
        return Course(self.network, times, solution.y, k)


def _without_drugs(constants: Mapping[str, float]) -> dict[str, float]:
    """Return what ports are that differ only under drugs with other targets."""
    neutral = {f"{name}_left": 1.0 for name, *_ in BLOCKS}
    neutral |= {f"{name}_added": 0.0 for name, *_ in ADDITIONS}
    neutral["hepatic_only_exposure"] = 0.0
    for name, same in (
        ("immune_excess", "interferon_excess"),
        ("hbsag_made", "surface_antigen"),
    ):
        neutral[name] = constants.get(same, 0.0)
    return neutral


def alone(
    chapter: Module, constants: Mapping[str, float], initial: Mapping[str, float] | None = None
) -> Solo:
    """Return `chapter` with its ports declared as constants.

    Every one needs a value, but those through which rarely used drugs act.
    """
    neutral = _without_drugs(constants)
    given = {name: value for name, value in neutral.items() if name in chapter.needs} | dict(
        constants
    )
    ports = Module("ports", "Ports held constant")
    for name, (unit, _place) in chapter.needs.items():
        ports.constant(
            name,
            symbol=name,
            unit=unit,
            value=given[name],
            source=Source("held constant in a test", "prior"),
            description="",
        )
    return Solo(compose("alone", [ports, chapter]), given, initial or {})
