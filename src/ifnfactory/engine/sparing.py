"""An integrator that leaves out species of which there is nothing.

Two kernels: one of the whole network, and one without a group of species. Patients go through the
second as long as nobody has any of the group and no event brings it, and pay nothing for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ifnfactory.engine.batch import Events, Info, Integrator, State
from ifnfactory.network.model import Network
from ifnfactory.network.without import without

Floats = NDArray[np.float64]
Make = Callable[[Network], Integrator]


@dataclass(frozen=True)
class Group:
    """What is often zero: species that only events bring, inputs and parameters."""

    species: tuple[str, ...]
    constants: tuple[str, ...]


class Sparing:
    """Advances a batch with the smaller of two kernels that is enough.

    Parameters
    ----------
    network
        The whole network.
    group
        What is left out where there is none of it.
    make
        Makes the integrator of a network; called when one is first needed.
    """

    def __init__(self, network: Network, group: Group, make: Make) -> None:
        self._network = network
        self._group = group
        self._make = make
        self._without = without(network, group.species, group.constants)
        self._states = _columns(network.species_names, self._without.species_names)
        self._constants = _columns(network.constant_names, self._without.constant_names)
        others = set(range(len(network.species_names))) - set(self._states.tolist())
        self._group_states = sorted(others)
        self._group_constants = [network.constant_names.index(name) for name in group.constants]

    @cached_property
    def whole(self) -> Integrator:
        """The integrator of the whole network."""
        return self._make(self._network)

    @cached_property
    def small(self) -> Integrator:
        """The integrator without the group."""
        return self._make(self._without)

    def __call__(
        self, state: State, until: float, events: Events, outputs: Sequence[float] | Floats
    ) -> tuple[State, Info]:
        """Advance all patients of `state` to `until`."""
        if self._is_used(state, events):
            return self.whole(state, until, events, outputs)
        packed = replace(
            state,
            values=np.ascontiguousarray(state.values[:, self._states]),
            constants=np.ascontiguousarray(state.constants[:, self._constants]),
        )
        moved, info = self.small(packed, until, events, outputs)
        constants = state.constants.copy()
        constants[:, self._constants] = moved.constants
        return (
            replace(moved, values=self._unpacked(moved.values), constants=constants),
            replace(info, output=self._unpacked(info.output)),
        )

    def _is_used(self, state: State, events: Events) -> bool:
        brought = {*self._group.species, *self._group.constants} & set(events.target)
        return (
            bool(brought)
            or bool(np.any(state.values[:, self._group_states]))
            or bool(np.any(state.constants[:, self._group_constants]))
        )

    def _unpacked(self, values: Floats) -> Floats:
        whole = np.zeros((*values.shape[:-1], len(self._network.species_names)))
        whole[..., self._states] = values
        return whole


def _columns(names: Sequence[str], wanted: Sequence[str]) -> NDArray[np.int64]:
    return np.array([names.index(name) for name in wanted], dtype=np.int64)
