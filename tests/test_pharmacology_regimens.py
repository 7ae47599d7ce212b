"""Doses, intervals, courses and regimens: read like a prescription, printed like a calendar."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.pharmacology.dose import Dose, Interval, micrograms, parse_dose, parse_interval
from ifnfactory.pharmacology.drug import load_drug
from ifnfactory.pharmacology.regimen import Course, Regimen, course, dose_days, relative_intensity


@pytest.mark.parametrize(
    ("text", "dose"),
    [
        ("180 ug", Dose(180, "ug")),
        ("180 µg", Dose(180, "ug")),
        ("1.5 ug/kg", Dose(1.5, "ug", True)),
        ("5 MIU", Dose(5, "MIU")),
        ("100mg", Dose(100, "mg")),
    ],
)
def test_a_dose_reads_as_written(text: str, dose: Dose) -> None:
    assert parse_dose(text) == dose


@pytest.mark.parametrize(
    "text", ["180", "180 IU", "-180 ug", "0 ug", "ug", "180 ug/m2", "1e999 ug", "1.5 ug/kg/day"]
)
def test_what_is_no_dose_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"dose|number"):
        parse_dose(text)


@given(st.floats(1e-3, 1e4), st.sampled_from(["ug", "mg", "MIU"]), st.booleans())
def test_a_printed_dose_reads_back(amount: float, unit: str, per_kg: bool) -> None:
    text = f"{amount:g} {unit}{'/kg' if per_kg else ''}"
    assert str(parse_dose(text)) == text


@pytest.mark.parametrize(
    ("text", "period", "offsets", "words"),
    [
        ("1 week", 7, (0,), "once weekly"),
        ("once weekly", 7, (0,), "once weekly"),
        ("2 weeks", 14, (0,), "every 2 weeks"),
        ("1 day", 1, (0,), "once daily"),
        ("3 days", 3, (0,), "every 3 days"),
        ("3 per week", 7, (0, 2, 4), "three times weekly"),
    ],
)
def test_an_interval_reads_as_written(
    text: str, period: float, offsets: tuple[float, ...], words: str
) -> None:
    interval = parse_interval(text)
    assert interval == Interval(period, offsets)
    assert str(interval) == words


@pytest.mark.parametrize("text", ["", "0 weeks", "8 per week", "0 per week", "sometimes", "-1 day"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no interval"):
        parse_interval(text)


def test_units_belong_to_the_drug() -> None:
    assert micrograms(parse_dose("0.18 mg"), load_drug("peg2a")) == pytest.approx(180)
    with pytest.raises(ValueError, match="not dosed in international units"):
        micrograms(parse_dose("5 MIU"), load_drug("peg2a"))


def test_a_regimen_reads_like_a_prescription() -> None:
    regimen = Regimen(
        (
            course("lam", "100 mg", "1 day", stop_week=52),
            course("peg2b", "100 ug", "1 week", stop_week=32),
            course("peg2b", "50 ug", "1 week", start_week=32, stop_week=52),
        )
    )
    assert regimen.prescription() == [
        "lamivudine 100 mg once daily, weeks 0-52",
        "peginterferon alfa-2b 100 ug once weekly, weeks 0-32",
        "peginterferon alfa-2b 50 ug once weekly, weeks 32-52",
    ]
    assert regimen.end_of_treatment_week == 52
    assert [drug.name for drug in regimen.interferons()] == ["peginterferon_alfa_2b"]


def test_a_calendar_lists_every_injection_and_only_the_ends_of_tablets() -> None:
    regimen = Regimen(
        (
            course("peg2a", "180 ug", "1 week", stop_week=48),
            course("lam", "100 mg", "1 day", stop_week=48),
        )
    )
    calendar = regimen.calendar()
    injections = [e for e in calendar if e.what.startswith("dose")]
    assert len(injections) == 48
    assert injections[0].what == "dose 1 of 48"
    assert (injections[-1].day, injections[-1].week) == (329, 47)
    tablets = [(e.week, e.what) for e in calendar if e.drug == "lamivudine"]
    assert tablets == [(0, "start"), (48, "stop")]
    assert [e.day for e in calendar] == sorted(e.day for e in calendar)


def test_no_treatment_is_a_regimen() -> None:
    assert Regimen().prescription() == ["no treatment"]
    assert Regimen().calendar() == []
    assert Regimen().end_of_treatment_week == 0


def test_three_times_weekly_is_monday_wednesday_friday() -> None:
    days = dose_days(course("ifn", "5 MIU", "3 per week", stop_week=2))
    assert days.tolist() == [0, 2, 4, 7, 9, 11]


@given(
    every=st.sampled_from(["1 day", "3 days", "1 week", "2 weeks", "2 per week", "3 per week"]),
    start=st.floats(0, 60),
    weeks=st.floats(0.2, 60),
)
def test_no_dose_before_the_start_or_at_the_stop(every: str, start: float, weeks: float) -> None:
    one = course("ifn", "5 MIU", every, start_week=start, stop_week=start + weeks)
    days = dose_days(one)
    assert days[0] == pytest.approx(start * 7)
    assert np.all(np.diff(days) > 0)
    assert np.all(days < (start + weeks) * 7)
    # A course never misses a whole pattern at its end.
    assert days[-1] + one.every.period >= (start + weeks) * 7 - 1e-6


def _faults(*courses: Course) -> list[str]:
    with pytest.raises(UserInputError) as caught:
        Regimen(courses)
    return [problem.what for problem in caught.value.problems]


def test_all_faults_of_a_regimen_come_at_once() -> None:
    peg = load_drug("peg2a")
    weekly = Interval(7.0)
    faults = _faults(
        Course(peg, Dose(180, "ug"), weekly, 0, 48),
        Course(peg, Dose(-90, "ug"), weekly, 40, 60),
        Course(load_drug("lam"), Dose(100, "mg"), Interval(1.0), -4, -8),
    )
    assert len(faults) == 4
    assert any("overlap (weeks 0-48 and 40-60)" in fault for fault in faults)
    assert any("-90 ug is not positive" in fault for fault in faults)
    assert any("before baseline" in fault for fault in faults)
    assert any("stops at week -8 but starts at week -4" in fault for fault in faults)


def test_a_step_down_is_no_overlap() -> None:
    Regimen(
        (
            course("peg2b", "50 ug", "1 week", start_week=32, stop_week=52),
            course("peg2b", "100 ug", "1 week", stop_week=32),
        )
    )


def test_milligrams_for_micrograms_are_noticed() -> None:
    (fault,) = _faults(course("peg2a", "180 mg", "1 week", stop_week=48))
    assert "1000 times the usual 180 ug" in fault


def test_three_interferons_are_one_too_many() -> None:
    (fault,) = _faults(
        course("peg2a", "180 ug", "1 week", stop_week=12),
        course("peg2b", "1.5 ug/kg", "1 week", start_week=12, stop_week=24),
        course("ifn", "5 MIU", "3 per week", start_week=24, stop_week=36),
    )
    assert "3 different interferons" in fault


def test_a_misspelt_course_says_all_that_is_wrong() -> None:
    with pytest.raises(UserInputError) as caught:
        course("pegg", "180", "often", stop_week=4)
    assert [problem.where for problem in caught.value.problems] == ["drug", "dose", "every"]


def test_intensity_is_relative_to_the_usual_prescription() -> None:
    assert relative_intensity(course("lam", "100 mg", "1 day", stop_week=4)) == pytest.approx(1)
    assert relative_intensity(course("lam", "150 mg", "1 day", stop_week=4)) == pytest.approx(1.5)
    assert relative_intensity(course("peg2b", "105 ug", "1 week", stop_week=4)) == pytest.approx(1)
