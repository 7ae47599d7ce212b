"""Arms and runs beside each other: pairs, times, subgroups, and the folder that tells of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import ttest_ind, ttest_rel
from synthetic import trial_result
from typer.testing import CliRunner

from ifnfactory.cli.app import app
from ifnfactory.engine.status import Status
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.report.comparison.load import LoadedRun, load_runs
from ifnfactory.report.comparison.plan import plan
from ifnfactory.report.tables import trial_tables
from ifnfactory.runs.find import find_runs
from ifnfactory.runs.folder import write_run
from ifnfactory.runs.manifest import Manifest
from ifnfactory.trial.contrasts.compare import EVERYBODY, compare
from ifnfactory.trial.contrasts.events import EVENTS, event_times
from ifnfactory.trial.contrasts.groups import pair
from ifnfactory.trial.contrasts.means import mean_difference
from ifnfactory.trial.contrasts.proportions import contrast
from ifnfactory.trial.contrasts.subgroups import FACTORS, subgroups
from ifnfactory.trial.contrasts.waterfall import waterfall
from ifnfactory.trial.endpoints import evaluate

PATIENTS = 60


def manifest(seed: int, patients: int, name: str = "lau2005") -> Manifest:
    result = trial_result(patients, name=name)
    return Manifest(
        protocol=name,
        protocol_source=result.protocol.source_text,
        seed=seed,
        patients=tuple((arm.arm, patients) for arm in result.arms),
        package_version="0.1.0",
        parameter_set="0123",
        command="a test",
        started="2026-01-02T03:04:05+00:00",
        wall_s=1.0,
        status_counts=result.status_counts,
    )


def write(folder: Path, seed: int = 1, patients: int = PATIENTS, name: str = "lau2005") -> None:
    tables = list(trial_tables(trial_result(patients, name=name)))
    write_run(folder, manifest(seed, patients, name), tables, [])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs")
    write(place / "a")
    write(place / "b")
    write(place / "other_seed", seed=2)
    return place


def load(*folders: Path) -> tuple[LoadedRun, ...]:
    return load_runs([run for folder in folders for run in find_runs([str(folder)])])


@pytest.fixture(scope="module")
def run(place: Path) -> LoadedRun:
    return load(place / "a")[0]


def test_a_run_comes_back_as_it_was_written(run: LoadedRun) -> None:
    original = trial_result(PATIENTS)
    for group, arm in zip(run.groups, original.arms, strict=True):
        assert group.arm == arm.arm
        assert np.array_equal(group.patients.hbv_dna0, arm.patients.hbv_dna0)
        assert np.array_equal(group.panel.hbsag, arm.panel.hbsag, equal_nan=True)
        assert np.array_equal(group.panel.anti_hbe, arm.panel.anti_hbe)
        assert np.array_equal(group.known, arm.status == 0)
        assert np.all(np.isinf(group.last_week))


def test_patients_whose_therapy_a_rule_ended_are_compared_too(tmp_path: Path) -> None:
    # As in the run's own table; only who could not be computed is left out.
    result = trial_result(PATIENTS)
    odd = np.arange(PATIENTS) % 5
    ends = np.where(odd == 1, int(Status.STOPPED_BY_RULE), int(Status.COMPLETED))
    status = np.where(odd == 2, int(Status.STEP_LIMIT), ends)
    arms = tuple(replace(arm, status=status) for arm in result.arms)
    folder = tmp_path / "run"
    write_run(folder, manifest(1, PATIENTS), list(trial_tables(replace(result, arms=arms))), [])
    (loaded,) = load(folder)
    for group in loaded.groups:
        assert np.array_equal(group.known, odd != 2)


def test_arms_of_a_run_are_pairs_of_persons(run: LoadedRun) -> None:
    group, control = run.groups[0], run.groups[-1]
    found = pair(group, control)
    assert found.rows is not None
    assert found.reason == f"the same {PATIENTS} persons"
    # Order of rows does not matter, numbers do.
    turned = np.argsort(-control.patients.patient)
    shuffled = replace(
        control,
        patients=type(control.patients)(
            **{name: value[turned] for name, value in vars(control.patients).items()}
        ),
    )
    rows = pair(group, shuffled).rows
    assert rows is not None
    assert np.array_equal(rows[1], turned)


def test_other_seeds_and_other_patients_are_no_pairs(run: LoadedRun) -> None:
    group, control = run.groups[0], run.groups[-1]
    assert pair(group, replace(control, seed=2)).rows is None
    older = replace(control.patients, age=control.patients.age + 1.0)
    found = pair(group, replace(control, patients=older))
    assert (found.rows, "differ in age" in found.reason) == (None, True)
    strangers = replace(control.patients, patient=control.patients.patient + 1000)
    assert pair(group, replace(control, patients=strangers)).rows is None


def test_rows_are_the_contrasts_of_the_patients(run: LoadedRun) -> None:
    group, control = run.groups[0], run.groups[-1]
    rows = list(compare(group, control, [("hbv_dna_lt_2000iu", 48.0)], ["sex"]))
    assert [row.factor for row in rows] == ["all", "sex", "sex"]
    known = group.known & control.known
    reached = [
        np.asarray(evaluate("hbv_dna_lt_2000iu", g.panel, 48.0, g.context).values)
        for g in (group, control)
    ]
    judge = contrast(reached[0][known], reached[1][known], paired=True)
    assert rows[0].paired
    assert rows[0].difference == judge.difference
    assert rows[0].odds_ratio == judge.odds_ratio
    assert rows[0].patients == judge.patients
    women = known & group.patients.female
    assert rows[1].patients == (int(women.sum()),) * 2
    assert rows[1].difference == contrast(reached[0][women], reached[1][women], True).difference


def test_endpoints_among_other_patients_are_not_paired(run: LoadedRun) -> None:
    group, control = run.groups[0], run.groups[-1]
    dna = group.panel.hbv_dna.copy()
    dna[:5, group.panel.visit(48)] = 1e6  # five who are not controlled at the end of treatment
    other = replace(group, panel=replace(group.panel, hbv_dna=dna))
    (row,) = compare(other, control, [("relapse", 72.0)])
    assert not row.paired
    (row,) = compare(control, control, [("relapse", 72.0)])
    assert row.paired


@pytest.mark.parametrize("paired", [True, False])
def test_means_have_students_and_welchs_interval(paired: bool) -> None:
    rng = np.random.default_rng(1)
    one = rng.normal(0.0, 1.0, 30)
    two = one + rng.normal(0.4, 2.0, 30) if paired else rng.normal(0.4, 2.0, 20)
    found = mean_difference(one, two, paired)
    judge = ttest_rel(one, two) if paired else ttest_ind(one, two, equal_var=False)
    ends = judge.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))


def test_subgroups_share_out_everybody(run: LoadedRun) -> None:
    for factor in FACTORS:
        parts = subgroups(factor, run.groups[0].patients, 40.0)
        assert np.array_equal(np.sum([part.members for part in parts], axis=0), np.ones(PATIENTS))


def test_times_to_events(run: LoadedRun) -> None:
    group = run.groups[0]
    weeks = group.panel.week
    hbsag = np.full_like(group.panel.hbsag, 100.0)
    hbsag[0, 5:] = 0.01  # lost at the sixth visit
    hbsag[1, 5] = np.nan
    hbsag[1, 6:] = 0.01  # nobody looked at the sixth: found at the seventh
    hbsag[2, 4:] = np.nan  # left after the fourth visit
    hbsag[3, :] = 0.01  # never had it
    panel = replace(group.panel, hbsag=hbsag)
    last = np.where(np.arange(PATIENTS) == 2, 3.0, np.inf)
    everybody = np.ones(PATIENTS, dtype=bool)
    seen = replace(group, panel=panel, last_week=last, known=everybody)
    found = event_times("hbsag_loss", seen)
    assert 3 not in found.rows
    assert found.times.week[:3].tolist() == [weeks[5], weeks[6], weeks[3]]
    assert found.times.happened[:3].tolist() == [True, True, False]
    assert found.times.happened.sum() == 2
    left = event_times("discontinuation", seen).times
    assert (left.week[2], left.happened.sum()) == (3.0, 1)
    none = event_times("hbsag_loss", replace(seen, known=~everybody))
    assert len(none.times) == 0


def test_relapse_is_timed_from_the_end_of_treatment(run: LoadedRun) -> None:
    group = run.groups[0]
    stop = group.panel.visit(48.0)
    dna = np.full_like(group.panel.hbv_dna, 10.0)
    dna[0, stop + 2 :] = 1e5
    dna[1, stop] = 1e5  # not controlled: nobody who could relapse
    seen = replace(group, panel=replace(group.panel, hbv_dna=dna), known=np.ones(PATIENTS, bool))
    found = event_times("relapse", seen)
    assert found.rows.tolist() == [i for i in range(PATIENTS) if i != 1]
    assert found.times.week[0] == group.panel.week[stop + 2] - 48.0
    assert found.times.happened.sum() == 1


def test_waterfall_falls(run: LoadedRun) -> None:
    found = waterfall(run.groups[0], 48.0)
    assert len(found.change) == run.groups[0].known.sum()
    assert np.all(np.diff(found.change) <= 0.0)


def test_who_is_compared_with_whom(place: Path) -> None:
    one = plan(load(place / "a"), None, None, None)
    assert [(g.name, c.name) for g, c in one.pairs] == [("peg", "lam"), ("peg_lam", "lam")]
    two = plan(load(place / "a", place / "other_seed"), None, None, None)
    assert [(g.arm, c.arm) for g, c in two.pairs] == [(a, a) for a in ("peg", "peg_lam", "lam")]
    assert all(c.run.endswith("/a") for _, c in two.pairs)
    other = plan(load(place / "a"), "peg_lam", "hbeag_loss", 72.0)
    assert {c.name for _, c in other.pairs} == {"peg_lam"}
    assert other.primary == ("hbeag_loss", 72.0)


@pytest.fixture(scope="module")
def runner() -> CliRunner:
    return CliRunner()


def test_the_folder_of_a_comparison(runner: CliRunner, place: Path, tmp_path: Path) -> None:
    out = tmp_path / "compared"
    command = ["compare", str(place / "a"), str(place / "b"), "--by", "genotype", "--out", str(out)]
    done = runner.invoke(app, command)
    assert done.exit_code == 0, done.output
    assert f"the same {PATIENTS} persons" in done.stdout
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 3 + 2  # a forest a pair, curves, waterfall
    for title in EVENTS.values():
        assert title in page
    assert "Number at risk" in page
    outside = page.replace("http://www.w3.org", "")
    assert not any(word in outside for word in ("http://", "https://", "src="))
    table = pq.ParquetFile(out / "contrasts.parquet").read().to_pylist()
    assert {row["factor"] for row in table} == {"all", "genotype"}
    lines = (out / "contrasts.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(table) + 1
    assert all(row["difference"] == 0.0 for row in table if row["paired"])  # the same run twice
    curves = pq.ParquetFile(out / "curves.parquet").read().to_pylist()
    assert {row["event"] for row in curves} <= set(EVENTS)
    assert runner.invoke(app, command).exit_code == 2  # it is there already


def test_json_and_other_seeds(runner: CliRunner, place: Path) -> None:
    done = runner.invoke(app, ["compare", str(place / "a"), str(place / "other_seed"), "--json"])
    content = json.loads(done.stdout)
    assert "different persons" in content["pairings"][0]["pairing"]
    assert not any(row["paired"] for row in content["rows"])
    assert {row["factor"] for row in content["rows"]} == {EVERYBODY[0]}


def test_all_mistakes_at_once(runner: CliRunner, place: Path, tmp_path: Path) -> None:
    options = ["--by", "height", "--against", "nobody", "--endpoint", "x", "--overwrite"]
    done = runner.invoke(app, ["compare", str(place / "a"), str(tmp_path / "gone"), *options])
    assert done.exit_code == 2
    for word in (
        "no subgroups 'height'",
        "no such folder",
        "nobody",
        "--endpoint x",
        "--overwrite",
    ):
        assert word in done.output, word
    assert "Traceback" not in done.output


def test_what_is_no_trial_is_told(tmp_path: Path, place: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "manifest.json").write_text('{"program": "ifnfactory"}')
    with pytest.raises(UserInputError, match="no run of a trial"):
        load(tmp_path / "x")
    write(tmp_path / "y")
    (file,) = (tmp_path / "y" / "visits" / "arm=peg").glob("*.parquet")
    file.write_bytes(b"nonsense")
    with pytest.raises(UserInputError, match="cannot be read"):
        load(tmp_path / "y")
