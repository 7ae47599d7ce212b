"""The speed of a Fisher-KPP front on a chain of cells."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from scipy.optimize import minimize_scalar


def lattice_speed(diffusion: float, growth: float, dt: float, time: float | None = None) -> float:
    """Return the speed from the lattice's dispersion relation [sites per time].

    v = min over q of ln[1 + dt (r + 2 D (cosh q - 1))] / (q dt), less the Bramson term
    3 / (2 q t) averaged over the second half of `time` where that is given.
    """

    def speed(q: float) -> float:
        return math.log(1.0 + dt * (growth + 2.0 * diffusion * (math.cosh(q) - 1.0))) / (q * dt)

    best: Any = minimize_scalar(
        speed, bounds=(1e-3, 10.0), method="bounded", options={"xatol": 1e-10}
    )
    if time is None:
        return float(best.fun)
    late = 3.0 / (2.0 * float(best.x)) * math.log(2.0) / (0.5 * time)
    return float(best.fun) - late


def measured_speed(
    diffusion: float, growth: float, dt: float = 0.05, sites: int = 2400, started: int = 20
) -> float:
    """Return the speed of the point u = 0.5 over the second half of a run [sites per time]."""
    time = min(1500.0 / (2.0 * math.sqrt(diffusion * growth)), 2500.0)
    steps = round(time / dt)
    places = _front(diffusion, growth, dt, sites, started, steps)
    times = dt * np.arange(1, steps + 1)
    late = slice(steps // 2, steps)
    fit = np.polyfit(times[late], places[late], 1)
    return float(fit[0])


def fine_speed(diffusion: float, growth: float, parts: int = 40) -> float:
    """Return the speed on a lattice `parts` times finer, for the limit of the continuum."""
    return lattice_speed(diffusion * parts**2, growth, 1e-5) / parts


@njit(cache=True, nogil=True)
def _front(diffusion: float, growth: float, dt: float, sites: int, started: int, steps: int) -> Any:
    u = np.zeros(sites)
    u[:started] = 1.0
    new = u.copy()
    places = np.empty(steps)
    for step in range(steps):
        for i in range(sites):
            left = u[i - 1] if i > 0 else u[i]
            right = u[i + 1] if i < sites - 1 else u[i]
            flow = diffusion * (left + right - 2.0 * u[i])
            new[i] = u[i] + dt * (flow + growth * u[i] * (1.0 - u[i]))
        u, new = new, u
        i = sites - 1
        while i > 0 and u[i] < 0.5:
            i -= 1
        below = u[i + 1] if i < sites - 1 else 0.0
        places[step] = i + (u[i] - 0.5) / (u[i] - below) if u[i] > below else i
    return places
