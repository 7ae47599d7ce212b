"""A whole trial: who is treated with what, what is counted, and what the answer looks like."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from ifnfactory.engine.status import Status
from ifnfactory.population.baseline import BaselineDistribution, Eligibility
from ifnfactory.population.release import Population
from ifnfactory.population.sample import VirtualPatients
from ifnfactory.trial import course as course_module
from ifnfactory.trial.catalogue import protocol_text
from ifnfactory.trial.protocol import Protocol, load_protocol, parse_protocol
from ifnfactory.trial.result import ArmOutcome, TrialResult
from ifnfactory.trial.run import Simulator, open_simulator

N = 40


@lru_cache
def simulator(threads: int = 2) -> Simulator:
    return open_simulator(threads)


@lru_cache
def lau(patients: int = N, threads: int = 2, seed: int = 1) -> TrialResult:
    return simulator(threads).run(load_protocol("lau2005"), patients, seed)


def course(drug: str, dose: str, every: str, start: float, stop: float) -> str:
    return (
        f'[[arm.course]]\ndrug = "{drug}"\ndose = "{dose}"\nevery = "{every}"\n'
        f"start_week = {start}\nstop_week = {stop}\n"
    )


def arm(name: str, *courses: str) -> str:
    head = f'[[arm]]\nname = "{name}"\nn = 100\n'
    return head + ("".join(courses) if courses else "untreated = true\n")


def own(*arms: str, prior_na_years: float = 0.0) -> str:
    """Return a protocol file with the patients and visits of lau2005 and arms of its own."""
    text = protocol_text("lau2005")
    head, section, tail = text[: text.index("[[arm]]")].partition("[baseline.prior_na_years]\n")
    tail = tail.replace("value = 0.0", f"value = {prior_na_years}", 1)
    return head + section + tail + "\n".join(arms)


def protocol(*arms: str, prior_na_years: float = 0.0) -> Protocol:
    return parse_protocol(own(*arms, prior_na_years=prior_na_years), "own", "own.toml")


def treated(*arms: str, patients: int = N, prior_na_years: float = 0.0) -> dict[str, ArmOutcome]:
    found = simulator().run(protocol(*arms, prior_na_years=prior_na_years), patients, 1)
    assert _integrated(found) == patients * len(arms)
    return {outcome.arm: outcome for outcome in found.arms}


def _integrated(result: TrialResult) -> int:
    ended = dict(result.status_counts)
    return ended["completed"] + ended["stopped_by_rule"]


def log10_dna(outcome: ArmOutcome, week: float) -> np.ndarray:
    """Return log10 HBV DNA of the patients who were seen."""
    values = outcome.panel.hbv_dna[:, outcome.panel.visit(week)]
    return np.log10(values[np.isfinite(values)])


def bits(outcome: ArmOutcome, patients: int) -> list[bytes]:
    """Return everything that is known about the first patients, to the last bit."""
    people, panel = outcome.patients, outcome.panel
    columns = [getattr(people, field.name) for field in fields(people)]
    columns += [getattr(panel, field.name) for field in fields(panel) if field.name != "week"]
    columns += [outcome.status, outcome.last_week]
    assert outcome.safety is not None
    events, conduct = outcome.safety.events, outcome.safety.conduct
    columns += [events.onset, events.end, conduct.acted, conduct.dose_share]
    return [np.ascontiguousarray(column[:patients]).tobytes() for column in columns]


# --- the same bits ------------------------------------------------------------------------------


def test_one_and_two_threads_give_the_same_bits() -> None:
    one, two = lau(300, threads=1), lau(300, threads=2)
    for alone, shared in zip(one.arms, two.arms, strict=True):
        assert bits(alone, 300) == bits(shared, 300)
    assert one.rows == two.rows


def test_one_extra_patient_changes_nobody_else() -> None:
    for few, more in zip(lau(N).arms, lau(N + 1).arms, strict=True):
        assert bits(few, N) == bits(more, N)


def test_how_patients_are_cut_into_shards_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course_module, "SHARD", 7)
    cut = simulator().run(load_protocol("lau2005"), N, 1)
    for whole, parts in zip(lau().arms, cut.arms, strict=True):
        assert bits(whole, N) == bits(parts, N)


def test_another_seed_gives_other_patients() -> None:
    assert not np.array_equal(lau().arms[0].patients.age, lau(seed=2).arms[0].patients.age)


def test_arms_share_patients_and_their_first_visit() -> None:
    first, *others = lau().arms
    for other in others:
        assert other.patients is first.patients
        for name in ("hbv_dna", "hbsag", "hbeag", "hbv_rna", "alt", "anc", "platelets"):
            one, two = getattr(first.panel, name), getattr(other.panel, name)
            np.testing.assert_array_equal(one[:, 0], two[:, 0])
        assert not np.array_equal(first.panel.hbv_dna[:, 5], other.panel.hbv_dna[:, 5])


# --- patients who cannot be integrated ----------------------------------------------------------


@dataclass(frozen=True)
class Damaged(Population):
    """A population in which some patients have a rate that is no number."""

    lost: tuple[int, ...] = ()

    def draw(
        self, baseline: BaselineDistribution, eligibility: Eligibility, n: int, seed: int
    ) -> VirtualPatients:
        people = super().draw(baseline, eligibility, n, seed)
        constants = people.constants.copy()
        constants[list(self.lost), self.network.constant_names.index("virion_clearance_rate")] = (
            np.nan
        )
        return replace(people, constants=constants)


def damaged(*lost: int) -> TrialResult:
    good = simulator()
    whole = good.population
    people = Damaged(whole.network, whole.declared, whole.drug_numbers, lost)
    return replace(good, population=people).run(load_protocol("lau2005"), N, 1)


def test_a_failed_patient_is_counted_hidden_and_left_out_of_every_endpoint() -> None:
    result, whole = damaged(3), lau()
    arms = len(result.arms)
    ended = dict(result.status_counts)
    assert list(ended) == ["completed", "stopped_by_rule", "step_limit", "non_finite"]
    assert ended["completed"] + ended["stopped_by_rule"] == arms * (N - 1)
    assert (ended["step_limit"], ended["non_finite"]) == (0, arms)
    assert result.to_json()["status"]["non_finite"] == arms
    for outcome in result.arms:
        assert outcome.status[3] == Status.NON_FINITE
        assert np.isnan(outcome.panel.hbv_dna[3]).all()
        assert np.isnan(outcome.panel.alt[3]).all()
    for row, intact in zip(result.rows, whole.rows, strict=True):
        if row.unit == "%" and row.endpoint not in {"relapse"}:
            assert row.patients == intact.patients - 1, row


def test_a_failed_patient_disturbs_nobody_in_the_same_vector() -> None:
    for outcome, intact in zip(damaged(3).arms, lau().arms, strict=True):
        assert bits(outcome, 3) == bits(intact, 3)
        np.testing.assert_array_equal(outcome.panel.hbv_dna[4:], intact.panel.hbv_dna[4:])


def test_a_trial_in_which_everybody_fails_says_so() -> None:
    result = damaged(*range(N))
    assert _integrated(result) == 0
    published = [row for row in result.rows if row.published is not None]
    assert len(published) == len(result.protocol.published)
    assert all(row.patients == 0 and row.value is None for row in published)
    assert all(row.inside is None for row in published)
    json.dumps(result.to_json(), allow_nan=False)


# --- the answer ---------------------------------------------------------------------------------


def test_the_json_object_has_the_published_shape() -> None:
    found = json.loads(json.dumps(lau().to_json(), allow_nan=False))
    assert list(found) == [
        *("trial", "seed", "version", "parameter_set", "wall_s", "status", "results"),
    ]
    assert (found["trial"], found["seed"]) == ("lau2005", 1)
    assert found["wall_s"] > 0
    assert found["status"] == dict(lau().status_counts)
    assert found["status"]["completed"] + found["status"]["stopped_by_rule"] == 3 * N
    keys = (
        *("arm", "endpoint", "week", "unit", "n_published", "patients"),
        *("value", "ci", "published", "published_ci", "inside", "parameter_range"),
    )
    assert all(tuple(row) == keys for row in found["results"])
    row = found["results"][0]
    assert (row["arm"], row["endpoint"], row["week"]) == ("peg", "hbeag_seroconversion", 48)
    assert (row["n_published"], row["published"]) == (271, 27)
    assert row["patients"] == N
    assert row["ci"][0] <= row["value"] <= row["ci"][1]
    low, high = row["published_ci"]
    assert row["inside"] is (low <= row["value"] <= high)


@pytest.mark.parametrize("name", ["lau2005", "marcellin2004", "janssen2005"])
def test_every_published_result_has_its_row_in_order(name: str) -> None:
    trial = load_protocol(name)
    result = simulator().run(trial, 5, 1)
    for each in trial.arms:
        wanted = [(p.endpoint, p.week, p.value) for p in trial.published if p.arm == each.name]
        rows = [row for row in result.rows if row.arm == each.name]
        assert [(r.endpoint, r.week, r.published) for r in rows[: len(wanted)]] == wanted
        assert all(row.published is None for row in rows[len(wanted) :])
        keys = [(row.endpoint, row.week) for row in rows[len(wanted) :]]
        assert len(set(keys)) == len(keys)
    assert [row.arm for row in result.rows] == [
        each.name for each in trial.arms for row in result.rows if row.arm == each.name
    ]


def test_a_file_of_ones_own_is_a_trial(tmp_path: Path) -> None:
    file = tmp_path / "my_trial.toml"
    file.write_text(own(arm("nothing")), encoding="utf-8")
    result = simulator().run(load_protocol(file), 5, 1)
    assert result.to_json()["trial"] == "my_trial"
    assert {row.arm for row in result.rows} == {"nothing"}


# --- regimens -----------------------------------------------------------------------------------

ENTECAVIR = ("entecavir", "0.5 mg", "1 day")
PEG = ("peginterferon_alfa_2a", "180 ug", "1 week")


def test_an_untreated_arm_stays_where_it_is() -> None:
    outcome = treated(arm("nothing"))["nothing"]
    for week in (24, 48, 72):
        change = np.median(log10_dna(outcome, week)) - np.median(log10_dna(outcome, 0))
        assert abs(change) < 0.3  # assay error of 0.1 to 0.2 log10, and the few who seroconvert
    kept = np.nanmedian(outcome.panel.platelets, axis=0)
    np.testing.assert_allclose(kept, kept[0], rtol=0.1)


def test_add_on_switch_and_stop_act_when_the_calendar_says() -> None:
    found = treated(
        arm("add_on", course(*ENTECAVIR, 0, 48), course(*PEG, 24, 48)),
        arm("alone", course(*ENTECAVIR, 0, 48)),
        arm("switch", course(*ENTECAVIR, 0, 24), course(*PEG, 24, 48)),
        arm("stop", course(*ENTECAVIR, 0, 24)),
    )
    # until week 24 all arms are the same, and treated
    for name in ("alone", "switch", "stop"):
        early = slice(0, found["add_on"].panel.visit(24) + 1)
        np.testing.assert_array_equal(
            found[name].panel.hbv_dna[:, early], found["add_on"].panel.hbv_dna[:, early]
        )
    assert np.median(log10_dna(found["alone"], 24)) < np.median(log10_dna(found["alone"], 0)) - 4
    # stopping lets HBV DNA return, going on does not
    assert np.median(log10_dna(found["stop"], 48)) > np.median(log10_dna(found["alone"], 48)) + 2
    # interferon shows in the platelets of those who take it, while they take it
    week_36 = found["alone"].panel.visit(36)
    taken = {name: np.nanmedian(each.panel.platelets[:, week_36]) for name, each in found.items()}
    assert taken["add_on"] < 0.85 * taken["alone"]
    assert taken["switch"] < 0.85 * taken["stop"]
    after = found["alone"].panel.visit(64)
    np.testing.assert_allclose(
        np.nanmedian(found["add_on"].panel.platelets[:, after]),
        np.nanmedian(found["alone"].panel.platelets[:, after]),
        rtol=0.05,
    )


def test_years_on_a_nucleoside_before_the_trial_suppress_the_first_visit() -> None:
    fresh = treated(arm("nothing"))["nothing"]
    found = treated(arm("stop"), arm("go_on", course(*ENTECAVIR, 0, 48)), prior_na_years=3.0)
    for outcome in found.values():
        limit = load_protocol("lau2005").laboratory.dna_lloq
        assert np.mean(10 ** log10_dna(outcome, 0) < limit) > 0.6
        assert np.median(outcome.panel.alt[:, 0]) < np.median(fresh.panel.alt[:, 0])
        assert np.median(np.log10(outcome.patients.hbv_dna0)) > 7  # as it was before the years
        assert (outcome.patients.prior_na_years == 3.0).all()
    assert np.median(log10_dna(found["go_on"], 48)) <= np.median(log10_dna(found["go_on"], 0))
    assert np.median(log10_dna(found["stop"], 48)) > np.median(log10_dna(found["go_on"], 48)) + 2


def test_a_dose_per_kilogram_follows_the_weight() -> None:
    drug = ("peginterferon_alfa_2b", "1 week", 0, 24)
    found = treated(
        arm("per_kg", course(drug[0], "1.5 ug/kg", *drug[1:])),
        arm("flat", course(drug[0], "105 ug", *drug[1:])),  # 70 kg
    )
    week = found["flat"].panel.visit(12)
    weight = found["flat"].patients.weight
    more = found["flat"].panel.platelets[:, week] - found["per_kg"].panel.platelets[:, week]
    seen = np.isfinite(more)
    assert (weight[seen] > 70).any()
    np.testing.assert_array_equal(more[seen] > 0, weight[seen] > 70)


def test_conventional_interferon_three_times_a_week_acts_by_its_dose() -> None:
    drug = "interferon_alfa"
    found = treated(
        arm("nothing"),
        arm("five", course(drug, "5 MIU", "3 per week", 0, 24)),
        arm("ten", course(drug, "10 MIU", "3 per week", 0, 24)),
    )
    depth = [np.median(log10_dna(found[name], 12)) for name in ("nothing", "five", "ten")]
    assert depth[0] - 0.3 > depth[1] > depth[2]
    regimen = protocol(arm("five", course(drug, "5 MIU", "3 per week", 0, 24))).arms[0].regimen
    doses = [entry for entry in regimen.calendar() if entry.what not in {"start", "stop"}]
    assert len(doses) == 3 * 24
