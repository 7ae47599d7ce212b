"""The viral life cycle alone: what drugs do first and last."""

import numpy as np
import pytest
from solo import Solo, alone

from ifnfactory.biology.virus import virus

G0 = 0.0118
PORTS = {
    "isg": G0,
    "isg_baseline": G0,
    "seroconverted": 0.0,
    "woken_share": 0.0,
    "interferon_excess": 0.0,
    "antiviral_state": G0,
    "na_block": 0.0,
    "lamivudine_block": 0.0,
    "lamivudine_on": 0.0,
    "lamivudine_resistant_share": 0.0,
    "block_after_resistance": 300.0,
    "infected_hepatocytes": 0.4,
    "infected_baseline": 0.4,
    "integrated_hepatocytes": 0.05,
    "integrated_baseline": 0.05,
    "hbv_dna_baseline": 1e9,
    "hbsag_baseline": 1e4,
    "hbeag_baseline": 400.0,
    "hbv_rna_baseline": 1e6,
}
ON_INTERFERON = {"isg": 0.33, "interferon_excess": 0.32, "antiviral_state": 0.2}


def infection(**changed: float) -> Solo:
    return alone(virus(), PORTS | changed)


def test_untreated_virus_stays() -> None:
    course = infection().run([0, 336])
    # The baseline response is rounded to three digits here, so the state is, too.
    assert course.states[:, -1] == pytest.approx(np.ones(len(course.states)), abs=1e-6)


def test_nucleoside_raises_rna_before_dna_is_gone() -> None:
    """Goncalves 2021: HBV RNA rises first under a nucleos(t)ide analogue."""
    course = infection(na_block=1e9).run([0, 3, 7, 84])
    rna, dna = np.log10(course["rna_particles"]), np.log10(course["virions"])
    assert 0.2 < rna[2] < 0.45
    assert dna[1] < -1.0
    assert -7.0 < dna[3] < -5.5


def test_nucleoside_leaves_hbsag_and_hbeag() -> None:
    course = infection(na_block=1e9).run([0, 28])
    assert course["surface_antigen"][-1] > 0.97
    assert course["e_antigen"][-1] > 0.97


def test_nucleoside_lowers_cccdna_slowly_for_want_of_recycling() -> None:
    course = infection(na_block=1e9).run([0, 336])
    assert 0.8 < course["cccdna"][-1] < 0.95


def test_hbsag_falls_less_than_dna_on_interferon() -> None:
    course = infection(**ON_INTERFERON).run([0, 7, 84])
    dna, hbsag = np.log10(course["virions"]), np.log10(course["surface_antigen"])
    assert np.all(dna[1:] < 3 * hbsag[1:])
    assert dna[2] < -2.0
    assert -0.5 < hbsag[2] < -0.1


def test_interferon_silences_and_degrades_cccdna() -> None:
    course = infection(**ON_INTERFERON).run([0, 336])
    assert course["cccdna_activity"][-1] < 0.6
    assert 0.7 < course["cccdna"][-1] < 0.95


def test_silenced_cccdna_wakes_up_after_interferon() -> None:
    treated = infection(**ON_INTERFERON)
    treated.run([0, 336])
    treated.set(isg=G0, interferon_excess=0.0, antiviral_state=G0)
    after = treated.run([0, 168])
    assert after["cccdna_activity"][-1] > 0.99
    assert after["virions"][-1] > 0.3


def test_a_seroconversion_silences_cccdna_for_good() -> None:
    course = infection(seroconverted=1.0, seroconversion_silencing=0.7).run([0, 336])
    assert course["cccdna_activity"][-1] == pytest.approx(0.3, abs=0.01)
    assert course["surface_antigen"][-1] > 0.3  # integrated DNA goes on
    assert course["virions"][-1] < 0.12
    kept = infection(seroconverted=1.0, seroconversion_silencing=0.0).run([0, 336])
    assert kept["virions"][-1] == pytest.approx(1.0, abs=1e-6)


def test_cells_that_wake_under_control_bring_active_cccdna() -> None:
    """Where nearly all infected cells have just woken, a seroconversion has silenced few."""
    converted = {"seroconverted": 1.0, "seroconversion_silencing": 0.99}
    many = infection(**converted, woken_share=1e-8).run([0, 336])["cccdna_activity"][-1]
    few = infection(**converted, woken_share=0.05).run([0, 336])["cccdna_activity"][-1]
    assert many == pytest.approx(0.01, abs=1e-3)
    assert few > 0.4


def test_a_cure_does_not_let_the_interferon_block_run_away() -> None:
    """Response below its untreated value must not push a denominator to zero."""
    course = infection(isg=0.0, antiviral_state=0.0).run([0, 336])
    assert course["rna_capsids"].max() < 1.2
    assert course["dna_capsids"].max() < 1.3


def test_resistant_virus_escapes_lamivudine_but_not_another_nucleoside() -> None:
    on = {"lamivudine_block": 1e7, "lamivudine_on": 1.0, "lamivudine_resistant_share": 1.0}
    lamivudine = infection(**on).run([0, 84])["virions"][-1]
    both = infection(**on, na_block=1e9).run([0, 84])["virions"][-1]
    assert 1e-3 < lamivudine < 1e-2
    assert both < 1e-5


def test_observables_are_in_laboratory_units() -> None:
    course = infection().run([0, 1])
    assert course["hbv_dna"][-1] == pytest.approx(1e9, rel=1e-6)
    assert course["hbv_rna"][-1] == pytest.approx(1e6, rel=1e-6)
