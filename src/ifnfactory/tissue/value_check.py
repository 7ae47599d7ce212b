"""What the numbers of a model can still get wrong: signs, steps, shares; every fault at once.

Names and rules hold for any values of the rates. These checks do not, and are made again for every
rate that a person sets or scans.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from ifnfactory.foundation.errors import Problem
from ifnfactory.foundation.lines import Path
from ifnfactory.foundation.schema_faults import Fault
from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.expressions import MOST
from ifnfactory.tissue.layout import is_shared
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_check import hop_rate, rate_values
from ifnfactory.tissue.parts import FieldSpec
from ifnfactory.tissue.rest_check import rest_faults
from ifnfactory.tissue.unit_check import unit_faults

STEPS_MOST: Final = 10_000_000
"""Most steps of a run: two centuries of ten minutes."""
SUBSTEPS_MOST: Final = 1_000
"""Most cell steps in a field step: each waits for its own random number."""
REACH_MOST: Final = 1_000.0
"""Sites over which a field may spread before it is lost, or in a step: sweeps grow with it."""


def value_faults(model: Model) -> list[Fault]:
    """Return everything that is wrong with the numbers of a model whose names and rules are right.

    Paths are those of its file; what is told does not need them.
    """
    return (
        [*_number_faults(model)]
        or [*_sign_faults(model)]
        or [
            *_time_faults(model),
            *_step_faults(model),
            *_share_faults(model),
            *_blood_faults(model),
            *unit_faults(model),
            *rest_faults(model),
        ]
    )


def _number_faults(model: Model) -> Iterator[Fault]:
    """Return which numbers single precision does not hold."""
    numbers: list[tuple[Path, str, float]] = []
    numbers += [(("rates", r.name, "value"), f"rate {r.name}", r.canonical) for r in model.rates]
    numbers += [(("inputs", i.name, "value"), f"input {i.name}", i.value) for i in model.inputs]
    numbers += [(("pools", p.name, "initial"), f"pool {p.name}", p.initial) for p in model.pools]
    for item in model.quantities:
        at = ("quantities", item.name)
        numbers.append(((*at, "maximum"), f"the maximum of {item.name}", item.maximum))
        numbers.append(((*at, "initial"), f"the start of {item.name}", item.initial))
    for path, what, value in numbers:
        if not abs(value) <= MOST:
            told = f"{what} = {value:.3g} is too large to compute with"
            yield Fault(path, told, f"give less than {MOST:g}, in minutes and micrometres")


def _sign_faults(model: Model) -> Iterator[Fault]:
    """Return which expressions over rates are no number, or negative."""
    rates = {name: np.float64(value) for name, value in rate_values(model).items()}
    with np.errstate(all="ignore"):
        for path, what, text in _fixed(model):
            value = float(evaluate(text, rates, np.float64))
            if not abs(value) <= MOST:
                told = f"{what} is no number ({value:.3g})"
                yield Fault(path, told, "look for a division by zero")
            elif value < 0.0:
                yield Fault(path, f"{what} is negative ({value:.3g})", "make it 0 or more")


def _fixed(model: Model) -> Iterator[tuple[Path, str, str]]:
    """Return path, words and text of every expression over rates alone."""
    for field in model.fields:
        for key in ("diffusion", "uptake", "decay", "washout", "to_partner", "exchange"):
            yield ("fields", field.name, key), f"{key} of {field.name}", getattr(field, key)
    yield ("sinusoid", "transit"), "transit of the blood", model.transit
    yield ("factory", "generation"), "the time of a generation", model.factory.generation
    for pool in model.pools:
        yield ("pools", pool.name, "decay"), f"decay of {pool.name}", pool.decay
    for resident in model.residents:
        yield (
            ("residents", resident.name, "fraction"),
            f"share of {resident.name}",
            resident.fraction,
        )
    for agent in model.agents:
        for key in ("density", "motility"):
            yield ("agents", agent.name, key), f"{key} of {agent.name}", getattr(agent, key)
    for index, item in enumerate(model.relaxations):
        if is_shared(model, item):
            yield ("relax", index, "rate"), f"rate of {item.quantity}", item.rate


def _time_faults(model: Model) -> Iterator[Fault]:
    longer, shorter = model.macro_step, min(model.cell_step, model.field_step)
    at = ("time", "field_step_min")
    if not longer / shorter <= SUBSTEPS_MOST:
        told = f"steps of {model.cell_step:g} and {model.field_step:g} min are too far apart"
        yield Fault(at, told, f"make the longer at most {SUBSTEPS_MOST:,} times the shorter")
    elif abs(longer / shorter - round(longer / shorter)) > 1e-9:
        told = f"steps of {model.cell_step:g} and {model.field_step:g} min do not fit together"
        yield Fault(at, told, "make the longer a whole multiple of the shorter")
    if longer > 60.0 * model.hours:
        told = f"a step of {longer:g} min is longer than the run of {model.hours:g} h"
        yield Fault(at, told, "make steps shorter, or hours more")
    yield from (Fault(("time", "hours"), p.what, p.fix) for p in too_long(model, model.hours))
    if model.odes and model.cell_substeps > 1:
        told = "differential equations are solved once a field step, which has several cell steps"
        fix = f"write cell_step_min = {model.field_step:g}; a block has sub-steps of its own"
        yield Fault(("time", "cell_step_min"), told, fix)
    turns = model.agent_step / longer
    if model.agents and not (turns <= STEPS_MOST and abs(turns - max(1, round(turns))) <= 1e-9):
        told = f"agents every {model.agent_step:g} min do not fit steps of {longer:g} min"
        yield Fault(("agent_step_min",), told, "make it a whole multiple of the step")


def too_long(model: Model, hours: float) -> list[Problem]:
    """Return whether a run of so many hours has more steps than anybody can wait for."""
    most = STEPS_MOST * model.macro_step / 60.0
    if hours <= most:
        return []
    told = f"{hours:g} h are too many steps of {model.macro_step:g} min"
    return [Problem(told, "--hours", f"give {most:g} or less")]


def _lost(model: Model, field: FieldSpec) -> float:
    """Return the rate at which a field is lost or passed to its partner [1/min]."""
    rates = rate_values(model)
    keys = ("uptake", "decay", "washout", "to_partner")
    return sum(float(evaluate(getattr(field, key), rates)) for key in keys)


def _leaving(model: Model, field: FieldSpec, layers: int = 1) -> float:
    """Return the rate at which a field leaves its site [1/min]."""
    hops = (6.0 if model.lattice.kind == "hex" else 4.0) * hop_rate(model, field.diffusion)
    if layers > 1:
        up = float(evaluate(field.diffusion, rate_values(model)))
        hops += 2.0 * up / model.lattice.pitch_um**2
    return hops + _lost(model, field)


def _unstable(model: Model, field: FieldSpec, layers: int = 1) -> bool:
    step = model.field_step / max(1, field.substeps)
    return field.solver == "explicit" and _leaving(model, field, layers) * step > 1.0 + 1e-9


def _step_faults(model: Model) -> Iterator[Fault]:
    for field in model.fields:
        step = model.field_step / max(1, field.substeps)
        if _unstable(model, field):
            told = (
                f"an explicit step of {step:g} min is unstable for {field.name}: more than all of "
                "it would leave its site"
            )
            need = math.ceil(_leaving(model, field) * model.field_step)
            way = f"substeps = {need} or more" if need <= 1000 else 'solver = "implicit"'
            fix = f"write {way}, or a shorter field_step_min"
            yield Fault(("fields", field.name, "substeps"), told, fix)
        lost = _lost(model, field) + 1.0 / model.macro_step
        reach = math.sqrt(1.5 * hop_rate(model, field.diffusion) / lost)
        if field.solver == "implicit" and reach > REACH_MOST:
            told = f"{field.name} spreads over {reach:.3g} sites in a step, more than can be solved"
            fix = f"keep it below {REACH_MOST:,.0f}: less diffusion, more loss or a shorter step"
            yield Fault(("fields", field.name, "diffusion"), told, fix)


def stack_problems(model: Model, layers: int) -> list[Problem]:
    """Return which explicit fields are stable in a sheet, but not in a stack of sheets."""
    found: list[Problem] = []
    for field in model.fields:
        if layers > 1 and _unstable(model, field, layers) and not _unstable(model, field):
            step = model.field_step / max(1, field.substeps)
            told = f"an explicit step of {step:g} min is unstable for {field.name} in a stack"
            need = math.ceil(_leaving(model, field, layers) * model.field_step)
            fix = f"give one layer, or write substeps = {need} or more in the model"
            found.append(Problem(told, "--layers", fix))
    return found


def _share_faults(model: Model) -> Iterator[Fault]:
    rates = rate_values(model)
    for resident in model.residents:
        share = float(evaluate(resident.fraction, rates))
        if share > 1.0:
            told = f"{resident.name}: {share:g} is no share of the sites"
            yield Fault(("residents", resident.name, "fraction"), told, "give 0 to 1")
    for agent in model.agents:
        density = float(evaluate(agent.density, rates))
        if density > 1.0:
            told = f"{agent.name}: {density:g} agents a site are not sparse"
            yield Fault(("agents", agent.name, "density"), told, "give 1 or less")


def _blood_faults(model: Model) -> Iterator[Fault]:
    rates: dict[str, Any] = rate_values(model)
    for field in model.fields:
        if evaluate(field.exchange, rates) == 0.0:
            continue
        at = ("fields", field.name, "exchange")
        if not evaluate(model.transit, rates) > 0.0:
            told = f"{field.name} meets the blood, which takes no time to pass"
            yield Fault(at, told, "give [sinusoid] a transit above 0")
        if field.solver == "explicit" or model.lattice.kind != "hex":
            told = f"{field.name} cannot meet the blood: explicit steps, or a square lattice"
            yield Fault(at, told, 'use solver = "implicit" and kind = "hex"')
