"""Where everything of a model lies: in the vector of numbers, among the random purposes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.expressions import names_in
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_check import rate_values
from ifnfactory.tissue.parts import QuantityKind, Relaxation

CHUNK = 2048
"""Cells that a kernel works on at a time: many for each call, their work rows in a core's cache."""

PITCH = CHUNK + 16
"""From one work row to the next: rows whole pages apart would all want the same few cache lines."""

STRIDE = 544
"""Sites from row to row of a tile of a full torus."""

SWEPT = 8
"""Rows of a tile of a full torus that go through all sweeps together."""

RESIDENT_PURPOSES = 1 << 20
"""First purpose of residents; their random numbers do not depend on the step."""

AGENT_PURPOSES = 1 << 21
"""First purpose of agents."""


@dataclass(frozen=True)
class Layout:
    """Places of a model's numbers.

    Attributes
    ----------
    numbers
        Names in the vector ``p``: rates, inputs, pools, ``sites``, then ``gain_i`` of relaxations
        with a rate that is the same for all cells, then ``share_i`` of residents.
    groups
        Quantities that have transitions, in order: each draws one random number a cell step.
    competing
        Indices of the transitions of each group, in the order in which their rates are added up:
        first those that hold still as long as nothing happens to the cell.
    late
        Indices of the relaxations that are carried out once, at the end of a macro step: nothing
        that happens within it looks at their quantities.
    moving
        Quantities that change within a macro step though nothing happens to the cell; none where a
        macro step is one cell step.
    rounded
        Amounts kept in few bits; two of them share one random number a macro step.
    """

    model: Model
    numbers: tuple[str, ...]
    groups: tuple[str, ...]
    competing: tuple[tuple[int, ...], ...]
    still: frozenset[int]
    late: tuple[int, ...]
    moving: tuple[str, ...]
    rounded: tuple[str, ...]

    def number(self, name: str) -> int:
        """Return the place of a number in ``p``."""
        return self.numbers.index(name)

    @property
    def purposes(self) -> int:
        """Random numbers of a cell in a macro step."""
        return self.first_rounding + (len(self.rounded) + 1) // 2

    @property
    def first_rounding(self) -> int:
        """First purpose of rounding; those before wait for transitions."""
        return len(self.groups) * self.model.cell_substeps

    @property
    def first_input(self) -> int:
        """Place of the first input in ``p``."""
        return len(self.model.rates)

    @property
    def first_pool(self) -> int:
        """Place of the first pool in ``p``."""
        return len(self.model.rates) + len(self.model.inputs)


def layout_of(model: Model) -> Layout:
    """Return the layout of a model."""
    numbers = [rate.name for rate in model.rates]
    numbers += [item.name for item in model.inputs]
    numbers += [pool.name for pool in model.pools]
    numbers += ["sites"]
    numbers += [f"gain_{i}" for i, item in enumerate(model.relaxations) if is_shared(model, item)]
    numbers += [f"share_{i}" for i in range(len(model.residents))]
    groups = tuple(dict.fromkeys(item.quantity for item in model.transitions))
    rounded = tuple(
        quantity.name
        for quantity in model.quantities
        if quantity.kind is QuantityKind.AMOUNT and quantity.bits < 32
    )
    late = _late(model)
    moving = _moving(model, late)
    still = frozenset(
        index
        for index, item in enumerate(model.transitions)
        if not names_seen(model, (item.rate, item.when)) & set(moving)
    )
    competing = tuple(
        tuple(sorted(
            (i for i, item in enumerate(model.transitions) if item.quantity == name),
            key=lambda i: i not in still,
        ))
        for name in groups
    )  # fmt: skip
    return Layout(model, tuple(numbers), groups, competing, still, late, moving, rounded)


def _late(model: Model) -> tuple[int, ...]:
    """Return the relaxations whose quantities no cell step looks at, not even their own target.

    Towards a target that holds still a relaxation is exact for any step; towards one that moves it
    is late by no more than a macro step.
    """
    if model.cell_substeps == 1:
        return ()
    texts = [text for item in model.transitions for text in (item.when, item.rate)]
    texts += [text for item in model.transitions for _, text in item.sets]
    texts += [text for item in model.relaxations for text in (item.rate, item.target)]
    seen = names_seen(model, texts)
    times = Counter(item.quantity for item in model.relaxations)
    return tuple(
        index
        for index, item in enumerate(model.relaxations)
        if item.quantity not in seen
        and times[item.quantity] == 1
        and is_shared(model, item)
        and "dt" not in names_seen(model, [item.target])
    )


def _moving(model: Model, late: tuple[int, ...]) -> tuple[str, ...]:
    if model.cell_substeps == 1:
        return ()
    return tuple(dict.fromkeys(
        item.quantity for index, item in enumerate(model.relaxations) if index not in late
    ))  # fmt: skip


def names_seen(model: Model, texts: Iterable[str]) -> set[str]:
    """Return all names that texts use, those of the lets that they use included."""
    lets = dict(model.lets)
    found: set[str] = set()
    waiting = [name for text in texts for name in names_in(text)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += names_in(lets[name]) if name in lets else []
    return found


def is_shared(model: Model, item: Relaxation) -> bool:
    """Return whether the rate of a relaxation is the same for all cells at all times."""
    return names_in(item.rate) <= {rate.name for rate in model.rates}


def numbers_of(layout: Layout, sites: int, pools: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the vector ``p`` at the start of a run."""
    model, rates = layout.model, rate_values(layout.model)
    values = [
        *rates.values(),
        *(item.value for item in model.inputs),
        *map(float, pools),
        float(sites),
    ]
    for index, item in enumerate(model.relaxations):
        if is_shared(model, item):
            step = model.macro_step if index in layout.late else model.cell_step
            values.append(-float(np.expm1(-evaluate(item.rate, rates) * step)))
    values += [float(evaluate(item.fraction, rates)) for item in model.residents]
    return np.array(values, dtype=np.float32)
