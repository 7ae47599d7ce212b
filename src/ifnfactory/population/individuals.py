"""Individual parameters: typical value, spread and covariate effects, for any network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import expit, log_ndtr, logit

from ifnfactory.foundation.errors import ModelError
from ifnfactory.network.model import Network, Parameter
from ifnfactory.population.covariates import Covariates, Effect, shift
from ifnfactory.population.markers import STRATA
from ifnfactory.population.patients import Floats


def spread_names(network: Network) -> tuple[str, ...]:
    """Return the names of the parameters that differ between patients by chance."""
    return tuple(
        p.name for p in network.parameters if p.value is not None and p.spread.kind != "none"
    )


def individual_constants(
    network: Network,
    effects: Sequence[Effect],
    covariates: Covariates,
    scores: Mapping[str, Floats],
) -> Floats:
    """Return the constants of every patient, shape (n, len(network.constant_names)).

    Derived parameters are NaN until the untreated state or a regimen fills them; inputs stand at
    their defaults.

    Parameters
    ----------
    scores
        A standard normal score of shape (n,) for every name of `spread_names`.

    Raises
    ------
    ModelError
        If an effect names a parameter that the network lacks, or one without a scale to shift.
    """
    _refuse_strange(network, effects)
    n = len(covariates.status)
    constants = np.full((n, len(network.constant_names)), np.nan)
    for column, parameter in enumerate(network.parameters):
        if parameter.value is not None:
            constants[:, column] = _values(parameter, effects, covariates, scores)
    for column, item in enumerate(network.inputs, start=len(network.parameters)):
        constants[:, column] = item.default
    return constants


def _values(
    parameter: Parameter,
    effects: Sequence[Effect],
    covariates: Covariates,
    scores: Mapping[str, Floats],
) -> Floats:
    typical = np.array([parameter.typical(stratum) for stratum in STRATA])[covariates.status]
    if parameter.spread.kind == "none":
        return typical
    score = scores[parameter.name]
    moved = shift(effects, parameter.name, covariates)
    change = parameter.spread.sd * score + moved
    match str(parameter.spread.kind):
        case "lognormal":
            return typical * np.exp(change)
        case "logitnormal":
            return expit(logit(typical) + change)
        case "exponential":
            # Monotone in the score, so that a copula may reach a waiting time, too.
            return -typical * np.exp(moved) * log_ndtr(-score)
        case _:
            return typical + change


def _refuse_strange(network: Network, effects: Sequence[Effect]) -> None:
    spreads = {p.name: str(p.spread.kind) for p in network.parameters}
    faults = [
        f"covariate {effect.covariate} acts on {effect.parameter}, "
        f"which {network.name} does not have or which has no scale to shift"
        for effect in effects
        if spreads.get(effect.parameter) in {None, "none"}
    ]
    if faults:
        raise ModelError("\n".join(faults))
