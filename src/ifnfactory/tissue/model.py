"""A cell model as data: quantities inside a cell, fields around it, rates, transitions, updates.

Nothing here computes. `model_file` reads a model and refuses a wrong one, `codegen` turns it into a
compiled kernel, `reference` carries it out slowly, one cell at a time. Times are minutes inside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ifnfactory.foundation.errors import ModelError
from ifnfactory.tissue.parts import (
    AgentKind,
    FactorySpec,
    FieldSpec,
    Input,
    LatticeSpec,
    Measure,
    Neighbours,
    OdeBlock,
    Pool,
    Quantity,
    Rate,
    Relaxation,
    Resident,
    Seeding,
    Transition,
)


@dataclass(frozen=True)
class Model:
    """A cell model.

    Attributes
    ----------
    cell_step, field_step
        Minutes. The longer is a whole multiple of the shorter.
    lets
        Named expressions of the start of a cell step.
    transit
        Mean time of the blood in a lobule [min], over rates; "0" where no field meets the blood.
    """

    name: str
    title: str
    reference: str
    lattice: LatticeSpec
    cell_step: float
    field_step: float
    hours: float
    rates: tuple[Rate, ...]
    inputs: tuple[Input, ...]
    quantities: tuple[Quantity, ...]
    fields: tuple[FieldSpec, ...]
    pools: tuple[Pool, ...]
    residents: tuple[Resident, ...]
    neighbours: tuple[Neighbours, ...]
    lets: tuple[tuple[str, str], ...]
    transitions: tuple[Transition, ...]
    relaxations: tuple[Relaxation, ...]
    odes: tuple[OdeBlock, ...]
    agents: tuple[AgentKind, ...]
    agent_step: float
    seeding: Seeding
    measures: tuple[Measure, ...]
    transit: str
    factory: FactorySpec

    @property
    def macro_step(self) -> float:
        """Minutes after which cells have seen their fields, and fields their cells."""
        return max(self.cell_step, self.field_step)

    @property
    def cell_substeps(self) -> int:
        """Cell steps in a macro step."""
        return max(1, round(self.field_step / self.cell_step))

    @property
    def constants(self) -> dict[str, float]:
        """Names of phases as numbers."""
        return {
            phase: float(index)
            for quantity in self.quantities
            for index, phase in enumerate(quantity.phases)
        }

    def quantity_index(self, name: str) -> int:
        """Return the place of a quantity in `State.quantities`."""
        return [quantity.name for quantity in self.quantities].index(name)

    def field_index(self, name: str) -> int:
        """Return the place of a field in `State.fields`."""
        return [field.name for field in self.fields].index(name)

    def rate_value(self, name: str) -> float:
        """Return a rate in its own unit."""
        return next(rate.value for rate in self.rates if rate.name == name)

    def with_rates(self, **values: float) -> Model:
        """Return the model with other values of rates, each in the unit of that rate.

        Raises
        ------
        ModelError
            If there is no such rate.
        """
        unknown = sorted(set(values) - {rate.name for rate in self.rates})
        if unknown:
            raise ModelError(f"{self.name} has no rate {', '.join(unknown)}")
        return self.with_values(values)

    def with_values(self, values: Mapping[str, float]) -> Model:
        """Return the model with other values of rates and inputs; other names change nothing."""
        rates = tuple(replace(r, value=float(values.get(r.name, r.value))) for r in self.rates)
        inputs = tuple(replace(i, value=float(values.get(i.name, i.value))) for i in self.inputs)
        return replace(self, rates=rates, inputs=inputs)

    @property
    def fingerprint(self) -> str:
        """Hash of the model's structure: what the kernel depends on, which the values are not."""
        bare = replace(
            self,
            rates=tuple(replace(rate, value=0.0, factor=1.0) for rate in self.rates),
            inputs=tuple(replace(item, value=0.0) for item in self.inputs),
            factory=FactorySpec(),
        )
        return hashlib.sha256(repr(bare).encode()).hexdigest()
