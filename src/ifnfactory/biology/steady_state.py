"""The untreated chronic state of each patient, in closed form.

Every derived constant is solved so that the right-hand side is zero at the sampled baseline: no
burn-in, no drift and no rejected patients. Only the two hazard clocks move without treatment.
Steps: interferon fixed point, hepatocyte balance, immune margin, ALT, initial values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.network.model import Network

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_HALVINGS: Final = 60
_MOST_CELLS_HIT: Final = 0.9  # share of the liver that may be infected, cured or integrated
_LEAST_LIVER: Final = 0.8  # liver mass below which nobody has compensated chronic hepatitis
_LEAST_INFECTION: Final = 1e-3  # of natural loss: some infection goes on in every patient


@dataclass(frozen=True)
class Baseline:
    """Serum markers of untreated patients, shape (n,) each.

    Attributes
    ----------
    hbv_dna, hbsag
        [IU/mL]
    hbeag
        [S/CO]; zero or small in HBeAg-negative patients.
    hbv_rna
        [copies/mL]
    alt
        [U/L]
    hbeag_positive
        HBeAg status.
    """

    hbv_dna: Floats
    hbsag: Floats
    hbeag: Floats
    hbv_rna: Floats
    alt: Floats
    hbeag_positive: Bools


@dataclass(frozen=True)
class SteadyState:
    """Constants and initial values of untreated patients.

    Attributes
    ----------
    constants
        Shape (n, len(network.constant_names)), every constant of the untreated state filled in.
        Constants of the interferon slots and inputs are as they were given.
    initial
        Shape (n, len(network.species_names)).
    """

    constants: Floats
    initial: Floats


def untreated_state(network: Network, constants: Floats, baseline: Baseline) -> SteadyState:
    """Return the untreated chronic state of patients with the given parameters and markers.

    Parameters
    ----------
    network
        The hepatitis B system.
    constants
        Shape (n, len(network.constant_names)); all drawn parameters are filled in, what is derived
        may hold anything.
    baseline
        Markers of the untreated patients, shape (n,) each.

    Notes
    -----
    Three impossible draws are bent, always the same way, rather than rejected. Infected and
    integrated shares are shrunk by one common factor where they and the cured cells would leave
    fewer than a tenth of the hepatocytes uninfected, or where the liver could not regenerate what
    dies. Where infected cells would multiply by division alone, part of them loses cccDNA faster.
    The immune margin is capped below the point at which memory alone keeps the effectors up.
    """
    k = _Patients(network, constants)
    g0 = _interferon(k)
    cells = _hepatocytes(k, baseline.hbeag_positive)
    immune = _immunity(k)
    _injury(k, baseline.alt, cells.cytolysis)
    k["hbv_dna_baseline"] = baseline.hbv_dna
    k["hbsag_baseline"] = baseline.hbsag
    k["hbeag_baseline"] = baseline.hbeag
    k["hbv_rna_baseline"] = baseline.hbv_rna
    x0 = (k["stealth_leak"] + k["damp_sensing"]) * (1.0 + k["priming_gain"] * g0)
    values: dict[str, Floats] = {
        "lamivudine_resistant_share": np.clip(k["lamivudine_resistant_share_initial"], 0.0, 1.0),
        "endogenous_interferon": x0,
        "priming": g0,
        "socs1": x0 / (1.0 + x0),
        "isg": g0,
        "usp18": k["usp18_basal"] + k["usp18_gain"] * g0,
        "antiviral_state": g0,
        "uninfected_hepatocytes": cells.uninfected,
        "infected_hepatocytes": cells.infected,
        "cured_hepatocytes": cells.cured,
        "integrated_hepatocytes": cells.integrated,
        "memory": immune.memory,
        "exhaustion": k["exhaustion_baseline"],
        "scar": k["scar_baseline"],
        "serum_alt": baseline.alt,
    }
    n = len(baseline.alt)
    initial = np.empty((n, len(network.species)))
    for column, species in enumerate(network.species):
        initial[:, column] = values.get(species.name, np.full(n, _declared(species.initial)))
    return SteadyState(k.table, initial)


def _declared(initial: float | None) -> float:
    return np.nan if initial is None else initial


class _Patients:
    """A copy of the table of constants, read and written by name."""

    def __init__(self, network: Network, constants: Floats) -> None:
        self.table = np.array(constants, dtype=np.float64)
        self._column = {name: i for i, name in enumerate(network.constant_names)}

    def __getitem__(self, name: str) -> Floats:
        return self.table[:, self._column[name]]

    def __setitem__(self, name: str, value: Floats) -> None:
        self.table[:, self._column[name]] = value


def _interferon(k: _Patients) -> Floats:
    """Solve the untreated interferon response by bisection; it increases through one fixed point.

    The excess of production over G falls with G as long as the loop gain is below one, so that the
    bracket 0..A holds exactly one root.
    """
    untreated = k["stealth_leak"] + k["damp_sensing"]

    def production(g: Floats) -> Floats:
        x = untreated * (1.0 + k["priming_gain"] * g)
        occupied = x / (1.0 + x)
        usp18 = (k["usp18_basal"] + k["usp18_gain"] * g) / k["usp18_half_inhibition"]
        return (
            k["isg_amplitude"]
            * occupied
            / ((1.0 + usp18**2) * (1.0 + occupied / k["socs1_half_inhibition"]))
        )

    low, high = np.zeros_like(untreated), k["isg_amplitude"].copy()
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        below = production(middle) > middle
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    g = 0.5 * (low + high)
    for _ in range(8):  # the last bits: the map contracts with the loop gain
        g = production(g)
    k["isg_baseline"] = g
    return g


@dataclass(frozen=True)
class _Cells:
    uninfected: Floats
    infected: Floats
    cured: Floats
    integrated: Floats
    cytolysis: Floats


def _hepatocytes(k: _Patients, hbeag_positive: Bools) -> _Cells:
    """Balance the four kinds of hepatocytes; sets β, T_r, k_int, k_off and the baselines.

    With H the liver mass and r the regrowth rate, the sum of all four equations gives
    r_max (1 - H) H = cytolysis - reservoir, which is quadratic in H.
    """
    loss, reservoir = k["hepatocyte_loss_rate"], k["reservoir_import"]
    kill = k["total_kill_rate"]
    kill_integrated = k["integrated_killing"] * kill * k["integrated_presentation"]
    scale = _possible_scale(k, kill, kill_integrated)
    infected = scale * k["infected_fraction"]
    integrated = scale * k["integrated_fraction"]
    cytolysis = k["cytolytic_share"] * (kill * infected + kill_integrated * integrated)
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
    return _Cells(uninfected, infected, cured, integrated, cytolysis)


def _missing_mass(k: _Patients, cytolysis: Floats) -> Floats:
    """Return 1 - H, by the form of the quadratic's root that does not cancel."""
    q = np.maximum(cytolysis - k["reservoir_import"], 0.0) / k["regeneration_rate"]
    return 2.0 * q / (1.0 + np.sqrt(np.maximum(1.0 - 4.0 * q, 0.0)))


def _possible_scale(k: _Patients, kill: Floats, kill_integrated: Floats) -> Floats:
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


@dataclass(frozen=True)
class _Immune:
    memory: Floats


def _immunity(k: _Patients) -> _Immune:
    """Turn the immune margin into exhaustion, scar, memory and effector supply.

    margin = r_E b / d_E with b the un-exhausted share; E = 1 is stable because margin < 1.
    """
    loss, expansion = k["effector_loss_rate"], k["effector_expansion_rate"]
    memory_per_free = k["memory_formation_rate"] / k["memory_loss_rate"]
    cap = k["immune_margin_cap"]
    margin = k["immune_margin"] * cap / (k["immune_margin"] + cap)
    # Memory and expansion together replace less than 95 % of the effectors, and b stays below 1/2.
    margin = np.minimum(margin, 0.95 / (1.0 + memory_per_free * loss / expansion))
    margin = np.minimum(margin, 0.5 * expansion / loss)
    free = margin * loss / expansion
    memory = memory_per_free * free
    k["exhaustion_baseline"] = (1.0 / free - 1.0) ** 0.25
    k["effector_supply"] = loss * (1.0 - memory) - loss * margin * (
        1.0 - 1.0 / k["effector_maximum"]
    )
    scarring = k["scar_rate"] * (1.0 - free)
    k["scar_baseline"] = scarring / (scarring + k["scar_fading_rate"])
    return _Immune(memory)


def _injury(k: _Patients, alt: Floats, cytolysis: Floats) -> None:
    background = np.minimum(k["alt_background"], k["alt_background_cap"] * alt)
    k["alt_background_own"] = background
    k["alt_per_cytolysis"] = (alt - background) / cytolysis
    k["alt_baseline"] = alt
