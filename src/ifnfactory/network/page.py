"""A network as a page: equations in LaTeX, parameters with sources, observables, laws, glossary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sympy as sp

from ifnfactory.network.latex import latex_name, latex_of
from ifnfactory.network.model import Network, Parameter, Reaction


def render_page(network: Network) -> str:
    """Return the model as Markdown: every equation, number, source and law, chapter by chapter."""
    names = _latex_names(network)
    lines = [
        f"# Model: {network.name.replace('_', ' ')}",
        "",
        "This page is generated from the code that is simulated; do not edit it. Time is in days.",
        f"{len(network.species)} states, {len(network.parameters)} parameters, "
        f"{len(network.inputs)} inputs. Evidence tags: V verified; U-H, U-M, U-L known citation, "
        "not checked, high, medium or low confidence; D derived; S from an exploratory simulation; "
        "prior an engineering choice; fit calibrated to published trials, from the value named "
        "with it.",
        "",
    ]
    for module, title in network.titles:
        lines += [f"## {title}", ""]
        lines += _equations(network, module, names)
        lines += _states(network, module)
        lines += _parameters(network, module)
        lines += _observables(network, module, names)
        lines += _laws(network, module)
    return "\n".join(lines).rstrip() + "\n"


def render_glossary(network: Network) -> str:
    """Return the glossary as Markdown: paper symbol, name in the code, unit, source."""
    rows: list[tuple[str, str, str, str, str]] = []
    for item in network.species:
        rows.append((item.symbol, item.name, item.unit, item.description, "state"))
    for item in network.parameters:
        rows.append((item.symbol, item.name, item.unit, item.description, str(item.source)))
    for item in network.inputs:
        rows.append(
            (item.symbol, item.name, item.unit, item.description, "input, set by a regimen")
        )
    for item in network.quantities:
        rows.append((item.symbol, item.name, item.unit, item.description, "named quantity"))
    rows.sort(key=lambda row: (row[0].casefold(), row[1]))
    lines = [
        "# Glossary",
        "",
        "Paper symbol, name in the code, unit and source of everything in the model. This page is "
        "generated; do not edit it.",
        "",
        *_table(
            ("symbol", "name", "unit", "meaning", "source"),
            (
                (f"${latex_name(symbol)}$", f"`{name}`", unit, meaning, source)
                for symbol, name, unit, meaning, source in rows
            ),
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _latex_names(network: Network) -> dict[sp.Symbol, str]:
    items = (*network.species, *network.parameters, *network.inputs, *network.quantities)
    return {sp.Symbol(item.name, real=True): latex_name(item.symbol) for item in items}


def _equations(network: Network, module: str, names: dict[sp.Symbol, str]) -> Iterator[str]:
    for item in network.quantities:
        if item.module == module:
            left = latex_name(item.symbol)
            yield from _display(f"{left} = {latex_of(item.expression, names)}", item.description)
    for item in network.species:
        if item.module == module:
            left = f"\\frac{{d {latex_name(item.symbol)}}}{{dt}}"
            yield from _display(
                f"{left} = {_right_side(network, item.name, names)}", item.description
            )


def _right_side(network: Network, species: str, names: dict[sp.Symbol, str]) -> str:
    """Write the terms in the order of the reactions, gain and loss of a relaxation as one."""
    text = ""
    for term in _merged(network.reactions, species):
        minus = term.could_extract_minus_sign()
        body = latex_of(-term if minus else term, names)
        if isinstance(term, sp.Add):
            body = f"\\left({body}\\right)"
        text += f" - {body}" if minus else f" + {body}" if text else body
    return text.strip() or "0"


def _merged(reactions: Sequence[Reaction], species: str) -> Iterator[Any]:
    gains: dict[str, Any] = {}
    own = sp.Symbol(species, real=True)
    for reaction in reactions:
        coefficient = dict(reaction.stoichiometry).get(species)
        if coefficient is None:
            continue
        term: Any = sp.Mul(coefficient, reaction.rate)
        if reaction.name == f"{species}_gain":
            gains[species] = reaction.rate
        elif reaction.name == f"{species}_loss" and species in gains:
            rate = reaction.rate / own
            target = gains.pop(species) / rate
            yield sp.Mul(rate, sp.Add(target, -own), evaluate=False)
        else:
            yield term


def _display(equation: str, description: str) -> Iterator[str]:
    yield f"{description[:1].upper()}{description[1:]}:" if description else ""
    yield from ("", f"$${equation}$$", "")


def _states(network: Network, module: str) -> Iterator[str]:
    rows = [
        (
            f"${latex_name(item.symbol)}$",
            f"`{item.name}`",
            item.unit,
            "per patient" if item.initial is None else f"{item.initial:g}",
            f"{item.absolute_tolerance:g}",
        )
        for item in network.species
        if item.module == module
    ]
    yield from _section(("state", "name", "unit", "initial value", "negligible below"), rows)


def _parameters(network: Network, module: str) -> Iterator[str]:
    rows = [
        (
            f"${latex_name(item.symbol)}$",
            f"`{item.name}`",
            item.description,
            _values(item),
            item.unit,
            str(item.spread),
            item.source.text,
            item.source.tag,
        )
        for item in network.parameters
        if item.module == module
    ]
    headings = ("parameter", "name", "meaning", "value", "unit", "spread", "source", "tag")
    yield from _section(headings, rows)
    inputs = [
        (f"${latex_name(item.symbol)}$", f"`{item.name}`", item.description, f"{item.default:g}")
        for item in network.inputs
        if item.module == module
    ]
    yield from _section(("input", "name", "meaning", "default"), inputs)


def _values(item: Parameter) -> str:
    if item.value is None:
        return "per patient"
    strata = "; ".join(f"{stratum.replace('_', ' ')} {value:g}" for stratum, value in item.by)
    return f"{item.value:g}" + (f" ({strata})" if strata else "")


def _observables(network: Network, module: str, names: dict[sp.Symbol, str]) -> Iterator[str]:
    rows = [
        (f"`{item.name}`", f"${latex_of(item.expression, names)}$", item.unit, item.description)
        for item in network.observables
        if item.module == module
    ]
    yield from _section(("observable", "is", "unit", "meaning"), rows)


def _laws(network: Network, module: str) -> Iterator[str]:
    for law in network.conservations:
        if law.module == module:
            members = ", ".join(f"`{name}`" for name in law.species)
            doors = ", ".join(f"`{name}`" for name in law.open_to) or "nothing"
            yield f"Conservation of {law.name}: {members} together change only through {doors}."
            yield ""


def _section(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if rows:
        yield from _table(headings, rows)
        yield ""


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(headings) + " |"
    yield "|" + "---|" * len(headings)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
