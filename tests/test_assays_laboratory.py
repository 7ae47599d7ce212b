"""A laboratory may blur what it sees, but never invents a virus, and treats all arms alike."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ifnfactory.assays.laboratory import CENSORED, DNA_LLOQ_2000S, SOURCES, Laboratory, measure
from ifnfactory.assays.panel import Panel, TrueMarkers

LAB = Laboratory()
QUIET = Laboratory(
    dna_log10_sd=0,
    hbsag_log10_sd=0,
    hbeag_log10_sd=0,
    rna_log10_sd=0,
    alt_cv=0,
    anc_cv=0,
    platelets_cv=0,
)


def truth(n: int = 4, visits: int = 3, **values: object) -> TrueMarkers:
    shape = (n, visits)
    markers = TrueMarkers(
        week=np.arange(visits, dtype=float) * 12,
        hbv_dna=np.full(shape, 1e7),
        hbsag=np.full(shape, 1e4),
        hbeag=np.full(shape, 500.0),
        hbv_rna=np.full(shape, 1e5),
        alt=np.full(shape, 100.0),
        anc=np.full(shape, 3.6),
        platelets=np.full(shape, 200.0),
        hbeag_cleared=np.zeros(shape, dtype=bool),
        anti_hbe_responder=np.ones(n, dtype=bool),
        anti_hbs_responder=np.ones(n, dtype=bool),
    )
    return replace(markers, **values)


def test_every_default_has_a_source() -> None:
    assert set(SOURCES) == {field.name for field in fields(Laboratory)}


def test_the_old_limit_is_about_36_iu() -> None:
    assert pytest.approx(36, abs=1) == DNA_LLOQ_2000S


@pytest.mark.parametrize("change", [{"alt_uln": 0.0}, {"dna_lloq": -1.0}, {"alt_cv": -0.1}])
def test_an_impossible_laboratory_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="impossible"):
        Laboratory(**change)


def test_without_error_the_truth_is_reported() -> None:
    panel = measure(truth(), QUIET, seed=1)
    assert np.all(panel.hbv_dna == 1e7)
    assert np.all(panel.alt == 100)
    assert panel.patients == 4


@given(true_dna=st.floats(1e-12, 19.999), seed=st.integers(0, 1000))
def test_error_never_makes_an_undetectable_patient_detectable(true_dna: float, seed: int) -> None:
    sheet = truth(
        hbv_dna=np.full((4, 3), true_dna), hbsag=np.full((4, 3), true_dna * LAB.hbsag_lloq / 20)
    )
    panel = measure(sheet, LAB, seed)
    assert np.all(panel.hbv_dna == CENSORED * LAB.dna_lloq)
    assert np.all(panel.hbsag == CENSORED * LAB.hbsag_lloq)


def test_a_reported_value_is_never_between_zero_and_the_limit() -> None:
    dna = np.geomspace(1, 400, 3000)[:, None]
    sheet = truth(3000, 1)
    panel = measure(replace(sheet, hbv_dna=dna), LAB, seed=5)
    censored = panel.hbv_dna == CENSORED * LAB.dna_lloq
    assert np.all(censored | (panel.hbv_dna >= LAB.dna_lloq))
    assert 0.3 < censored.mean() < 0.7


def test_errors_have_the_stated_size_and_no_bias() -> None:
    panel = measure(truth(20_000, 1), LAB, seed=2)
    assert np.std(np.log10(panel.hbv_dna)) == pytest.approx(LAB.dna_log10_sd, rel=0.03)
    assert np.mean(np.log10(panel.hbv_dna)) == pytest.approx(7, abs=0.01)
    assert np.std(panel.anc) / np.mean(panel.anc) == pytest.approx(LAB.anc_cv, rel=0.03)
    assert np.mean(panel.platelets) == pytest.approx(200, rel=0.005)


def test_arms_share_their_errors_and_one_more_patient_changes_nobody_else() -> None:
    few, many = measure(truth(10), LAB, seed=3), measure(truth(11), LAB, seed=3)
    for name in ("hbv_dna", "hbsag", "hbeag", "hbv_rna", "alt", "anc", "platelets"):
        assert np.array_equal(getattr(few, name), getattr(many, name)[:10])
    other_arm = measure(truth(10, hbv_dna=np.full((10, 3), 1e5)), LAB, seed=3)
    assert np.allclose(np.log10(few.hbv_dna / 1e7), np.log10(other_arm.hbv_dna / 1e5))
    assert np.array_equal(few.alt, other_arm.alt)
    assert not np.array_equal(few.alt, measure(truth(10), LAB, seed=4).alt)


def test_bound_hbeag_is_not_seen_and_antibodies_follow_the_responders() -> None:
    cleared = np.array([[False, True, True]] * 4)
    responder = np.array([True, True, False, False])
    sheet = truth(hbeag_cleared=cleared, anti_hbe_responder=responder)
    panel = measure(sheet, LAB, seed=1)
    assert np.all(panel.hbeag[:, 0] > LAB.hbeag_cutoff)
    assert np.all(panel.hbeag[:, 1:] < LAB.hbeag_cutoff)
    assert panel.anti_hbe.tolist() == [[False, True, True]] * 2 + [[False] * 3] * 2


def test_anti_hbs_waits_for_the_loss_of_hbsag() -> None:
    sheet = truth(
        hbsag=np.array([[1e3, 1.0, 0.01]] * 4),
        anti_hbs_responder=np.array([True, False, True, True]),
    )
    panel = measure(sheet, LAB, seed=1)
    assert panel.anti_hbs[:, :2].sum() == 0
    assert panel.anti_hbs[:, 2].tolist() == [True, False, True, True]


def test_a_missing_value_stays_missing() -> None:
    values = np.full((4, 3), 1e7)
    values[1, 2] = np.nan
    panel = measure(truth(hbv_dna=values), LAB, seed=1)
    assert np.isnan(panel.hbv_dna[1, 2])
    assert np.isnan(panel.hbv_dna).sum() == 1


def test_a_visit_is_found_by_its_week() -> None:
    panel = measure(truth(), QUIET, seed=1)
    assert panel.visit(24) == 2
    with pytest.raises(LookupError, match="no visit in week 20; the visits are in weeks 0, 12, 24"):
        panel.visit(20)


def test_shapes_have_to_belong_together() -> None:
    with pytest.raises(ValueError, match="alt has shape"):
        truth(alt=np.ones((3, 3)))
    sheet = measure(truth(), QUIET, seed=1)
    with pytest.raises(ValueError, match="week has shape"):
        Panel(**{**vars(sheet), "week": np.zeros(2)})
