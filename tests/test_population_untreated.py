"""The natural history of untreated virtual patients, against cohorts of untreated patients.

Every test draws 4,000 patients with a fixed seed, so it either passes or fails for ever; the
false-alarm rate says how often another seed would fail although the model is as calibrated
(normal approximation to the Poisson count).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from population_cases import NEGATIVE, NEGATIVE_ENTRY, POSITIVE, POSITIVE_ENTRY

from ifnfactory.biology.system import build_system
from ifnfactory.engine.batch import Integrator, compiled
from ifnfactory.engine.kernel import load_kernel
from ifnfactory.engine.reference import reference
from ifnfactory.engine.status import Status
from ifnfactory.population.released import shipped_population
from ifnfactory.population.sample import VirtualPatients, draw_patients
from ifnfactory.population.untreated import Incidence, UntreatedCourse, follow_untreated, incidence

N = 4_000
YEARS = 7.0
"""Mean follow-up of the cohorts behind the rates of HBsAg loss: 303,754 years / 42,588 patients."""
AFTER_ONE_YEAR = slice(0, 5)
SOON = 6
"""Visit at one and a half years: a clock's switch begins to turn a little before it runs out."""


@pytest.fixture(scope="module")
def integrator() -> Integrator:
    network = shipped_population().network
    return compiled(network, load_kernel(network))


@pytest.fixture(scope="module")
def positive(integrator: Integrator) -> UntreatedCourse:
    population = shipped_population()
    patients = population.draw(POSITIVE, POSITIVE_ENTRY, N, seed=2)
    return follow_untreated(population.network, patients, integrator, YEARS)


@pytest.fixture(scope="module")
def negative(integrator: Integrator) -> UntreatedCourse:
    population = shipped_population()
    patients = population.draw(NEGATIVE, NEGATIVE_ENTRY, N, seed=2)
    return follow_untreated(population.network, patients, integrator, YEARS)


@pytest.fixture(params=["positive", "negative"])
def course(request: pytest.FixtureRequest) -> UntreatedCourse:
    return request.getfixturevalue(request.param)


def _moved(course: UntreatedCourse) -> np.ndarray:
    dna = np.log10(np.maximum(course.hbv_dna[:, AFTER_ONE_YEAR], 1e-9))
    return np.abs(dna - dna[:, :1]).max(axis=1) > 0.2


def test_every_untreated_patient_can_be_integrated(course: UntreatedCourse) -> None:
    assert (course.status == Status.COMPLETED).all()


def test_hbv_dna_of_nine_in_ten_stays_within_a_fifth_of_a_log_for_a_year(
    course: UntreatedCourse,
) -> None:
    # About 1 % and 2.5 % move; 10 % is more than 25 standard errors away (false alarm < 1e-12).
    assert _moved(course).mean() <= 0.10


def test_only_spontaneous_events_move_hbv_dna(course: UntreatedCourse) -> None:
    struck = (course.seroconverted | course.released)[:, SOON]
    assert not np.any(_moved(course) & ~struck)


def test_hbeag_is_lost_as_often_as_in_cohorts(positive: UntreatedCourse) -> None:
    """5.53 per 100 patient-years, 4.05-7.55 (Mohareb, BMJ Open 2024;14:e073498).

    About 1,250 events, standard error 0.16: false alarm < 1e-12; in the first year alone about
    210 events, standard error 0.37: false alarm 1e-4.
    """
    whole = incidence(positive.hbeag_lost, positive.year)
    first = incidence(positive.hbeag_lost[:, AFTER_ONE_YEAR], positive.year[AFTER_ONE_YEAR])
    assert 4.05 <= whole.per_100_patient_years <= 7.55
    assert 4.05 <= first.per_100_patient_years <= 7.55


def test_hbsag_is_lost_as_often_as_in_hbeag_positive_cohorts(positive: UntreatedCourse) -> None:
    """0.40 per 100 patient-years, 0.25-0.59 (Yeo, Gastroenterology 2019;156:635-46).

    About 105 events, standard error 0.037: false alarm 4e-4.
    """
    rate = incidence(positive.hbsag_lost, positive.year).per_100_patient_years
    assert 0.25 <= rate <= 0.59


def test_hbsag_is_lost_as_often_as_in_hbeag_negative_cohorts(negative: UntreatedCourse) -> None:
    """1.33 per 100 patient-years, 0.76-2.05 (Yeo, Gastroenterology 2019;156:635-46).

    About 360 events, standard error 0.07: false alarm < 1e-12.
    """
    rate = incidence(negative.hbsag_lost, negative.year).per_100_patient_years
    assert 0.76 <= rate <= 2.05


def test_who_loses_hbsag_had_less_of_it(negative: UntreatedCourse) -> None:
    # Cohorts: 2.74 against 3.90 log10 IU/mL, where HBsAg is spread more widely than in a trial.
    # The difference is about 0.5 with a standard error of 0.035: false alarm < 1e-12.
    lost = negative.hbsag_lost.any(axis=1)
    before = np.log10(negative.hbsag[:, 0])
    assert before[lost].mean() < before[~lost].mean() - 0.25


def test_the_reference_integrator_sees_the_same_standstill() -> None:
    network = build_system()
    for baseline, entry in ((POSITIVE, POSITIVE_ENTRY), (NEGATIVE, NEGATIVE_ENTRY)):
        patients = draw_patients(network, baseline, entry, 3, seed=2)
        course = follow_untreated(network, _without_clocks(patients), reference(network), 1.0)
        np.testing.assert_allclose(course.hbv_dna[:, -1], course.hbv_dna[:, 0], rtol=1e-3)
        np.testing.assert_allclose(course.hbsag[:, -1], course.hbsag[:, 0], rtol=1e-3)


def _without_clocks(patients: VirtualPatients) -> VirtualPatients:
    names = build_system().constant_names
    constants = patients.constants.copy()
    for name in ("seroconversion_threshold", "release_threshold"):
        constants[:, names.index(name)] = 1e9
    return replace(patients, constants=constants)


def test_incidence_counts_first_events_over_the_time_at_risk() -> None:
    year = np.array([0.0, 1.0, 2.0])
    lost = np.array(
        [[False, True, False], [False, False, False], [True, True, True], [False, False, True]]
    )
    rate = incidence(lost, year)
    assert rate == Incidence(events=2, patient_years=5.0)
    assert rate.per_100_patient_years == pytest.approx(40.0)
    assert incidence(lost, year, at_risk=np.array([True, False, True, False])).events == 1


def test_incidence_has_the_exact_poisson_interval() -> None:
    # 10 events: 4.795 to 18.39 (standard tables).
    low, high = Incidence(10, 100.0).interval()
    assert (low, high) == (pytest.approx(4.795, abs=1e-3), pytest.approx(18.39, abs=1e-2))
    assert Incidence(0, 100.0).interval()[0] == 0.0
