"""Writes the function that carries cells over a macro step.

A kernel works on chunks of cells: it copies their quantities and fields into rows of one work array
in single precision, carries out all cell steps of a macro step there, and writes the quantities
back. One array with constant offsets is what lets the compiler see that rows do not overlap, and
make vectors of the loops.

A macro step of one cell step is written as it is. One of several is first gone through as if
nothing happened to any cell, and then again, step by step, for those cells to which something does.
"""

from __future__ import annotations

from ifnfactory.tissue.codegen_odes import odes
from ifnfactory.tissue.codegen_quiet import quiet
from ifnfactory.tissue.codegen_steps import VECTOR, busy, late, step_loops, still_lets
from ifnfactory.tissue.codegen_store import store, totals
from ifnfactory.tissue.kernel_text import JIT, Kernel
from ifnfactory.tissue.layout import PITCH


def cells(k: Kernel) -> str:
    """Return the function that carries a range of chunks over a macro step."""
    lines = [
        JIT,
        "def cells(first, last, sites, width, p, keys, Q, fields, slot, counts, mask, zone, sums):",
        f"    w = np.zeros({k.all_rows * PITCH}, np.float32)",
    ]
    lines.append("    eighth = np.zeros(CHUNK // 8)")
    several = k.model.cell_substeps > 1
    if several:
        lines += [
            f"    v = np.zeros({k.all_rows * PITCH}, np.float32)",
            "    hit = np.zeros(CHUNK, np.uint8)",
            "    eights = hit.view(np.uint64)",
            "    lane = np.zeros(CHUNK, np.int64)",
            "    ids = np.zeros(CHUNK, np.uint32)",
        ]
    lines += k.numbers(k.layout.numbers, "    ")
    lines += [
        "    for chunk in range(first, last):",
        "        start = chunk * CHUNK",
        "        count = min(CHUNK, sites - start)",
        f"        lanes = (count + {VECTOR - 1}) // {VECTOR} * {VECTOR}",
        "        base = np.uint32(start)",
    ]
    pad = "        "
    lines += _ask(k, pad)
    lines += _load(k)
    if several:
        lines += quiet(k, pad)
        lines += busy(k, pad)
        lines += late(k, pad)
    else:
        lines += still_lets(k, "w", "lanes", pad)
        lines += step_loops(k, "w", "lanes", "np.uint32(base + np.uint32(l))", pad)
    lines += odes(k)
    lines += store(k)
    lines += totals(k)
    return "\n".join(lines)


def _ask(k: Kernel, pad: str) -> list[str]:
    """Write that memory is asked for the chunk after the next while this one is worked on."""
    names = [f"Q[{index}]" for index in range(len(k.model.quantities))]
    if k.model.lattice.block == 1:
        names += [f"fields[slot[{index}]]" for index in range(len(k.model.fields))]
    lines = [f"{pad}soon = start + 2 * CHUNK"]
    lines += [f"{pad}ask({name}, soon, soon + CHUNK)" for name in names]
    return lines


def _load(k: Kernel) -> list[str]:
    lines: list[str] = []
    for index, quantity in enumerate(k.model.quantities):
        lines.append(
            f"        read_row(Q[{index}][start : start + count], "
            f"{k.constants.name(quantity.unit_step)}, w, {k.rows[quantity.name] * PITCH})"
        )
    for index, field in enumerate(k.model.fields):
        lines.append(
            f"        gather(fields, slot[{index}], start, count, width, w, "
            f"{k.rows[field.name] * PITCH})"
        )
    one = k.constants.name(1.0)
    for index, item in enumerate(k.model.neighbours):
        lines.append(
            f"        read_row(counts[{index}, start : start + count], {one}, w, "
            f"{k.rows[item.name] * PITCH})"
        )
    lines += [
        "        if zone.size:",
        f"            read_row(zone[start : start + count], {one}, w, {k.rows['zone'] * PITCH})",
    ]
    for index, resident in enumerate(k.model.residents):
        lines.append(
            f"        resident_row(base, keys[PURPOSES + {index}, 0], keys[PURPOSES + {index}, 1], "
            f"p_share_{index}, w, {k.rows[resident.name] * PITCH}, lanes)"
        )
    return lines
