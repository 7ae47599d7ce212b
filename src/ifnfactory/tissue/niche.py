"""The niche length of a model's interferon: what it is, and a model with another one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_check import rate_values
from ifnfactory.tissue.parts import FieldSpec

NICHE: Final = "niche_length"
"""Not a rate: sets the diffusion of interferon so that sqrt(D / loss) is this length [um]. The
diffusion coefficient is uncertain by four orders of magnitude; its length is what tissue knows."""


def first_interferon(model: Model) -> FieldSpec | None:
    """Return the first field that is an interferon by its name or description."""
    for field in model.fields:
        if "ifn" in field.name or "interferon" in f"{field.name} {field.description}":
            return field
    return None


def niche_rate(model: Model) -> str | None:
    """Return the rate that is the diffusion coefficient of the first interferon, if it is one."""
    field = first_interferon(model)
    known = {rate.name for rate in model.rates}
    return field.diffusion if field is not None and field.diffusion in known else None


def niche_length_um(model: Model) -> float:
    """Return the niche length of the first interferon, sqrt(D / loss) [um]; NaN without one."""
    field = first_interferon(model)
    if field is None:
        return math.nan
    diffusion = float(evaluate(field.diffusion, rate_values(model)))
    loss = _loss(field, model)
    return math.sqrt(diffusion / loss) if loss > 0.0 else math.inf


def _loss(field: FieldSpec, model: Model) -> float:
    rates = rate_values(model)
    terms = (field.uptake, field.decay, field.washout)
    return sum(float(evaluate(text, rates)) for text in terms)


def at_point(model: Model, values: Mapping[str, float]) -> Model:
    """Return the model at a point of a scan."""
    rates = {name: value for name, value in values.items() if name != NICHE}
    known = {rate.name: rate for rate in model.rates}
    if NICHE in values and NICHE in known:
        rates[NICHE] = values[NICHE]
    changed = model.with_rates(**rates)
    if NICHE not in values or NICHE in known:
        return changed
    name, field = niche_rate(changed), first_interferon(changed)
    if name is None or field is None:
        raise ValueError(f"{model.name} has no niche length")
    per_min = values[NICHE] ** 2 * _loss(field, changed)
    return changed.with_rates(**{name: per_min / known[name].factor})
