"""Small networks with known answers, on which every integrator is tried."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ifnfactory.engine.batch import Integrator, Tolerances, compiled
from ifnfactory.engine.kernel import load_kernel
from ifnfactory.engine.reference import reference
from ifnfactory.foundation.evidence import Source
from ifnfactory.network.compose import compose
from ifnfactory.network.model import Network
from ifnfactory.network.module import Module

MADE_UP = Source("test problem", "prior")


def constant(m: Module, name: str, unit: str, value: float):
    return m.constant(name, symbol=name, unit=unit, value=value, source=MADE_UP, description="")


@lru_cache
def toy() -> Network:
    """Two compartments, an effect driven by an input, a real power, and a state that can explode.

    depot' = -ka depot; central' = ka depot - ke central; effect' = kout (drive - effect);
    power' = -kp power**1.5; burst' = g burst**2.
    """
    m = Module("toy", "Toy")
    ka, ke = constant(m, "ka", "1/day", 0.5), constant(m, "ke", "1/day", 0.2)
    kout, kp = constant(m, "kout", "1/day", 30.0), constant(m, "kp", "1/day", 0.1)
    g, h = constant(m, "g", "1/day", 0.0), constant(m, "h", "1", 1.5)
    drive = m.input("drive", symbol="u", unit="1")
    fine = {"initial": 0.0, "absolute_tolerance": 1e-10}
    depot = m.species("depot", symbol="A_d", unit="ug", **fine)
    central = m.species("central", symbol="A_c", unit="ug", **fine)
    effect = m.species("effect", symbol="R", **fine)
    power = m.species("power", symbol="x")
    burst = m.species("burst", symbol="z")
    m.reaction("absorption", ka * depot, takes=depot, gives=central)
    m.reaction("elimination", ke * central, takes=central)
    m.relaxation(effect, kout, drive)
    m.reaction("powered_loss", kp * power**h, takes=power)
    m.reaction("explosion", g * burst**2, gives=burst)
    m.conserves("drug", [depot, central], open_to=["elimination"])
    return compose("toy", [m])


@lru_cache
def robertson() -> Network:
    """Robertson's problem: three reactions over nine orders of magnitude."""
    m = Module("robertson", "Robertson")
    k1 = constant(m, "k1", "1/day", 0.04)
    k2 = constant(m, "k2", "1/day", 3e7)
    k3 = constant(m, "k3", "1/day", 1e4)
    a = m.species("a", symbol="y_1", absolute_tolerance=1e-8)
    b = m.species("b", symbol="y_2", initial=0.0, absolute_tolerance=1e-12)
    c = m.species("c", symbol="y_3", initial=0.0, absolute_tolerance=1e-8)
    m.reaction("first", k1 * a, takes=a, gives=b)
    m.reaction("second", k2 * b**2, takes=b, gives=c)
    m.reaction("third", k3 * b * c, takes=b, gives=a)
    m.conserves("mass", [a, b, c])
    return compose("robertson", [m])


def typical(network: Network, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Constants and initial values of n equal patients."""
    constants = [p.typical() for p in network.parameters] + [i.default for i in network.inputs]
    initial = [s.initial for s in network.species]
    return np.tile(constants, (n, 1)), np.tile(np.array(initial, dtype=float), (n, 1))


def kernel_integrator(network: Network, relative: float = 1e-7, threads: int = 1) -> Integrator:
    return compiled(network, load_kernel(network), Tolerances(relative), threads)


def reference_integrator(network: Network) -> Integrator:
    return reference(network)


INTEGRATORS = {"kernel": kernel_integrator, "reference": reference_integrator}
"""Every implementation of the integrator; one test file runs over them all."""
