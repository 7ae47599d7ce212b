"""How much memory a tissue needs, told before a cell is made."""

from __future__ import annotations

import math
from typing import Final

from ifnfactory.foundation.errors import Problem
from ifnfactory.tissue.model import Model

OBSERVING: Final = 32
"""Bytes a cell that taking a sample needs, measured: clusters of cells, conditions."""
NETWORK: Final = 116
"""Bytes a cell of a sheet that the blood's network takes while a tissue runs."""
BUILDING: Final = 345
"""Bytes a cell of a sheet while lobules and their network are laid, measured."""
SIDE_LEAST: Final = 3


def bytes_of_state(model: Model) -> int:
    """Return the bytes of a cell's quantities and fields."""
    inside = sum(quantity.bits // 8 for quantity in model.quantities)
    return inside + 4 * model.lattice.block**2 * len(model.fields)


def bytes_needed(model: Model, side: int, layers: int, curved: bool) -> int:
    """Return the memory of a run at its peak, beside that of the program itself [bytes].

    A step works on a copy of the last state, with spare fields; a sample looks at it.

    Parameters
    ----------
    curved
        Whether the sheet has lobules: zones, vessels, and a network of blood in each of its cells.
    """
    state, spare = bytes_of_state(model), 8 * model.lattice.block**2
    cell = state + spare + len(model.neighbours) + max(state, OBSERVING) + 6 * curved
    sheet = side * side
    running = sheet * (layers * cell + NETWORK * curved)
    return max(running, sheet * BUILDING * curved)


def room_problems(
    model: Model, side: int, layers: int, memory: int | None, lobule: int = 0
) -> list[Problem]:
    """Return what is wrong with the size of a tissue that a user asked for.

    Parameters
    ----------
    memory
        Bytes that the machine has; None where it does not tell.
    lobule
        Sites after which lobules repeat, of which the side has to be a multiple; 0 without any.
    """
    found: list[Problem] = []
    least = max(SIDE_LEAST, lobule)
    if side < least:
        told = f"a sheet of {side} x {side} cells is too small"
        found.append(Problem(told, f"--size {side}", f"give {least} or more"))
    elif lobule and side % lobule:
        fix = f"give a multiple of {lobule}, for example {lobule * max(1, round(side / lobule))}"
        found.append(Problem(f"lobules do not fit a side of {side}", f"--size {side}", fix))
    if layers < 1:
        told = f"a stack of {layers} sheets is none"
        found.append(Problem(told, f"--layers {layers}", "give 1 or more"))
    needed = bytes_needed(model, side, layers, lobule > 0)
    if not found and memory is not None and needed > memory:
        cells = layers * side * side
        told = (
            f"{cells:,} cells{' with their vessels' if lobule else ''} need "
            f"{needed / 1e9:,.1f} GB of memory at {needed / cells:.0f} bytes a cell, this machine "
            f"has {memory / 1e9:,.1f} GB"
        )
        step = max(1, lobule)
        fits = int(side * math.sqrt(memory / needed)) // step * step
        few = max(1, int(layers * memory / needed))
        fix, where = f"give {fits:,} or less", f"--size {side}"
        if fits < least:
            fix, where = f"give {few:,} or less", f"--layers {layers}"
        found.append(Problem(told, where, fix))
    return found
