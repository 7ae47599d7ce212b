"""What a cell can hold, and whether its rules stay within it; every fault at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ifnfactory.foundation.schema_faults import Fault
from ifnfactory.tissue.columns import columns
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.parts import Quantity, QuantityKind


def range_faults(model: Model) -> list[Fault]:
    """Return what does not fit into a quantity, jumps out of it, and columns of one name."""
    return [*_quantity_faults(model), *_jump_faults(model), *_column_faults(model)]


def _quantity_faults(model: Model) -> Iterator[Fault]:
    for item in model.quantities:
        at = ("quantities", item.name)
        counted = item.kind is not QuantityKind.AMOUNT
        most = 2**item.bits - 1
        if counted and item.maximum > most:
            told = f"{item.name}: numbers up to {item.maximum:g} do not fit into {item.bits} bits"
            yield Fault((*at, "bits"), told, "write bits = 16, or fewer of them")
        if counted and item.maximum % 1.0:
            told = f"{item.name}: a level up to {item.maximum:g} is no whole number"
            yield Fault((*at, "maximum"), told, "write a whole number")
        if not _holds(item, item.initial):
            told = f"{item.name} cannot start at {item.initial:g}"
            yield Fault((*at, "initial"), told, _within(item))
    if model.lattice.kind == "hex" and model.lattice.block > 1:
        told = "a cell of several voxels is a block, not a hexagon"
        yield Fault(("lattice", "block"), told, 'write kind = "blocks", or leave block out')


def _jump_faults(model: Model) -> Iterator[Fault]:
    quantities = {item.name: item for item in model.quantities}
    for index, rule in enumerate(model.transitions):
        item = quantities.get(rule.quantity)
        if item is None:
            continue
        if rule.to is not None and not _holds(item, rule.to):
            told = f"{rule.name}: {item.name} cannot become {rule.to:g}"
            yield Fault(("transitions", index, "to"), told, _within(item))
        if rule.change is not None and not 0 < abs(rule.change) <= item.maximum:
            told = f"{rule.name}: {item.name} cannot change by {rule.change}"
            fix = f"write 1 or -1, or at most {item.maximum:g}"
            yield Fault(("transitions", index, "change"), told, fix)


def _holds(item: Quantity, value: float) -> bool:
    if item.kind is QuantityKind.AMOUNT and item.bits == 32:
        return True
    whole = item.kind is QuantityKind.AMOUNT or not value % 1.0
    return whole and 0.0 <= value <= item.maximum


def _within(item: Quantity) -> str:
    if item.phases:
        return f"its phases are {', '.join(item.phases)}"
    kind = "a number" if item.kind is QuantityKind.AMOUNT else "a whole number"
    return f"write {kind} from 0 to {item.maximum:g}"


def _column_faults(model: Model) -> Iterator[Fault]:
    """Return which names would stand twice over the columns of a run's table."""
    twice = {name for name, n in Counter(("replicate", *columns(model).names)).items() if n > 1}
    tables = {
        "measures": [item.name for item in model.measures],
        "pools": [item.name for item in model.pools],
    }
    for table, names in tables.items():
        for name in names:
            if name in twice:
                told = f"{name!r} is the name of another column of the table of measures"
                yield Fault((table, name), told, "give it another name")
