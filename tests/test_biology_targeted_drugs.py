"""Drugs with other targets, alone and in the whole system of a typical patient."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solo import Solo, alone

from ifnfactory.biology.system import build_system
from ifnfactory.biology.targeted_drugs import (
    ADDITIONS,
    BLOCKS,
    TARGETED_CONSTANTS,
    TARGETED_SPECIES,
    targeted_drugs,
)
from ifnfactory.biology.typical import STRATA, Stratum, typical_patient
from ifnfactory.network.evaluate import changes

RATES = {name: 1.0 for name in TARGETED_CONSTANTS if name.startswith("targeted_")}
NONE = dict.fromkeys(TARGETED_CONSTANTS, 0.0) | RATES


@lru_cache
def everyone(stratum: Stratum) -> tuple[np.ndarray, np.ndarray]:
    patient = typical_patient(build_system(), stratum)
    return patient.constants[0], patient.initial[0]


def treated(stratum: Stratum, amount: float, **strength: float) -> Solo:
    """Return a typical patient who holds `amount` of a drug in slot 1 for good."""
    network = build_system()
    constants, initial = everyone(stratum)
    given_ = dict(zip(network.constant_names, constants, strict=True)) | NONE | strength
    given_ |= {"targeted_loss_rate_1": 0.0}
    person = Solo(network, given_, dict(zip(network.species_names, initial, strict=True)))
    person.add("targeted_site_1", amount)
    return person


def test_a_dose_reaches_the_site_whole_and_leaves() -> None:
    rates = {"targeted_absorption_rate_1": 0.5, "targeted_loss_rate_1": 0.02}
    drug = alone(targeted_drugs(), NONE | rates)
    drug.add("targeted_depot_1", 3.0)
    course = drug.run([0, 10, 600])
    assert course["targeted_site_1"][1] == pytest.approx(3.0 * np.exp(-0.02 * 8), rel=0.05)
    assert course["targeted_site_1"][2] < 1e-4
    assert np.all(course["targeted_site_2"] == 0.0)


def test_steady_dosing_holds_a_level() -> None:
    rates = {"targeted_loss_rate_2": 0.5, "targeted_dosing_2": 2.0}
    drug = alone(targeted_drugs(), NONE | rates)
    assert drug.run([0, 60])["targeted_site_2"][-1] == pytest.approx(4.0, rel=1e-3)


@pytest.mark.parametrize("stratum", STRATA)
def test_without_a_drug_no_strength_changes_anything(stratum: Stratum) -> None:
    network = build_system()
    constants, initial = everyone(stratum)
    strong = constants.copy()
    for name in TARGETED_CONSTANTS:
        strong[network.constant_names.index(name)] = 1e3
    side = changes(network)
    assert np.array_equal(side(initial, strong), side(initial, constants))


@pytest.mark.parametrize("block", [f"{name}_block_1" for name, *_ in BLOCKS])
def test_doubling_a_saturating_dose_does_little(block: str) -> None:
    days = [0, 84]
    none = treated("hbeag_positive", 0.0).run(days, rtol=1e-6).states[:, -1]
    once = treated("hbeag_positive", 20.0, **{block: 30.0}).run(days, rtol=1e-6).states[:, -1]
    twice = treated("hbeag_positive", 40.0, **{block: 30.0}).run(days, rtol=1e-6).states[:, -1]
    kept = [n not in TARGETED_SPECIES for n in build_system().species_names]
    scale = np.maximum(np.abs(none[kept]), 1e-3)
    effect = np.max(np.abs(once[kept] - none[kept]) / scale)
    more = np.max(np.abs(twice[kept] - once[kept]) / scale)
    assert effect > 0.01
    assert more < 0.05 * effect


EFFECTS = {
    "transcript_block": ("surface_antigen", 30.0, -1),
    "integrant_transcript_block": ("surface_antigen", 30.0, -1),
    "encapsidation_block": ("rna_particles", 30.0, -1),
    "cccdna_formation_block": ("cccdna", 30.0, -1),
    "entry_block": ("infected_hepatocytes", 30.0, -1),
    "hbsag_release_block": ("surface_antigen", 30.0, -1),
    "virion_release_block": ("virions", 30.0, -1),
    "exhaustion_block": ("exhaustion", 1.0, -1),
    "hbsag_removal": ("surface_antigen", 1.0, -1),
    "virion_removal": ("virions", 1.0, -1),
    "innate_interferon": ("isg", 1.0, 1),
    "innate_immunity": ("activated_nk", 1.0, 1),
    "effector_priming": ("effectors", 1.0, 1),
}


def test_every_process_is_tried() -> None:
    names = [*(f"{name}_block" for name, *_ in BLOCKS), *(name for name, *_ in ADDITIONS)]
    assert list(EFFECTS) == names


@pytest.mark.parametrize("process", EFFECTS)
def test_a_process_moves_what_it_should(process: str) -> None:
    state, strength, sign = EFFECTS[process]
    course = treated("hbeag_positive", 10.0, **{f"{process}_1": strength}).run([0, 56], rtol=1e-6)
    before, after = course[state]
    assert sign * (after - before) > 0.01 * before


def test_an_sirna_that_spares_integrants_fails_where_they_make_the_hbsag() -> None:
    """In HBeAg-negative patients most HBsAg comes from integrated DNA (models.md 2.2)."""
    left = {}
    for stratum in STRATA:
        course = treated(stratum, 10.0, transcript_block_1=500.0).run([0, 28], rtol=1e-6)
        left[stratum] = course["surface_antigen"][-1]
    assert left["hbeag_positive"] < 0.45
    assert left["hbeag_negative"] > 0.9


def test_an_entry_block_stops_spread_and_leaves_what_is_there() -> None:
    """HBsAg stays (MYR301, models.md 6.4), while infection that would grow does not."""
    spread: dict[float, float] = {}
    for block in (0.0, 100.0):
        person = treated("hbeag_negative", 10.0, entry_block_1=block)
        infected = build_system().species_names.index("infected_hepatocytes")
        shrunk = person.x[infected] * 0.9
        person.x[infected] *= 0.1  # a tenth of the infection is left, and may grow back
        person.add("uninfected_hepatocytes", shrunk)
        course = person.run([0, 56], rtol=1e-6)
        spread[block] = course["infected_hepatocytes"][-1] / course["infected_hepatocytes"][0]
    assert spread[0.0] > 1.02
    assert spread[100.0] < 0.9
    there = treated("hbeag_negative", 10.0, entry_block_1=100.0).run([0, 168], rtol=1e-6)
    assert np.log10(there["surface_antigen"][-1]) > -0.15


def test_nucleic_acid_polymers_stop_hbsag_and_not_virions() -> None:
    course = treated("hbeag_negative", 10.0, hbsag_release_block_1=60.0).run([0, 14], rtol=1e-6)
    assert np.log10(course["surface_antigen"][-1]) == pytest.approx(-1.74, abs=0.1)
    assert course["virions"][-1] == pytest.approx(1.0, abs=0.1)


def test_lambda_interferon_does_not_reach_immune_cells_and_usp18_spares_it() -> None:
    network = build_system()
    constants, initial = everyone("hbeag_positive")
    given_ = dict(zip(network.constant_names, constants, strict=True)) | NONE
    given_ |= {"absorption_rate_a": 0.333, "elimination_rate_a": 0.0, "hepatic_only_b": 0.0}
    course = {}
    for only in (0.0, 1.0):
        person = Solo(
            network,
            given_ | {"hepatic_only_a": only},
            dict(zip(network.species_names, initial, strict=True)),
        )
        person.add("central_a", 2.4)  # the average drive of peginterferon alfa-2a at EC50 one
        course[only] = person.run([0, 84], rtol=1e-6)
    alfa, lambda_ = course[0.0], course[1.0]
    assert alfa["activated_nk"][-1] > 1.3
    assert lambda_["activated_nk"][-1] < 1.05
    assert lambda_["isg"][-1] > alfa["isg"][-1]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 5), min_size=13, max_size=13), st.floats(0, 30))
def test_nothing_becomes_negative_under_any_mixture(powers: list[float], amount: float) -> None:
    names = [*(f"{name}_block" for name, *_ in BLOCKS), *(name for name, *_ in ADDITIONS)]
    strength = {
        f"{n}_1": 10.0**p - 1.0 if n.endswith("block") else p
        for n, p in zip(names, powers, strict=True)
    }
    course = treated("hbeag_negative", amount, **strength).run([0, 7, 56], rtol=1e-6)
    tolerance = np.array([s.absolute_tolerance for s in build_system().species])
    assert np.all(np.isfinite(course.states))
    assert np.all(course.states >= -10 * tolerance[:, None])
