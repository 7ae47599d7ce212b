"""Rules tried on a cell at rest: no signal around it, its quantities at their start.

A rule that is no number there, or a negative rate, is a slip that the kernel would carry on with:
`0 / 0` would be an event for sure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.lines import Path
from ifnfactory.foundation.schema_faults import Fault
from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_check import rate_values
from ifnfactory.tissue.parts import Quantity, QuantityKind

CASES_MOST: Final = 100_000
"""Combinations of phases and residents beyond which rules are tried on the first ones only."""

Values = Mapping[str, Any]


def rest_faults(model: Model) -> list[Fault]:
    """Return which rules are no number, negative or out of range in a cell at rest."""
    with np.errstate(all="ignore"):
        values = _resting(model)
        found = [
            _fault(path, what, text, when, values, signed)
            for path, what, text, when, signed in _rules(model)
        ]
        found += [*_level_faults(model), *_set_faults(model, values)]
    return [fault for fault in found if fault is not None]


def _resting(model: Model, over: Quantity | None = None) -> Values:
    """Return every name over all phases and residents, and over the values of a quantity."""
    axes: dict[str, NDArray[np.float64]] = {}
    for item in model.quantities:
        if item.kind is QuantityKind.PHASE or item is over:
            axes[item.name] = np.arange(item.maximum + 1.0)
    for name in (*(resident.name for resident in model.residents), "lit"):
        axes[name] = np.array([0.0, 1.0])
    while np.prod([axis.size for axis in axes.values()]) > CASES_MOST:
        longest = max(axes, key=lambda name: axes[name].size)
        axes[longest] = axes[longest][: axes[longest].size // 2]
    grid = np.meshgrid(*axes.values(), indexing="ij")
    values: dict[str, Any] = {name: np.float64(x) for name, x in rate_values(model).items()}
    values |= {item.name: np.float64(item.value) for item in model.inputs}
    values |= {name: np.float64(x) for name, x in model.constants.items()}
    values |= {item.name: np.float64(item.initial) for item in model.quantities}
    values |= {item.name: np.float64(0.0) for item in (*model.fields, *model.neighbours)}
    values |= {item.name: np.float64(item.initial) for item in model.pools}
    values |= {"dt": np.float64(model.cell_step), "sites": np.float64(1e4), "zone": np.float64(0.5)}
    values |= {name: axis.ravel() for name, axis in zip(axes, grid, strict=True)}
    for name, text in model.lets:
        values[name] = evaluate(text, values, np.float64)
    return values


def _rules(model: Model) -> Iterator[tuple[Path, str, str, str, bool]]:
    """Return path, words, text, condition, and whether it may be negative, of each rule."""
    for field in model.fields:
        at = ("fields", field.name)
        yield (*at, "secretion"), f"secretion of {field.name}", field.secretion, "1", False
        yield (*at, "arriving"), f"what arrives of {field.name}", field.arriving, "1", False
    for pool in model.pools:
        at = ("pools", pool.name, "secretion")
        yield at, f"secretion of {pool.name}", pool.secretion, "1", False
    for index, rule in enumerate(model.transitions):
        yield ("transitions", index, "rate"), f"rate of {rule.name}", rule.rate, rule.when, False
    for index, item in enumerate(model.relaxations):
        at = ("relax", index)
        yield (*at, "rate"), f"rate of {item.quantity}", item.rate, "1", False
        yield (*at, "target"), f"target of {item.quantity}", item.target, "1", True
    for index, block in enumerate(model.odes):
        for name, text in block.equations:
            yield ("ode", index, "equations", name), f"slope of {name}", text, "1", True
    for agent in model.agents:
        at = ("agents", agent.name)
        for key in ("lights", "rests"):
            yield (*at, key), f"{key} of {agent.name}", getattr(agent, key), "1", False
        for index, deed in enumerate(agent.deeds):
            path = (*at, "deeds", index, "rate")
            yield path, f"rate of {agent.name}, {deed.name}", deed.rate, deed.when, False


def _fault(
    path: Path, what: str, text: str, when: str, values: Values, signed: bool
) -> Fault | None:
    found = np.asarray(evaluate(text, values, np.float64), dtype=np.float64)
    here = np.asarray(evaluate(when, values, np.float64)) != 0.0
    if np.any(here & ~np.isfinite(found)):
        fix = "look for a division by zero: no signal is there yet, quantities are at their start"
        return Fault(path, f"{what} is no number in a cell at rest", fix)
    if not signed and np.any(here & (found < 0.0)):
        return Fault(path, f"{what} is negative in a cell at rest", "make it 0 or more")
    return None


def _level_faults(model: Model) -> Iterator[Fault]:
    """Return which changes leave the range of their quantity though their condition holds."""
    quantities = {item.name: item for item in model.quantities}
    for index, rule in enumerate(model.transitions):
        if rule.change is None:
            continue
        item = quantities[rule.quantity]
        values = _resting(model, item)
        here = np.asarray(evaluate(rule.when, values, np.float64)) != 0.0
        after = np.asarray(values[item.name]) + rule.change
        out = after[np.broadcast_to(here, after.shape) & ((after < 0.0) | (after > item.maximum))]
        if out.size:
            told = f"{rule.name}: {item.name} would become {out[0]:g}"
            fix = f"add to when what keeps it from 0 to {item.maximum:g}"
            yield Fault(("transitions", index, "when"), told, fix)


def _set_faults(model: Model, values: Values) -> Iterator[Fault]:
    quantities = {item.name: item for item in model.quantities}
    sets: list[tuple[Path, str, tuple[tuple[str, str], ...]]]
    sets = [(("seeding", "sets"), "the seeding", model.seeding.sets)]
    sets += [(("transitions", i, "sets"), r.name, r.sets) for i, r in enumerate(model.transitions)]
    for agent in model.agents:
        for index, deed in enumerate(agent.deeds):
            sets.append((("agents", agent.name, "deeds", index, "sets"), deed.name, deed.sets))
    for path, what, pairs in sets:
        for name, text in pairs:
            item = quantities[name]
            value = np.asarray(evaluate(text, values, np.float64))
            free = item.kind is QuantityKind.AMOUNT and item.bits == 32
            inside = np.isfinite(value) & (free | ((value >= 0.0) & (value <= item.maximum)))
            if not np.all(inside):
                told = f"{what} sets {name} to {float(value[~inside].ravel()[0]):g}"
                limit = f"give a number from 0 to {item.maximum:g}"
                fix = "give a number" if free else limit
                yield Fault((*path, name), told, fix)
