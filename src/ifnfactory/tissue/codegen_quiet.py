"""Writes the loop over cells as if nothing random happened in a macro step.

In most macro steps of most cells nothing does. Then a phase stays what it is, and so does all that
hangs on it: those expressions are computed once, before the cell steps, which are written out one
after the other for the compiler. The hazard that has passed at the end says for which cells that
was not true; `codegen_steps.busy` goes through those again from the start. Every operation is the
same in both, so that the result is that of the steps, to the last bit.
"""

from __future__ import annotations

import re
from typing import Final

from ifnfactory.tissue.codegen_steps import gain, hazard, prompt, step_texts, sums_of
from ifnfactory.tissue.kernel_text import Kernel
from ifnfactory.tissue.layout import CHUNK, is_shared

UNROLLED = 12
"""Most cell steps that are written out one after the other."""

NEARLY: Final = 1.0001
"""Covers the last bits of a chance that is computed."""

_OWN: Final = re.compile(r"\b(?:[qvn]_\w+|(?:h|r|c|t|g|still)\d+)\b")
"""Local variables of a cell."""


def quiet(k: Kernel, pad: str) -> list[str]:
    """Write the quiet path of a chunk; it leaves in ``hit`` for which cells it does not hold."""
    substeps, groups = k.model.cell_substeps, range(len(k.layout.groups))
    written = max(n for n in range(1, UNROLLED + 1) if substeps % n == 0)
    rounds = substeps // written
    moving = k.layout.moving
    lines: list[str] = []
    inner = pad + "    "
    if rounds > 1:
        lines.append(f"{pad}for l in range(lanes):")
        lines += [f"{inner}{k.later(name)} = {k.row(name)}" for name in moving]
        lines += [f"{inner}{k.waiting(g, 1, 'w')} = {k.constants.name(0.0)}" for g in groups]
        lines.append(f"{pad}for again in range({rounds}):")
        pad, inner = inner, inner + "    "
    lines.append(f"{pad}for l in range(min(CHUNK // 2, lanes)):")
    used = k.used(step_texts(k))
    body: list[str] = []
    for name in k.rows:
        if name in moving:
            body.append(f"{inner}q_{name} = {k.later(name) if rounds > 1 else k.row(name)}")
        elif name in used and name not in k.frozen:
            body.append(f"{inner}q_{name} = {k.row(name)}")
    for g in groups:
        start = k.waiting(g, 1, "w") if rounds > 1 else k.constants.name(0.0)
        body.append(f"{inner}h{g} = {start}")
    body += _before(k, used, inner)
    for _ in range(written):
        body += _step(k, used, inner)
    body += [f"{inner}{k.later(name)} = q_{name}" for name in moving]
    body += [f"{inner}{k.waiting(g, 1, 'w')} = h{g}" for g in groups]
    lines += _abreast(body)
    if rounds > 1:
        pad, inner = pad[:-4], inner[:-4]
    return lines + _hits(k, pad)


def _abreast(body: list[str]) -> list[str]:
    """Write each line for two cells, half a chunk apart.

    Cell steps wait for each other; with another cell beside it the processor need not wait.
    """
    lines: list[str] = []
    for line in body:
        twin = _OWN.sub(r"\g<0>_b", line.replace("+ l]", f"+ {CHUNK // 2} + l]"))
        lines += [line, twin]
    return lines


def _holds_still(k: Kernel, *texts: str) -> bool:
    return not k.used(texts) & set(k.layout.moving)


def _before(k: Kernel, used: set[str], pad: str) -> list[str]:
    """Write what holds still in a quiet macro step."""
    lines: list[str] = []
    writer = k.writer()
    for name, text in k.model.lets:
        if name in used and _holds_still(k, name):
            own = f"q_{name}" if name in k.frozen else f"v_{name}"
            lines.append(f"{pad}{own} = {writer.number(text)}")
    for g, mine in enumerate(k.layout.competing):
        still = [i for i in mine if i in k.layout.still]
        lines += [f"{pad}r{i} = {hazard(k, i)}" for i in still]
        sums, reached = sums_of(still, "", pad)
        lines += sums
        if reached:
            lines.append(f"{pad}still{g} = {reached[-1]}")
    for index, item in prompt(k):
        if _holds_still(k, item.target):
            lines.append(f"{pad}t{index} = {writer.number(item.target)}")
        if not is_shared(k.model, item) and _holds_still(k, item.rate):
            lines.append(f"{pad}g{index} = {gain(k, index)}")
    return lines


def _step(k: Kernel, used: set[str], pad: str) -> list[str]:
    """Write one cell step in which nothing happens."""
    lines: list[str] = []
    writer, step = k.writer(), k.constants.name(k.model.cell_step)
    for name, text in k.model.lets:
        if name in used and not _holds_still(k, name):
            lines.append(f"{pad}v_{name} = {writer.number(text)}")
    for g, mine in enumerate(k.layout.competing):
        moving = [i for i in mine if i not in k.layout.still]
        lines += [f"{pad}r{i} = {hazard(k, i)}" for i in moving]
        start = f"still{g}" if len(moving) < len(mine) else ""
        sums, reached = sums_of(moving, start, pad)
        lines += sums
        upto = reached[-1] if reached else start
        lines.append(f"{pad}h{g} = h{g} + {upto} * {step}")
    changed: dict[str, None] = {}
    for index, item in prompt(k):
        name = item.quantity
        now = f"n_{name}" if name in changed else f"q_{name}"
        changed[name] = None
        target = f"t{index}" if _holds_still(k, item.target) else writer.number(item.target)
        still = not is_shared(k.model, item) and _holds_still(k, item.rate)
        share = f"g{index}" if still else gain(k, index)
        lines.append(f"{pad}n_{name} = {now} + ({target} - {now}) * {share}")
    return lines + [f"{pad}q_{name} = n_{name}" for name in changed]


def _hits(k: Kernel, pad: str) -> list[str]:
    """Write to which cells something may happen: 1 - exp(-H) is never above H.

    The few that are taken by mistake come out of the steps as they would have come out of here.
    """
    lines = [f"{pad}hits = 0"]
    if not k.layout.groups:
        return lines
    lines.append(f"{pad}for l in range(count):")
    tests: list[str] = []
    for g in range(len(k.layout.groups)):
        lines += [
            f"{pad}    u{g} = uniform(np.uint32(base + np.uint32(l)), keys[{g}, 0], keys[{g}, 1])",
            f"{pad}    e{g} = u{g} < {k.waiting(g, 1, 'w')} * {k.constants.name(NEARLY)}",
        ]
        tests.append(f"e{g}")
    return [
        *lines,
        f"{pad}    hit[l] = np.uint8(1) if {' | '.join(tests)} else np.uint8(0)",
        f"{pad}hit[count:] = np.uint8(0)",
        f"{pad}for word in range(lanes // 8):",
        f"{pad}    hits |= np.int64(eights[word])",
    ]
