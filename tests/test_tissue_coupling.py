from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import k0
from tissue_cases import built_in

from ifnfactory.tissue.clusters import clusters
from ifnfactory.tissue.coupling import Loop, drive_of, quiet, response_surface, summary
from ifnfactory.tissue.course import Plan, follow
from ifnfactory.tissue.factory import look_at_factory
from ifnfactory.tissue.lattice import Boundary, Lattice
from ifnfactory.tissue.scene import Drive
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.sites import Sites

DAYS = 20.0
PEG_PM = 20.0


def patient_loop(values: dict[str, float], exposure: float) -> np.ndarray:
    """Return F, P, S1, G, U of the patient model's interferon loop after `DAYS`."""

    def slope(_: float, y: np.ndarray) -> list[float]:
        own, primed, socs1, response, usp18 = y
        drive = exposure + own
        occupied = drive / (1.0 + drive)
        brakes = (1.0 + (usp18 / values["usp18_half"]) ** 2) * (1.0 + socs1 / values["socs1_half"])
        sensing = values["stealth_leak"] * (1.0 + values["priming_gain"] * primed)
        return [
            values["loss"] * (sensing - own),
            values["priming_rate"] * (response - primed),
            values["socs1_rate"] * (occupied - socs1),
            values["isg_rate"] * (values["isg_amplitude"] * occupied / brakes - response),
            values["usp18_rate"]
            * (values["usp18_basal"] + values["usp18_gain"] * response - usp18),
        ]

    start = [0.0, 0.0, 0.0, 0.0, values["usp18_basal"]]
    return solve_ivp(slope, (0.0, DAYS), start, "LSODA", rtol=1e-8).y[:, -1]


def test_with_perfect_mixing_the_tissue_becomes_the_patient_model() -> None:
    model = quiet(built_in("hbv-liver"), stealth_leak=0.4, integration_rate=0.0)
    drive = drive_of(model, np.zeros(1), np.array([PEG_PM]))
    simulation = Simulation(model, Sites(64, 64), 5, drive, mixed=True)
    state = simulation.seeded(simulation.init(), np.ones((64, 64), dtype=np.bool_))
    state, _ = simulation.advance(state, 24.0 * DAYS, throw=True)

    values = {rate.name: rate.value for rate in model.rates}
    values["loss"] = 86400.0 * values["diffusion"] / values["niche_length"] ** 2
    values["loss"] += 24.0 * values["ifn_decay"]
    own, *rest = patient_loop(values, PEG_PM / values["ec50_peg"])
    assert own > 2.0 * values["stealth_leak"] * 0.5  # the loop feeds itself, or this tests nothing
    assert state.fields[0].mean() / values["ec50"] == pytest.approx(own, rel=0.01)
    for name, expected in zip(("primed", "socs1", "isg", "usp18"), rest, strict=True):
        assert simulation.values(state, name).mean() == pytest.approx(expected, rel=0.01), name


def test_hepatitis_b_alone_lights_nothing() -> None:
    model = built_in("hbv-liver")
    dark = Simulation(model, Sites(64, 64), 2)
    state = dark.seeded(dark.init(), np.indices((64, 64)).sum(axis=0) % 3 > 0)
    state, _ = dark.advance(state, 240.0, throw=True)
    assert dark.share(state, "infected") > 0.5
    assert dark.share(state, "isg_positive") == 0.0

    for name in ("peg", "tlr", "sensed"):  # each of the lights does what hepatitis B does not
        given = np.array([[40.0 if name == "peg" else 1.0] if item.name == name else [0.0]
                          for item in model.inputs]).T  # fmt: skip
        lit = Simulation(model, Sites(64, 64), 2, Drive(np.zeros(1), given))
        later, _ = lit.advance(state, 480.0, throw=True)
        assert lit.share(later, "isg_positive") > 0.5, name


def protected(niche_um: float, producers: float, size: int = 96) -> np.ndarray:
    """Return the protected cells of a sheet ten days after its producers were lit."""
    model = quiet(
        built_in("hbv-liver"), niche_length=niche_um, producer_fraction=producers, type3_share=0.0,
        priming_gain=0.0,
    )  # fmt: skip
    given = np.array([[1.0 if item.name == "sensed" else 0.0 for item in model.inputs]])
    simulation = Simulation(model, Sites(size, size), 7, Drive(np.zeros(1), given))
    state = simulation.seeded(simulation.init(), np.zeros((size, size), dtype=np.bool_))
    state, _ = simulation.advance(state, 240.0, throw=True)
    return simulation.holds(state, "isg > isg_positive_level")


def covered_by_one(niche_um: float) -> float:
    """Return the cells of a sheet that one producer keeps above the EC50 (Green's function)."""
    model = built_in("hbv-liver")
    pitch = model.lattice.pitch_um
    area = math.sqrt(3.0) / 2.0 * pitch**2
    inflow = model.rate_value("secretion_cell") * model.rate_value("pm_per_molecule") * area
    radius = np.linspace(0.2, 40.0, 4000) * pitch
    level = inflow / (2.0 * math.pi * model.rate_value("diffusion")) * k0(radius / niche_um)
    reached = radius[level >= model.rate_value("ec50")]
    return math.pi * float(reached[-1]) ** 2 / area if reached.size else 0.0


@pytest.mark.parametrize(("niche_um", "producers"), [(100.0, 0.01), (100.0, 0.03), (25.0, 0.005)])
def test_the_protected_set_percolates_where_producers_cover_the_sheet(
    niche_um: float, producers: float
) -> None:
    # Discs at random places percolate when each cell is covered 1.128 times on average.
    predicted = producers * covered_by_one(niche_um) > 1.128
    found = clusters(protected(niche_um, producers), Lattice(96, 96, boundary=Boundary.CLOSED))
    assert found.crosses is predicted
    assert predicted is (niche_um == 100.0)


def test_the_surface_is_summarised_into_the_patient_loop_with_its_error() -> None:
    model = built_in("hbv-liver")
    # On a smaller sheet 0.2 % are four or five producers, and where they happen to lie decides.
    surface = response_surface(model, (0.002, 0.01), (0.0, 1.0), size=96, days=25.0)
    assert np.all(np.diff(surface.response, axis=0) > 0.0)
    assert np.all(surface.amplification[:, 1] > 1.0)
    found = summary(model, surface)
    assert 0.0 < found.rms_error <= found.worst_error < 0.1
    again = found.loop.response(surface.producers[:, None], surface.exposure[None, :])
    assert np.max(np.abs(again - surface.response)) == pytest.approx(found.worst_error)


def test_the_loop_at_rest_is_the_fixed_point_of_its_equations() -> None:
    loop = Loop(50.0, 0.579, 2.0, 4.0, 0.05, 1.0, 2.378)
    g = float(loop.response(np.array(0.01), np.array(1.0)))
    drive = 1.0 + 0.5 * (1.0 + 2.0 * g)
    occupied = drive / (1.0 + drive)
    brakes = (1.0 + ((0.05 + g) / 2.378) ** 2) * (1.0 + occupied / 4.0)
    assert g == pytest.approx(0.579 * occupied / brakes, rel=1e-9)


@pytest.mark.parametrize("peg", [[-1.0], [np.nan], [1.0, 2.0]])
def test_a_concentration_that_cannot_be_is_refused(peg: list[float]) -> None:
    with pytest.raises(ValueError, match="concentrations"):
        drive_of(built_in("hbv-liver"), np.zeros(1), np.array(peg))


def test_the_loop_amplifies_what_producers_make() -> None:
    lit = built_in("hbv-liver").with_values({"sensed": 1.0, "producer_fraction": 0.05})
    found = look_at_factory(follow(Plan(lit, Sites(24, 24), 100.0, 2, 1)))
    gain = lit.rate_value("priming_gain") * lit.rate_value("isg_amplitude")
    assert np.all((found.amplification > 0.1) & (found.amplification < gain))
    assert found.generation_h == pytest.approx(96.0)
    # Lit cells let fewer virions out, and fewer in.
    assert np.all(found.spread < 0.8 * found.spread_without)


def test_a_dark_factory_amplifies_nothing() -> None:
    off = {"sensed": 0.0, "stealth_leak": 0.0, "damp_sensing": 0.0}
    dark = built_in("hbv-liver").with_values(off)
    found = look_at_factory(follow(Plan(dark, Sites(24, 24), 2.0, 1, 1)))
    assert math.isnan(found.amplification[0])
