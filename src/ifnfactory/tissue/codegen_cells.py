"""Writes the loop over cells.

A kernel works on chunks of cells: it copies their quantities and fields into rows of one work array
in single precision, carries out all cell steps of a macro step there, and writes the quantities
back. One array with constant offsets is what lets the compiler see that rows do not overlap, and
make vectors of the loops.

Order of a cell step: (1) lets, from the values at its start; (2) transitions, all decided on those
values, at most one for each quantity; (3) what transitions set; (4) relaxations, towards targets of
(1); (5) blocks of differential equations.
"""

from __future__ import annotations

from ifnfactory.tissue.kernel_text import JIT, STORED, Kernel
from ifnfactory.tissue.layout import CHUNK, is_shared
from ifnfactory.tissue.model import QuantityKind, Transition


def cells(k: Kernel) -> str:
    """Return the function that carries a range of chunks over a macro step."""
    model = k.model
    size = (k.height + len(model.quantities)) * CHUNK
    lines = [
        JIT,
        "def cells(first, last, sites, width, p, keys, Q, fields, slot, counts, mask, zone, sums):",
        f"    w = np.zeros({size}, np.float32)",
    ]
    lines += k.numbers(k.layout.numbers, "    ")
    lines += [
        "    for chunk in range(first, last):",
        "        start = chunk * CHUNK",
        "        count = min(CHUNK, sites - start)",
        "        base = np.uint32(start)",
    ]
    lines += _load(k)
    lines += _still(k)
    substeps = model.cell_substeps
    for substep in range(substeps):
        if substeps > 1 and substep == 0:
            lines.append(f"        for sub in range({substeps}):")
        if substep == 0:
            pad = "            " if substeps > 1 else "        "
            lines += _keys(k, pad, "sub" if substeps > 1 else "0")
            lines += _step(k, pad)
    lines += _ode(k)
    lines += _store(k)
    lines += _totals(k)
    return "\n".join(lines)


def _load(k: Kernel) -> list[str]:
    lines: list[str] = []
    for index, quantity in enumerate(k.model.quantities):
        scale = ""
        if quantity.unit_step != 1.0:
            scale = f" * {k.constants.name(quantity.unit_step)}"
        lines += [
            f"        some = Q[{index}][start : start + count]",
            "        for l in range(count):",
            f"            {k.row(quantity.name)} = np.float32(some[l]){scale}",
        ]
    for index, field in enumerate(k.model.fields):
        lines.append(
            f"        gather(fields, slot[{index}], start, count, width, w, "
            f"{k.rows[field.name] * CHUNK})"
        )
    for index, item in enumerate(k.model.neighbours):
        lines += [
            f"        some = counts[{index}, start : start + count]",
            "        for l in range(count):",
            f"            {k.row(item.name)} = np.float32(some[l])",
        ]
    lines += [
        "        if zone.size:",
        "            for l in range(count):",
        f"                {k.row('zone')} = zone[start + l]",
    ]
    for index, resident in enumerate(k.model.residents):
        one, zero = k.constants.name(1.0), k.constants.name(0.0)
        lines += [
            f"        a, b = keys[PURPOSES + {index}, 0], keys[PURPOSES + {index}, 1]",
            "        for l in range(CHUNK):",
            "            u = uniform(np.uint32(base + np.uint32(l)), a, b)",
            f"            {k.row(resident.name)} = {one} if u < p_share_{index} else {zero}",
        ]
    return lines


def _still(k: Kernel) -> list[str]:
    """Write the lets that are the same in all cell steps of a macro step."""
    if not k.frozen:
        return []
    used = k.used(k.frozen)
    lines = ["        for l in range(CHUNK):"]
    lines += [
        f"            q_{name} = {k.row(name)}"
        for name in k.rows
        if name in used and name not in k.frozen
    ]
    texts = dict(k.model.lets)
    for name in (name for name, _ in k.model.lets if name in used):
        own = f"q_{name}" if name in k.frozen else f"v_{name}"
        lines.append(f"            {own} = {k.writer().number(texts[name])}")
    lines += [f"            {k.row(name)} = q_{name}" for name in k.frozen]
    return lines


def _keys(k: Kernel, pad: str, sub: str) -> list[str]:
    count = len(k.layout.groups)
    lines: list[str] = []
    for index in range(count):
        place = f"{sub} * {count} + {index}" if sub != "0" else str(index)
        lines.append(f"{pad}a{index}, b{index} = keys[{place}, 0], keys[{place}, 1]")
    return lines


def _step(k: Kernel, pad: str) -> list[str]:
    """Write the loop over the cells of a chunk for one cell step, but for blocks of equations."""
    model = k.model
    texts = [t for item in model.transitions for t in (item.when, item.rate)]
    texts += [text for item in model.transitions for _, text in item.sets]
    texts += [text for item in model.relaxations for text in (item.rate, item.target)]
    used = k.used(texts)
    touched = list(dict.fromkeys([
        *k.layout.groups,
        *(name for item in model.transitions for name, _ in item.sets),
        *(item.quantity for item in model.relaxations),
    ]))  # fmt: skip
    if not touched:
        return []
    inside = pad + "    "
    lines = [f"{pad}for l in range(CHUNK):"]
    if k.layout.groups:
        lines.append(f"{inside}cell = np.uint32(base + np.uint32(l))")
    lines += [f"{inside}q_{name} = {k.row(name)}" for name in k.rows if name in used | set(touched)]
    writer = k.writer()
    for name, text in model.lets:
        if name in used and name not in k.frozen:
            lines.append(f"{inside}v_{name} = {writer.number(text)}")
    lines += [f"{inside}n_{name} = q_{name}" for name in touched]
    for index, name in enumerate(k.layout.groups):
        lines += _group(k, index, name, inside)
    for index, item in enumerate(model.transitions):
        for name, text in item.sets:
            lines.append(f"{inside}n_{name} = {writer.number(text)} if e{index} else n_{name}")
    for index, item in enumerate(model.relaxations):
        if is_shared(model, item):
            gain = f"p_gain_{index}"
        else:
            gain = f"chance({writer.number(item.rate)} * {k.constants.name(model.cell_step)})"
        name, target = item.quantity, writer.number(item.target)
        lines.append(f"{inside}n_{name} = n_{name} + ({target} - n_{name}) * {gain}")
    lines += [f"{inside}{k.row(name)} = n_{name}" for name in touched]
    return lines


def _group(k: Kernel, group: int, quantity: str, pad: str) -> list[str]:
    """Write the competing transitions of one quantity, which share a random number."""
    model, writer = k.model, k.writer()
    mine = [(i, t) for i, t in enumerate(model.transitions) if t.quantity == quantity]
    zero, step = k.constants.name(0.0), k.constants.name(model.cell_step)
    lines = [
        f"{pad}r{i} = {writer.number(t.rate)} if {writer.condition(t.when)} else {zero}"
        for i, t in mine
    ]
    upto = f"r{mine[0][0]}"
    reached = [upto]
    for i, _ in mine[1:]:
        lines.append(f"{pad}c{i} = {upto} + r{i}")
        upto = f"c{i}"
        reached.append(upto)
    lines.append(f"{pad}u = uniform(cell, a{group}, b{group})")
    lines.append(f"{pad}pr = chance({upto} * {step})")
    lines.append(f"{pad}go = u < pr")
    if len(mine) > 1:
        lines.append(f"{pad}at = u * {upto}")
    for place, (i, item) in enumerate(mine):
        test = ["go"]
        if place > 0:
            test.append(f"(at >= pr * {reached[place - 1]})")
        if place < len(mine) - 1:
            test.append(f"(at < pr * {reached[place]})")
        lines.append(f"{pad}e{i} = {' & '.join(test)}")
        lines.append(f"{pad}n_{quantity} = {_new(k, item)} if e{i} else n_{quantity}")
    return lines


def _new(k: Kernel, item: Transition) -> str:
    if item.to is not None:
        return k.constants.name(item.to)
    change = float(item.change or 0)
    return f"(q_{item.quantity} + {k.constants.name(change)})"


def _ode(k: Kernel) -> list[str]:
    """Write the blocks of differential equations, each with the other quantities frozen."""
    model = k.model
    if not model.odes:
        return []
    lines: list[str] = []
    owned = [name for block in model.odes for name, _ in block.equations]
    frozen = [name for name in owned if any(
        name in k.used(text for _, text in other.equations)
        and name not in dict(other.equations) for other in model.odes)]  # fmt: skip
    base = k.height
    kept = {name: base + place for place, name in enumerate(dict.fromkeys(frozen))}
    for name, row in kept.items():
        lines += [
            "        for l in range(CHUNK):",
            f"            w[{row * CHUNK} + l] = {k.row(name)}",
        ]
    for block in model.odes:
        mine = dict(block.equations)
        used = k.used(mine.values())
        step = model.macro_step / block.substeps
        lines += [
            f"        for sub in range({block.substeps}):",
            "            for l in range(CHUNK):",
        ]
        pad = "                "
        for name in k.rows:
            if name in used and name not in mine:
                place = f"w[{kept[name] * CHUNK} + l]" if name in kept else k.row(name)
                lines.append(f"{pad}q_{name} = {place}")
        lines += [f"{pad}y_{name} = {k.row(name)}" for name in mine]
        lines += [f"{pad}q_{name} = y_{name}" for name in mine]
        half, whole = k.constants.name(0.5 * step), k.constants.name(step)
        sixth, two = k.constants.name(step / 6.0), k.constants.name(2.0)
        writer = k.writer()
        for stage, ahead in ((1, half), (2, half), (3, whole), (4, "")):
            lines += [f"{pad}d{stage}_{n} = {writer.number(text)}" for n, text in mine.items()]
            if ahead:
                lines += [f"{pad}q_{n} = y_{n} + {ahead} * d{stage}_{n}" for n in mine]
        lines += [
            f"{pad}{k.row(n)} = y_{n} + {sixth} * ((d1_{n} + d4_{n}) + {two} * (d2_{n} + d3_{n}))"
            for n in mine
        ]
    return lines


def _totals(k: Kernel) -> list[str]:
    """Write what the cells of a chunk secrete, summed in double precision and in a fixed order.

    Amounts kept in few bits are taken as they have been rounded: fields will see those.
    """
    lines: list[str] = []
    steps = {q.name: q.unit_step for q in k.model.quantities}
    for place, (_, text) in enumerate(k.sums):
        used = k.used([text])
        row = (k.total_row + place) * CHUNK
        lines.append("        for l in range(CHUNK):")
        for name in k.rows:
            if name in used:
                scale = f" * {k.constants.name(steps[name])}" if steps.get(name, 1.0) != 1.0 else ""
                lines.append(f"            q_{name} = {k.row(name)}{scale}")
        lines += [
            f"            w[{row} + l] = {k.writer().number(text)}",
            "        if mask.size:",
            "            for l in range(count):",
            f"                w[{row} + l] *= np.float32(mask[start + l])",
            f"        sums[chunk, {place}] = ordered_sum(w, {row}, count)",
        ]
    return lines


def _store(k: Kernel) -> list[str]:
    lines: list[str] = []
    first = len(k.layout.groups) * k.model.cell_substeps
    half = k.constants.name(0.5)
    for index, quantity in enumerate(k.model.quantities):
        kind = STORED[quantity.bits]
        row = k.row(quantity.name)
        if quantity.name in k.layout.rounded:
            place = first + k.layout.rounded.index(quantity.name)
            scale = k.constants.name(1.0 / quantity.unit_step)
            most, zero = k.constants.name(float(2**quantity.bits - 1)), k.constants.name(0.0)
            lines += [
                f"        a, b = keys[{place}, 0], keys[{place}, 1]",
                "        for l in range(CHUNK):",
                "            u = uniform(np.uint32(base + np.uint32(l)), a, b)",
                f"            x = np.float32(np.int32({row} * {scale} + u))",
                f"            x = x if x < {most} else {most}",
                f"            {row} = x if x > {zero} else {zero}",
            ]
        value = row if quantity.kind is QuantityKind.AMOUNT and quantity.bits == 32 else (
            f"np.int32({row} + {half})")  # fmt: skip
        lines += [
            f"        some = Q[{index}][start : start + count]",
            "        if mask.size:",
            "            for l in range(count):",
            f"                some[l] = np.{kind}({value}) if mask[start + l] else some[l]",
            "        else:",
            "            for l in range(count):",
            f"                some[l] = np.{kind}({value})",
        ]
    return lines
