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

from ifnfactory.biology.hepatocyte_balance import balance_hepatocytes
from ifnfactory.biology.patient_columns import PatientColumns
from ifnfactory.network.model import Network

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_HALVINGS: Final = 60


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
    Four impossible draws are bent, always the same way, rather than rejected. Infected and
    integrated shares are shrunk by one common factor where they and the cured cells would leave
    fewer than a tenth of the hepatocytes uninfected, or where the liver could not regenerate what
    dies. Where infected cells would multiply by division alone, part of them loses cccDNA faster.
    A reservoir that would wake up faster than infected cells die is cut to that rate.
    The immune margin is capped below the point at which memory alone keeps the effectors up.
    """
    k = PatientColumns(network, constants)
    g0 = _interferon(k)
    cells = balance_hepatocytes(k, baseline.hbeag_positive)
    memory = _immunity(k)
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
        "memory": memory,
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


def _interferon(k: PatientColumns) -> Floats:
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


def _immunity(k: PatientColumns) -> Floats:
    """Turn the immune margin into exhaustion, scar and effector supply; return the memory.

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
    return memory


def _injury(k: PatientColumns, alt: Floats, cytolysis: Floats) -> None:
    background = np.minimum(k["alt_background"], k["alt_background_cap"] * alt)
    k["alt_background_own"] = background
    k["alt_per_cytolysis"] = (alt - background) / cytolysis
    k["alt_baseline"] = alt
