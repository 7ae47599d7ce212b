"""Writes the loop that carries cells over their cell steps one by one, whatever happens in them.

Order of a cell step: (1) lets, from the values at its start; (2) transitions, all decided on those
values, at most one for each quantity; (3) what transitions set; (4) relaxations, towards targets of
(1). Relaxations that no cell step looks at come once, after the last one, towards targets of then.

When a quantity changes is a waiting time. One random number u of the macro step and the hazard H
that has passed decide it: the change comes in the first step at whose end u < 1 - exp(-H), which
has the chance 1 - exp(-rate dt) in every step. The place of u between the two values of that step
says which of the competing transitions it is; then a new number waits, from the next step on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ifnfactory.tissue.kernel_text import Kernel
from ifnfactory.tissue.layout import PITCH, is_shared
from ifnfactory.tissue.parts import Relaxation, Transition

VECTOR: Final = 16
"""Cells of the longest vector: one by one, those that do not fill it would cost as much as it."""


def step_texts(k: Kernel) -> list[str]:
    """Return every expression that a cell step looks at."""
    model = k.model
    texts = [t for item in model.transitions for t in (item.when, item.rate)]
    texts += [text for item in model.transitions for _, text in item.sets]
    texts += [text for _, item in prompt(k) for text in (item.rate, item.target)]
    return texts


def prompt(k: Kernel) -> list[tuple[int, Relaxation]]:
    """Return the relaxations of a cell step, with their numbers."""
    return [(i, item) for i, item in enumerate(k.model.relaxations) if i not in k.layout.late]


def touched(k: Kernel) -> list[str]:
    """Return the quantities that a cell step may change."""
    model = k.model
    return list(dict.fromkeys([
        *k.layout.groups,
        *(name for item in model.transitions for name, _ in item.sets),
        *(item.quantity for _, item in prompt(k)),
    ]))  # fmt: skip


def still_lets(k: Kernel, array: str, lanes: str, pad: str) -> list[str]:
    """Write the lets that are the same in all cell steps of a macro step into rows."""
    if not k.frozen:
        return []
    used = k.used(k.frozen)
    lines = [f"{pad}for l in range({lanes}):"]
    lines += [
        f"{pad}    q_{name} = {k.row(name, array=array)}"
        for name in k.rows
        if name in used and name not in k.frozen
    ]
    texts = dict(k.model.lets)
    for name in (name for name, _ in k.model.lets if name in used):
        own = f"q_{name}" if name in k.frozen else f"v_{name}"
        lines.append(f"{pad}    {own} = {k.writer().number(texts[name])}")
    lines += [f"{pad}    {k.row(name, array=array)} = q_{name}" for name in k.frozen]
    return lines


def step_loops(k: Kernel, array: str, lanes: str, cell: str, pad: str) -> list[str]:
    """Write the loops over cell steps and over `lanes` cells, whose values lie in `array`."""
    if not touched(k):
        return []
    substeps, groups = k.model.cell_substeps, len(k.layout.groups)
    lines: list[str] = []
    if substeps == 1:
        for g in range(groups):
            lines.append(f"{pad}a{g}, b{g} = keys[{g}, 0], keys[{g}, 1]")
        return [*lines, f"{pad}for l in range({lanes}):", *_step(k, array, cell, pad + "    ")]
    zero = k.constants.name(0.0)
    lines.append(f"{pad}for l in range({lanes}):")
    for g in range(groups):
        number = f"uniform({cell}, keys[{g}, 0], keys[{g}, 1])"
        lines.append(f"{pad}    {k.waiting(g, 0, array)} = {number}")
        lines.append(f"{pad}    {k.waiting(g, 1, array)} = {zero}")
        lines.append(f"{pad}    {k.waiting(g, 2, array)} = {zero}")
    lines.append(f"{pad}for sub in range({substeps}):")
    lines.append(f"{pad}    after = min(sub + 1, {substeps - 1}) * {groups}")
    for g in range(groups):
        lines.append(f"{pad}    a{g}, b{g} = keys[after + {g}, 0], keys[after + {g}, 1]")
    lines.append(f"{pad}    for l in range({lanes}):")
    return lines + _step(k, array, cell, pad + "        ")


def _step(k: Kernel, array: str, cell: str, pad: str) -> list[str]:
    model = k.model
    used, changed = k.used(step_texts(k)), touched(k)
    lines = [f"{pad}cell = {cell}"] if k.layout.groups else []
    lines += [
        f"{pad}q_{name} = {k.row(name, array=array)}"
        for name in k.rows
        if name in used | set(changed)
    ]
    writer = k.writer()
    for name, text in model.lets:
        if name in used and name not in k.frozen:
            lines.append(f"{pad}v_{name} = {writer.number(text)}")
    lines += [f"{pad}n_{name} = q_{name}" for name in changed]
    for index, name in enumerate(k.layout.groups):
        lines += _group(k, index, name, array, pad)
    for index, item in enumerate(model.transitions):
        for name, text in item.sets:
            lines.append(f"{pad}n_{name} = {writer.number(text)} if e{index} else n_{name}")
    for index, item in prompt(k):
        name, target = item.quantity, writer.number(item.target)
        lines.append(f"{pad}n_{name} = n_{name} + ({target} - n_{name}) * {gain(k, index)}")
    lines += [f"{pad}{k.row(name, array=array)} = n_{name}" for name in changed]
    return lines


def late(k: Kernel, pad: str) -> list[str]:
    """Write the relaxations that no cell step looks at."""
    items = [(index, k.model.relaxations[index]) for index in k.layout.late]
    if not items:
        return []
    used = k.used(item.target for _, item in items)
    wanted = used | {item.quantity for _, item in items}
    inner, writer = pad + "    ", k.writer()
    lines = [f"{pad}for l in range(lanes):"]
    lines += [f"{inner}q_{name} = {k.later(name)}" for name in k.rows if name in wanted]
    for name, text in k.model.lets:
        if name in used and name not in k.frozen:
            lines.append(f"{inner}v_{name} = {writer.number(text)}")
    for index, item in items:
        now = f"q_{item.quantity}"
        change = f"({writer.number(item.target)} - {now}) * {gain(k, index)}"
        lines.append(f"{inner}{k.later(item.quantity)} = {now} + {change}")
    return lines


def gain(k: Kernel, index: int) -> str:
    """Return code for the share of its way that a relaxation goes in its step."""
    item = k.model.relaxations[index]
    if is_shared(k.model, item):
        return f"p_gain_{index}"
    return f"chance({k.writer().number(item.rate)} * {k.constants.name(k.model.cell_step)})"


def hazard(k: Kernel, index: int) -> str:
    """Return code for the rate of a transition, 0 where it cannot happen."""
    item, writer = k.model.transitions[index], k.writer()
    zero = k.constants.name(0.0)
    return f"{writer.number(item.rate)} if {writer.condition(item.when)} else {zero}"


def sums_of(first: Iterable[int], start: str, pad: str) -> tuple[list[str], list[str]]:
    """Return lines that add up rates one after the other, and the names of the sums."""
    lines: list[str] = []
    reached: list[str] = []
    upto = start
    for i in first:
        if upto:
            lines.append(f"{pad}c{i} = {upto} + r{i}")
            upto = f"c{i}"
        else:
            upto = f"r{i}"
        reached.append(upto)
    return lines, reached


def _group(k: Kernel, group: int, quantity: str, array: str, pad: str) -> list[str]:
    """Write the competing transitions of one quantity, which share a random number."""
    mine = k.layout.competing[group]
    step = k.constants.name(k.model.cell_step)
    lines = [f"{pad}r{i} = {hazard(k, i)}" for i in mine]
    sums, reached = sums_of(mine, "", pad)
    lines += sums
    upto = reached[-1]
    whole = k.model.cell_substeps == 1
    if whole:
        lines += [
            f"{pad}u = uniform(cell, a{group}, b{group})",
            f"{pad}pr = chance({upto} * {step})",
            f"{pad}go = u < pr",
            f"{pad}at, span = u * {upto}, pr",
        ]
    else:
        u, passed, before = (k.waiting(group, part, array) for part in range(3))
        zero = k.constants.name(0.0)
        lines += [
            f"{pad}u, was = {u}, {before}",
            f"{pad}hz = {passed} + {upto} * {step}",
            f"{pad}pr = chance(hz)",
            f"{pad}go = u < pr",
            f"{pad}at, span = (u - was) * {upto}, pr - was",
            f"{pad}fresh = uniform(cell, a{group}, b{group})",
            f"{pad}{u} = fresh if go else u",
            f"{pad}{passed} = {zero} if go else hz",
            f"{pad}{before} = {zero} if go else pr",
        ]
    for place, i in enumerate(mine):
        test = ["go"]
        if place > 0:
            test.append(f"(at >= span * {reached[place - 1]})")
        if place < len(mine) - 1:
            test.append(f"(at < span * {reached[place]})")
        lines.append(f"{pad}e{i} = {' & '.join(test)}")
        new = _new(k, k.model.transitions[i])
        lines.append(f"{pad}n_{quantity} = {new} if e{i} else n_{quantity}")
    return lines


def _new(k: Kernel, item: Transition) -> str:
    if item.to is not None:
        return k.constants.name(item.to)
    change = float(item.change or 0)
    return f"(q_{item.quantity} + {k.constants.name(change)})"


def busy_rows(k: Kernel) -> list[int]:
    """Return the rows that a cell needs to be gone through step by step."""
    return [k.rows[name] for name in k.rows if name in k.used(step_texts(k)) | set(touched(k))
            and name not in k.frozen]  # fmt: skip


def busy(k: Kernel, pad: str) -> list[str]:
    """Write how the cells in which something happens are gone through again, step by step.

    They are put side by side in ``v``, so that few of them cost little, with copies of the first to
    fill a vector; their values at the end go where the quiet path has put those of the others.
    """
    lines = [
        f"{pad}if hits:",
        f"{pad}    m = 0",
        f"{pad}    for word in range(lanes // 8):",
        f"{pad}        if eights[word]:",
        f"{pad}            for l in range(8 * word, 8 * word + 8):",
        f"{pad}                if hit[l]:",
        f"{pad}                    lane[m] = l",
        f"{pad}                    m += 1",
        f"{pad}    full = min((m + {VECTOR - 1}) // {VECTOR} * {VECTOR}, CHUNK)",
        f"{pad}    lane[m:full] = lane[0]",
    ]
    inner = pad + "    "
    lines.append(f"{inner}for j in range(full):")
    lines.append(f"{inner}    i = lane[j]")
    lines.append(f"{inner}    ids[j] = np.uint32(base + np.uint32(i))")
    need = dict.fromkeys([*busy_rows(k), *(k.rows[n] for n in _for_lets(k))])
    for row in need:
        lines.append(f"{inner}    v[{row * PITCH} + j] = w[{row * PITCH} + i]")
    lines += still_lets(k, "v", "full", inner)
    lines += step_loops(k, "v", "full", "ids[l]", inner)
    lines.append(f"{inner}for j in range(m):")
    lines.append(f"{inner}    i = lane[j]")
    for name in touched(k):
        to = k.later(name, "i")
        lines.append(f"{inner}    {to} = v[{k.rows[name] * PITCH} + j]")
    return lines


def _for_lets(k: Kernel) -> list[str]:
    used = k.used(k.frozen)
    return [name for name in k.rows if name in used and name not in k.frozen]
