"""Writes how quantities go back into few bits, and what cells secrete in sum."""

from __future__ import annotations

from ifnfactory.tissue.kernel_text import Kernel
from ifnfactory.tissue.layout import PITCH
from ifnfactory.tissue.parts import QuantityKind


def store(k: Kernel) -> list[str]:
    """Write quantities back, amounts of few bits rounded up or down at random.

    Two amounts share the 32 bits of a random number: sums in single precision see no more than 16.
    """
    lines: list[str] = []
    names = k.layout.rounded
    for place in range(0, len(names), 2):
        key = k.layout.first_rounding + place // 2
        pair = names[place : place + 2]
        items = [k.model.quantities[k.model.quantity_index(name)] for name in pair]
        sizes = [
            f"{k.constants.name(1.0 / item.unit_step)}, {k.constants.name(float(2**item.bits - 1))}"
            for item in items
        ]
        rows = ", ".join(str(k.later_row(name) * PITCH) for name in pair)
        lines.append(
            f"        {'round_two' if len(pair) == 2 else 'round_row'}(base, keys[{key}, 0], "
            f"keys[{key}, 1], {', '.join(sizes)}, w, {rows}, lanes)"
        )
    for index, quantity in enumerate(k.model.quantities):
        real = quantity.kind is QuantityKind.AMOUNT and quantity.bits == 32
        lines.append(
            f"        {'plain' if real else 'whole'}_row(w, {k.later_row(quantity.name) * PITCH}, "
            f"mask, start, Q[{index}][start : start + count])"
        )
    return lines


def totals(k: Kernel) -> list[str]:
    """Write what the cells of a chunk secrete, summed in double precision and in a fixed order.

    Amounts kept in few bits are taken as they have been rounded: fields will see those.
    """
    lines: list[str] = []
    if not k.sums:
        return lines
    steps = {q.name: q.unit_step for q in k.model.quantities}
    used = k.used(text for _, text in k.sums)
    lines.append("        for l in range(lanes):")
    for name in k.rows:
        if name in used:
            scale = f" * {k.constants.name(steps[name])}" if steps.get(name, 1.0) != 1.0 else ""
            lines.append(f"            q_{name} = {k.later(name)}{scale}")
    rows = [(k.total_row + place) * PITCH for place in range(len(k.sums))]
    lines += [
        f"            w[{row} + l] = {k.writer().number(text)}"
        for row, (_, text) in zip(rows, k.sums, strict=True)
    ]
    lines += [
        f"        sums[chunk, {place}] = chunk_sum(w, {row}, count, mask, start, eighth)"
        for place, row in enumerate(rows)
    ]
    return lines
