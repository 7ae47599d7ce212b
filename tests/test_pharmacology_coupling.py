"""From prescription to integrator: events, slots, and patients who stay themselves."""

import numpy as np
import pytest

from ifnfactory.pharmacology.coupling import (
    LAMIVUDINE_BLOCK,
    LAMIVUDINE_ON,
    NA_BLOCK,
    SLOT_PARAMETERS,
    Coupling,
    Deviations,
    couple,
    draw_deviations,
)
from ifnfactory.pharmacology.drug import Nucleoside, load_drug, load_interferon
from ifnfactory.pharmacology.regimen import Regimen, course

WEIGHT = np.array([50.0, 70.0, 90.0])
PEG = course("peg2a", "180 ug", "1 week", stop_week=48)
LAM = course("lam", "100 mg", "1 day", stop_week=48)


def typical(n: int = 3) -> Deviations:
    return Deviations.typical(n)


def settings(coupling: Coupling, name: str) -> list[tuple[float, list[float]]]:
    return [
        (float(coupling.day[i]), coupling.value[:, i].tolist())
        for i, target in enumerate(coupling.target)
        if target == name
    ]


def test_weekly_peginterferon_is_one_bolus_a_week_into_slot_a() -> None:
    coupling = couple(Regimen((PEG,)), WEIGHT, typical())
    assert coupling.target == ("depot_a",) * 48
    assert coupling.day.tolist() == [7.0 * week for week in range(48)]
    assert coupling.add.all()
    assert coupling.value.shape == (3, 48)
    assert np.all(coupling.value == 180)


def test_a_dose_per_kilogram_follows_the_weight() -> None:
    coupling = couple(
        Regimen((course("peg2b", "1.5 ug/kg", "1 week", stop_week=1),)), WEIGHT, typical()
    )
    assert coupling.value[:, 0].tolist() == [75, 105, 135]
    assert coupling.parameter("volume_a") == pytest.approx(0.99 * WEIGHT)
    # Clearance and volume both scale with weight: the half-life does not.
    assert np.ptp(coupling.parameter("elimination_rate_a")) < 1e-12


def test_units_of_activity_arrive_as_micrograms() -> None:
    regimen = Regimen((course("ifn", "5 MIU", "3 per week", stop_week=1),))
    coupling = couple(regimen, WEIGHT, typical())
    assert coupling.day.tolist() == [0, 2, 4]
    assert coupling.value[0, 0] == pytest.approx(19.23, rel=1e-3)


def test_a_step_down_stays_in_its_slot() -> None:
    regimen = Regimen(
        (
            course("peg2b", "50 ug", "1 week", start_week=32, stop_week=52),
            course("peg2b", "100 ug", "1 week", stop_week=32),
        )
    )
    coupling = couple(regimen, WEIGHT, typical())
    assert set(coupling.target) == {"depot_a"}
    assert coupling.value[0].tolist() == [100.0] * 32 + [50.0] * 20


def test_a_switch_of_interferon_takes_the_second_slot() -> None:
    regimen = Regimen(
        (
            course("peg2b", "1.5 ug/kg", "1 week", start_week=12, stop_week=24),
            course("peg2a", "180 ug", "1 week", stop_week=12),
        )
    )
    coupling = couple(regimen, WEIGHT, typical())
    assert coupling.target == ("depot_a",) * 12 + ("depot_b",) * 12
    assert coupling.parameter("ec50_a")[0] == load_interferon("peg2a").ec50.value
    assert coupling.parameter("ec50_b")[0] == load_interferon("peg2b").ec50.value


def test_lamivudine_is_on_from_start_to_stop() -> None:
    coupling = couple(Regimen((PEG, LAM)), WEIGHT, typical())
    assert settings(coupling, LAMIVUDINE_ON) == [(0.0, [1.0] * 3), (336.0, [0.0] * 3)]
    (on, off) = settings(coupling, LAMIVUDINE_BLOCK)
    assert on[1] == pytest.approx([10**7.265] * 3)
    assert off == (336.0, [0.0] * 3)
    assert not settings(coupling, NA_BLOCK)
    # Settings stand before the boluses of their day.
    assert coupling.target[:3] == (LAMIVUDINE_BLOCK, LAMIVUDINE_ON, "depot_a")


def test_overlapping_analogues_add_their_blocks() -> None:
    regimen = Regimen(
        (
            course("adv", "10 mg", "1 day", start_week=0, stop_week=24),
            course("etv", "0.5 mg", "1 day", start_week=12, stop_week=48),
        )
    )
    blocks = settings(couple(regimen, WEIGHT, typical()), NA_BLOCK)
    assert [day for day, _ in blocks] == [0, 84, 168, 336]
    adv, etv = 10**4.3, 10**9.0
    assert [values[0] for _, values in blocks] == pytest.approx([adv, adv + etv, etv, 0])


def test_an_untreated_arm_has_no_event() -> None:
    coupling = couple(Regimen(), WEIGHT, typical())
    assert coupling.day.shape == (0,)
    assert coupling.value.shape == (3, 0)
    assert tuple(name for name, _ in coupling.slot_parameters) == SLOT_PARAMETERS


def test_an_unused_slot_holds_the_typical_alfa_2a() -> None:
    coupling = couple(Regimen((PEG,)), WEIGHT, draw_deviations(1, 3))
    assert coupling.parameter("volume_b").tolist() == [9.5] * 3
    assert np.ptp(coupling.parameter("volume_a")) > 0


def test_patients_have_the_published_spread() -> None:
    deviations = draw_deviations(1, 40_000)
    coupling = couple(Regimen((PEG,)), np.full(40_000, 70.0), deviations)
    drug = load_interferon("peg2a")
    assert np.std(np.log(coupling.parameter("volume_a"))) == pytest.approx(0.25, rel=0.02)
    assert np.std(np.log(coupling.parameter("ec50_a"))) == pytest.approx(0.2564, rel=0.02)
    clearance = coupling.parameter("elimination_rate_a") * coupling.parameter("volume_a")
    assert np.std(np.log(clearance)) == pytest.approx(0.35, rel=0.02)
    assert np.median(clearance) == pytest.approx(drug.clearance.value, rel=0.02)
    # The population's average exposure: 12.57 +- 3.7 ng/mL (PMC5401974) [V].
    assert np.mean(180 / 7 / clearance) == pytest.approx(12.6, rel=0.25)


def test_one_more_patient_changes_nobody_else() -> None:
    few, many = draw_deviations(7, 20), draw_deviations(7, 21)
    for name in vars(few):
        assert np.array_equal(getattr(few, name), getattr(many, name)[:20])


def test_quantities_do_not_share_a_stream() -> None:
    drawn = draw_deviations(7, 4000)
    scores = np.stack([getattr(drawn, name) for name in vars(drawn)])
    assert np.max(np.abs(np.corrcoef(scores) - np.eye(6))) < 0.06


def test_sensitivity_belongs_to_the_patient() -> None:
    deviations = draw_deviations(3, 3)
    a = couple(Regimen((PEG,)), WEIGHT, deviations).parameter("ec50_a")
    b_regimen = Regimen((course("peg2b", "1.5 ug/kg", "1 week", stop_week=48),))
    b = couple(b_regimen, WEIGHT, deviations).parameter("ec50_a")
    assert np.ptp(a / b) < 1e-9


def test_a_lower_residual_patient_has_the_larger_block() -> None:
    drug = load_drug("lam")
    assert isinstance(drug, Nucleoside)
    deviations = Deviations(*(np.array([-1.0, 0.0, 1.0]) for _ in range(6)))
    (on, _) = settings(couple(Regimen((LAM,)), WEIGHT, deviations), LAMIVUDINE_BLOCK)
    steps = np.diff(np.log10(on[1]))
    assert steps == pytest.approx([-drug.log10_residual.spread] * 2)


@pytest.mark.parametrize("weight", [np.array([70.0, 0.0, 70.0]), np.array([70.0]), np.ones((3, 1))])
def test_impossible_weights_are_refused(weight: np.ndarray) -> None:
    with pytest.raises(ValueError, match="weight"):
        couple(Regimen((PEG,)), weight, typical())
