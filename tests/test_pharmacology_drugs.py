"""Drugs as data: names, sources, units, and the steady states that the literature knows."""

import numpy as np
import pytest

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.units import registry
from ifnfactory.pharmacology.dose import micrograms, parse_dose
from ifnfactory.pharmacology.drug import (
    Nucleoside,
    Quantity,
    TargetedDrug,
    drug_names,
    load_drug,
    load_interferon,
)

DIMENSIONS = {
    "absorption_rate": "1/day",
    "clearance": "L/day",
    "volume": "L",
    "ec50": "ng/mL",
    "marrow_ec50": "ng/mL",
    "specific_activity": "MIU/mg",
    "steady_state_average": "ng/mL",
    "log10_residual": "1",
    "onset_rate": "1/day",
    "loss_rate": "1/day",
}
COUNTED = {"ug", "mg", "dose"}


def test_the_catalogue_holds_the_drugs_of_the_field() -> None:
    assert drug_names() == (
        "adefovir",
        "arc_520",
        "bepirovirsen",
        "bersacapavir",
        "bulevirtide",
        "elebsiran",
        "entecavir",
        "envafolimab",
        "gs_4774",
        "hepex_b",
        "interferon_alfa",
        "jnj_3989",
        "lamivudine",
        "nivolumab",
        "peginterferon_alfa_2a",
        "peginterferon_alfa_2b",
        "peginterferon_lambda",
        "rep_2139",
        "rg7907",
        "ropeginterferon_alfa_2b",
        "ruzotolimod",
        "selgantolimod",
        "telbivudine",
        "tenofovir_alafenamide",
        "tenofovir_df",
        "tobevibart",
        "vebicorvir",
        "vesatolimod",
        "vtp_300",
        "xalnesiran",
    )


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("peg2a", "peginterferon_alfa_2a"),
        ("peginterferon alfa-2a", "peginterferon_alfa_2a"),
        ("Peg2b", "peginterferon_alfa_2b"),
        ("ifn", "interferon_alfa"),
        ("lam", "lamivudine"),
        ("adv", "adefovir"),
        ("etv", "entecavir"),
        ("tdf", "tenofovir_df"),
        ("taf", "tenofovir_alafenamide"),
        ("ldt", "telbivudine"),
        ("ropeg", "ropeginterferon_alfa_2b"),
        ("peginterferon lambda", "peginterferon_lambda"),
        ("JNJ-3989", "jnj_3989"),
        ("VIR-2218", "elebsiran"),
        ("JNJ-6379", "bersacapavir"),
        ("REP 2139", "rep_2139"),
        ("ASC22", "envafolimab"),
    ],
)
def test_a_drug_answers_to_its_short_name(alias: str, name: str) -> None:
    assert load_drug(alias).name == name


def test_no_two_drugs_share_a_name() -> None:
    spellings = [s for n in drug_names() for s in {n, *load_drug(n).aliases}]
    assert len(spellings) == len(set(spellings))


def test_an_unknown_drug_is_met_with_the_nearest_and_all_names() -> None:
    with pytest.raises(UserInputError) as caught:
        load_drug("lamivudin")
    (problem,) = caught.value.problems
    assert "lamivudin" in problem.what
    assert "did you mean lamivudine" in problem.fix
    assert "tenofovir_df" in problem.fix


def test_a_tablet_is_no_interferon() -> None:
    with pytest.raises(UserInputError, match="no interferon"):
        load_interferon("etv")


@pytest.mark.parametrize("name", drug_names())
def test_every_number_has_a_unit_and_every_spread_a_source(name: str) -> None:
    drug = load_drug(name)
    units = registry()
    numbers = {k: v for k, v in vars(drug).items() if isinstance(v, Quantity)}
    if isinstance(drug, TargetedDrug):
        assert numbers.pop("half_amount").unit in COUNTED
        assert all(effect.source.text for _, effect in drug.effects)
    for field, value in numbers.items():
        assert value.source.text
        assert (value.spread_source is not None) or value.spread == 0
        assert value.spread >= 0
        expected = DIMENSIONS[field]
        text = value.unit.removesuffix("/kg")
        if field == "specific_activity":
            assert text == expected
        elif expected != "1":
            assert units.parse_units(text) == units.parse_units(expected)


def test_peginterferon_alfa_2a_reaches_its_published_average() -> None:
    """Cavg,ss 12.6 ng/mL +- 25 % on 180 ug weekly (PMC5401974 Table 7: 12.57 +- 3.7) [V].

    One compartment: the average at steady state is dose / (interval x CL/F).
    """
    drug = load_interferon("peg2a")
    average = micrograms(parse_dose(drug.usual_dose), drug) / 7.0 / drug.clearance.value
    assert average == pytest.approx(12.6, rel=0.25)
    assert drug.steady_state_average is not None
    assert drug.steady_state_average.value == 12.57
    # The mean over patients lies above the typical value, and must be within the band as well.
    assert average * np.exp(drug.clearance.spread**2 / 2) == pytest.approx(12.6, rel=0.25)


def test_peginterferon_alfa_2a_peaks_on_the_fourth_day() -> None:
    """First-dose Tmax 76.5 +- 48 h (PMC5401974 Table 7) [V]."""
    drug = load_interferon("peg2a")
    ka, ke = drug.absorption_rate.value, drug.clearance.value / drug.volume.value
    assert 24 * np.log(ka / ke) / (ka - ke) == pytest.approx(76.5, abs=48)


def test_peginterferon_alfa_2b_per_kilogram() -> None:
    """CL/F 22 mL/h/kg, V/F 0.99 L/kg, absorption half-life 4.6 h (models.md 3.1)."""
    drug = load_interferon("peg2b")
    assert drug.clearance.per_kg
    assert drug.volume.per_kg
    assert drug.clearance.value / 24 * 1e3 == pytest.approx(22)
    assert np.log(2) / drug.absorption_rate.value * 24 == pytest.approx(4.6, rel=1e-3)
    half_life = 24 * np.log(2) * drug.volume.value / drug.clearance.value
    assert 22 <= half_life <= 60
    assert 1.5 / 7 / drug.clearance.value == pytest.approx(0.41, abs=0.01)


def test_interferons_keep_their_relative_drive_at_usual_doses() -> None:
    """The two peginterferons' Cavg/EC50 stand as in models.md 3.2 (EC50 3 and 0.125 ng/mL)."""
    a, b = load_interferon("peg2a"), load_interferon("peg2b")
    drive_a = 180 / 7 / a.clearance.value / a.ec50.value
    drive_b = 1.5 / 7 / b.clearance.value / b.ec50.value
    assert drive_b / drive_a == pytest.approx((0.406 / 0.125) / (12.24 / 3), rel=0.01)


@pytest.mark.parametrize(
    ("name", "peak", "half_life"),
    [("ropeg", (92, 141), (78, 129)), ("peginterferon_lambda", (8, 24), (50, 80))],
)
def test_other_peginterferons_peak_and_leave_as_published(
    name: str, peak: tuple[float, float], half_life: tuple[float, float]
) -> None:
    """Hours from models.md 3.1: ropeginterferon [V], lambda [U-L for the peak, U-M]."""
    drug = load_interferon(name)
    ka, ke = drug.absorption_rate.value, drug.clearance.value / drug.volume.value
    assert peak[0] <= 24 * np.log(ka / ke) / (ka - ke) <= peak[1]
    assert half_life[0] <= 24 * np.log(2) / ke <= half_life[1]


def test_ropeginterferon_stays_longer_than_alfa_2a() -> None:
    """A larger area under the curve for the same dose (models.md 3.1) [V]."""
    assert load_interferon("ropeg").clearance.value < load_interferon("peg2a").clearance.value


def test_lambda_leaves_the_marrow_alone() -> None:
    drug = load_interferon("peginterferon_lambda")
    average = 180 / 7 / drug.clearance.value
    assert average / drug.marrow_ec50.value < 1e-4
    alfa = load_interferon("peg2a")
    assert average / drug.ec50.value == pytest.approx(180 / 7 / alfa.clearance.value / 5.166, 0.01)


@pytest.mark.parametrize("name", ["peg2a", "peg2b", "ifn", "ropeg"])
def test_marrow_and_liver_keep_one_ratio(name: str) -> None:
    drug = load_interferon(name)
    assert drug.marrow_ec50.value / drug.ec50.value == pytest.approx(8 / 5.166, rel=1e-3)


def test_conventional_interferon_is_eliminated_within_hours() -> None:
    drug = load_interferon("ifn")
    half_life = 24 * np.log(2) * drug.volume.value / drug.clearance.value
    assert 2 <= half_life <= 3  # label, models.md 3.1 [U-H]


def test_a_million_units_weigh_about_four_micrograms() -> None:
    """2.6e8 IU/mg (interferon alfa-2b label) [U-H]."""
    assert micrograms(parse_dose("1 MIU"), load_drug("ifn")) == pytest.approx(3.846, rel=1e-3)


def test_analogues_are_ordered_by_their_barrier() -> None:
    """Week-12 falls order adefovir, then lamivudine, then entecavir and tenofovir (models.md 6)."""
    residual = {}
    for name in ("adv", "lam", "etv", "tdf", "taf", "ldt"):
        drug = load_drug(name)
        assert isinstance(drug, Nucleoside)
        residual[name] = drug.log10_residual.value
    assert residual["adv"] > residual["lam"] > residual["etv"] == residual["tdf"]
    assert residual["taf"] == residual["tdf"]
    # 6.6 +- 1.6 against 6.5 +- 1.5 log10 by week 12 in one trial (PMC2826006) [V].
    assert residual["ldt"] == residual["etv"]
