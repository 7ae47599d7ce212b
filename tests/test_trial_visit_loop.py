"""Going from visit to visit is the same integration, cut where it stops anyway."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from ifnfactory.engine.batch import Events, State, init
from ifnfactory.pharmacology.coupling import couple, draw_deviations
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.run import Simulator, open_simulator
from ifnfactory.trial.visit_loop import scaled, walk

N = 70  # more than a block, so that two threads have something to share


@lru_cache
def simulator(threads: int) -> Simulator:
    return open_simulator(threads)


@lru_cache
def peg_arm() -> tuple[State, Events, np.ndarray]:
    protocol = load_protocol("lau2005")
    network = simulator(1).population.network
    people = simulator(1).population.draw(protocol.baseline, protocol.eligibility, N, 1)
    coupling = couple(protocol.arms[1].regimen, people.table.weight, draw_deviations(1, N))
    constants = people.constants.copy()
    for name, values in coupling.slot_parameters:
        constants[:, network.constant_names.index(name)] = values
    events = Events(coupling.day, coupling.target, coupling.add, coupling.value)
    return (
        init(network, constants, people.initial),
        events,
        np.array(protocol.visit_weeks) * 7.0,
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_visits_do_not_change_a_bit_of_the_course(threads: int) -> None:
    state, events, days = peg_arm()
    integrator = simulator(threads).clinic.integrator
    whole, info = integrator(state, float(days[-1]), events, days)
    end, shown = walk(integrator, state, events, days, lambda _v, _s, due: due)
    assert shown.tobytes() == info.output.tobytes()
    assert end.values.tobytes() == whole.values.tobytes()
    assert end.constants.tobytes() == whole.constants.tobytes()


def test_a_decision_holds_from_its_visit_to_the_next() -> None:
    state, events, days = peg_arm()
    integrator = simulator(2).clinic.integrator
    central = simulator(2).population.network.species_names.index("central_a")

    def hold(visit: int, _shown: np.ndarray, due: Events) -> Events:
        held = np.where(np.arange(N) % 2, 1.0, 0.0) if days[visit] >= 84 else np.ones(N)
        return scaled(due, (("depot_a", held),))

    _, planned = walk(integrator, state, events, days, lambda _v, _s, due: due)
    _, shown = walk(integrator, state, events, days, hold)
    at = int(np.flatnonzero(days == 84)[0])
    np.testing.assert_array_equal(shown[:, : at + 1], planned[:, : at + 1])
    np.testing.assert_array_equal(shown[1::2], planned[1::2])
    left = shown[::2, at + 1, central] / planned[::2, at + 1, central]
    assert (left < 0.5).all()
    assert np.median(left) < 0.1


def test_what_is_not_aimed_at_stays() -> None:
    _, events, _ = peg_arm()
    kept = scaled(events, (("depot_b", np.zeros(N)),))
    np.testing.assert_array_equal(kept.value, events.value)
