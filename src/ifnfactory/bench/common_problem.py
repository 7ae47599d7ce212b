"""The common problem: nine states, 48 weekly doses, 24 weeks off, on which engines are compared.

A target-cell model with interferon kinetics, receptor occupancy, one interferon-stimulated gene,
one effector and ALT. It is a yardstick for solvers, not a model to believe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.streams import stream
from ifnfactory.network.compose import compose
from ifnfactory.network.model import Network
from ifnfactory.network.module import Module

Floats = NDArray[np.float64]

SOURCE: Final = Source("the common comparison problem of the engine notes", "prior")

# name: (symbol, unit, typical value, log-normal SD, lowest, highest)
CONSTANTS: Final[dict[str, tuple[str, str, float, float, float, float]]] = {
    "s": ("s", "cells/mL/day", 1e5, 0.2, 0.0, np.inf),
    "d": ("d", "1/day", 0.01, 0.2, 0.0, np.inf),
    "delta": ("δ", "1/day", 0.03, 0.4, 0.0, np.inf),
    "kE": ("k_E", "1/day", 0.03, 0.4, 0.0, np.inf),
    "p": ("p", "copies/cells/day", 60.0, 0.5, 0.0, np.inf),
    "c": ("c", "1/day", 4.0, 0.3, 0.0, np.inf),
    "ka": ("k_a", "1/day", 0.6, 0.4, 0.0, np.inf),
    "ke": ("k_e", "1/day", 0.28, 0.4, 0.0, np.inf),
    "F": ("F", "1", 0.8, 0.1, 0.0, 1.0),
    "Vc": ("V_c", "L", 8.0, 0.3, 0.0, np.inf),
    "kon": ("k_on", "L/ug/day", 20.0, 0.3, 0.0, np.inf),
    "koff": ("k_off", "1/day", 200.0, 0.2, 0.0, np.inf),
    "kisg": ("k_isg", "1/day", 24.0, 0.3, 0.0, np.inf),
    "EC50": ("EC_50", "1", 0.35, 0.5, 0.0, np.inf),
    "hill": ("h", "1", 1.5, 0.1, 0.0, np.inf),
    "emax": ("ε_max", "1", 0.95, 0.02, 0.0, 0.999),
    "etamax": ("η_max", "1", 0.5, 0.3, 0.0, 0.95),
    "bE": ("b_E", "1/day", 0.02, 0.4, 0.0, np.inf),
    "dE": ("d_E", "1/day", 0.05, 0.2, 0.0, np.inf),
    "KE": ("K_E", "cells/mL", 2e5, 0.4, 0.0, np.inf),
    "aE": ("a_E", "1", 1.5, 0.5, 0.0, np.inf),
    "sA": ("s_A", "U/L/day", 10.0, 0.2, 0.0, np.inf),
    "kA": ("k_A", "U*mL/L/cells", 2e-3, 0.4, 0.0, np.inf),
    "dA": ("d_A", "1/day", 0.5, 0.2, 0.0, np.inf),
}
REPRODUCTION: Final = (6.0, 0.5, 1.5)
"""R0: typical value, log-normal SD, lowest."""

WEEK: Final = 7.0
DOSE_DAYS: Final[Floats] = np.arange(48, dtype=np.float64) * WEEK
DOSE_UG: Final = 180.0
OUTPUT_DAYS: Final[Floats] = np.arange(73, dtype=np.float64) * WEEK


def common_network() -> Network:
    """Return the common problem as a network."""
    m = Module("common", "Common comparison problem")
    k = {
        name: m.constant(name, symbol=symbol, unit=unit, value=value, source=SOURCE, description="")
        for name, (symbol, unit, value, *_) in CONSTANTS.items()
    }
    beta = m.derived("beta", symbol="β", unit="mL/copies/day", description="infection rate")
    source_e = m.derived("sE", symbol="s_E", unit="1/day", description="effector source")
    T = m.species("T", symbol="T", unit="cells/mL", initial=None)
    I = m.species("I", symbol="I", unit="cells/mL", initial=None)  # noqa: E741
    V = m.species("V", symbol="V", unit="copies/mL", initial=None)
    dep = m.species("DEP", symbol="A_d", unit="ug", initial=0.0)
    cen = m.species("CEN", symbol="A_c", unit="ug", initial=0.0)
    ro = m.species("RO", symbol="RO", initial=0.0)
    isg = m.species("ISG", symbol="ISG", initial=0.0)
    E = m.species("E", symbol="E")
    alt = m.species("ALT", symbol="ALT", unit="U/L", initial=None)
    occ = m.quantity("occ", ro ** k["hill"] / (k["EC50"] ** k["hill"] + ro ** k["hill"]))
    infection = m.quantity("infection", (1 - k["etamax"] * isg) * beta * T * V, unit="cells/mL/day")
    loss = m.quantity("loss", k["delta"] + k["kE"] * E, unit="1/day")
    m.reaction("supply", k["s"], gives=T)
    m.reaction("natural_death", k["d"] * T, takes=T)
    m.reaction("infection_of_cells", infection, takes=T, gives=I)
    m.reaction("infected_loss", loss * I, takes=I)
    m.reaction("production", (1 - k["emax"] * isg) * k["p"] * I, gives=V)
    m.reaction("clearance", k["c"] * V, takes=V)
    m.reaction("absorption", k["ka"] * dep, takes=dep, gives={cen: k["F"]})
    m.reaction("elimination", k["ke"] * cen, takes=cen)
    m.reaction("binding", k["kon"] * cen / k["Vc"] * (1 - ro), gives=ro)
    m.reaction("unbinding", k["koff"] * ro, takes=ro)
    m.relaxation(isg, k["kisg"], occ)
    growth = k["bE"] * (1 + k["aE"] * isg) * I / (k["KE"] + I)
    m.reaction("effector_supply", source_e, gives=E)
    m.reaction("effector_growth", growth * E, gives=E)
    m.reaction("effector_loss", k["dE"] * E, takes=E)
    m.reaction("alt_release", k["sA"] + k["kA"] * loss * I, gives=alt)
    m.reaction("alt_clearance", k["dA"] * alt, takes=alt)
    return compose("common", [m])


@dataclass(frozen=True)
class CommonPatients:
    """Sampled patients of the common problem.

    Attributes
    ----------
    constants
        Shape (patients, constants), in the order of the network's constants.
    initial
        Shape (patients, 9), in the order of the network's species.
    """

    constants: NDArray[np.float64]
    initial: NDArray[np.float64]


def common_patients(network: Network, n: int, seed: int = 1) -> CommonPatients:
    """Draw `n` patients whose week 0 is the untreated steady state with one effector."""
    k: dict[str, NDArray[np.float64]] = {}
    for name, (_, _, value, sd, low, high) in CONSTANTS.items():
        draw = stream(seed, "common", name).standard_normal(n)
        k[name] = np.clip(value * np.exp(sd * draw), low, high)
    k["bE"] = np.minimum(k["bE"], 0.8 * k["dE"])
    value, sd, low = REPRODUCTION
    r0 = np.maximum(value * np.exp(sd * stream(seed, "common", "R0").standard_normal(n)), low)
    m = k["delta"] + k["kE"]
    k["beta"] = r0 * m * k["c"] * k["d"] / (k["p"] * k["s"])
    T0 = m * k["c"] / (k["beta"] * k["p"])
    I0 = (k["s"] - k["d"] * T0) / m
    k["sE"] = k["dE"] - k["bE"] * I0 / (k["KE"] + I0)
    x = dict.fromkeys(network.species_names, np.zeros(n))
    x |= {"T": T0, "I": I0, "V": k["p"] * I0 / k["c"], "E": np.ones(n)}
    x["ALT"] = (k["sA"] + k["kA"] * m * I0) / k["dA"]
    return CommonPatients(
        np.stack([k[name] for name in network.constant_names], axis=1),
        np.stack([x[name] for name in network.species_names], axis=1),
    )
