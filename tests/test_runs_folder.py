"""The run folder is complete or absent, and never replaces what it should not."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.table import ColumnTable
from ifnfactory.runs import folder as folder_module
from ifnfactory.runs.destination import check_destination
from ifnfactory.runs.folder import write_run
from ifnfactory.runs.manifest import Manifest, read_manifest
from ifnfactory.runs.port import PLAN
from ifnfactory.runs.tables import read_parquet


def manifest(seed: int = 1) -> Manifest:
    return Manifest(
        protocol="small",
        protocol_source='title = "small — ünïcode"\n',
        seed=seed,
        patients=(("peg", 3),),
        package_version="0.1.0",
        parameter_set="abc123",
        command="ifn trial run small",
        started="2024-01-02T03:04:05+00:00",
        wall_s=1.23456,
        status_counts=(("completed", 3), ("non_finite", 0)),
    )


def table(value: float = 1.0) -> ColumnTable:
    return ColumnTable(
        names=("arm", "hbv_dna"),
        units=("", "IU/mL"),
        columns=(np.array(["peg", "peg"]), np.array([value, np.nan])),
    )


def write(path: Path, *, seed: int = 1, overwrite: bool = False) -> None:
    write_run(
        path,
        manifest(seed),
        [("visits.parquet", [table(), table(2.0)])],
        [("report.html", "<p>µg/mL</p>")],
        overwrite,
    )


def test_folder_holds_every_file_and_the_manifest_their_hashes(tmp_path: Path) -> None:
    out = tmp_path / "made" / "on the way" / "run"
    write(out)
    assert sorted(p.name for p in out.iterdir()) == [
        "manifest.json",
        "report.html",
        "visits.parquet",
    ]
    content = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert content["schema_version"] == 2
    assert content["protocol_source"] == 'title = "small — ünïcode"\n'
    assert content["seed"] == 1
    assert content["status"] == {"completed": 3, "non_finite": 0}
    assert content["patients"] == {"peg": 3}
    assert {"numpy", "numba", "pyarrow"} <= set(content["versions"])
    assert content["platform"]["cores"].isdigit()
    by_name = {entry["name"]: entry for entry in content["files"]}
    assert set(by_name) == {"visits.parquet", "report.html"}
    for name, entry in by_name.items():
        data = (out / name).read_bytes()
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()
        assert entry["bytes"] == len(data)
    assert by_name["visits.parquet"]["rows"] == 4
    assert "rows" not in by_name["report.html"]


def test_nothing_else_is_left_beside_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "run")
    write(tmp_path / "run", seed=2, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_folder_is_readable_for_others_as_the_umask_says(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        write(tmp_path / "run")
    finally:
        os.umask(mask)
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o755


def test_existing_folder_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "run"
    write(out, seed=1)
    with pytest.raises(UserInputError) as caught:
        write(out, seed=2)
    (problem,) = caught.value.problems
    assert problem.what == "this folder exists already"
    assert problem.fix == "choose another --out or pass --overwrite"
    kept = read_manifest(out)
    assert kept is not None
    assert kept["seed"] == 1


def test_overwrite_replaces_an_older_run(tmp_path: Path) -> None:
    out = tmp_path / "run"
    write(out, seed=1)
    (out / "notes.txt").write_text("old")
    write(out, seed=2, overwrite=True)
    kept = read_manifest(out)
    assert kept is not None
    assert kept["seed"] == 2
    assert not (out / "notes.txt").exists()


def test_overwrite_never_deletes_what_is_not_a_run(tmp_path: Path) -> None:
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "chapter1.tex").write_text("years of work")
    with pytest.raises(UserInputError, match="something else than a run"):
        write(precious, overwrite=True)
    assert (precious / "chapter1.tex").read_text() == "years of work"


def test_overwrite_refuses_a_folder_with_a_foreign_manifest(tmp_path: Path) -> None:
    foreign = tmp_path / "webapp"
    foreign.mkdir()
    (foreign / "manifest.json").write_text('{"name": "a web app"}')
    with pytest.raises(UserInputError, match="something else than a run"):
        write(foreign, overwrite=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_file_in_the_way_is_refused(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(UserInputError, match="not a directory"):
        check_destination(tmp_path / "run", overwrite)


def test_file_as_a_parent_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(UserInputError, match="is not a directory"):
        check_destination(tmp_path / "file" / "run", False)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("../beside", "leads out of its folder"),
        ("a/../../b", "leads out of its folder"),
        ("s3://bucket/run", "writes to no URL"),
        ("run\n\x1b[31m", "control characters"),
        ("older/within", "lies inside the run"),
        ("half.unfinished/within", "lies inside the run"),
    ],
)
def test_places_of_every_command_that_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "older")
    (tmp_path / "half.unfinished" / ".work").mkdir(parents=True)
    (tmp_path / "half.unfinished" / PLAN).write_text("{}")
    before = sorted(tmp_path.parent.rglob("*"))
    with pytest.raises(UserInputError, match=told):
        write(Path(place))
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_parent_without_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UserInputError, match="no permission"):
        check_destination(tmp_path / "run", False)


@pytest.mark.parametrize("overwrite", [False, True])
def test_failing_writer_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool
) -> None:
    out = tmp_path / "run"
    if overwrite:
        write(out, seed=1)
    calls: list[str] = []

    def fail(path: Path, parts: object) -> None:
        calls.append(path.name)
        path.write_bytes(b"half a ta")
        raise OSError("the disk is full")

    monkeypatch.setattr(folder_module, "write_parquet", fail)
    with pytest.raises(UserInputError, match="the disk is full"):
        write(out, seed=2, overwrite=overwrite)
    assert calls == ["visits.parquet"]
    assert [p.name for p in tmp_path.iterdir()] == (["run"] if overwrite else [])
    if overwrite:
        kept = read_manifest(out)
        assert kept is not None
        assert kept["seed"] == 1


def test_older_run_comes_back_if_the_last_rename_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    write(out, seed=1)
    rename = Path.rename

    def fail_on_the_new_one(self: Path, target: Path) -> Path:
        if self.name.endswith(".making"):
            raise OSError("the disk went away")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_on_the_new_one)
    with pytest.raises(UserInputError, match="went away"):
        write(out, seed=2, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    kept = read_manifest(out)
    assert kept is not None
    assert kept["seed"] == 1


def test_keyboard_interrupt_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Path, parts: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder_module, "write_parquet", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_tables_come_back_from_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "run")
    read = read_parquet(tmp_path / "run" / "visits.parquet")
    assert read.names == ("arm", "hbv_dna")
    assert read.units == ("", "IU/mL")
    assert read.column("hbv_dna").tolist() == [1.0, None, 2.0, None]
