"""Hepatitis B in the tissue, as experiments with a published number would see it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.measures import slope
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_file import load_model
from ifnfactory.tissue.parts import Seeding
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.sites import Sites
from ifnfactory.tissue.state import State
from ifnfactory.tissue.targets import Target

SIDE: Final = 96
HEPATOCYTES_MAN: Final = 2e11
"""Hepatocytes of a human liver (tissue evidence, consistency check [D])."""
MOUSE_PER_ML: Final = 1e8
"""Human hepatocytes per mL of a humanised mouse's plasma: about 1e8 in a liver, 1 mL [U-M]."""
PM_PER_UNIT: Final = 0.26
"""pmol/L of interferon alfa at 1 IU/mL (tissue evidence, unit help [D])."""
ALONE: Final = {"nk_kill": 0.0, "cd8_kill": 0.0, "cd8_cure": 0.0}
"""Rates of a culture, or of a mouse without immune cells."""


@dataclass(frozen=True)
class Curve:
    """A sheet over time: hours, and for each the shares and amounts that are asked for."""

    hours: NDArray[np.float64]
    infected: NDArray[np.float64]
    isg_positive: NDArray[np.float64]
    isg: NDArray[np.float64]
    producing: NDArray[np.float64]
    blood: NDArray[np.float64]


def arranged(
    rates: dict[str, float] | None = None,
    inputs: dict[str, float] | None = None,
    phase: str | None = None,
    share: float = 0.01,
    blood: float = 0.0,
    load: str = "0",
) -> Model:
    """Return ``hbv-liver`` set up for an experiment.

    Parameters
    ----------
    phase, share, load
        What the infected cells are at the start, how many (1 or more: all), and their production.
    blood
        Virions per hepatocyte in the blood at the start.
    """
    model = load_model("hbv-liver").with_rates(**(rates or {}))
    given = inputs or {}
    changed = tuple(replace(item, value=given.get(item.name, item.value)) for item in model.inputs)
    pools = tuple(replace(pool, initial=blood) for pool in model.pools)
    seeding = model.seeding
    if phase is not None:
        # A mean of 50 draws leaves no cell out.
        amount = 50.0 if share >= 1.0 else -math.log1p(-share)
        sets = (("phase", phase), ("load", load))
        seeding = Seeding("poisson", amount, "phase == uninfected", sets)
    return replace(model, inputs=changed, pools=pools, seeding=seeding)


def watched(model: Model, hours: float, every: float, seed: int, threads: int) -> Curve:
    """Follow a sheet and note its curve."""
    simulation = Simulation(model, Sites(SIDE, SIDE), seed, threads=threads)
    state = simulation.init()
    times = np.arange(0.0, hours + 1e-9, every)
    rows: list[list[float]] = []
    for time in times:
        if time > 0.0:
            state, _ = simulation.advance(state, float(time), throw=True)
        rows.append(_row(simulation, state))
    values = np.array(rows)
    return Curve(times, *(values[:, k] for k in range(values.shape[1])))


def _row(simulation: Simulation, state: State) -> list[float]:
    shares = [simulation.share(state, name) for name in ("infected", "isg_positive")]
    isg = float(np.mean(simulation.values(state, "isg"), dtype=np.float64))
    return [*shares, isg, simulation.share(state, "producing"), float(state.pools[0])]


def _clearance_min(seed: int, threads: int) -> float:
    model = arranged({**ALONE, "infection": 0.0}, phase="uninfected", share=0.5, blood=1000.0)
    curve = watched(model, 6.0, 1.0, seed, threads)
    return -60.0 * math.log(2.0) / slope(curve.hours, np.log(curve.blood))


def _lower_plateau_days(seed: int, threads: int) -> float:
    """Return the mean time from infection to the first virions, every cell infected at once."""
    model = arranged({**ALONE, "infection": 0.0, "turnover": 0.0}, phase="eclipse", share=1.0)
    simulation = Simulation(model, Sites(SIDE, SIDE), seed, threads=threads)
    state, waiting = simulation.init(), 0.0
    for hour in range(1, 24 * 15 + 1):
        share = float(np.mean(simulation.holds(state, "phase == eclipse")))
        waiting += share / 24.0
        state, _ = simulation.advance(state, float(hour), throw=True)
    return waiting


def _mouse(seed: int, threads: int) -> Curve:
    """Return a mouse without immune cells, a tenth of its hepatocytes infected at once."""
    return watched(arranged(ALONE, phase="eclipse", share=0.1), 24.0 * 60, 6.0, seed, threads)


def _rapid_rise_h(curve: Curve) -> float:
    """Return the shortest doubling time of the blood over any day from the first one on."""
    late = curve.hours >= 12.0
    logs, hours = np.log(np.maximum(curve.blood[late], 1e-12)), curve.hours[late]
    window = 4  # of six hours each
    return min(
        math.log(2.0) / max((logs[k + window] - logs[k]) / (hours[k + window] - hours[k]), 1e-9)
        for k in range(logs.size - window)
    )


def _late_rise_days(curve: Curve) -> float:
    """Return the days from a third of the steady level until the level is within 10 %."""
    top = float(np.median(curve.blood[-20:]))
    third = float(curve.hours[int(np.argmax(curve.blood >= top / 3.0))])
    steady = float(curve.hours[int(np.argmax(curve.blood >= 0.9 * top))])
    return (steady - third) / 24.0


def _human_doubling_days(seed: int, threads: int) -> float:
    """Return the doubling of infected cells from 2 to 20 %, immune cells present."""
    model = arranged(phase="productive", share=0.005, load="1")
    curve = watched(model, 24.0 * 60, 12.0, seed, threads)
    rise = (curve.infected >= 0.02) & (curve.infected <= 0.2)
    rise &= curve.hours <= curve.hours[int(np.argmax(curve.infected))]
    if np.count_nonzero(rise) < 3:
        return math.nan
    return math.log(2.0) / slope(curve.hours[rise], np.log(curve.infected[rise])) / 24.0


def _made_per_cell(hours: float, seed: int, threads: int) -> float:
    """Return virions that a cell makes in an hour, `hours` after its production began."""
    rates = {**ALONE, "infection": 0.0, "turnover": 0.0, "integration_rate": 0.0}
    model = arranged(rates, phase="productive", share=1.0)
    simulation = Simulation(model, Sites(SIDE, SIDE), seed, threads=threads)
    start, _ = simulation.advance(simulation.init(), max(hours - 0.5, 0.0), throw=True)
    end, _ = simulation.advance(start, max(hours - 0.5, 0.0) + 1.0, throw=True)
    at = model.field_index("virions")
    made = float(end.ledger[at, 0] - start.ledger[at, 0]) / simulation.sites.cells
    return made / model.rate_value("local_share")


def _whole_body(seed: int, threads: int) -> float:
    """Return virions a day of a man at the peak of an infection without immune control."""
    return 24.0 * _made_per_cell(24.0 * 20, seed, threads) * HEPATOCYTES_MAN * _peak(seed, threads)


def _peak(seed: int, threads: int) -> float:
    curve = watched(arranged(phase="productive", share=0.05), 24.0 * 60, 24.0, seed, threads)
    return float(curve.infected.max())


def _makers_among_infected(seed: int, threads: int) -> float:
    curve = watched(arranged(phase="productive", share=0.5), 240.0, 24.0, seed, threads)
    return float(np.max(curve.producing / np.maximum(curve.infected, 1e-9)))


def _isg_fold(seed: int, threads: int) -> float:
    """Return the response of an infected sheet over that of an uninfected one, resting = 1."""
    sick = watched(arranged(phase="productive", share=0.9, load="1"), 240.0, 24.0, seed, threads)
    well = watched(arranged(phase="uninfected", share=0.5), 240.0, 24.0, seed, threads)
    return (1.0 + float(sick.isg[-5:].mean())) / (1.0 + float(well.isg[-5:].mean()))


def _responds(seed: int, threads: int) -> float:
    """Return 1 if an infected sheet answers what it can sense: at least 5 % more cells positive."""
    dark = watched(arranged(phase="productive", share=0.9, load="1"), 24.0, 24.0, seed, threads)
    lit = arranged(inputs={"sensed": 1.0}, phase="productive", share=0.9, load="1")
    bright = watched(lit, 24.0, 24.0, seed, threads)
    return float(bright.isg_positive[-1] - dark.isg_positive[-1] >= 0.05)


def _culture(peg_pm: float, seed: int, threads: int) -> tuple[float, float]:
    """Return virions made in the tenth day by a culture of infected cells, and its cccDNA share."""
    rates = {**ALONE, "infection": 0.0, "turnover": 0.0}
    model = arranged(rates, {"peg": peg_pm}, "productive", 1.0, load="1")
    simulation = Simulation(model, Sites(SIDE, SIDE), seed, threads=threads)
    start, _ = simulation.advance(simulation.init(), 216.0, throw=True)
    end, _ = simulation.advance(start, 240.0, throw=True)
    at = model.field_index("virions")
    made = float(end.ledger[at, 0] - start.ledger[at, 0])
    return made, simulation.share(end, "infected")


def _per_unit(model: Model) -> float:
    """Return the input ``peg`` [pM] that occupies receptors as 1 IU/mL of interferon alfa does."""
    return PM_PER_UNIT * model.rate_value("ec50_peg") / model.rate_value("ec50")


def _ic50(seed: int, threads: int) -> float:
    """Return the interferon alfa that halves the virions of a culture [IU/mL]; NaN if none does."""
    unit = _per_unit(load_model("hbv-liver"))
    doses = np.array([0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0])
    made = np.array([_culture(dose * unit, seed, threads)[0] for dose in doses])
    share = made / made[0]
    below = int(np.argmax(share <= 0.5))
    if share[below] > 0.5:
        return math.nan
    pair = np.log(doses[[max(below - 1, 1), below]])
    ends = share[[below - 1, below]]
    part = (ends[0] - 0.5) / (ends[0] - ends[1])
    return float(np.exp(pair[0] + part * (pair[1] - pair[0])))


def _cccdna_change(seed: int, threads: int) -> float:
    """Return log10 of the cccDNA share with 100 IU/mL of interferon alfa over that without."""
    unit = _per_unit(load_model("hbv-liver"))
    _, treated = _culture(100.0 * unit, seed, threads)
    _, plain = _culture(0.0, seed, threads)
    return math.log10(treated / plain)


Experiment = Callable[[int, int], float]

_EXPERIMENTS: Final[dict[str, Experiment]] = {
    "HBV-ishida-clear": _clearance_min,
    "HBV-ishida-lowplateau": _lower_plateau_days,
    "HBV-whalley-doubling": _human_doubling_days,
    "HBV-whalley-prod": lambda s, t: 24.0 * _made_per_cell(24.0 * 20, s, t),
    "HBV-whalley-total": _whole_body,
    "HBV-whalley-thalf": lambda s, t: _clearance_min(s, t) / 60.0 / 24.0,
    "HBV-haile-prod0": lambda s, t: _made_per_cell(0.0, s, t),
    "HBV-haile-prod1": lambda s, t: _made_per_cell(96.0, s, t),
    "HBV-suslov-null": _makers_among_infected,
    "HBV-suslov-nullISG": _isg_fold,
    "HBV-suslov-respond": _responds,
    "HBV-shen-cccdna": _cccdna_change,
    "HBV-shen-ic50-phh": _ic50,
}
_OF_THE_MOUSE: Final[dict[str, Callable[[Curve], float]]] = {
    "HBV-ishida-doubling": _rapid_rise_h,
    "HBV-ishida-late-duration": _late_rise_days,
    "HBV-ishida-steady": lambda c: math.log10(float(np.median(c.blood[-20:])) * MOUSE_PER_ML),
}


def of_the_mouse(target: Target) -> bool:
    """Return whether a target is answered from the curve of the mouse, which they share."""
    return target.target_id in _OF_THE_MOUSE


def hepatitis_answers(
    targets: Iterable[Target], seed: int, threads: int, done: Callable[[], None]
) -> dict[str, float]:
    """Return our value for every row of hepatitis B."""
    asked = list(targets)
    mouse: Curve | None = None
    answers: dict[str, float] = {}
    for target in asked:
        name = target.target_id
        if name in _OF_THE_MOUSE:
            mouse = mouse or _mouse(seed, threads)
            answers[name] = _OF_THE_MOUSE[name](mouse)
        else:
            answers[name] = _EXPERIMENTS[name](seed, threads)
        done()
    return answers
