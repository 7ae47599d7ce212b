"""Whether the units of rates fit what they are used for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pint

from ifnfactory.foundation.lines import Path
from ifnfactory.foundation.schema_faults import Fault
from ifnfactory.foundation.units import registry
from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.expressions import names_in
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.units import unit_of

SPREAD: Final = "um2/s"
PER_TIME: Final = "1/h"
TIME: Final = "s"


def unit_faults(model: Model) -> Iterator[Fault]:
    """Return which expressions over rates alone have another dimension than their place asks for.

    Expressions with quantities or signals in them are not judged: an amount in a cell has no unit.
    """
    rates: dict[str, Any] = {
        rate.name: registry().Quantity(rate.value, unit_of(rate.unit)) for rate in model.rates
    }
    for path, what, text, wanted in _places(model):
        used = names_in(text)
        if not used or not used <= rates.keys():
            continue
        try:
            found: Any = evaluate(text, rates, registry().Quantity)
            fits = bool(found.check(unit_of(wanted)))
            given = f"{found.units:~P}"
        except pint.DimensionalityError:
            fits, given = False, "units that cannot be added"
        except (TypeError, ValueError, ArithmeticError):
            continue  # functions of two values, which carry no units
        if not fits:
            told = f"{what} does not fit its unit: {text} is in {given}"
            yield Fault(path, told, f"it has to be a unit like {wanted}")


def _places(model: Model) -> Iterator[tuple[Path, str, str, str]]:
    """Return path, words, text and a unit of the right dimension."""
    for field in model.fields:
        at = ("fields", field.name)
        yield (*at, "diffusion"), f"diffusion of {field.name}", field.diffusion, SPREAD
        for key in ("uptake", "decay", "washout", "to_partner", "exchange"):
            yield (*at, key), f"{key} of {field.name}", getattr(field, key), PER_TIME
    yield ("sinusoid", "transit"), "transit of the blood", model.transit, TIME
    generation = model.factory.generation
    yield ("factory", "generation"), "the time of a generation", generation, TIME
    for pool in model.pools:
        yield ("pools", pool.name, "decay"), f"decay of {pool.name}", pool.decay, PER_TIME
    for agent in model.agents:
        at = ("agents", agent.name, "motility")
        yield at, f"motility of {agent.name}", agent.motility, PER_TIME
    for index, rule in enumerate(model.transitions):
        yield ("transitions", index, "rate"), f"rate of {rule.name}", rule.rate, PER_TIME
    for index, item in enumerate(model.relaxations):
        yield ("relax", index, "rate"), f"rate of {item.quantity}", item.rate, PER_TIME
