"""Blood counts and contraindications at screening: who is let in, and that each is judged alone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.streams import Streams
from ifnfactory.population.baseline import Eligibility
from ifnfactory.rules.cohort import ScreeningFindings
from ifnfactory.rules.select import is_screened, select_contraindications
from ifnfactory.trial.catalogue import protocol_text
from ifnfactory.trial.entry import Criteria
from ifnfactory.trial.protocol import Protocol, load_protocol, parse_protocol
from ifnfactory.trial.run import Cohort, Simulator, open_simulator

N = 120
AGE = "age_min = 18"


@lru_cache
def simulator() -> Simulator:
    return open_simulator(2)


def trial(*lines: str, name: str = "lau2005") -> Protocol:
    text = protocol_text(name)
    assert AGE in text
    return parse_protocol(text.replace(AGE, "\n".join([AGE, *lines]), 1), "own", "own.toml")


def gathered(protocol: Protocol, *sizes: int) -> list[Cohort]:
    streams, first, found = Streams(1), 0, list[Cohort]()
    for size in sizes:
        found.append(simulator().gather(protocol, size, streams, first))
        first += size
    return found


def baseline(cohort: Cohort, name: str) -> np.ndarray:
    names = simulator().population.network.constant_names
    return cohort.people.constants[:, names.index(name)]


def everything(cohort: Cohort) -> list[np.ndarray]:
    chance = cohort.chance
    return [
        cohort.people.table.patient,
        cohort.people.table.age,
        cohort.people.constants,
        chance.deviations.clearance,
        chance.creatinine_clearance,
        chance.errors.alt,
        chance.restlessness.threshold,
    ]


# --- who is let in ------------------------------------------------------------------------------


def test_limits_keep_low_counts_out() -> None:
    (plain,) = gathered(trial(), N)
    limits = ('neutrophils_min = "3000 /uL"', 'platelets_min = "170 x10^9/L"')
    (strict,) = gathered(trial(*limits, 'creatinine_clearance_min = "100 mL/min"'), N)
    for name, limit in (("anc_baseline", 3.0), ("platelets_baseline", 170.0)):
        low = [np.mean(baseline(each, name) < limit) for each in (plain, strict)]
        assert low[1] < 0.4 * low[0], name  # some are measured higher than they are
        assert np.median(baseline(strict, name)) > np.median(baseline(plain, name))
    assert plain.chance.creatinine_clearance.min() < 100
    assert strict.chance.creatinine_clearance.min() >= 100  # no error: it is what was measured
    assert len(strict.people) == N


def test_a_highest_value_keeps_high_counts_out() -> None:
    (low,) = gathered(trial('platelets_max = "150 x10^9/L"'), N)
    assert np.median(baseline(low, "platelets_baseline")) < 150


@pytest.mark.parametrize("name", ["lau2005", "osst"])
def test_each_is_judged_alone_however_many_come_and_in_whatever_blocks(name: str) -> None:
    """OSST enrols after years on a nucleoside: two selections, one behind the other."""
    strict = trial('neutrophils_min = "3000 /uL"', name=name)
    (few,), (more,), parts = (
        gathered(strict, 20),
        gathered(strict, 21),
        gathered(strict, 9, 12),
    )
    for one, other, *blocks in zip(*map(everything, (few, more, *parts)), strict=True):
        np.testing.assert_array_equal(one, other[:20])
        np.testing.assert_array_equal(np.concatenate(blocks), other)


def test_limits_that_keep_nobody_out_change_nobody() -> None:
    (plain,), (wide,) = gathered(trial(), N), gathered(trial('platelets_min = "1 x10^9/L"'), N)
    for one, other in zip(everything(plain), everything(wide), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_trial_that_asks_for_no_counts_reads_no_stream_of_screening() -> None:
    streams = Streams(1)
    simulator().gather(trial(), 5, streams)
    assert not any(name.startswith("screening") for name in streams.names())


# --- contraindications --------------------------------------------------------------------------


def candidates(**values: list[float]) -> ScreeningFindings:
    n = len(next(iter(values.values())))
    sheet = {
        "neutrophils": np.full(n, 3.0),
        "platelets": np.full(n, 200.0),
        "creatinine_clearance": np.full(n, 100.0),
    } | {name: np.array(each) for name, each in values.items()}
    no = np.zeros(n, dtype=np.bool_)
    return ScreeningFindings(
        age=np.full(n, 30.0),
        female=no,
        genotype=np.full(n, "C"),
        hbeag_positive=no,
        cirrhosis=no,
        on_peginterferon=no,
        **sheet,
    )


def test_contraindications_keep_out_whom_the_document_names() -> None:
    rules = select_contraindications(["contraindications_2016"])
    criteria = Criteria(Eligibility(), rules, Laboratory())
    found = candidates(platelets=[89.9, 90.0, 200.0, 200.0], neutrophils=[3.0, 3.0, 1.49, 1.5])
    assert criteria.passes(found).tolist() == [False, True, False, True]
    assert {rule.name for rule in rules if is_screened(rule)} == {"platelets", "neutrophils"}
    assert "pregnancy" in {rule.name for rule in rules}  # known of nobody: keeps nobody out


def test_one_rule_of_a_document_and_each_rule_once() -> None:
    (rule,) = select_contraindications(["contraindications-2016/platelets"] * 2)
    assert rule.name == "platelets"


def test_a_protocol_screens_for_contraindications() -> None:
    (plain,) = gathered(trial(), 400)
    (screened,) = gathered(trial('contraindications = ["contraindications_2016"]'), 400)
    low = [np.sum(baseline(each, "anc_baseline") < 1.5) for each in (plain, screened)]
    assert low[0] > 3
    assert low[1] < low[0]


# --- bad input ----------------------------------------------------------------------------------


def faults(*lines: str) -> list[Problem]:
    with pytest.raises(UserInputError) as caught:
        trial(*lines)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("line", "what", "fix"),
    [
        ('neutrophils_min = "1500 x10^9/L"', "which nobody has", "unit"),
        ('platelets_min = "90000"', "has the unit ''", "x10^9/L or /uL"),
        ('platelets_min = "-5 /uL"', "negative", "90 x10^9/L"),
        ('creatinine_clearance_min = "50 /uL"', "has the unit '/uL'", "mL/min"),
        ('contraindications = ["contraindication_2016"]', "no document", "contraindications-2016"),
        ('contraindications = ["china_2022"]', "nothing of 'china_2022' is known", "in words"),
        ("neutrophil_min = 1", "unknown key", "neutrophils_min"),
    ],
)
def test_what_cannot_be_asked_for(line: str, what: str, fix: str) -> None:
    (problem,) = faults(line)
    assert what in problem.what
    assert fix in problem.fix
    assert "own.toml" in problem.where


def test_contradictory_limits_are_refused_all_at_once() -> None:
    told = faults(
        'neutrophils_min = "2 x10^9/L"',
        'neutrophils_max = "1500 /uL"',
        'platelets_min = "200 x10^9/L"',
        'platelets_max = "100 x10^9/L"',
        'creatinine_clearance_min = "90 mL/min"',
        'creatinine_clearance_max = "60 mL/min"',
        'hbsag_min = "100 IU/mL"',
        'hbsag_max = "10 IU/mL"',
        'contraindications = ["nothing"]',
    )
    assert len(told) == 5
    assert sum("nobody lies between" in each.what for each in told) == 4
    lines = {each.where for each in told}
    assert len(lines) == 5  # each with a line of its own


def test_limits_that_let_in_almost_nobody_say_so() -> None:
    with pytest.raises(UserInputError, match="the entry criteria accept"):
        gathered(trial('platelets_max = "20 x10^9/L"'), 5)


def test_built_in_trials_ask_in_words_only() -> None:
    protocol = load_protocol("lau2005")
    assert not protocol.eligibility.asks_for_counts
    assert protocol.contraindications == ()
