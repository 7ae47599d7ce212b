"""Visits and rules without a model: what is given after what a visit has shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
from synthetic import panel as synthetic_panel
from synthetic import patient_table

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.assays.panel import Panel
from ifnfactory.biology.adverse_events import draw_susceptibility
from ifnfactory.engine.batch import Events
from ifnfactory.pharmacology.coupling import couple, draw_deviations
from ifnfactory.pharmacology.regimen import Regimen, course
from ifnfactory.rules.select import select_orders
from ifnfactory.trial.care import Care
from ifnfactory.trial.conduct import NOBODY, Conduct
from ifnfactory.trial.course import Treatment, arm_plan
from ifnfactory.trial.findings import Chart

WEEKS = np.array([0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0])
N = 4
PEG = course("peg2a", "180 ug", "1 week", stop_week=24)
ETV = course("etv", "0.5 mg", "1 day", stop_week=20)

Change = Callable[[Panel], Panel]


def follow(change: Change, *rules: str, courses: tuple = (PEG,)) -> tuple[list[Events], Conduct]:
    """Take four patients through their visits; return what was given after each, and why."""
    people = patient_table(N)
    regimen = Regimen(courses)
    coupling = couple(regimen, people.weight, draw_deviations(1, N))
    healthy = replace(
        synthetic_panel(people, WEEKS, 24.0, depth=4.0),
        anc=np.full((N, len(WEEKS)), 3.0),
        platelets=np.full((N, len(WEEKS)), 200.0),
        alt=np.full((N, len(WEEKS)), 40.0),
    )
    shown = change(healthy)

    def report(visit: int, _states: np.ndarray) -> Panel:
        at = {
            name: values[:, visit : visit + 1] if values.ndim == 2 else values[visit : visit + 1]
            for name, values in vars(shown).items()
        }
        return Panel(**at)

    orders = select_orders(rules)
    treatment = Treatment(regimen, WEEKS, orders)
    plan = arm_plan(treatment, WEEKS * 7)
    who = replace(draw_susceptibility(1, people.female), threshold=np.full((N, 18), np.inf))
    chart = Chart(people, Laboratory(), np.full(N, 100.0), who, 0)
    care = Care(plan, coupling, chart, who, np.ones((N, len(orders)), dtype=np.bool_), report)
    events = Events(coupling.day, coupling.target, coupling.add, coupling.value)
    given = [
        care.decide(visit, np.zeros((N, 1, 1)), events.between(7 * start, 7 * stop))
        for visit, (start, stop) in enumerate(pairwise(WEEKS))
    ]
    return given, care.record()[1]


def weekly(given: list[Events], patient: int) -> list[float]:
    """Return the single dose of each interval [µg]; all doses of one interval are the same."""
    doses = []
    for events in given:
        values = events.value[patient, [t == "depot_a" for t in events.target]]
        assert np.ptp(values) == 0.0
        doses.append(float(values[0]))
    return doses


def anc(*values: float) -> Change:
    """Give patient 0 these neutrophils at visits 0, 1, ..."""

    def change(panel: Panel) -> Panel:
        counts = panel.anc.copy()
        counts[0, : len(values)] = values
        return replace(panel, anc=counts)

    return change


def test_without_trouble_the_plan_is_kept() -> None:
    given, conduct = follow(lambda panel: panel, "peg2a_label", "trial_conduct")
    for patient in range(N):
        assert weekly(given, patient) == [180.0] * 6
    assert np.isinf(conduct.acted).all()
    assert (conduct.dose_share[:, :-1] == 1.0).all()
    assert np.isnan(conduct.dose_share[:, -1]).all()


def test_neutrophils_below_075_reduce_for_good_and_only_that_patient() -> None:
    given, conduct = follow(anc(3.0, 0.74, 2.0), "peg2a_label")
    assert weekly(given, 0) == [180.0, 135.0, 135.0, 135.0, 135.0, 135.0]
    assert weekly(given, 1) == [180.0] * 6
    assert conduct.modified(48.0, "neutropenia").tolist() == [True, False, False, False]
    assert not conduct.modified(3.9).any()
    assert conduct.stopped_by.tolist() == [NOBODY] * N


def test_neutrophils_below_05_hold_until_above_1_and_restart_at_90() -> None:
    given, conduct = follow(anc(3.0, 0.4, 0.9, 1.1), "peg2a_label")
    assert weekly(given, 0) == [180.0, 0.0, 0.0, 90.0, 90.0, 90.0]
    assert conduct.dose_share[0, 1:4].tolist() == [0.0, 0.0, 0.5]


def test_platelets_below_25_stop_for_good() -> None:
    def change(panel: Panel) -> Panel:
        counts = panel.platelets.copy()
        counts[0, 2] = 24.0
        return replace(panel, platelets=counts)

    given, conduct = follow(change, "peg2a_label")
    assert weekly(given, 0) == [180.0, 180.0, 0.0, 0.0, 0.0, 0.0]
    assert conduct.stopped_week.tolist() == [8.0, np.inf, np.inf, np.inf]
    assert conduct.rules[conduct.stopped_by[0]] == "peg2a-label/platelets-stop"
    assert conduct.stopped(24.0, "adverse event").tolist() == [True, False, False, False]
    assert not conduct.stopped(24.0, "lack of efficacy").any()
    assert not conduct.stopped(7.9).any()


def test_a_flare_reduces_while_it_lasts() -> None:
    def change(panel: Panel) -> Panel:
        alt = panel.alt.copy()
        alt[0, 1:3] = 6 * 40.0
        return replace(panel, alt=alt)

    given, _ = follow(change, "peg2a_label")
    assert weekly(given, 0) == [180.0, 135.0, 135.0, 180.0, 180.0, 180.0]


def test_a_rule_of_week_12_is_asked_in_week_12() -> None:
    """EASL: genotype A or D without a fall of HBsAg, B or C above 20,000 IU/mL; here all stay."""

    def change(panel: Panel) -> Panel:
        return replace(panel, hbsag=np.full_like(panel.hbsag, 30_000.0))

    given, conduct = follow(change, "easl-2017")
    for patient in range(N):
        assert weekly(given, patient) == [180.0, 180.0, 180.0, 0.0, 0.0, 0.0]
    assert (conduct.stopped_week == 12.0).all()
    assert conduct.stopped(24.0, "lack of efficacy").all()


def test_a_tablet_is_stopped_at_the_visit_and_interferon_goes_on() -> None:
    def change(panel: Panel) -> Panel:
        hbsag = panel.hbsag.copy()
        hbsag[0, 2:] = 0.02
        return replace(panel, hbsag=hbsag)

    given, conduct = follow(change, "na_stopping/hbsag_loss", courses=(PEG, ETV))
    assert weekly(given, 0) == [180.0] * 6
    assert conduct.stopped_week.tolist() == [8.0, np.inf, np.inf, np.inf]
    assert conduct.stopped(24.0, "goal reached")[0]
    first, at = given[0], given[2]
    block = first.target.index("na_block_target")
    assert (first.value[:, block] > 0.0).all()
    assert at.day[0] == 56.0
    stopped = at.value[:, at.target.index("na_block_target")]
    assert stopped[0] == 0.0
    np.testing.assert_array_equal(stopped[1:], first.value[1:, block])
    # The planned stop in week 20 is the others' stop; whoever has stopped stays without.
    assert (given[5].value[:, given[5].target.index("na_block_target")][0]) == 0.0


def test_what_patients_did_not_see_any_more_was_not_decided() -> None:
    _, conduct = follow(anc(3.0, 3.0, 0.6), "peg2a_label")
    assert conduct.modified(24.0)[0]
    assert not conduct.until(WEEKS, np.array([7.9, np.inf, np.inf, np.inf])).modified(24.0).any()
