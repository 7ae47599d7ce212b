"""Questions in SQL: what is answered, and what is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow.parquet as pq
import pytest
from synthetic import trial_result
from typer.testing import CliRunner

from ifnfactory.cli.app import app
from ifnfactory.foundation.errors import MissingExtraError, UserInputError
from ifnfactory.report.tables import trial_tables
from ifnfactory.runs.ask import Archive
from ifnfactory.runs.find import find_runs
from ifnfactory.runs.folder import write_run
from ifnfactory.runs.manifest import Manifest

PATIENTS = 12


def write(folder: Path, seed: int) -> None:
    result = trial_result(PATIENTS)
    manifest = Manifest(
        protocol="lau2005",
        protocol_source=result.protocol.source_text,
        seed=seed,
        patients=tuple((arm.arm, PATIENTS) for arm in result.arms),
        package_version="0.1.0",
        parameter_set="0123",
        command="a test",
        started="2026-01-02T03:04:05+00:00",
        wall_s=1.0,
        status_counts=result.status_counts,
    )
    write_run(folder, manifest, list(trial_tables(result)), [])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return two runs; names that SQL and Hive partitions could stumble over."""
    place = tmp_path_factory.mktemp("it's") / "runs"
    write(place / "one", 1)
    write(place / "deep" / "arm=x' or 1=1 --", 2)
    return place


@pytest.fixture(scope="module")
def archive(place: Path):
    with Archive(find_runs([str(place)])) as opened:
        yield opened


def rows(archive: Archive, question: str) -> list:
    return list(archive.ask(question).rows)


def test_four_views_hold_every_run(archive: Archive) -> None:
    (found,) = rows(archive, "select count(*), sum(patients), min(seed), max(seed) from runs")
    assert found == (2, 2 * 3 * PATIENTS, 1, 2)
    (counted,) = rows(archive, "select count(*), count(distinct (run, arm, patient)) from patients")
    assert counted == (2 * 3 * PATIENTS,) * 2
    visits = rows(archive, "select count(*) from visits")
    (weeks,) = rows(archive, "select count(distinct week) from visits")
    assert visits[0][0] == 2 * 3 * PATIENTS * weeks[0]
    arms = rows(archive, "select distinct arm from endpoints order by arm")
    assert arms == [("lam",), ("peg",), ("peg_lam",)]


def test_values_are_those_of_the_files(archive: Archive, place: Path) -> None:
    question = "select patient, hbv_dna0 from patients where run = ? and arm = 'peg' order by 1"
    name = f"{place.as_posix()}/one"
    found = rows(archive, question.replace("?", "'" + name.replace("'", "''") + "'"))
    (file,) = (place / "one" / "patients" / "arm=peg").glob("*.parquet")
    table = pq.ParquetFile(file).read()
    assert found == list(
        zip(table["patient"].to_pylist(), table["hbv_dna0"].to_pylist(), strict=True)
    )


def test_runs_join_with_their_patients(archive: Archive) -> None:
    found = rows(archive, "select seed, count(*) from patients join runs using (run) group by seed")
    assert sorted(found) == [(1, 3 * PATIENTS), (2, 3 * PATIENTS)]


def test_tables_can_be_described(archive: Archive) -> None:
    assert "hbsag" in {row[0] for row in rows(archive, "describe visits")}


def test_views_that_no_question_names_are_not_opened(place: Path) -> None:
    with Archive(find_runs([str(place)])) as opened:
        assert rows(opened, "with p as (select arm from patients) select count(*) from p")
        assert [name for (name,) in rows(opened, "show tables")] == [
            "endpoints", "patients", "runs", "visits",
        ]  # fmt: skip


@pytest.fixture(scope="module")
def elsewhere(place: Path) -> Iterator[str]:
    """Copy a run into a storage of fsspec, and beside it one that does not belong to anybody."""
    memory = fsspec.filesystem("memory")
    for file in (place / "one").rglob("*"):
        if file.is_file():
            name = f"/archive/one/{file.relative_to(place / 'one').as_posix()}"
            memory.pipe_file(name, file.read_bytes())
            if file.suffix == ".parquet" and "arm=peg/" in name:
                memory.pipe_file(f"/private/{file.parts[-3]}.parquet", file.read_bytes())
    yield "memory://archive"
    memory.rm("/archive", recursive=True)
    memory.rm("/private", recursive=True)


def test_runs_of_a_storage_elsewhere_answer_as_those_of_this_machine(
    elsewhere: str, place: Path
) -> None:
    runs = find_runs([elsewhere, str(place / "one")])
    question = "select run, arm, count(*), sum(hbsag0) from {} group by all order by run, arm"
    with Archive(runs) as opened:
        copies = opened._files._copies
        found = rows(opened, question.format("patients"))
        assert {run for run, *_ in found} == {"memory:///archive/one", f"{place.as_posix()}/one"}
        assert [row[1:] for row in found[:3]] == [row[1:] for row in found[3:]]
        assert copies is not None
        assert {path.parts[-3] for path in copies.rglob("*.parquet")} == {"patients"}
        assert rows(opened, "select run, seed from runs order by run desc limit 1") == [
            ("memory:///archive/one", 1)
        ]
    assert not copies.exists()


@pytest.mark.parametrize(
    "question",
    [
        "select * from read_parquet('memory://private/patients.parquet')",
        "select * from read_parquet('/private/patients.parquet')",
        "select * from glob('COPIES/**')",
        "copy (select 1) to 'COPIES/x.parquet'",
        "select * from read_text('COPIES/../secret.csv')",
    ],
)
def test_what_a_storage_elsewhere_holds_besides_is_closed(elsewhere: str, question: str) -> None:
    with Archive(find_runs([elsewhere])) as opened:
        assert rows(opened, "select count(*) from patients") == [(3 * PATIENTS,)]
        copies = opened._files._copies
        with pytest.raises(UserInputError):
            rows(opened, question.replace("COPIES", str(copies)))


def test_a_manifest_elsewhere_cannot_lead_out_of_its_folder(place: Path) -> None:
    memory = fsspec.filesystem("memory")
    manifest = json.loads((place / "one" / "manifest.json").read_text())
    manifest["files"] = [
        {"name": name, "bytes": 1, "sha256": "0"}
        for name in (
            "patients/arm=../../../etc/passwd.parquet",
            "patients/../private/patients.parquet",
            "patients/arm=peg/gone.parquet",
        )
    ]
    memory.pipe_file("/odd/run/manifest.json", json.dumps(manifest).encode())
    try:
        with Archive(find_runs(["memory://odd"])) as opened:
            assert opened._files.paths("patients")[0].endswith("arm=peg/gone.parquet")
            assert len(opened._files.paths("patients")) == 1
            with pytest.raises(UserInputError, match="cannot be fetched"):
                rows(opened, "select count(*) from patients")
    finally:
        memory.rm("/odd", recursive=True)


HOSTILE = (
    "copy patients to 'FREE/stolen.csv'",
    "copy (select 1) to 'FREE/x.parquet' (format parquet)",
    "create table mine as select 1",
    "create view runs2 as select 1",
    "insert into runs select * from runs",
    "delete from runs",
    "drop view patients",
    "attach 'FREE/mine.db'",
    "install httpfs",
    "load httpfs",
    "pragma database_list",
    "set enable_external_access = true",
    "reset lock_configuration",
    "export database 'FREE/all'",
    "import database 'FREE/all'",
    "call enable_logging()",
    "select * from enable_logging()",
    "prepare x as select 1",
    "select 1; select 2",
    "select 1; copy runs to 'FREE/x.csv'",
    "checkpoint",
    "select * from read_csv('FREE/secret.csv')",
    "select * from read_text('FREE/secret.csv')",
    "select * from read_blob('/etc/hostname')",
    "select * from 'FREE/secret.csv'",
    "select * from read_parquet('FREE/other.parquet')",
    "select * from parquet_metadata('FREE/other.parquet')",
    "select * from glob('FREE/*')",
    "select * from sniff_csv('FREE/secret.csv')",
    "select * from query_table('FREE/secret.csv')",
    "select * from read_json('https://example.org/x.json')",
    "with t as (select * from read_csv('FREE/secret.csv')) select * from t",
    "",
    "-- nothing",
)


@pytest.mark.parametrize("question", HOSTILE)
def test_what_reads_or_writes_elsewhere_is_refused(
    archive: Archive, tmp_path: Path, question: str, place: Path
) -> None:
    (tmp_path / "secret.csv").write_text("a\nsesame\n")
    (file,) = (place / "one" / "patients" / "arm=lam").glob("*.parquet")
    (tmp_path / "other.parquet").write_bytes(file.read_bytes())
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(UserInputError) as caught:
        rows(archive, question.replace("FREE", tmp_path.as_posix()))
    assert "sesame" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert sorted(os.listdir(tmp_path)) == before
    assert rows(archive, "select count(*) from runs") == [(2,)]  # nothing has changed


def test_the_runs_files_cannot_be_written_either(archive: Archive, place: Path) -> None:
    # The engine itself may open these files; the gate in front of it lets no COPY through.
    (file,) = (place / "one" / "patients" / "arm=peg").glob("*.parquet")
    before = file.read_bytes()
    with pytest.raises(UserInputError, match="COPY"):
        rows(archive, f"copy (select 1) to '{file.as_posix().replace(chr(39), chr(39) * 2)}'")
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("selct * from runs", 'syntax error at or near "selct"'),
        ("select nope from patients", "nope"),
        ("select * from patient", 'Did you mean "patients"'),
        ("select week + 'x' from visits", "x"),
    ],
)
def test_mistakes_in_sql_are_one_line_with_a_hint(
    archive: Archive, question: str, words: str
) -> None:
    with pytest.raises(UserInputError) as caught:
        rows(archive, question)
    said = str(caught.value)
    assert words in said
    assert "the views are runs, patients, visits, endpoints" in said
    assert "\n" not in said


def test_a_manifest_cannot_lead_out_of_its_folder(tmp_path: Path) -> None:
    run, other = tmp_path / "run", tmp_path / "other"
    write(run, 1)
    write(other, 2)
    (theirs,) = (other / "patients" / "arm=peg").glob("*.parquet")
    linked = run / "patients" / "arm=peg" / "000009999.parquet"
    linked.symlink_to(theirs)
    manifest = json.loads((run / "manifest.json").read_text())
    for name in (
        f"patients/arm=peg/{linked.name}",
        f"patients/../../other/patients/arm=peg/{theirs.name}",
        str(theirs),
        "patients/arm=../arm=peg.parquet",
    ):
        manifest["files"].append({"name": name, "bytes": 1, "sha256": "0"})
    manifest["files"].append("nonsense")
    (run / "manifest.json").write_text(json.dumps(manifest))
    with Archive(find_runs([str(run)])) as opened:
        assert rows(opened, "select count(*) from patients") == [(3 * PATIENTS,)]


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    write(tmp_path / "run", 1)
    (file,) = (tmp_path / "run" / "visits" / "arm=peg").glob("*.parquet")
    file.write_bytes(file.read_bytes()[:100])
    with (
        pytest.raises(UserInputError, match="damaged"),
        Archive(find_runs([str(tmp_path)])) as opened,
    ):
        rows(opened, "select count(*) from visits")


def test_finding_runs(tmp_path: Path, place: Path) -> None:
    assert [run.manifest["seed"] for run in find_runs([str(place)])] == [2, 1]
    assert len(find_runs([str(place), str(place / "one")])) == 2  # the same run once
    (tmp_path / ".run.making").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    with pytest.raises(UserInputError, match="there is no run in it"):
        find_runs([str(tmp_path)])
    with pytest.raises(UserInputError, match="there is nothing there"):
        find_runs(["memory://nobody/home"])
    with pytest.raises(UserInputError, match="leads out of its folder"):
        find_runs(["memory://runs/../others"])
    with pytest.raises(UserInputError, match="no such folder") as caught:
        find_runs([str(tmp_path / "a"), str(tmp_path / "b")])
    assert len(caught.value.problems) == 2


def test_without_duckdb_the_extra_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    with pytest.raises(MissingExtraError, match=r"ifnfactory\[query\]"):
        Archive(find_runs([str(place)]))


@pytest.fixture(scope="module")
def runner() -> CliRunner:
    return CliRunner()


def test_forms_of_the_answer(runner: CliRunner, place: Path, tmp_path: Path) -> None:
    question = "select seed, 0.5::decimal(3,1) as half, 'nan'::double as gone, started from runs"
    ask = ["runs", "query", f"{question} order by seed", str(place)]
    said = json.loads(runner.invoke(app, [*ask, "--json"]).stdout)
    assert said[0] == {"seed": 1, "half": 0.5, "gone": None, "started": "2026-01-02T03:04:05"}
    lines = runner.invoke(app, [*ask, "--csv"]).stdout.splitlines()
    assert lines[:2] == ["seed,half,gone,started", "1,0.5,,2026-01-02T03:04:05"]
    assert "half" in runner.invoke(app, ask).stdout
    file = tmp_path / "answer.parquet"
    assert "2 rows" in runner.invoke(app, [*ask, "--parquet", str(file)]).stdout
    assert pq.read_table(file)["seed"].to_pylist() == [1, 2]
    again = runner.invoke(app, [*ask, "--parquet", str(file)])
    assert (again.exit_code, "exists already" in again.output) == (2, True)
    both = runner.invoke(app, [*ask, "--csv", "--json"])
    assert (both.exit_code, "one answer has one form" in both.output) == (2, True)


def test_a_long_table_says_that_it_goes_on(runner: CliRunner, place: Path) -> None:
    done = runner.invoke(app, ["runs", "query", "select * from range(1000)", str(place)])
    assert "The first 200 rows" in done.stdout
