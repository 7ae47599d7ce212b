"""``ifn runs``: list, show, verify, repeat, prune; and what may not be named."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

import fsspec
import pytest
from jsonschema import Draft202012Validator
from study_cases import carry_out, order, tables_of
from typer.testing import CliRunner, Result

from ifnfactory.cli.app import app
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.progress import Silent
from ifnfactory.foundation.provenance import NUMERIC_DEPENDENCIES
from ifnfactory.foundation.records import pack, unpack
from ifnfactory.population.released import shipped_population
from ifnfactory.runs.lock import LOCK_NAME, Lock
from ifnfactory.runs.making import Making
from ifnfactory.runs.manifest_file import load_manifest, manifest_schema
from ifnfactory.runs.store import LocalStore, open_store, safe_name
from ifnfactory.runs.tables import read_parquet, to_parquet
from ifnfactory.runs.verify import verify
from ifnfactory.study.manner import Manner
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.result import ArmOutcome, join_outcomes

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished") / "run"
    carry_out(order(20), out)
    return out


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def ifn(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_a_run_as_it_was_written_is_whole(run: Path) -> None:
    said = ifn("runs", "verify", run)
    assert said.exit_code == 0
    assert said.stdout.startswith("Whole: ")


def test_a_run_is_read_from_wherever_one_stands(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (run.parent / "notes").mkdir()
    monkeypatch.chdir(run.parent / "notes")
    for command in ("show", "verify", "list"):
        assert ifn("runs", command, "../run").exit_code == 0, command
    assert ifn("runs", "query", "select 1", "../run").exit_code == 0


SHARD = "visits/arm=lam/000000020.parquet"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("cut", f"{SHARD} is cut short: "),
        ("flip", f"{SHARD} has been changed: its SHA-256 is another"),
        ("gone", f"{SHARD} is missing"),
        ("grown", f"{SHARD} has grown"),
        ("stranger", "notes.txt is not part of the run"),
        ("manifest", "manifest.json has been changed: its seal is another"),
    ],
)
def test_every_damage_is_named(run: Path, damage: str, told: str) -> None:
    shard, content = run / SHARD, (run / SHARD).read_bytes()
    match damage:
        case "cut":
            shard.write_bytes(content[:-1])
        case "flip":
            shard.write_bytes(content[:99] + bytes([content[99] ^ 4]) + content[100:])
        case "gone":
            shard.unlink()
        case "grown":
            shard.write_bytes(content + b"x")
        case "manifest":
            text = (run / "manifest.json").read_text()
            (run / "manifest.json").write_text(text.replace('"seed": 1', '"seed": 3'))
        case _:
            (run / "notes.txt").write_text("mine")
    said = ifn("runs", "verify", run)
    assert said.exit_code == 1
    assert said.stdout.startswith(told)
    found = json.loads(ifn("runs", "verify", run, "--json").stdout)
    assert len(found["faults"]) == 1


def changed_manifest(run: Path, **changes: object) -> None:
    path = run / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_manifest_that_leads_out_of_its_folder_is_not_followed(run: Path) -> None:
    files = json.loads((run / "manifest.json").read_text())["files"]
    files[0]["name"] = "../../secret"
    changed_manifest(run, files=files)
    store = LocalStore(run)
    found = verify(store, load_manifest(store), Silent())
    faults = {fault.name: fault.what for fault in found.faults}
    assert faults["../../secret"] == "leads out of the run folder"


def test_a_manifest_that_lost_a_task_is_not_whole(run: Path) -> None:
    changed_manifest(run, tasks=json.loads((run / "manifest.json").read_text())["tasks"][1:])
    said = ifn("runs", "verify", run)
    assert said.exit_code == 1
    assert "its tasks do not make up 40 patients" in said.stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "this is no JSON"),
        ('{"program": "ifnfactory", "schema_version": 1}', "its schema has version 1"),
        ('{"schema_version": 2}', "manifest.json: seed"),
    ],
)
def test_what_is_no_manifest_is_told_with_every_fault(run: Path, content: str, told: str) -> None:
    (run / "manifest.json").write_text(content)
    said = ifn("runs", "show", run)
    assert said.exit_code == 2
    assert told in said.stderr
    assert "Traceback" not in said.stderr


def test_the_published_schema_is_that_of_the_program(finished: Path) -> None:
    """Renew it with: json.dumps(manifest_schema(), indent=2, ensure_ascii=False)."""
    committed = json.loads((ROOT / "docs" / "run.schema.json").read_text(encoding="utf-8"))
    assert committed == manifest_schema()
    manifest = json.loads((finished / "manifest.json").read_text())
    assert set(manifest) == {*committed["required"], "seal"}
    judge = Draft202012Validator(committed)
    Draft202012Validator.check_schema(committed)
    judge.validate(manifest)
    for strange in ({"seed": "one"}, {"files": [{"name": "x"}]}, {"more": 1}, {"ended": None}):
        assert not judge.is_valid(manifest | strange), strange


def test_a_manifest_holds_all_that_a_run_needs_to_be_found_trusted_and_repeated(
    finished: Path,
) -> None:
    found = json.loads((finished / "manifest.json").read_text())
    protocol = load_protocol("lau2005")
    assert found["protocol_source"] == protocol.source_text
    assert found["parameter_set"] == shipped_population().fingerprint
    assert found["seed"] == 1
    assert {"population/age", "assay/hbsag", "pharmacology/clearance"} <= set(found["streams"])
    assert found["versions"] == {
        name: metadata.version(name) for name in ("ifnfactory", *NUMERIC_DEPENDENCIES)
    }
    assert set(found["platform"]) == {"python", "system", "cpu", "cores"}
    started, ended = (datetime.fromisoformat(found[when]) for when in ("started", "ended"))
    assert started.utcoffset() == timedelta(0)
    assert started <= ended <= datetime.now(UTC)
    arms = [arm.name for arm in protocol.arms]
    assert found["patients"] == dict.fromkeys(arms, 40)
    assert sum(found["status"].values()) == 40 * len(arms)
    shards = {name for task in found["tasks"] for name in task["files"]}
    assert shards == {
        f"{table}/arm={arm}/{block}.parquet"
        for table in ("patients", "visits")
        for arm in arms
        for block in ("000000000", "000000020")
    }
    for file in found["files"]:
        content = (finished / file["name"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert file["bytes"] == len(content)
    there = {path.relative_to(finished).as_posix() for path in finished.rglob("*.*")}
    assert {file["name"] for file in found["files"]} == there - {"manifest.json"}


def test_a_repetition_agrees_in_every_bit(run: Path) -> None:
    said = ifn("runs", "repeat", run)
    assert said.exit_code == 0, said.stderr
    assert said.stdout.startswith("Every bit agrees: ")


def test_a_repetition_does_not_agree_with_a_damaged_folder(run: Path) -> None:
    content = (run / SHARD).read_bytes()
    (run / SHARD).write_bytes(content[:99] + bytes([content[99] ^ 4]) + content[100:])
    (run / SHARD.replace("lam", "peg")).unlink()
    said = ifn("runs", "repeat", run)
    assert said.exit_code == 1
    assert f"{SHARD} comes out as it was written, but has been changed" in said.stdout
    assert "comes out as it was written, but is missing" in said.stdout


def test_a_repetition_says_what_differs_and_by_how_much(run: Path) -> None:
    table = read_parquet(run / SHARD)
    alt = table.column("alt").copy()
    alt[7] *= 1.5
    columns = tuple(alt if n == "alt" else table.column(n) for n in table.names)
    (run / SHARD).write_bytes(to_parquet(replace(table, columns=columns)))
    content = json.loads((run / "manifest.json").read_text())
    for file in content["files"]:
        if file["name"] == SHARD:
            file["sha256"] = "0" * 64
    changed_manifest(run, files=content["files"], versions=content["versions"] | {"numpy": "1.0"})
    said = ifn("runs", "repeat", run)
    assert said.exit_code == 1
    first = said.stdout.splitlines()[0]
    assert first == f"{SHARD} alt: 1 of {table.rows} values differ, by 0.33 of the value at most"
    assert "other circumstances: numpy: 1.0 in the run" in said.stdout


def test_only_trials_are_repeated(run: Path) -> None:
    changed_manifest(run, kind="outlook")
    said = ifn("runs", "repeat", run)
    assert said.exit_code == 2
    assert "only trials can be repeated" in said.stderr


def unfinished(folder: Path) -> Path:
    making = Making(LocalStore(folder / "late"))
    making.open(order(seed=9).identity(shipped_population(), "2026-01-02"), False, False)
    return folder / "late.unfinished"


def test_list_chooses_and_knows_unfinished_runs(run: Path) -> None:
    left = unfinished(run.parent)
    every = json.loads(ifn("runs", "list", run.parent, "--json").stdout)
    assert {(each["path"], each["state"]) for each in every} == {
        (str(run), "finished"),
        (str(left), "unfinished"),
    }
    for options, number in (
        (("--seed", "9"), 1),
        (("--seed", "1", "--trial", "lau2005", "--kind", "trial"), 1),
        (("--trial", "janssen2005"), 0),
        (("--state", "unfinished"), 1),
        (("--since", "2999"), 0),
        (("--parameter-set", "zz"), 0),
    ):
        found = json.loads(ifn("runs", "list", run.parent, "--json", *options).stdout)
        assert len(found) == number, options
    assert ifn("runs", "list", run.parent).stdout.splitlines()[-1] == "2 runs."
    refused = ifn("runs", "list", run.parent, "--state", "odd", "--since", "yesterday")
    assert refused.exit_code == 2
    assert "--state odd: no such word" in refused.stderr
    assert "--since yesterday: this is no time" in refused.stderr


def test_prune_removes_what_is_left_and_never_a_run(run: Path) -> None:
    left = unfinished(run.parent)
    (run.parent / ".run.abcdefgh.old").mkdir()
    (run / ".work").mkdir()
    shown = ifn("runs", "prune", run.parent)
    assert shown.stdout.splitlines()[-1] == "3 would be removed: add --yes."
    assert left.exists()
    assert ifn("runs", "prune", run.parent, "--older-than", "1", "--yes").stdout == "0 removed.\n"
    with Lock(LocalStore(left)):
        assert "2 would be" in ifn("runs", "prune", run.parent).stdout
    assert ifn("runs", "prune", run.parent, "--yes").stdout.splitlines()[-1] == "3 removed."
    assert [path.name for path in run.parent.iterdir()] == ["run"]
    assert ifn("runs", "verify", run).exit_code == 0


def test_prune_where_nothing_may_be_written(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unfinished(run.parent)
    opened, remove = os.open, shutil.rmtree

    def read_only(path: Path, flags: int, *rest: int, **more: int) -> int:
        if str(path).startswith(str(run.parent)) and flags & (os.O_RDWR | os.O_WRONLY):
            raise OSError(errno.EROFS, "Read-only file system")
        return opened(path, flags, *rest, **more)

    def kept(path: Path, *rest: object, **more: object) -> None:
        if Path(path).name.endswith(".unfinished"):
            raise OSError(errno.EROFS, "Read-only file system")
        remove(path)

    monkeypatch.setattr(os, "open", read_only)
    monkeypatch.setattr(shutil, "rmtree", kept)
    (run / ".work").mkdir()
    assert ifn("runs", "prune", run.parent).stdout.splitlines()[-1].startswith("2 would")
    said = ifn("runs", "prune", run.parent, "--yes")
    assert said.exit_code == 2
    assert said.stderr.count("could not be removed: Read-only file system") == 1
    assert not (run / ".work").exists()


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("runs/../../etc", "leads out of its folder"),
        ("s3://bucket/../other", "leads out of its folder"),
        ("..", "leads out of its folder"),
        ("run\n\x1b[31m", "control characters"),
        ("nothing://x/y", "no storage is called nothing://"),
        ("simplecache::s3://x/y", "chains of storages"),
        ("gs://bucket/run", "needs a library"),
    ],
)
def test_places_that_are_refused(place: str, told: str) -> None:
    with pytest.raises(UserInputError, match=told):
        open_store(place)
    said = ifn("trial", "run", "lau2005", "--patients", "2", "--out", place)
    assert said.exit_code == 2
    assert "\x1b" not in said.stderr


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a//b", "a/./b", "", "c:\\x", "a\\..\\b"])
def test_names_that_lead_out_of_a_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a file"):
        safe_name(name)
    with pytest.raises(ValueError, match="no name of a file"):
        LocalStore(tmp_path).write(name, b"")


def test_a_protocol_file_with_a_hostile_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil\n\x1b[31m.toml"
    path.write_text(load_protocol("lau2005").source_text, encoding="utf-8")
    with pytest.raises(UserInputError, match="control characters"):
        load_protocol(path)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("new\nline\x1b[31m.json", "{}", "new\\nline\\x1b[31m.json: "),
        (
            "escape.json",
            '{"name": "\\u001b[31m", "structure": "f", "provenance": {}, "reference": {},'
            ' "members": [{"weight": 1, "numbers": {}}]}',
            "the population \\x1b[31m belongs to another version",
        ),
    ],
)
def test_a_hostile_population_moves_no_cursor(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    (tmp_path / name).write_text(content)
    said = ifn("trial", "replicate", "lau2005", "--population", tmp_path / name)
    assert said.exit_code == 2
    assert told in said.stderr
    assert "\x1b" not in said.stderr


def test_options_that_need_a_folder_or_exclude_each_other(tmp_path: Path) -> None:
    said = ifn("trial", "run", "lau2005", "--resume", "--scheduler", "local:2")
    assert said.exit_code == 2
    assert said.stderr.count("name a folder with --out") == 2
    both = ifn("trial", "run", "lau2005", "--resume", "--overwrite", "--out", tmp_path / "run")
    assert "choose one" in both.stderr


def test_a_run_elsewhere_is_the_same_run(finished: Path, tmp_path: Path) -> None:
    fsspec.filesystem("memory").store.clear()
    out = open_store("memory://runs/far")
    carry_out(order(20), out)
    near = {name: out.read(name) for name in out.names() if name.endswith(".parquet")}
    assert near == tables_of(finished)
    assert not verify(out, load_manifest(out), Silent()).faults
    assert not [name for name in out.names() if name.startswith(".work")]
    with pytest.raises(UserInputError, match="exists already"):
        carry_out(order(20), out)
    for command in ("show", "verify"):
        assert ifn("runs", command, out.url).exit_code == 0
    assert json.loads(ifn("compare", out.url, "--json").stdout)["rows"]
    carry_out(order(20, seed=3), out, Manner(threads=1, overwrite=True))
    assert load_manifest(out).seed == 3


def test_runs_elsewhere_are_listed_and_cleared_away() -> None:
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    out = open_store("memory://runs/deep/far")
    carry_out(order(20, patients=5), out)
    begun = Making(open_store("memory://runs/half"))
    begun.open(order().identity(shipped_population(), "2026-01-02T03:04:05+00:00"), False, False)
    with Lock(begun.store):
        assert ifn("runs", "prune", "memory://runs").stdout == "0 removed.\n"  # it is written now
    memory.pipe_file("/runs/deep/notes.txt", b"mine")
    every = json.loads(ifn("runs", "list", "memory://runs", "--json").stdout)
    assert [(each["path"], each["state"], each["patients"]) for each in every] == [
        ("memory:///runs/half.unfinished", "unfinished", 120),
        ("memory:///runs/deep/far", "finished", 15),
    ]
    assert ifn("runs", "prune", "memory://runs", "--yes").stdout.splitlines()[-1] == "1 removed."
    assert not memory.exists("/runs/half.unfinished")
    assert memory.exists("/runs/deep/notes.txt")
    assert ifn("runs", "verify", out.url).exit_code == 0


def test_a_lock_elsewhere_is_a_file_that_is_renewed_and_may_be_abandoned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fsspec.filesystem("memory").store.clear()
    store = open_store("memory://runs/locked")
    with Lock(store):
        found = json.loads(store.read(LOCK_NAME))
        assert f"process {os.getpid()}" in found["owner"]
    assert LOCK_NAME not in store.names()
    store.write(LOCK_NAME, json.dumps(found | {"owner": "process 1 on a ship"}).encode())
    with pytest.raises(UserInputError, match="process 1 on a ship wrote"), Lock(store):
        pass
    store.write(LOCK_NAME, json.dumps({"owner": "process 1 on a ship", "time": 0}).encode())
    with Lock(store):
        assert json.loads(store.read(LOCK_NAME))["owner"] == found["owner"]


def test_records_of_arrays_go_to_bytes_and_back(finished: Path) -> None:
    from synthetic import trial_result

    whole = trial_result(patients=12).arms[0]
    parts = [whole.rows(slice(a, b)) for a, b in ((0, 5), (5, 6), (6, 12))]
    there = join_outcomes([unpack(ArmOutcome, pack(part)) for part in parts])
    assert pack(there) == pack(whole)
    with pytest.raises(ValueError, match="is missing"):
        unpack(ArmOutcome, pack(whole.patients))
