"""Writes what looks at single sites: sources of fields, flags for neighbours, deeds of agents."""

from __future__ import annotations

from ifnfactory.tissue.emit import Writer
from ifnfactory.tissue.kernel_text import JIT, STORED, Kernel


def _site_values(k: Kernel, names: set[str], pad: str, index: str) -> list[str]:
    """Return lines that read the values of one site straight from the arrays."""
    lines: list[str] = []
    for place, quantity in enumerate(k.model.quantities):
        if quantity.name in names:
            scale = ""
            if quantity.unit_step != 1.0:
                scale = f" * {k.constants.name(quantity.unit_step)}"
            lines.append(f"{pad}q_{quantity.name} = np.float32(Q[{place}][{index}]){scale}")
    one, zero = k.constants.name(1.0), k.constants.name(0.0)
    for place, resident in enumerate(k.model.residents):
        if resident.name in names:
            lines += [
                f"{pad}u = uniform(np.uint32({index}), ka{place}, kb{place})",
                f"{pad}q_{resident.name} = {one} if u < p_share_{place} else {zero}",
            ]
    if "zone" in names:
        lines.append(f"{pad}q_zone = zone[{index}] if zone.size else {zero}")
    return lines


def _run_values(k: Kernel, names: set[str], pad: str) -> tuple[list[str], list[str]]:
    """Return lines before and inside a loop over ``count`` sites from ``start``.

    Slices, because an index that might be negative keeps the compiler from making vectors.
    """
    before = [f"{pad}base = np.uint32(start)"]
    inside: list[str] = []
    one, zero = k.constants.name(1.0), k.constants.name(0.0)
    for place, quantity in enumerate(k.model.quantities):
        if quantity.name in names:
            scale = ""
            if quantity.unit_step != 1.0:
                scale = f" * {k.constants.name(quantity.unit_step)}"
            before.append(f"{pad}s_{quantity.name} = Q[{place}][start : start + count]")
            inside.append(f"{pad}    q_{quantity.name} = np.float32(s_{quantity.name}[i]){scale}")
    for place, resident in enumerate(k.model.residents):
        if resident.name in names:
            inside += [
                f"{pad}    u = uniform(np.uint32(base + np.uint32(i)), ka{place}, kb{place})",
                f"{pad}    q_{resident.name} = {one} if u < p_share_{place} else {zero}",
            ]
    if "zone" in names:
        inside.append(f"{pad}    q_zone = zone[start + i] if zone.size else {zero}")
    return before, inside


def _resident_keys(k: Kernel, names: set[str], pad: str) -> list[str]:
    return [
        f"{pad}ka{place}, kb{place} = keys[PURPOSES + {place}, 0], keys[PURPOSES + {place}, 1]"
        for place, resident in enumerate(k.model.residents)
        if resident.name in names
    ]


def _numbers_for(k: Kernel, names: set[str]) -> list[str]:
    shares = {f"share_{i}" for i, r in enumerate(k.model.residents) if r.name in names}
    return k.numbers(names | shares, "    ")


def sources(k: Kernel) -> list[str]:
    """Write, for each field, what runs of cells secrete [unit/min].

    Many runs for each call: to begin one costs as much as a hundred cells.
    """
    parts: list[str] = []
    for index, field in enumerate(k.model.fields):
        names = k.used([field.secretion])
        before, inside = _run_values(k, names, "        ")
        lines = [
            JIT,
            f"def source_{index}(runs, p, keys, Q, mask, zone, out):",
            *_numbers_for(k, names),
            *_resident_keys(k, names, "    "),
            "    for run in range(runs.shape[0]):",
            "        start, count, at = runs[run, 0], runs[run, 1], runs[run, 2]",
            *before,
            "        to = out[at : at + count]",
            "        for i in range(count):",
            *inside,
            f"            to[i] = {k.writer().number(field.secretion)}",
            "        if mask.size:",
            "            for i in range(count):",
            "                out[at + i] *= np.float32(mask[start + i])",
        ]
        parts.append("\n".join(lines))
    return parts


def arriving(k: Kernel) -> str:
    """Write, for each field, what the blood holds of it at the portal triads."""
    lines = [JIT, "def arriving(k, p):"]
    for index, field in enumerate(k.model.fields):
        lines.append(f"    if k == {index}:")
        lines += k.numbers(k.used([field.arriving]), "        ")
        lines.append(f"        return np.float64({k.writer().number(field.arriving)})")
    return "\n".join([*lines, "    return 0.0"])


def flags(k: Kernel) -> str:
    """Return the function that marks the cells for which a neighbour's condition holds."""
    lines = [
        JIT,
        "def flags(which, first, last, p, keys, Q, mask, zone, out):",
    ]
    if not k.model.neighbours:
        return "\n".join([*lines, "    return"])
    names = k.used(item.when for item in k.model.neighbours)
    lines += [*_numbers_for(k, names), *_resident_keys(k, names, "    ")]
    for index, item in enumerate(k.model.neighbours):
        mine = k.used([item.when])
        before, inside = _run_values(k, mine, "        ")
        lines += [
            f"    if which == {index}:",
            "        start, count = first, last - first",
            *before,
            "        to = out[first:last]",
            "        for i in range(count):",
            *inside,
            f"            yes = {k.writer().condition(item.when)}",
            "            to[i] = np.uint8(1) if yes else np.uint8(0)",
        ]
    lines += [
        "    if mask.size:",
        "        for i in range(first, last):",
        "            out[i] = out[i] & mask[i]",
    ]
    return "\n".join(lines)


def agents(k: Kernel) -> str:
    """Write what agents do, one after the other, each with its own random numbers."""
    model = k.model
    lines = [
        JIT,
        "def agents_act(minutes, akey, kind, site, lit_of, p, keys, Q, mask, zone, "
        "height, width, layers, torus):",
    ]
    if not model.agents:
        return "\n".join([*lines, "    return"])
    texts = [text for agent in model.agents for text in (agent.motility, agent.lights, agent.rests)]
    texts += [text for a in model.agents for d in a.deeds for text in (d.when, d.rate)]
    texts += [text for a in model.agents for d in a.deeds for _, text in d.sets]
    names = k.used(texts)
    lines += [*_numbers_for(k, names), *_resident_keys(k, names, "    ")]
    one, zero = k.constants.name(1.0), k.constants.name(0.0)
    lines += [
        "    span = np.float32(minutes)",
        "    for j in range(kind.size):",
        "        me = np.uint32(j)",
        "        i = np.int64(site[j])",
        f"        q_lit = {one} if lit_of[j] else {zero}",
    ]
    variables = k.variables() | {"lit": "q_lit"}
    writer = Writer(k.constants, variables)
    for number, agent in enumerate(model.agents):
        word = "if" if number == 0 else "elif"
        pad = "            "
        lines.append(f"        {word} kind[j] == {number}:")
        lines += [
            f"{pad}pace = {writer.number(agent.motility)}",
            f"{pad}if uniform(me, akey[0, 0], akey[0, 1]) < chance(pace * span):",
            f"{pad}    way = uniform(me, akey[1, 0], akey[1, 1])",
            f"{pad}    i = wander(i, way, mask, height, width, layers, torus)",
            f"{pad}    site[j] = np.uint32(i)",
        ]
        mine = k.used([agent.lights, agent.rests])
        lines += _site_values(k, mine, pad, "i")
        lines += [
            f"{pad}on, off = {writer.number(agent.lights)}, {writer.number(agent.rests)}",
            f"{pad}turn = off if lit_of[j] else on",
            f"{pad}if uniform(me, akey[2, 0], akey[2, 1]) < chance(turn * span):",
            f"{pad}    lit_of[j] = np.uint8(1) - lit_of[j]",
            f"{pad}q_lit = {one} if lit_of[j] else {zero}",
        ]
        for place, deed in enumerate(agent.deeds):
            own = k.used([deed.when, deed.rate, *(text for _, text in deed.sets)])
            lines += _site_values(k, own, pad, "i")
            lines.append(
                f"{pad}if {writer.condition(deed.when)} and uniform(me, akey[{3 + place}, 0], "
                f"akey[{3 + place}, 1]) < chance({writer.number(deed.rate)} * span):"
            )
            for name, text in deed.sets:
                lines.append(f"{pad}    x_{name} = {writer.number(text)}")
            for name, _ in deed.sets:
                at = model.quantity_index(name)
                quantity = model.quantities[at]
                scale = ""
                if quantity.unit_step != 1.0:
                    scale = f" * {k.constants.name(1.0 / quantity.unit_step)}"
                value = f"x_{name}{scale}"
                if quantity.bits < 32:
                    value = f"np.int32({value} + {k.constants.name(0.5)})"
                lines.append(f"{pad}    Q[{at}][i] = np.{STORED[quantity.bits]}({value})")
    return "\n".join(lines)
