from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tissue_cases import NAMES, built_in, lively, same

from ifnfactory.tissue import work
from ifnfactory.tissue.codegen_quiet import NEARLY
from ifnfactory.tissue.counter import chance, fill_keys, uniforms
from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.layout import layout_of, numbers_of
from ifnfactory.tissue.model_check import rate_values
from ifnfactory.tissue.reference import reference_step
from ifnfactory.tissue.reference_random import keys_of, uniform
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.sites import Sites
from ifnfactory.tissue.state import State, Status


@pytest.mark.parametrize("name", NAMES)
def test_the_kernel_agrees_with_the_slow_reference_step_for_step(name: str) -> None:
    simulation = lively(name, 32)
    state = simulation.init()
    state = simulation.seeded(state, np.indices((32, 32)).sum(axis=0) % 5 == 0)
    hour = simulation.model.macro_step / 60.0
    warm = 2400 if name == "visavis" else 150
    state, _ = simulation.advance(state, warm * hour)
    slow = fast = state
    for step in range(1, 3):
        slow = reference_step(simulation, slow)
        fast, info = simulation.advance(fast, (warm + step) * hour)
        assert info.status is Status.COMPLETED
        assert same(fast, slow)
    assert not same(fast, state)
    assert max(float(values.max()) for values in fast.fields) > 0.0


def test_what_no_cell_step_looks_at_moves_once_a_macro_step() -> None:
    model = built_in("hbv-liver")
    layout = layout_of(model)
    late = {model.relaxations[index].quantity for index in layout.late}
    assert late == {"primed", "load", "pdc"}
    assert not late & set(layout.moving)
    numbers = numbers_of(layout, 1, np.zeros(len(model.pools)))
    for index, item in enumerate(model.relaxations):
        minutes = 10.0 if item.quantity in late else 1.0
        share = -math.expm1(-evaluate(item.rate, rate_values(model)) * minutes)
        assert numbers[layout.number(f"gain_{index}")] == pytest.approx(share, rel=1e-6)


def test_the_quick_look_misses_nobody() -> None:
    hazards = np.float32(2.0) ** np.random.default_rng(1).uniform(-120, 6, 200_000).astype("f4")
    chances = np.array([chance(hazard) for hazard in hazards], dtype=np.float32)
    assert np.all(chances <= hazards * np.float32(NEARLY))
    assert np.any(chances > hazards)  # rounding alone would let some slip


@pytest.mark.parametrize("name", NAMES)
def test_threads_do_not_change_a_bit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "WORTH_SHARING", 0)
    ends: list[State] = []
    for threads in (1, 2):
        simulation = lively(name, 210, threads=threads)
        state, _ = simulation.advance(simulation.init(), simulation.model.macro_step / 60.0 * 6)
        ends.append(state)
    assert same(*ends)


def test_an_interrupted_run_goes_on_as_if_nothing_had_been() -> None:
    simulation = lively("hbv-liver", 24)
    whole, _ = simulation.advance(simulation.init(), 24.0)
    half, _ = simulation.advance(simulation.init(), 11.0)
    rest, _ = simulation.advance(half, 24.0)
    assert same(whole, rest)
    np.testing.assert_array_equal(whole.ledger, rest.ledger)


@pytest.mark.parametrize("sites", [Sites(210, 210), Sites(90, 600)], ids=["high", "wide"])
def test_a_tile_and_a_whole_lattice_give_the_same_field(sites: Sites) -> None:
    many, one = (lively("hbv-liver", 0, sites=sites) for _ in range(2))
    assert (many.plan.tile[:, 4] > 1).all()
    one.plan.tile[:] = np.array([sites.height, sites.width, 1, 1, 1, 1, 0, 0])
    hours = 0.5
    (a, _), (b, _) = (s.advance(s.init(), hours) for s in (one, many))
    for left, right in zip(a.fields, b.fields, strict=True):
        # Sums of a tile and of the whole differ in their last digit, and so does the first guess.
        np.testing.assert_allclose(left, right, rtol=2e-5, atol=1e-7)


def test_random_numbers_are_those_of_the_reference_and_uniform() -> None:
    keys = np.empty((2, 2), dtype=np.uint32)
    fill_keys(11, 5, 7, keys)
    assert tuple(int(key) for key in keys[1]) == keys_of(11, 5, 8)
    numbers = uniforms(200_000, keys[1, 0], keys[1, 1])
    assert numbers[123] == uniform(123, keys_of(11, 5, 8))
    assert abs(float(numbers.mean()) - 0.5) < 3.0 / np.sqrt(12 * numbers.size)
    assert abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 0.01
    other = uniforms(200_000, keys[0, 0], keys[0, 1])
    assert abs(np.corrcoef(numbers, other)[0, 1]) < 0.01


def test_the_chance_of_an_event_is_exact_for_rare_and_for_certain_ones() -> None:
    x = np.logspace(-9, 1.7, 400)
    found = np.array([chance(np.float32(value)) for value in x])
    np.testing.assert_allclose(found, -np.expm1(-x.astype(np.float32).astype(float)), rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_signals_are_conserved(name: str) -> None:
    simulation = lively(name, 48)
    _, info = simulation.advance(simulation.init(), 48.0)
    assert info.imbalance < 1e-6


def test_signals_are_conserved_by_very_many_small_steps() -> None:
    model = built_in("visavis")
    fields = tuple(replace(field, substeps=120) for field in model.fields)
    simulation = Simulation(replace(model, fields=fields), Sites(48, 48), 3)
    state, _ = simulation.advance(simulation.init(), 60.0)
    there, due = state.ledger[:, 5], state.ledger[:, 7]
    assert (there > 0).any()
    np.testing.assert_allclose(there, due, rtol=120 * 6e-8)


def test_a_field_that_goes_wrong_stops_the_run_and_says_so() -> None:
    simulation = lively("hbv-liver", 16)
    state = simulation.init()
    state.fields[0][3, 3] = np.inf
    later, info = simulation.advance(state, 10.0)
    assert info.status is Status.NON_FINITE
    assert info.steps == 1
    assert later.step == 1
    assert "infinite" in info.status.sentence


def test_a_cell_that_goes_wrong_stops_the_run_and_says_so() -> None:
    simulation = lively("plaque", 8)
    state = simulation.init()
    amount = next(values for values in state.quantities if values.dtype == np.float32)
    amount[3, 4] = np.nan
    _, info = simulation.advance(state, 0.01)
    assert info.status is Status.NON_FINITE
    assert "undefined" in info.status.sentence


def test_a_liver_cell_takes_no_more_than_24_bytes() -> None:
    assert Simulation(built_in("hbv-liver"), Sites(64, 64)).bytes_per_cell <= 24.0
