"""The kernel: nobody is lost, nothing depends on threads, and the slow reference agrees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from outlook_cases import uniform_people

from ifnfactory.outlook.kernel import person_key, uniform
from ifnfactory.outlook.parameters import central, drawn
from ifnfactory.outlook.people import People, join
from ifnfactory.outlook.rates import rates_of
from ifnfactory.outlook.reference import counted_uniforms, follow_reference
from ifnfactory.outlook.simulate import Course, follow
from ifnfactory.outlook.states import Event, Liver, Phase, State, state_of


def everybody(n: int) -> People:
    """Return people of every phase and liver, a third offered treatment, a third a cure."""
    people = join(
        [
            uniform_people(
                n // 10, age=20 + 6 * k, phase=k % 5, liver=(0, 0, 1, 2, 3)[k // 2], stage=k % 4
            )
            for k in range(10)
        ]
    )
    third = np.arange(len(people)) % 3
    return replace(
        people,
        key=np.arange(len(people), dtype=np.int64),
        group=(np.arange(len(people)) % 2).astype(np.int8),
        treat_month=np.where(third == 0, 30, -1).astype(np.int32),
        cure_month=np.where(third == 1, 60, -1).astype(np.int32),
        cure_chance=np.full(len(people), 0.3, dtype=np.float32),
    )


def same(one: Course, other: Course) -> bool:
    """Return whether two courses agree in every number."""
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in (
            "counts",
            "stages",
            "events",
            "firsts",
            "phase",
            "liver",
            "stage",
            "treated_from",
        )
    )


def test_nobody_is_lost_at_any_step() -> None:
    people = everybody(3_000)
    course = follow(people, rates_of(central(), "China"), 480, seed=2)
    assert (course.counts.sum(axis=2) == course.sizes[:, None]).all()
    assert course.sizes.sum() == len(people)


def test_the_dead_stay_dead_and_what_happens_is_what_is_counted() -> None:
    course = follow(everybody(3_000), rates_of(central(), "China"), 480, seed=2)
    for death, event in (
        (State.LIVER_DEATH, Event.LIVER_DEATH),
        (State.OTHER_DEATH, Event.OTHER_DEATH),
    ):
        assert (np.diff(course.counts[:, :, death]) == course.events[:, :, event]).all()


def test_the_end_is_the_last_row_of_the_counts() -> None:
    course = follow(everybody(3_000), rates_of(central(), "China"), 240, seed=2)
    state = state_of(course.phase, course.liver)
    for group in (0, 1):
        ended = np.bincount(state[course.group == group], minlength=len(State))
        assert (ended == course.counts[group, -1]).all()


def test_same_seed_same_result_with_any_number_of_threads() -> None:
    people, rates = everybody(30_000), rates_of(central(), "China")
    once = follow(people, rates, 120, seed=5, threads=1)
    assert same(once, follow(people, rates, 120, seed=5, threads=2))
    assert same(once, follow(people, rates, 120, seed=5, threads=7))
    assert not same(once, follow(people, rates, 120, seed=6))


def test_one_more_person_changes_nobody_else() -> None:
    people, rates = everybody(1_000), rates_of(central(), "Nigeria")
    fewer = follow(people.take(np.arange(999)), rates, 240, seed=1)
    more = follow(people, rates, 240, seed=1)
    assert np.array_equal(fewer.firsts, more.firsts[:999])


def test_the_reference_counts_the_same_transitions() -> None:
    people, rates = everybody(1_000), rates_of(central(), "China")
    fast, slow = follow(people, rates, 480, seed=4), follow_reference(people, rates, 480, seed=4)
    assert same(fast, slow)


def test_the_reference_with_other_luck_agrees_within_monte_carlo_error() -> None:
    """Four standard errors for each of 16 events: a right kernel fails in 0.1 % of seeds."""
    people, rates = everybody(1_000), rates_of(drawn(1, 0), "World")
    fast, slow = follow(people, rates, 360, seed=4), follow_reference(people, rates, 360, seed=99)
    happened = [course.events.sum(axis=(0, 1)).astype(float) for course in (fast, slow)]
    spread = np.sqrt(np.maximum(happened[0] + happened[1], 1.0))
    assert (np.abs(happened[0] - happened[1]) < 4.0 * spread).all()


def test_random_numbers_are_even_and_the_same_in_both_programs() -> None:
    keys = np.arange(50_000, dtype=np.int64)
    numbers = counted_uniforms(7, keys, 13, 0)
    assert numbers.mean() == pytest.approx(0.5, abs=0.01)
    assert numbers.var() == pytest.approx(1 / 12, abs=0.002)
    following = counted_uniforms(7, keys, 14, 0)
    assert abs(np.corrcoef(numbers, following)[0, 1]) < 0.02
    assert numbers[17] == uniform(person_key(7, 17), 13, 0)


def test_competing_events_share_what_the_summed_rate_gives() -> None:
    rates = rates_of(central(), "World")
    rates = rates._replace(
        death_hcc=6.0, transplant_hcc=6.0, background=np.zeros_like(rates.background)
    )
    people = uniform_people(40_000, liver=Liver.HCC)
    course = follow(people, rates, 1, seed=8)
    left = course.events[0, 0]
    assert left.sum() / len(people) == pytest.approx(1 - np.exp(-1.0), abs=0.01)
    assert left[Event.TRANSPLANT] / left.sum() == pytest.approx(0.5, abs=0.02)


def test_cure_leaves_a_risk_of_cancer_that_rises_with_age_and_cirrhosis() -> None:
    rates = rates_of(central(), "China")

    def risk(age: float, phase: int, liver: int) -> float:
        people = uniform_people(40_000, age=age, phase=phase, liver=liver)
        return float(follow(people, rates, 120, seed=1).incidence([Event.HCC])[0, -1])

    young, old = risk(30, Phase.CURED, Liver.NO_CIRRHOSIS), risk(60, Phase.CURED, 0)
    scarred = risk(60, Phase.CURED, Liver.COMPENSATED)
    persistent = risk(60, Phase.NEGATIVE_HEPATITIS, Liver.COMPENSATED)
    assert 0 < young < old < scarred < persistent
