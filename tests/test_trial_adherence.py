"""Missed doses: who misses what, what it does to exposure, and what it does to the answer."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import patient_table

from ifnfactory.engine.batch import Events
from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.streams import Streams
from ifnfactory.pharmacology.coupling import NA_BLOCK, couple, draw_deviations
from ifnfactory.pharmacology.regimen import Course, Regimen, course
from ifnfactory.report.tables import patients_table, visits_table
from ifnfactory.trial.adherence import (
    CLASSES,
    FORGOTTEN,
    PAUSED,
    TAKEN,
    Adherence,
    Habit,
    Intake,
    draw_intake,
)
from ifnfactory.trial.catalogue import protocol_text
from ifnfactory.trial.intake import Missed, Taking
from ifnfactory.trial.protocol import Protocol, load_protocol, parse_protocol
from ifnfactory.trial.result import ArmOutcome, TrialResult
from ifnfactory.trial.run import Simulator, open_simulator
from ifnfactory.trial.safety import Safety

SOURCE = Source("test", "prior")
DAYS = 350
N = 60


def drawn(habit: Habit, patients: int = 4000, seed: int = 1) -> np.ndarray:
    """Return what becomes of a dose of interferon on each day, shape (patients, days)."""
    both = Adherence((("interferon", habit), ("nucleoside", habit)), SOURCE)
    return draw_intake(both, patients, DAYS, seed).reason[:, 0]


# --- who misses what ----------------------------------------------------------------------------


def test_shares_have_the_mean_and_the_spread_that_were_asked_for() -> None:
    taken = (drawn(Habit(0.9, 0.08)) == TAKEN).mean(axis=1)
    assert taken.mean() == pytest.approx(0.9, abs=0.004)
    assert taken.std() == pytest.approx(np.hypot(0.08, np.sqrt(0.9 * 0.1 / DAYS)), abs=0.005)


def test_pauses_come_as_often_and_last_as_long_as_was_asked_for() -> None:
    paused = drawn(Habit(1.0, 0.0, pauses_per_year=1.0, pause_weeks=3.0)) == PAUSED
    begins = paused & ~np.pad(paused, ((0, 0), (1, 0)))[:, :-1]
    free = (~paused).sum() / 365.25
    assert begins.sum() / free == pytest.approx(1.0, rel=0.05)
    # of the last pauses the end is not seen: 21 of 350 days
    assert paused.sum() / begins.sum() / 7 == pytest.approx(3.0, rel=0.1)


@given(st.floats(0.01, 1.0), st.floats(0.0, 0.95), st.floats(0.0, 5.0), st.floats(0.2, 8.0))
def test_patient_i_is_the_same_however_many_there_are(
    taken: float, part: float, pauses: float, weeks: float
) -> None:
    habit = Habit(taken, part * np.sqrt(taken * (1 - taken)), pauses, weeks)
    adherence = Adherence((("nucleoside", habit),), SOURCE)
    few, more = (draw_intake(adherence, n, 30, 5).reason for n in (3, 5))
    np.testing.assert_array_equal(few, more[:3])
    streams = Streams(5)
    parts = [draw_intake(adherence, n, 30, streams).reason for n in (3, 2)]
    np.testing.assert_array_equal(np.concatenate(parts), more)
    assert (more[:, CLASSES.index("interferon")] == TAKEN).all()  # not named: always taken
    if taken == 1.0 and pauses == 0.0:
        assert (more == TAKEN).all()


def test_who_forgets_tablets_forgets_injections() -> None:
    both = Adherence(tuple((name, Habit(0.8, 0.15)) for name in CLASSES), SOURCE)
    taken = (draw_intake(both, 2000, DAYS, 1).reason == TAKEN).mean(axis=2)
    assert np.corrcoef(taken[:, 0], taken[:, 1])[0, 1] > 0.9


# --- what is taken ------------------------------------------------------------------------------

WEEKS = np.array([0.0, 2.0, 4.0, 8.0])
PEG = course("peg2a", "180 ug", "1 week", stop_week=8)
ETV = course("etv", "0.5 mg", "1 day", stop_week=6)


def taken(intake: Intake, *courses: Course) -> tuple[list[Events], list[Events], Missed]:
    """Return planned and taken events of each interval between visits."""
    n = len(intake.reason)
    coupling = couple(Regimen(courses), patient_table(n).weight, draw_deviations(1, n))
    events = Events(coupling.day, coupling.target, coupling.add, coupling.value)
    taking = Taking(intake, len(WEEKS))
    spans = [(7 * start, 7 * stop) for start, stop in pairwise(WEEKS)]
    planned = [events.between(*span) for span in spans]
    found = [
        taking.take(visit, each, *span)
        for visit, (each, span) in enumerate(zip(planned, spans, strict=True))
    ]
    return planned, found, taking.missed


def block(events: list[Events], patient: int, day: float) -> float:
    """Return the nucleoside block in force on a day."""
    value = 0.0
    for part in events:
        for at, target, number in zip(part.day, part.target, part.value[patient], strict=True):
            if target == NA_BLOCK and at <= day:
                value = float(number)
    return value


def none_missed(n: int = 3) -> np.ndarray:
    return np.zeros((n, len(CLASSES), 57), dtype=np.int8)


def test_who_takes_everything_is_given_the_plan() -> None:
    planned, found, missed = taken(Intake(none_missed()), PEG, ETV)
    for plan, each in zip(planned, found, strict=True):
        np.testing.assert_array_equal(plan.day, each.day)
        assert plan.target == each.target
        np.testing.assert_array_equal(plan.value, each.value)
    assert missed.due[0].sum(axis=0).tolist() == [8, 42, 0]
    assert not missed.forgotten.any()
    assert not missed.paused.any()


def test_a_missed_injection_is_nothing_and_days_off_switch_the_block_off() -> None:
    reason = none_missed()
    reason[1, 0, 7] = FORGOTTEN  # the second of the weekly injections
    reason[2, 0, 8] = FORGOTTEN  # a day without any
    reason[1, 1, 3] = FORGOTTEN
    reason[2, 1, 10:20] = PAUSED  # over a visit
    planned, found, missed = taken(Intake(reason), PEG, ETV)
    injections = np.concatenate([e.value[:, [t == "depot_a" for t in e.target]] for e in found], 1)
    assert injections[0].tolist() == injections[2].tolist() == [180.0] * 8
    assert injections[1].tolist() == [180.0, 0.0, *[180.0] * 6]
    for patient, off in ((0, set()), (1, {3}), (2, set(range(10, 20)))):
        for day in range(42):
            wanted = 0.0 if day in off else block(planned, patient, day)
            assert block(found, patient, day + 0.5) == wanted, (patient, day)
        assert block(found, patient, 43) == 0.0  # the course is over
    assert missed.forgotten.sum(axis=1).tolist() == [[0, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert missed.paused[2].tolist() == [[0, 4, 0], [0, 6, 0], [0, 0, 0], [0, 0, 0]]
    for part in found:
        assert (np.diff(part.day) >= 0).all()


def test_what_fell_due_after_the_last_visit_of_a_patient_is_not_known() -> None:
    missed = Missed(*(np.ones((2, 4, 3), dtype=np.int16) for _ in range(3)))
    seen = missed.until(WEEKS, np.array([np.inf, 3.0]))
    assert seen.due[:, :, 0].tolist() == [[1, 1, 1, 1], [1, 1, 0, 0]]


# --- what it does -------------------------------------------------------------------------------


def section(interferon: str = "", nucleoside: str = "") -> str:
    head = '[adherence]\nsource = "assumed"\ntag = "prior"\n'
    tables = (("interferon", interferon), ("nucleoside", nucleoside))
    return head + "".join(f"[adherence.{name}]\n{text}\n" for name, text in tables if text)


def lau(text: str = "", arms: slice = slice(None)) -> Protocol:
    whole = protocol_text("lau2005")
    at = whole.index("[[arm]]")
    found = parse_protocol(whole[:at] + text + "\n" + whole[at:], "own", "own.toml")
    return replace(found, arms=found.arms[arms])


@lru_cache
def simulator() -> Simulator:
    return open_simulator(2)


@lru_cache
def run(interferon: str = "", nucleoside: str = "") -> TrialResult:
    text = section(interferon, nucleoside) if interferon or nucleoside else ""
    return simulator().run(lau(text), N, 1)


def known(result: TrialResult, arm: int) -> Safety:
    safety = result.arms[arm].safety
    assert safety is not None
    return safety


def bits(outcome: ArmOutcome) -> list[bytes]:
    panel, safety = outcome.panel, outcome.safety
    assert safety is not None
    columns = [getattr(panel, field.name) for field in fields(panel)]
    columns += [safety.events.onset, safety.conduct.acted, safety.conduct.dose_share]
    return [np.ascontiguousarray(column).tobytes() for column in columns]


def test_who_takes_all_doses_is_the_same_patient_to_the_last_bit() -> None:
    plain, full = run(), run("taken = 1.0", "taken = 1.0")
    for one, other in zip(plain.arms, full.arms, strict=True):
        assert bits(one) == bits(other)
    assert plain.rows == full.rows
    assert known(plain, 0).conduct.missed is None


def test_exposure_falls_in_proportion_and_endpoints_worsen() -> None:
    few, plain = run("taken = 0.5", "taken = 0.5"), run()
    peg, lam, whole = known(few, 0), known(few, 2), known(plain, 0)
    on = np.isfinite(peg.conduct.dose_share)
    ratio = peg.conduct.dose_share[on].mean() / whole.conduct.dose_share[on].mean()
    assert ratio == pytest.approx(0.5, abs=0.05)
    assert lam.conduct.missed is not None
    assert np.nanmean(lam.conduct.missed.taken_share(1)) == pytest.approx(0.5, abs=0.02)

    def dna(result: TrialResult, arm: int, week: float) -> float:
        panel = result.arms[arm].panel
        return float(np.nanmean(np.log10(panel.hbv_dna[:, panel.visit(week)])))

    # On lamivudine the two even out by week 48, perhaps since less resistance is selected.
    for arm, week in ((0, 48.0), (2, 12.0)):
        assert dna(few, arm, week) > dna(plain, arm, week) + 0.2, arm
    # less interferon is better borne
    assert np.isfinite(peg.events.onset).sum() < np.isfinite(whole.events.onset).sum()


def test_a_drug_that_nobody_takes_does_nothing() -> None:
    result = run(nucleoside="taken = 0.0")
    alone, with_lamivudine, untreated = (arm.panel for arm in result.arms)
    np.testing.assert_array_equal(alone.hbv_dna, with_lamivudine.hbv_dna)
    change = np.nanmedian(np.log10(untreated.hbv_dna[:, untreated.visit(48)]))
    assert change == pytest.approx(np.nanmedian(np.log10(untreated.hbv_dna[:, 0])), abs=0.3)


def test_the_same_doses_are_missed_in_all_arms() -> None:
    result = run("taken = 0.5", "taken = 0.5")
    one, other = known(result, 0).conduct.missed, known(result, 1).conduct.missed
    assert one is not None
    assert other is not None
    same = one.due[:, :, 0] == other.due[:, :, 0]  # where physicians and visits agree
    assert same.mean() > 0.8
    np.testing.assert_array_equal(one.forgotten[:, :, 0][same], other.forgotten[:, :, 0][same])


def test_what_was_missed_stands_in_the_tables() -> None:
    result = run("taken = 0.5", "taken = 0.5")
    arm = result.arms[1]
    people = patients_table(arm, result.laboratory)
    visits = visits_table(arm, result.laboratory)
    due, gone = people.column("interferon_doses_due"), people.column("interferon_doses_forgotten")
    assert gone.sum() / due.sum() == pytest.approx(0.5, abs=0.05)
    assert people.column("nucleoside_doses_due").max() == 48 * 7
    assert not people.column("other_doses_due").any()
    share = visits.column("nucleoside_taken_share").astype(float)
    assert np.nanmean(share) == pytest.approx(0.5, abs=0.02)


# --- bad input ----------------------------------------------------------------------------------


def faults(text: str) -> list[Problem]:
    with pytest.raises(UserInputError) as caught:
        lau(text)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        (section("taken = 1.2"), "1.2", "between 0 and 1"),
        (section("taken = 0.9\nspread = 0.4"), "cannot have an SD of 0.4", "below 0.3"),
        (section("taken = 0.9\npauses_per_year = 1"), "a number and a length", "or neither"),
        (section("taken = 0.9\npause_weeks = 2"), "a number and a length", "or neither"),
        (section(), "no class of drugs", "[adherence.interferon]"),
        (section("taken = 0.9") + "[adherence.other]\ntaken = 0.9\n", "nobody is given", "leave"),
        (section("take = 0.9"), "unknown key 'take'", "taken"),
    ],
)
def test_what_cannot_be_is_refused(text: str, what: str, fix: str) -> None:
    told = faults(text)
    assert any(what in each.what and fix in each.fix for each in told), told
    assert all("own.toml" in each.where for each in told)


def test_all_problems_come_at_once() -> None:
    told = faults(section("taken = 1.2", "taken = 0.9\npause_weeks = 2"))
    assert {"1.2" in each.what for each in told} == {True, False}


def test_built_in_trials_say_nothing_of_adherence() -> None:
    assert load_protocol("lau2005").adherence is None
