"""Immunity alone: the exhaustion switch, natural killer cells, scar and clocks."""

import numpy as np
import pytest
from solo import Solo, alone

from ifnfactory.biology.immunity import immunity
from ifnfactory.biology.system import build_system
from ifnfactory.biology.typical import typical_patient

PORTS = {
    "interferon_excess": 0.0,
    "dna_capsids": 1.0,
    "infected_hepatocytes": 0.4,
    "infected_baseline": 0.4,
    "translation": 1.0,
    "surface_antigen": 1.0,
    "virions": 1.0,
    "e_antigen": 1.0,
    "hbsag_baseline": 10.0**4.25,
    "hbv_dna_baseline": 10.0**9.35,
}
LOW_ANTIGEN = {"infected_hepatocytes": 0.004, "surface_antigen": 0.01, "virions": 1e-4}
CLOCKS_OFF = {"seroconversion_hazard": 0.0, "release_hazard": 0.0}


def patient(margin: float, **changed: float) -> Solo:
    """Return an untreated patient with a given immune margin, antigen held constant."""
    network = build_system()
    chapter = immunity()
    state = typical_patient(network, "hbeag_positive")
    constants = dict(zip(network.constant_names, state.constants[0], strict=True))
    expansion = constants["effector_expansion_rate"]
    loss = constants["effector_loss_rate"]
    free = margin * loss / expansion
    memory = constants["memory_formation_rate"] / constants["memory_loss_rate"] * free
    scar = constants["scar_rate"] * (1 - free)
    scar /= scar + constants["scar_fading_rate"]
    derived = {
        "exhaustion_baseline": (1 / free - 1) ** 0.25,
        "scar_baseline": scar,
        "effector_supply": loss * (1 - memory)
        - loss * margin * (1 - 1 / constants["effector_maximum"]),
    }
    start = {"memory": memory, "exhaustion": derived["exhaustion_baseline"], "scar": scar}
    return alone(chapter, PORTS | CLOCKS_OFF | derived | changed, start)


@pytest.mark.parametrize("margin", [0.003, 0.2, 0.7])
def test_untreated_effectors_stay(margin: float) -> None:
    course = patient(margin).run([0, 336])
    assert course["effectors"] == pytest.approx(1.0, abs=1e-6)
    assert course["exhaustion"][1] == pytest.approx(course["exhaustion"][0], rel=1e-6)


def test_a_push_of_interferon_flips_the_switch_only_where_the_margin_is_large() -> None:
    large = patient(0.7, interferon_excess=0.33).run([0, 336])
    small = patient(0.003, interferon_excess=0.33).run([0, 336])
    assert large["effectors"][-1] > 8.0
    assert small["effectors"][-1] < 1.5


def test_a_fall_of_antigen_lifts_exhaustion_only_where_the_margin_is_large() -> None:
    large = patient(0.2, **LOW_ANTIGEN).run([0, 168])
    small = patient(0.0005, **LOW_ANTIGEN).run([0, 168])
    assert large["effectors"][-1] > 8.0  # as many as so little antigen keeps up
    assert small["effectors"][-1] < 0.1 * large["effectors"][-1]


def test_effectors_contract_with_the_antigen_that_they_are_shown() -> None:
    low = patient(0.2, **LOW_ANTIGEN).run([0, 168])["effectors"][-1]
    none = patient(0.2, **LOW_ANTIGEN | {"dna_capsids": 0.0}).run([0, 168])["effectors"][-1]
    saturated = patient(0.2, **LOW_ANTIGEN, stimulation_half_point=1e-4).run([0, 168])
    assert none < low < saturated["effectors"][-1]


def test_part_of_the_supply_fades_with_antigen() -> None:
    shown = {"infected_hepatocytes": 0.0, "surface_antigen": 0.0}
    primed = patient(0.003, **shown, primed_supply_share=1.0).run([0, 336])["effectors"][-1]
    unprimed = patient(0.003, **shown, primed_supply_share=0.0).run([0, 336])["effectors"][-1]
    assert primed < 0.1
    assert unprimed == pytest.approx(1.0, abs=0.05)


def test_spontaneous_release_flips_the_switch_of_a_typical_patient() -> None:
    course = patient(0.003218, release_hazard=1.0, release_threshold=1e-3).run([0, 336])
    assert course["effectors"][-1] > 20.0


def test_escaped_effectors_leave_memory() -> None:
    course = patient(0.003218, release_hazard=1.0, release_threshold=1e-3).run([0, 336])
    assert course["memory"][-1] > 10 * course["memory"][0]


def test_interferon_expands_natural_killer_cells() -> None:
    """CD56bright expansion 2-5 times on peginterferon (models.md 4.1)."""
    course = patient(0.003, interferon_excess=0.33).run([0, 168])
    assert 2.0 < course["activated_nk"][-1] < 5.0


def test_scar_fades_over_years_once_exhaustion_is_gone() -> None:
    course = patient(0.003218, release_hazard=1.0, release_threshold=1e-3).run([0, 365, 1826])
    assert course["scar"][0] == pytest.approx(0.5, abs=0.01)
    assert course["scar"][1] > 0.4
    assert course["scar"][2] == pytest.approx(0.25, abs=0.05)


def test_clocks_tick_with_effectors_and_fall_of_hbeag() -> None:
    hazard = {"seroconversion_hazard": 1e-4}
    slow = patient(0.003, **hazard).run([0, 100])["seroconversion_clock"][-1]
    fast = patient(0.003, e_antigen=0.0, **hazard).run([0, 100])["seroconversion_clock"][-1]
    assert slow == pytest.approx(0.01, rel=1e-3)
    assert fast == pytest.approx(0.02, rel=1e-3)


def test_release_comes_later_without_core_antigen_and_sooner_where_hbsag_has_fallen() -> None:
    def ticked(**held: float) -> float:
        start = patient(0.003, release_hazard=1e-4, release_unseen_share=0.4, **held)
        return float(start.run([0, 100])["release_clock"][-1])

    untreated = ticked()
    assert untreated == pytest.approx(0.01, rel=1e-3)
    # On a nucleos(t)ide analogue hardly any capsids are left: the unseen share of the hazard.
    assert ticked(dna_capsids=1e-6) == pytest.approx(0.4 * untreated, rel=1e-3)
    # Ten times less HBsAg, three times the hazard, as between patients.
    fallen = ticked(surface_antigen=0.1, release_hbsag_half_point=0.35)
    assert fallen == pytest.approx(3.0 * untreated, rel=0.01)


def test_rested_cells_release_sooner_once_antigen_comes_back() -> None:
    def ticked(rested: float, **held: float) -> float:
        here = patient(0.003, release_hazard=1e-4, release_unseen_share=0.1, **held)
        here.add("accustomed", -rested)
        return float(here.run([0, 100])["release_clock"][-1])

    untreated = ticked(0.0, rest_rate=0.0, awakening=4.0)
    assert ticked(1.0, rest_rate=0.0, awakening=4.0) == pytest.approx(4.6 * untreated, rel=1e-3)
    assert ticked(1.0, rest_rate=0.0, awakening=0.0) == pytest.approx(untreated, rel=1e-6)
    # On the analogue itself rest hardly matters: there is no antigen to awaken anybody.
    unshown = {"dna_capsids": 1e-7, "rest_rate": 0.0, "awakening": 4.0}
    assert ticked(1.0, **unshown) == pytest.approx(ticked(0.0, **unshown), rel=1e-3)


def test_cells_rest_on_an_analogue_and_tire_again_after_it() -> None:
    years = [0, 730, 1460]
    resting = patient(0.003, dna_capsids=0.0, rest_rate=0.00095).run(years)["accustomed"]
    assert resting == pytest.approx([1.0, 0.5, 0.25], abs=0.01)
    after = patient(0.003, rest_rate=0.00095)
    after.add("accustomed", -1.0)
    assert after.run(years)["accustomed"] == pytest.approx([0.0, 0.5, 0.75], abs=0.01)


def test_no_effectors_are_made_of_nothing() -> None:
    course = patient(0.003, surface_antigen=0.0, infected_hepatocytes=0.0, virions=0.0).run(
        np.linspace(0, 336, 49)
    )
    assert course.states.min() >= 0.0
    assert course["effectors"][-1] < 5.0
