"""Writes the blocks of differential equations of a cell, Runge-Kutta of order 4."""

from __future__ import annotations

from ifnfactory.tissue.kernel_text import Kernel
from ifnfactory.tissue.layout import PITCH


def odes(k: Kernel) -> list[str]:
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
            "        for l in range(lanes):",
            f"            w[{row * PITCH} + l] = {k.row(name)}",
        ]
    for block in model.odes:
        mine = dict(block.equations)
        used = k.used(mine.values())
        step = model.macro_step / block.substeps
        lines += [
            f"        for sub in range({block.substeps}):",
            "            for l in range(lanes):",
        ]
        pad = "                "
        for name in k.rows:
            if name in used and name not in mine:
                place = f"w[{kept[name] * PITCH} + l]" if name in kept else k.row(name)
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
