"""Patients as a whole: same seed, same bits; one more patient changes nobody else."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from population_cases import ANYBODY, NEGATIVE, NEGATIVE_ENTRY, POSITIVE, POSITIVE_ENTRY

from ifnfactory.biology.system import build_system
from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.evidence import Source
from ifnfactory.network.compose import compose
from ifnfactory.network.model import Network, Spread
from ifnfactory.network.module import Module
from ifnfactory.population.baseline import Eligibility
from ifnfactory.population.correlations import Correlation
from ifnfactory.population.covariates import Effect
from ifnfactory.population.page import population_tables
from ifnfactory.population.patients import PatientTable
from ifnfactory.population.sample import (
    Declared,
    VirtualPatients,
    draw_individuals,
    draw_patients,
)

PRIOR = Source("a test", "prior")
MIXED = replace(POSITIVE, hbeag_positive_share=0.4)


def toy() -> Network:
    m = Module("toy", "Toy")
    m.species("x", symbol="x")
    own = {
        "fixed": (2.0, Spread()),
        "rate": (0.5, Spread("lognormal", 0.4)),
        "share": (0.2, Spread("logitnormal", 1.0)),
        "offset": (-1.0, Spread("normal", 0.3)),
        "waiting": (3.0, Spread("exponential")),
    }
    for name, (value, _) in own.items():
        m.constant(name, symbol=name, unit="1", value=value, source=PRIOR, description="")
    m.parameter_list[:] = [replace(p, spread=own[p.name][1]) for p in m.parameter_list]
    m.derived("solved", symbol="z", unit="1", description="")
    m.input("dose", symbol="u", unit="1", default=0.25)
    return compose("toy", [m])


def effect(parameter: str, slope: float, stratum: int | None = None) -> Effect:
    return Effect(parameter, "female", None, slope, (0.0, 0.0), stratum, PRIOR)


def column(network: Network, constants: np.ndarray, name: str) -> np.ndarray:
    return constants[:, network.constant_names.index(name)]


@pytest.fixture(scope="module")
def positive() -> VirtualPatients:
    return draw_patients(build_system(), POSITIVE, POSITIVE_ENTRY, 200, seed=11)


def test_spreads_are_on_their_own_scales() -> None:
    network = toy()
    drawn = draw_individuals(
        network, POSITIVE, ANYBODY, 20_000, 3, declared=Declared((), ())
    ).constants
    assert (column(network, drawn, "fixed") == 2.0).all()
    assert (column(network, drawn, "dose") == 0.25).all()
    assert np.isnan(column(network, drawn, "solved")).all()
    rate = np.log(column(network, drawn, "rate"))
    share = column(network, drawn, "share")
    logit = np.log(share / (1 - share))
    waiting = column(network, drawn, "waiting")
    # Six standard errors of the mean of 20,000.
    assert rate.mean() == pytest.approx(np.log(0.5), abs=6 * 0.4 / 141)
    assert rate.std() == pytest.approx(0.4, rel=0.03)
    assert logit.mean() == pytest.approx(np.log(0.25), abs=6 / 141)
    assert column(network, drawn, "offset").std() == pytest.approx(0.3, rel=0.03)
    assert waiting.mean() == pytest.approx(3.0, abs=6 * 3 / 141)
    assert np.median(waiting) == pytest.approx(3.0 * np.log(2.0), rel=0.05)


def test_a_covariate_shifts_its_parameter_in_its_stratum_only() -> None:
    network = toy()
    plain, shifted = (
        draw_individuals(network, MIXED, ANYBODY, 500, 3, declared=Declared((), effects))
        for effects in ((), (effect("rate", 1.0, stratum=1), effect("offset", -2.0)))
    )
    table = plain.table
    women_positive = table.female & table.hbeag_positive
    ratio = column(network, shifted.constants, "rate") / column(network, plain.constants, "rate")
    np.testing.assert_allclose(ratio, np.where(women_positive, np.e, 1.0))
    moved = column(network, shifted.constants, "offset") - column(
        network, plain.constants, "offset"
    )
    np.testing.assert_allclose(moved, np.where(table.female, -2.0, 0.0), atol=1e-12)


@pytest.mark.parametrize("name", ["fixed", "solved", "nothing_like_it"])
def test_an_effect_on_something_without_a_scale_is_a_model_error(name: str) -> None:
    with pytest.raises(ModelError, match=name):
        draw_individuals(
            toy(), POSITIVE, ANYBODY, 5, 3, declared=Declared((), (effect(name, 1.0),))
        )


def test_a_marker_and_a_parameter_can_be_correlated() -> None:
    network = toy()
    pairs = (Correlation("ln_alt", "rate", 0.5, PRIOR),)
    drawn = draw_individuals(
        network, POSITIVE, POSITIVE_ENTRY, 20_000, 3, declared=Declared(pairs, ())
    )
    found = np.corrcoef(np.log(drawn.table.alt0), np.log(column(network, drawn.constants, "rate")))
    assert found[0, 1] == pytest.approx(0.5, abs=0.03)  # six standard errors


@pytest.mark.parametrize("entry", [ANYBODY, POSITIVE_ENTRY])
def test_a_hundred_patients_are_the_first_of_two_hundred(entry: Eligibility) -> None:
    network = build_system()
    few = draw_patients(network, POSITIVE, entry, 100, seed=11)
    many = draw_patients(network, POSITIVE, entry, 200, seed=11)
    for name in (field.name for field in fields(PatientTable)):
        np.testing.assert_array_equal(getattr(few.table, name), getattr(many.table, name)[:100])
    for name in ("constants", "initial", "anti_hbe_responder", "anti_hbs_responder"):
        np.testing.assert_array_equal(getattr(few, name), getattr(many, name)[:100])


def test_the_same_seed_gives_the_same_bits_and_another_seed_other_people(
    positive: VirtualPatients,
) -> None:
    again = draw_patients(build_system(), POSITIVE, POSITIVE_ENTRY, 200, seed=11)
    other = draw_patients(build_system(), POSITIVE, POSITIVE_ENTRY, 200, seed=12)
    np.testing.assert_array_equal(again.constants, positive.constants)
    np.testing.assert_array_equal(again.initial, positive.initial)
    assert not np.any(other.table.hbv_dna0 == positive.table.hbv_dna0)


def test_a_new_parameter_changes_no_other_draw() -> None:
    network = toy()
    more = Module("more", "More")
    more.constant("zeal", symbol="z", unit="1", value=1.0, source=PRIOR, description="")
    zeal = replace(more.parameter_list[0], spread=Spread("lognormal", 1.0))
    wider = replace(network, parameters=(zeal, *network.parameters))
    declared = Declared((), ())
    before = draw_individuals(network, POSITIVE, POSITIVE_ENTRY, 50, 3, declared=declared)
    after = draw_individuals(wider, POSITIVE, POSITIVE_ENTRY, 50, 3, declared=declared)
    np.testing.assert_array_equal(after.constants[:, 1:], before.constants)


def test_every_state_and_constant_of_the_untreated_patient_is_sound(
    positive: VirtualPatients,
) -> None:
    network = build_system()
    assert np.isfinite(positive.initial).all()
    assert (positive.initial >= 0.0).all()
    assert len(positive) == 200
    for name, level in (("hbv_dna", "hbv_dna0"), ("hbsag", "hbsag0"), ("alt", "alt0")):
        np.testing.assert_array_equal(
            column(network, positive.constants, f"{name}_baseline"), getattr(positive.table, level)
        )
    hbeag = column(network, positive.constants, "hbeag_baseline")
    assert np.log10(hbeag).mean() == pytest.approx(2.6, abs=0.13)  # six standard errors


def test_hbeag_negative_patients_have_nothing_to_seroconvert() -> None:
    network = build_system()
    them = draw_patients(network, NEGATIVE, NEGATIVE_ENTRY, 50, seed=11)
    assert (column(network, them.constants, "hbeag_baseline") == 0.0).all()
    assert (column(network, them.constants, "seroconversion_threshold") > 100.0).all()


def test_antibody_makers_have_the_published_share() -> None:
    drawn = draw_individuals(toy(), POSITIVE, ANYBODY, 20_000, 3, declared=Declared((), ()))
    assert drawn.anti_hbe_responder.mean() == pytest.approx(0.92, abs=0.012)
    assert drawn.anti_hbs_responder.mean() == pytest.approx(0.89, abs=0.014)


def test_the_page_prints_every_effect_with_its_source() -> None:
    from pathlib import Path

    page = Path(__file__).parents[1] / "docs" / "population.md"
    assert population_tables() in page.read_text(encoding="utf-8")
