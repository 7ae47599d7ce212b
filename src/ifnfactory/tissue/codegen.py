"""Writes the kernel of a cell model: its own functions, and the templates that carry them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ifnfactory.tissue.codegen_cells import cells
from ifnfactory.tissue.codegen_sites import agents, arriving, flags, sources
from ifnfactory.tissue.codegen_sweeps import sweeps
from ifnfactory.tissue.kernel_text import JIT, Kernel
from ifnfactory.tissue.layout import AGENT_PURPOSES, CHUNK, RESIDENT_PURPOSES, SWEPT, Layout
from ifnfactory.tissue.model import Model

_TEMPLATES: Final = tuple(
    Path(__file__).with_name(f"_{name}_template.py")
    for name in ("rows", "neighbours", "giving", "stages", "tiles", "advance")
)


def write_kernel(layout: Layout) -> str:
    """Return the source of the kernel."""
    kernel = Kernel(layout)
    parts = [cells(kernel), flags(kernel), *sources(kernel), arriving(kernel), agents(kernel)]
    parts.append(sweeps(layout.model.lattice.kind != "hex"))
    model = layout.model
    head = [
        '"""Generated kernel; do not edit."""',
        "import numpy as np",
        "from numba import njit",
        "from ifnfactory.tissue.ahead import ask",
        "from ifnfactory.tissue.blood import bring",
        "from ifnfactory.tissue.counter import bits, chance, fill_keys, uniform",
        f"CHUNK = {CHUNK}",
        f"PURPOSES = {layout.purposes}",
        f"RESIDENTS = {len(model.residents)}",
        f"RESIDENT_PURPOSES = {RESIDENT_PURPOSES}",
        f"AGENT_PURPOSES = {AGENT_PURPOSES}",
        f"FIELDS = {len(model.fields)}",
        f"POOLS = {len(model.pools)}",
        f"NEIGHBOURS = {len(model.neighbours)}",
        f"FIRST_INPUT = {layout.first_input}",
        f"FIRST_POOL = {layout.first_pool}",
        f"SQUARE = {model.lattice.kind != 'hex'}",
        f"BLOCK = {model.lattice.block}",
        f"SWEPT = {SWEPT}",
        "ROUNDING = np.float32(2.0**-16)",
        "EVERYWHERE = np.empty(0, np.uint8)",
        f"MACRO = {model.macro_step!r}",
        *kernel.constants.lines(),
    ]
    dispatch = _dispatch(model)
    templates = [path.read_text(encoding="utf-8") for path in _TEMPLATES]
    return "\n".join([*head, *parts, dispatch, *templates]) + "\n"


def _dispatch(model: Model) -> str:
    """Write the choice of a field's source by its number."""
    lines = [
        JIT,
        "def source(k, runs, p, keys, Q, mask, zone, out):",
    ]
    for index in range(len(model.fields)):
        word = "if" if index == 0 else "elif"
        lines.append(f"    {word} k == {index}:")
        lines.append(f"        source_{index}(runs, p, keys, Q, mask, zone, out)")
    if not model.fields:
        lines.append("    return")
    return "\n".join(lines)
