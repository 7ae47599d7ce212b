"""The words of a trial: lost, seroconverted, normal, relapsed, cured."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ifnfactory.assays.laboratory import DNA_LLOQ_2000S, Laboratory
from ifnfactory.assays.primitives import (
    alt_normal,
    below_limit,
    functional_cure,
    hbeag_lost,
    hbeag_seroconverted,
    hbsag_lost,
    hbsag_seroconverted,
    log10_change,
    partial_cure,
    relapse,
    to_iu,
)

LAB = Laboratory(dna_lloq=DNA_LLOQ_2000S)


def test_copies_and_units_differ_by_three_quarters_of_a_log() -> None:
    assert np.log10(to_iu(1e6, "copies/mL")) == pytest.approx(5.25)
    assert to_iu(2000, "IU/mL") == 2000


def test_400_copies_are_about_71_iu() -> None:
    # Marcellin 2013 carries forward at HBV DNA <= 71 IU/mL, the same 400 copies/mL [V].
    dna = np.array([18.0, 71.0, 71.3])
    assert below_limit(dna, 400, "copies/mL", LAB).tolist() == [True, True, False]


def test_a_laboratory_cannot_tell_below_its_own_limit() -> None:
    with pytest.raises(ValueError, match="cannot tell whether it is below 29"):
        below_limit(np.array([18.0]), 29, "IU/mL", LAB)
    assert below_limit(np.array([18.0]), 200, "copies/mL", LAB).all()


def test_means_do_not_look_below_the_limit() -> None:
    before, after = np.array([1e9, 1e9, 10.0]), np.array([1e5, 10.0, 10.0])
    assert log10_change(before, after, 100.0).tolist() == [-4.0, -7.0, 0.0]


@given(before=st.floats(1e-6, 1e12), after=st.floats(1e-6, 1e12), limit=st.floats(1e-3, 1e4))
def test_a_change_is_bounded_by_the_limit_and_reverses_its_sign(
    before: float, after: float, limit: float
) -> None:
    b, a = np.array([before]), np.array([after])
    change = log10_change(b, a, limit)
    assert change == pytest.approx(-log10_change(a, b, limit))
    assert change[0] >= -max(np.log10(before / limit), 0) - 1e-9


def test_loss_and_seroconversion_differ_by_the_antibody() -> None:
    antigen = np.array([0.025, 0.025, 0.05, 100.0])
    antibody = np.array([True, False, False, True])
    assert hbsag_lost(antigen, LAB).tolist() == [True, True, False, False]
    assert hbsag_seroconverted(antigen, antibody, LAB).tolist() == [True, False, False, False]
    assert hbeag_lost(antigen, LAB).tolist() == [True, True, True, False]
    assert hbeag_seroconverted(antigen, antibody, LAB).tolist() == [True, False, False, False]


def test_normal_includes_the_limit() -> None:
    assert alt_normal(np.array([39.0, 40.0, 40.1]), 40.0).tolist() == [True, True, False]


def test_only_a_controlled_patient_can_relapse() -> None:
    at_stop = np.array([100.0, 100.0, 1e6, 2000.0])
    after = np.array([[1e3, 1e3], [3e3, 1e3], [1e7, 1e7], [2000.1, 1.0]])
    assert relapse(at_stop, after).tolist() == [False, True, False, True]


def test_cures_exclude_each_other() -> None:
    hbsag = np.array([0.025, 0.025, 500.0, 500.0, 500.0])
    dna = np.array([18.0, 300.0, 300.0, 3000.0, 300.0])
    alt = np.array([30.0, 30.0, 30.0, 30.0, 90.0])
    assert functional_cure(hbsag, dna, LAB).tolist() == [True, False, False, False, False]
    assert partial_cure(hbsag, dna, alt, LAB).tolist() == [False, False, True, False, False]


def test_a_missing_value_is_no_success() -> None:
    nothing = np.array([np.nan])
    assert not below_limit(nothing, 400, "copies/mL", LAB).any()
    assert not hbsag_lost(nothing, LAB).any()
    assert not hbeag_lost(nothing, LAB).any()
    assert not alt_normal(nothing, 40.0).any()
    assert not functional_cure(nothing, nothing, LAB).any()
    assert not partial_cure(nothing, nothing, nothing, LAB).any()
    assert np.isnan(log10_change(nothing, np.array([1.0]), 1.0)).all()
