"""A network without what nobody is given: smaller, and the same for those who are not."""

import numpy as np
import pytest
from engine_problems import constant, kernel_integrator, typical

from ifnfactory.biology.system import build_system
from ifnfactory.biology.targeted_drugs import TARGETED_INPUTS, TARGETED_SPECIES
from ifnfactory.engine.batch import Events, Integrator, init
from ifnfactory.engine.reference import reference
from ifnfactory.engine.sparing import Group, Sparing
from ifnfactory.foundation.errors import ModelError
from ifnfactory.network.compose import balance_faults, compose
from ifnfactory.network.model import Network
from ifnfactory.network.module import Module
from ifnfactory.network.without import without
from ifnfactory.trial.integrator import RARE

GROUP = Group(("drug",), ("flow", "gain"))
DAYS = [0.0, 2.0, 5.0]


def small_world() -> Network:
    """drug' = flow - k drug; marker' = k (1/(1 + drug) - marker) + gain; other' = -k other."""
    m = Module("world", "World")
    k, gain = constant(m, "k", "1/day", 0.5), constant(m, "gain", "1/day", 0.0)
    flow = m.input("flow", symbol="f", unit="1/day")
    drug = m.species("drug", symbol="d", initial=0.0, absolute_tolerance=1e-9)
    marker = m.species("marker", symbol="m", absolute_tolerance=1e-9)
    other = m.species("other", symbol="o", absolute_tolerance=1e-9)
    left = m.quantity("left", 1 / (1 + drug), symbol="l", description="left by the drug")
    m.reaction("intake", flow, gives=drug)
    m.reaction("loss", k * drug, takes=drug)
    m.relaxation(marker, k, left)
    m.reaction("gained", gain * other, gives=marker)
    m.reaction("other_loss", k * other, takes=other)
    m.observable("seen", marker + drug, unit="1", description="both")
    m.conserves("drug", (drug,), open_to=("intake", "loss"))
    return compose("world", [m])


class Watched:
    """Makes integrators and remembers how many states each had."""

    def __init__(self) -> None:
        self.made: list[int] = []

    def __call__(self, network: Network) -> Integrator:
        self.made.append(len(network.species))
        return reference(network)


def advance(target: str | None, value: float = 1.0, gain: float = 0.0):
    network, watched = small_world(), Watched()
    constants, initial = typical(network, 2)
    constants[:, network.constant_names.index("gain")] = gain
    events = Events.none(2)
    if target is not None:
        add = np.array([target in network.species_names])
        events = Events(np.zeros(1), (target,), add, np.full((2, 1), value))
    state = init(network, constants, initial)
    moved, info = Sparing(network, GROUP, watched)(state, 5.0, events, DAYS)
    whole_state, whole = reference(network)(state, 5.0, events, DAYS)
    np.testing.assert_allclose(info.output, whole.output, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(moved.values, whole_state.values, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(moved.constants, whole_state.constants)
    return watched.made


def test_what_is_left_out_is_gone_with_what_it_did() -> None:
    network = without(small_world(), GROUP.species, GROUP.constants)
    assert network.species_names == ("marker", "other")
    assert network.constant_names == ("k",)
    assert not network.quantities  # it has become the number one
    assert [each.name for each in network.reactions] == [
        "marker_gain",
        "marker_loss",
        "other_loss",
    ]
    assert not network.conservations
    assert balance_faults(network) == []


def test_what_would_come_back_cannot_be_left_out() -> None:
    with pytest.raises(ModelError, match="intake changes drug"):
        without(small_world(), ["drug"])


@pytest.mark.parametrize(
    ("target", "gain", "states"), [(None, 0.0, 2), ("other", 0.0, 2), ("drug", 0.0, 3)]
)
def test_the_smaller_kernel_serves_whom_it_can(
    target: str | None, gain: float, states: int
) -> None:
    assert advance(target, gain=gain) == [states]


def test_a_flow_and_a_constant_call_for_the_whole() -> None:
    assert advance("flow") == [3]
    assert advance(None, gain=0.1) == [3]


def test_a_drug_still_in_the_body_calls_for_the_whole() -> None:
    network, watched = small_world(), Watched()
    constants, initial = typical(network, 2)
    initial[1, network.species_names.index("drug")] = 1e-6
    Sparing(network, GROUP, watched)(init(network, constants, initial), 5.0, Events.none(2), DAYS)
    assert watched.made == [3]


def test_the_hepatitis_system_is_smaller_without_targeted_drugs() -> None:
    whole = build_system()
    small = without(whole, RARE.species, RARE.constants)
    assert len(whole.species) - len(small.species) == len(TARGETED_SPECIES) == 6
    assert not set(TARGETED_INPUTS) & set(small.constant_names)
    kept = {item.name for item in small.quantities}
    assert not {name for name in kept if name.endswith(("_left", "_added")) or "hepatic" in name}


def test_the_kernel_of_the_smaller_network_runs() -> None:
    network = without(small_world(), GROUP.species, GROUP.constants)
    constants, initial = typical(network, 1)
    _, info = kernel_integrator(network)(
        init(network, constants, initial), 5.0, Events.none(1), DAYS
    )
    assert info.output[0, -1, 1] == pytest.approx(np.exp(-2.5), rel=1e-5)
