"""Drugs with other targets: from the prescription to slots, doses and strengths."""

import numpy as np
import pytest

from ifnfactory.biology.targeted_drugs import ADDITIONS, BLOCKS, TARGETED_CONSTANTS
from ifnfactory.foundation.errors import ModelError, UserInputError
from ifnfactory.pharmacology import drug as drug_file
from ifnfactory.pharmacology.coupling import Coupling, Deviations, couple, draw_deviations
from ifnfactory.pharmacology.drug import TargetedDrug, drug_names, load_drug
from ifnfactory.pharmacology.processes import PROCESSES
from ifnfactory.pharmacology.regimen import Course, Regimen, course
from ifnfactory.pharmacology.targeted import TARGETED_PARAMETERS, half_amount

WEIGHT = np.array([50.0, 90.0])
SIRNA = course("jnj_3989", "200 mg", "4 weeks", stop_week=12)
CAM = course("bersacapavir", "250 mg", "1 day", start_week=4, stop_week=12)
TARGETED = [name for name in drug_names() if isinstance(load_drug(name), TargetedDrug)]


def coupled(*courses: Course, deviations: Deviations | None = None) -> Coupling:
    return couple(Regimen(courses), WEIGHT, deviations or Deviations.typical(2))


def half(name: str) -> float:
    drug = load_drug(name)
    assert isinstance(drug, TargetedDrug)
    return half_amount(drug)


def test_pharmacology_and_biology_name_the_same_processes() -> None:
    assert TARGETED_PARAMETERS == TARGETED_CONSTANTS
    blocks = tuple(p.name for p in PROCESSES if p.block)
    assert blocks == tuple(f"{name}_block" for name, *_ in BLOCKS)
    added = tuple((p.name, p.unit) for p in PROCESSES if not p.block)
    assert added == tuple((name, unit) for name, _, unit, _ in ADDITIONS)


@pytest.mark.parametrize("name", TARGETED)
def test_a_drug_file_says_something_that_makes_sense(name: str) -> None:
    drug = load_drug(name)
    assert isinstance(drug, TargetedDrug)
    assert drug.effects
    assert len(drug.mechanism.split()) > 3
    known = {process.name: process for process in PROCESSES}
    for process, effect in drug.effects:
        assert effect.unit == known[process].unit
        assert (effect.value < 0) == known[process].block
    assert min(drug.absorption_rate.value, drug.loss_rate.value, drug.half_amount.value) > 0
    Regimen((course(name, drug.usual_dose, drug.usual_interval, stop_week=8),))


def test_every_process_has_a_drug() -> None:
    used = {process for name in TARGETED for process, _ in vars(load_drug(name))["effects"]}
    assert used == {process.name for process in PROCESSES}


def test_an_injection_is_a_bolus_in_half_saturating_amounts() -> None:
    coupling = coupled(SIRNA)
    assert coupling.target == ("targeted_depot_1",) * 3
    assert coupling.day.tolist() == [0, 28, 56]
    assert coupling.add.all()
    assert np.all(coupling.value == 200e3 / half("jnj_3989"))


def test_a_tablet_flows_in_steadily_until_it_stops() -> None:
    coupling = coupled(SIRNA, CAM)
    found = [
        (day, value)
        for day, target, value in zip(coupling.day, coupling.target, coupling.value[0], strict=True)
        if target == "targeted_dosing_2"
    ]
    assert found == [(28, pytest.approx(250e3 / half("bersacapavir"))), (84, 0)]


def test_another_dose_of_a_tablet_follows_without_a_gap() -> None:
    more = course("bersacapavir", "500 mg", "1 day", start_week=12, stop_week=24)
    coupling = coupled(CAM, more)
    assert coupling.target == ("targeted_dosing_1",) * 3
    assert coupling.day.tolist() == [28, 84, 168]
    assert coupling.value[0, 1] == pytest.approx(2 * coupling.value[0, 0])
    assert coupling.value[0, 2] == 0


def test_a_dose_per_kilogram_follows_the_weight() -> None:
    coupling = coupled(course("envafolimab", "1 mg/kg", "2 weeks", stop_week=2))
    assert coupling.value[:, 0] == pytest.approx(WEIGHT * 1e3 / half("envafolimab"))


def test_a_vaccine_is_counted_in_doses() -> None:
    coupling = coupled(course("gs_4774", "1 dose", "4 weeks", stop_week=24))
    assert coupling.value[0, 0] == pytest.approx(2.0)
    with pytest.raises(UserInputError, match="not dosed in mg"):
        Regimen((course("gs_4774", "1 mg", "4 weeks", stop_week=24),))
    with pytest.raises(UserInputError, match="not dosed in dose"):
        Regimen((course("jnj_3989", "1 dose", "4 weeks", stop_week=24),))


def test_what_is_left_becomes_a_block_and_what_is_not_named_stays() -> None:
    coupling = coupled(CAM)
    assert coupling.parameter("encapsidation_block_1") == pytest.approx([999, 999])
    assert coupling.parameter("transcript_block_1").tolist() == [0, 0]
    for name in TARGETED_PARAMETERS:
        if name.endswith(("_2", "_3")) and not name.startswith("targeted_"):
            assert coupling.parameter(name).tolist() == [0, 0]


def test_who_needs_more_is_given_less_of_a_half_saturating_amount() -> None:
    deviations = draw_deviations(1, 20_000)
    regimen = Regimen((SIRNA,))
    value = couple(regimen, np.full(20_000, 70.0), deviations).value[:, 0]
    assert np.std(np.log(value)) == pytest.approx(0.5, rel=0.02)
    assert np.median(value) == pytest.approx(200e3 / half("jnj_3989"), rel=0.02)


def test_four_such_drugs_are_one_too_many() -> None:
    four = ("jnj_3989", "bulevirtide", "rep_2139", "vebicorvir")
    courses = [
        course(name, drug.usual_dose, drug.usual_interval, stop_week=4)
        for name, drug in ((name, load_drug(name)) for name in four)
    ]
    with pytest.raises(UserInputError, match="4 different drugs beside") as caught:
        Regimen(tuple(courses))
    assert "at most 3" in caught.value.problems[0].fix


def test_a_regimen_reads_like_a_prescription() -> None:
    assert Regimen((SIRNA, CAM)).prescription() == [
        "JNJ-3989 200 mg every 4 weeks, weeks 0-12",
        "bersacapavir 250 mg once daily, weeks 4-12",
    ]


def test_a_process_that_nobody_knows_is_refused() -> None:
    effects = vars(drug_file)["_effects"]
    with pytest.raises(ModelError, match="no process is called telepathy"):
        effects("x", {"telepathy": {"value": 1, "unit": "1", "source": "made up", "tag": "prior"}})
