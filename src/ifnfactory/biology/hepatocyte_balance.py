"""The four kinds of hepatocytes in balance, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.biology.patient_columns import PatientColumns

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_HALVINGS: Final = 60
_MOST_CELLS_HIT: Final = 0.9  # share of the liver that may be infected, cured or integrated
_LEAST_LIVER: Final = 0.8  # liver mass below which nobody has compensated chronic hepatitis
_LEAST_INFECTION: Final = 1e-3  # of natural loss: some infection goes on in every patient


@dataclass(frozen=True)
class Cells:
    """Untreated hepatocytes as fractions of the normal liver mass, and cytolysis [1/day]."""

    uninfected: Floats
    infected: Floats
    cured: Floats
    integrated: Floats
    cytolysis: Floats


def balance_hepatocytes(k: PatientColumns, hbeag_positive: Bools) -> Cells:
    """Balance the four kinds of hepatocytes; sets β, T_r, k_int, k_off and the baselines.

    With H the liver mass and r the regrowth rate, the sum of all four equations gives
    r_max (1 - H) H = cytolysis - reservoir, which is quadratic in H.
    """
    loss = k["hepatocyte_loss_rate"]
    kill = k["total_kill_rate"]
    kill_integrated = k["integrated_killing"] * kill * k["integrated_presentation"]
    scale = _possible_scale(k, kill, kill_integrated)
    infected = scale * k["infected_fraction"]
    integrated = scale * k["integrated_fraction"]
    cytolysis = k["cytolytic_share"] * (kill * infected + kill_integrated * integrated)
    # Silent cells cannot wake up faster than infected ones die, or the liver would grow.
    reservoir = k["reservoir_import"] = np.minimum(k["reservoir_import"], cytolysis)
    missing = _missing_mass(k, cytolysis)
    extra = k["regeneration_rate"] * missing  # regrowth beyond natural loss
    cured = (1.0 - k["cytolytic_share"]) * kill * infected / (k["refractory_return_rate"] - extra)
    uninfected = 1.0 - missing - infected - cured - integrated

    net = extra - kill_integrated
    silencing = np.maximum(net, 0.0)
    integration = np.maximum(-net, 0.0) * integrated / infected
    growth = (loss + extra) * (1.0 - k["cure_at_division"])
    infection = infected * (loss + kill + integration - growth) - reservoir
    deficit = np.maximum(_LEAST_INFECTION * loss * infected - infection, 0.0)
    integration = integration + deficit / infected
    silencing = silencing + deficit / integrated
    infection = infection + deficit

    pool = k["susceptible_pool_scale"] * infected / k["susceptible_excess"]
    susceptible = np.where(hbeag_positive, uninfected, np.minimum(uninfected, pool))
    refractory = uninfected - susceptible
    k["refractory_uninfected"] = refractory
    k["infection_rate"] = infection / (uninfected - refractory)
    k["integration_rate"] = integration
    k["integrant_silencing_rate"] = silencing
    k["infected_baseline"] = infected
    k["integrated_baseline"] = integrated
    k["cytolysis_baseline"] = cytolysis
    return Cells(uninfected, infected, cured, integrated, cytolysis)


def _missing_mass(k: PatientColumns, cytolysis: Floats) -> Floats:
    """Return 1 - H, by the form of the quadratic's root that does not cancel."""
    q = np.maximum(cytolysis - k["reservoir_import"], 0.0) / k["regeneration_rate"]
    return 2.0 * q / (1.0 + np.sqrt(np.maximum(1.0 - 4.0 * q, 0.0)))


def _possible_scale(k: PatientColumns, kill: Floats, kill_integrated: Floats) -> Floats:
    """Return the factor, at most one, by which infected and integrated shares are shrunk."""
    infected, integrated = k["infected_fraction"], k["integrated_fraction"]
    share = k["cytolytic_share"]
    cytolysis = share * (kill * infected + kill_integrated * integrated)
    most_missing = 1.0 - _LEAST_LIVER

    def possible(scale: Floats) -> Bools:
        missing = _missing_mass(k, scale * cytolysis)
        left = k["refractory_return_rate"] - k["regeneration_rate"] * missing
        enough = (scale * cytolysis < k["regeneration_rate"] * most_missing * _LEAST_LIVER) & (
            left > 0.5 * k["refractory_return_rate"]
        )
        cured = (1.0 - share) * kill * scale * infected / np.where(enough, left, 1.0)
        hit = scale * (infected + integrated) + cured
        return enough & (hit <= _MOST_CELLS_HIT * (1.0 - missing))

    whole = np.ones_like(infected)
    low, high = np.zeros_like(infected), whole
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        fits = possible(middle)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return np.where(possible(whole), whole, low)
