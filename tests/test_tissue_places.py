"""Edges, lobules, stacks and vessels: the kernel's paths beside the full periodic sheet."""

from __future__ import annotations

import numpy as np
import pytest
from tissue_cases import built_in, lively, same

from ifnfactory.foundation.errors import IntegrationError
from ifnfactory.tissue import plan, work
from ifnfactory.tissue.blood import bring
from ifnfactory.tissue.lattice import Boundary, Lattice
from ifnfactory.tissue.lobule import Lobules, one_lobule, sheet_of_lobules
from ifnfactory.tissue.reference import reference_step
from ifnfactory.tissue.scene import Drive
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.sinusoid import sinusoids
from ifnfactory.tissue.sites import Sites
from ifnfactory.tissue.state import Status
from ifnfactory.tissue.value_check import stack_problems


def lobules(of: Lobules, layers: int = 1) -> Sites:
    """Return the cells of lobules with their vessels."""
    lattice = of.lattice
    torus = lattice.torus
    mask = np.tile(of.inside.astype(np.uint8).ravel(), layers)
    zone = np.tile(of.zone.ravel(), layers)
    mask = np.empty(0, np.uint8) if torus else mask
    return Sites(lattice.height, lattice.width, layers, torus, mask, zone, sinusoids(of))


PLACES = {
    "closed": Sites(11, 13, torus=False),
    "stack": Sites(8, 9, 3),
    "closed stack": Sites(7, 9, 3, torus=False),
    "lobule": lobules(one_lobule(6)),
    "lobules": lobules(sheet_of_lobules(Lattice(15, 15), 5)),
    "slices of a lobule": lobules(one_lobule(5), 2),
}
CASES = [
    *(("hbv-liver", place) for place in PLACES),
    *(("visavis", place) for place in ("closed", "closed stack", "lobule")),
    ("plaque", "closed"),
]


@pytest.mark.parametrize(("name", "place"), CASES)
def test_the_kernel_agrees_with_the_reference_everywhere(name: str, place: str) -> None:
    simulation = lively(name, 0, sites=PLACES[place])
    hour = simulation.model.macro_step / 60.0
    state = simulation.init()
    state = simulation.seeded(state, np.indices(simulation.sites.shape).sum(axis=0) % 5 == 0)
    warm = 2400 if name == "visavis" else 150
    state, _ = simulation.advance(state, warm * hour)
    slow = reference_step(simulation, state)
    fast, info = simulation.advance(state, (warm + 1) * hour)
    assert info.status is Status.COMPLETED
    assert same(fast, slow)
    assert not same(fast, state)
    assert info.imbalance < 1e-6
    outside = simulation.sites.mask.reshape(fast.fields[0].shape) == 0 if (
        simulation.sites.mask.size and name != "plaque") else None  # fmt: skip
    if outside is not None:
        assert all(not values[outside].any() for values in fast.fields)


@pytest.mark.parametrize("place", PLACES)
def test_tiles_give_the_field_of_the_whole_lattice(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = lively("hbv-liver", 0, sites=PLACES[place])
    monkeypatch.setattr(plan, "WHOLE", 0)
    monkeypatch.setattr(plan, "TILE", (4, 5))
    monkeypatch.setattr(plan, "LEAST", 1)
    tiled = lively("hbv-liver", 0, sites=PLACES[place])
    assert tiled.plan.tile[0, 4] > 1
    (one, _), (other, _) = (s.advance(s.init(), 1.0) for s in (whole, tiled))
    for left, right in zip(one.fields, other.fields, strict=True):
        np.testing.assert_allclose(left, right, rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("place", ["lobules", "slices of a lobule"])
def test_threads_do_not_change_a_bit_where_blood_flows(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "WORTH_SHARING", 0)
    monkeypatch.setattr(plan, "WHOLE", 0)
    monkeypatch.setattr(plan, "TILE", (4, 5))
    monkeypatch.setattr(plan, "LEAST", 1)
    runs = [lively("hbv-liver", 0, threads=threads, sites=PLACES[place]) for threads in (1, 2)]
    one, two = (run.advance(run.init(), 1.0)[0] for run in runs)
    assert same(one, two)


def channel(length: int) -> Sites:
    """Return cells in a row along one vessel."""
    shape = (3, length)
    row, column = np.indices(shape)
    inside = row == 1
    lattice = Lattice(*shape, boundary=Boundary.CLOSED)
    zone = (column / (length - 1)).astype(np.float32)
    return lobules(Lobules(
        lattice, inside, np.where(inside, 0, -1).astype(np.int32), zone,
        inside & (column == 0), inside & (column == length - 1),
    ))  # fmt: skip


def quiet(sites: Sites, arriving: float, **rates: float) -> Simulation:
    """Return a liver in which no cell makes interferon."""
    model = built_in("hbv-liver").with_rates(stealth_leak=0.0, turnover=0.0, **rates)
    return Simulation(model, sites, 1, Drive(np.zeros(1), np.array([[0.0, 0.0, 0.0, arriving]])))


def test_interferon_along_a_sinusoid_falls_as_it_is_taken_up() -> None:
    # Steady, without diffusion: blood gives to the cords k = e u/(e + u), and so falls as
    # exp(-k x/v) (tissue evidence, analytic limit 9); along n sites of flow Q, (Q/(Q + k))^n.
    length, exchange, uptake, decay = 60, 1e-3, 5e-3, 0.1155 / 3600.0
    sites = channel(length)
    simulation = quiet(
        sites, 8.0, diffusion=1e-6, niche_length=(1e-6 / uptake) ** 0.5,
        sinusoid_exchange=exchange, sinusoid_transit=1000.0,
    )  # fmt: skip
    state, info = simulation.advance(simulation.init(), 24.0)
    assert info.status is Status.COMPLETED
    assert info.imbalance < 1e-6
    lost = uptake + decay
    given = exchange * lost / (exchange + lost)
    flow = sites.open_cells * 0.6 / 1000.0
    place = np.arange(length)
    blood = 8.0 * (flow / (flow + given)) ** (place + 1)
    found = state.fields[0][1]
    np.testing.assert_allclose(found, blood * exchange / (exchange + lost), rtol=1e-4)
    profile = 8.0 * np.exp(-(place + 1) * given / flow) * exchange / (exchange + lost)
    np.testing.assert_allclose(found, profile, rtol=0.03)
    assert found[-1] < 0.3 * found[0]


def test_vessels_carry_a_signal_downstream_and_only_where_they_are() -> None:
    sites = lobules(one_lobule(8))
    simulation = quiet(sites, 5.0)
    state, _ = simulation.advance(simulation.init(), 6.0)
    inside = sites.mask.reshape(sites.shape) > 0
    assert state.fields[0][inside].min() > 0.0
    dry = quiet(Sites(17, 17, 1, False, sites.mask, sites.zone), 5.0)
    nothing, _ = dry.advance(dry.init(), 6.0)
    assert not nothing.fields[0].any()


@pytest.mark.parametrize("name", ["lobule", "sheet", "closed"])
def test_blood_that_enters_leaves_and_loses_nothing(name: str) -> None:
    closed = Lattice(40, 50, boundary=Boundary.CLOSED)
    made = {"lobule": lambda: one_lobule(8), "sheet": lambda: sheet_of_lobules(Lattice(48, 24), 8)}
    of = made.get(name, lambda: sheet_of_lobules(closed, 8))()
    network = sinusoids(of, 2.0)
    assert network.supply.sum() == pytest.approx(network.drain.sum(), rel=1e-9)
    cords = np.where(of.inside, np.random.default_rng(1).random(of.inside.shape), 0.0)
    cords = cords.astype(np.float32).ravel()
    vein, gain = np.zeros(cords.size), np.zeros(cords.size, np.float32)
    brought = bring(network.order, network.upstream, network.flow, network.supply, 0.01, 2.0, cords,
                    vein, gain)  # fmt: skip
    entered = 2.0 * network.supply.sum()
    left = float(network.drain @ vein[network.order])
    assert brought == pytest.approx(gain.sum(dtype=float), rel=1e-9)
    assert left + brought == pytest.approx(entered + 0.01 * cords.sum(dtype=float), rel=1e-5)


def test_an_explicit_step_that_a_stack_makes_unstable_is_refused() -> None:
    problems = stack_problems(built_in("plaque"), 3)
    assert [problem.where for problem in problems] == ["--layers"] * 2
    assert "substeps = 7 or more" in problems[0].fix
    assert stack_problems(built_in("plaque"), 1) == []
    assert stack_problems(built_in("hbv-liver"), 3) == stack_problems(built_in("visavis"), 3) == []
    # Without the refusal the run would stop by itself.
    simulation = lively("plaque", 0, sites=PLACES["closed stack"])
    state = simulation.seeded(simulation.init(), np.ones(simulation.sites.shape, dtype=bool))
    _, info = simulation.advance(state, 25.0)
    assert info.status is Status.NEGATIVE_FIELD


def test_a_negative_field_stops_the_run_and_says_so() -> None:
    simulation = lively("hbv-liver", 16)
    state = simulation.init()
    state.fields[0][:] = -1e9
    later, info = simulation.advance(state, 10.0)
    assert info.status is Status.NEGATIVE_FIELD
    assert info.steps == later.step == 1
    with pytest.raises(IntegrationError, match="became negative"):
        simulation.advance(state, 10.0, throw=True)
