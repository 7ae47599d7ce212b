"""Writes how quantities go back into few bits, and what cells secrete in sum."""

from __future__ import annotations

from ifnfactory.tissue.kernel_text import Kernel
from ifnfactory.tissue.layout import CHUNK
from ifnfactory.tissue.model import QuantityKind


def store(k: Kernel) -> list[str]:
    """Write quantities back, amounts of few bits rounded up or down at random.

    Two amounts share the 32 bits of a random number: sums in single precision see no more than 16.
    """
    lines: list[str] = []
    for place, name in enumerate(k.layout.rounded):
        key = k.layout.first_rounding + place // 2
        item = k.model.quantities[k.model.quantity_index(name)]
        scale = k.constants.name(1.0 / item.unit_step)
        most = k.constants.name(float(2**item.bits - 1))
        lines.append(
            f"        round_row(base, keys[{key}, 0], keys[{key}, 1], {place % 2 == 1}, {scale}, "
            f"{most}, w, {k.later_row(name) * CHUNK})"
        )
    for index, quantity in enumerate(k.model.quantities):
        real = quantity.kind is QuantityKind.AMOUNT and quantity.bits == 32
        lines.append(
            f"        {'plain' if real else 'whole'}_row(w, {k.later_row(quantity.name) * CHUNK}, "
            f"mask, start, Q[{index}][start : start + count])"
        )
    return lines


def totals(k: Kernel) -> list[str]:
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
                lines.append(f"            q_{name} = {k.later(name)}{scale}")
        lines += [
            f"            w[{row} + l] = {k.writer().number(text)}",
            f"        sums[chunk, {place}] = chunk_sum(w, {row}, count, mask, start, half)",
        ]
    return lines
