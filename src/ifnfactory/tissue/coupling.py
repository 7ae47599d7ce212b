"""From the tissue to the patient and back.

The patient model knows one mean liver: own interferon F = s (1 + g_P P) in units of EC50, priming
P, SOCS1, response G, USP18. The tissue has the same rules in every cell, but interferon that falls
off around its producers. `response_surface` measures what a sheet makes of a dose and of a share
of producers; `summary` finds the two parameters with which the patient's loop comes closest to it,
and says how far it stays off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from ifnfactory.tissue.model import Model
from ifnfactory.tissue.scene import Drive
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.sites import Sites

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Loop:
    """The patient model's interferon loop at rest.

    Attributes
    ----------
    sensing
        Interferon drive in EC50 without priming, per share of producers.
    amplitude, priming_gain, ...
        As in the patient model's chapter on interferon.
    """

    sensing: float
    amplitude: float
    priming_gain: float
    socs1_half: float
    usp18_basal: float
    usp18_gain: float
    usp18_half: float

    def response(self, producers: Floats, exposure: Floats) -> Floats:
        """Return the steady response G for shares of producers and exposures in EC50.

        The right-hand side falls below G for large G, so that bisection finds the steady state.
        """
        low = np.zeros(np.broadcast(producers, exposure).shape)
        high = low + 10.0 * self.amplitude
        for _ in range(60):
            g = 0.5 * (low + high)
            drive = exposure + self.sensing * producers * (1.0 + self.priming_gain * g)
            occupied = drive / (1.0 + drive)
            usp18 = self.usp18_basal + self.usp18_gain * g
            brakes = (1.0 + (usp18 / self.usp18_half) ** 2) * (1.0 + occupied / self.socs1_half)
            more = self.amplitude * occupied / brakes > g
            low, high = np.where(more, g, low), np.where(more, high, g)
        return 0.5 * (low + high)


@dataclass(frozen=True)
class Surface:
    """What a sheet of liver makes of a dose, over producers (rows) and exposures (columns).

    Attributes
    ----------
    producers, exposure
        Share of hepatocytes that secrete, and peginterferon in its EC50.
    response
        Mean interferon response of all cells.
    protected
        Share of cells whose response counts as positive.
    amplification
        Interferon drive over the drive that was given; NaN where nothing was given.
    """

    producers: Floats
    exposure: Floats
    response: Floats
    protected: Floats
    amplification: Floats


@dataclass(frozen=True)
class Summary:
    """The patient's loop that comes closest to a surface.

    Attributes
    ----------
    rms_error, worst_error
        Of the mean response, in units of the response.
    """

    loop: Loop
    rms_error: float
    worst_error: float


def drive_of(model: Model, hours: Floats, peg_pm: Floats) -> Drive:
    """Return the drive by a patient's peginterferon.

    Parameters
    ----------
    hours, peg_pm
        Times [h], ascending, and concentrations in the blood from then on [pM], both (times,).

    Raises
    ------
    ValueError
        If the arrays do not fit together, or a concentration is negative or not finite.
    """
    if hours.shape != peg_pm.shape or hours.ndim != 1 or not hours.size:
        raise ValueError("give as many times as concentrations")
    if not np.all(np.isfinite(peg_pm)) or np.any(peg_pm < 0.0) or np.any(np.diff(hours) < 0.0):
        raise ValueError("concentrations are 0 or more, times ascend")
    values = np.tile([item.value for item in model.inputs], (hours.size, 1))
    values[:, [item.name for item in model.inputs].index("peg")] = peg_pm
    return Drive(hours, values)


def quiet(model: Model, **rates: float) -> Model:
    """Return the liver model without virus, immune cells and turnover, to look at its response."""
    still = {"infection": 0.0, "turnover": 0.0, "nk_density": 0.0, "cd8_density": 0.0}
    still |= {"pdc_density": 0.0, "kupffer_fraction": 0.0}
    return model.with_rates(**{**still, **rates})


def response_surface(
    model: Model,
    producers: Sequence[float],
    exposure: Sequence[float],
    size: int = 96,
    days: float = 40.0,
    seed: int = 1,
) -> Surface:
    """Return the steady response of a sheet for shares of producers and exposures.

    Parameters
    ----------
    days
        Until the response is steady; priming, the slowest, takes 10 days.
    """
    shape = (len(producers), len(exposure))
    response, protected = np.empty(shape), np.empty(shape)
    amplification = np.full(shape, np.nan)
    names = [item.name for item in model.inputs]
    for i, share in enumerate(producers):
        for j, dose in enumerate(exposure):
            still = quiet(model, producer_fraction=share)
            given = np.zeros((1, len(names)))
            given[0, names.index("peg")] = dose * model.rate_value("ec50_peg")
            given[0, names.index("sensed")] = 1.0
            simulation = Simulation(still, Sites(size, size), seed, Drive(np.zeros(1), given))
            state, _ = simulation.advance(
                simulation.seeded(simulation.init(), np.zeros((size, size), dtype=np.bool_)),
                24.0 * days,
                throw=True,
            )
            response[i, j] = simulation.values(state, "isg").mean(dtype=np.float64)
            protected[i, j] = simulation.share(state, "isg_positive")
            own = float(state.fields[still.field_index("type1")].mean(dtype=np.float64))
            if dose > 0.0:
                amplification[i, j] = 1.0 + own / model.rate_value("ec50") / dose
    return Surface(
        np.asarray(producers, dtype=float), np.asarray(exposure, dtype=float), response, protected,
        amplification,
    )  # fmt: skip


def summary(model: Model, surface: Surface) -> Summary:
    """Return the loop of the patient model that comes closest to a surface, and its error."""
    producers, exposure = surface.producers[:, np.newaxis], surface.exposure[np.newaxis, :]

    def loop(values: Floats) -> Loop:
        return Loop(
            float(np.exp(values[0])), float(np.exp(values[1])),
            *(model.rate_value(name) for name in
              ("priming_gain", "socs1_half", "usp18_basal", "usp18_gain", "usp18_half")),
        )  # fmt: skip

    def misses(values: Floats) -> Floats:
        return (loop(values).response(producers, exposure) - surface.response).ravel()

    start = np.log([100.0, model.rate_value("isg_amplitude")])
    found = least_squares(misses, start, x_scale=1.0)
    left = misses(np.asarray(found.x))
    return Summary(
        loop(np.asarray(found.x)),
        float(np.sqrt(np.mean(left**2))),
        float(np.max(np.abs(left))),
    )
